"""Guess which model a user meant by an unknown name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from srcli.spelling import alike
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import all_sources

ENDINGS = re.compile(r"\.(pth?|ckpt|safetensors|onnx|bin|param)$")
SHORTEST = 4
"""Letters and digits that a part of a name must have to stand for the whole."""
CLOSEST = 0.75
"""The least likeness of two names, of which one may be mistyped; 1 is the same name."""


def namesakes(model: str) -> tuple[str, ...]:
    """Return the ids of the models that others publish as ``model``, as a file or in a database.

    Case, punctuation and the ending of a file do not count.
    """
    wanted = _plain(model)
    return tuple(dict.fromkeys(name for plain, name in _published() if plain == wanted))


def suggestions(model: str, cards: tuple[WeightCard, ...]) -> tuple[str, ...]:
    """Return ids and families that are much like ``model``, the likeliest first; none if none.

    Where a family is like it, its members are left out.
    """
    wanted = _plain(model)
    known = [*_own(cards), *_published()]
    exact = [name for plain, name in known if plain == wanted]
    if exact or len(wanted) < SHORTEST:
        return tuple(dict.fromkeys(exact))
    begun = [name for plain, name in known if plain.startswith(wanted)]
    within = [name for plain, name in known if wanted in plain]
    close = alike(wanted, {plain for plain, _ in known}, closest=CLOSEST)
    mistyped = [name for match in close for plain, name in known if plain == match]
    found = dict.fromkeys(begun + within + mistyped)
    return tuple(name for name in found if re.sub(r"-x\d$", "", name) not in {*found} - {name})


def _own(cards: tuple[WeightCard, ...]) -> Iterator[tuple[str, str]]:
    """Yield families of several members and ids, made plain, each with itself."""
    models: tuple[WeightCard, ...] = (*cards, *all_sources())
    families = Counter(model.family for model in models)
    for model in models:
        names = (model.family, model.id) if families[model.family] > 1 else (model.id,)
        yield from ((_plain(name), name) for name in names)


def _published() -> Iterator[tuple[str, str]]:
    """Yield what others call their models, made plain, with our ids."""
    for source in all_sources():
        for name in (source.file, *source.names):
            yield _plain(name), source.id


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", ENDINGS.sub("", name.lower()))
