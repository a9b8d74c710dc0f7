"""The models that the tool knows: ``catalog.toml`` beside the weights files."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from srcli.errors import UnknownModel, WeightsError, WeightsUnavailable, listed
from srcli.spelling import question
from srcli.weights.catalog.card import WeightCard, read_cards
from srcli.weights.catalog.published import find_unread
from srcli.weights.catalog.suggestions import suggestions

DEFAULT_MODEL = "asdn-fast"
PHOTO_MODEL = "asdn-photo"
BLURRED_MODEL = "asdn-blurred"
SHARPENED_MODEL = "asdn-sharpened"
NOISY_MODEL = "asdn-noisy"
LARGEST_LOSS = 0.02
"""Decibels of PSNR-Y that nobody can see."""


def shipped_folder() -> Path:
    """Return the folder of the weights that come with the tool: in the wheel, or the project."""
    installed = Path(__file__).parents[1] / "shipped"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "weights"


@lru_cache(maxsize=1)
def read_catalog() -> tuple[WeightCard, ...]:
    """Return every card, in the order of the file."""
    return read_cards(shipped_folder() / "catalog.toml")


def family_members(model: str) -> tuple[WeightCard, ...]:
    """Return the cards that an id or a family names, the smallest scale first; none if none.

    The members of a family differ in ``scale`` alone: ``san-light`` may have ``san-light-x2``
    and ``san-light-x3``.
    """
    cards = read_catalog()
    exact = tuple(card for card in cards if card.id == model)
    members = exact or (card for card in cards if card.family == model)
    return tuple(sorted(members, key=lambda card: card.scale or 0))


def find_card(model: str, scale: float | None = None) -> WeightCard:
    """Return the card of an id, or of the family member that fits ``scale`` best.

    Of a family of fixed scales, the smallest one that reaches ``scale`` is taken, else the
    largest.

    Raises:
        UnknownModel: neither an id nor a family, or a family of several and no scale.
        WeightsUnavailable: a network that neither srcli nor spandrel can build.

    """
    members = family_members(model)
    if not members:
        raise _unknown(model)
    if scale is None:
        if len(members) > 1:
            msg = f"{model} is a family of models, each of a fixed scale."
            raise UnknownModel(msg, hint=f"Name one of them, or give a scale: {_ids(members)}.")
        return members[0]
    reaching = [card for card in members if (card.scale or scale) >= scale]
    return (reaching or members[-1:])[0]


def keeps_quality(sha256: str) -> bool:
    """Tell whether weights are known, and lose nothing that counts in bfloat16."""
    losses = [card.bfloat16_loss for card in read_catalog() if card.sha256 == sha256]
    return any(loss is not None and loss <= LARGEST_LOSS for loss in losses)


def _unknown(model: str) -> WeightsError:
    unread = find_unread(model)
    if unread:
        msg = f"{unread.title} has no weights that srcli can read."
        train = f"`srcli train --network {unread.name}` trains the network"
        return WeightsUnavailable(msg, hint=f"Its authors' are {unread.page}; {train}.")
    msg = f"There is no model called {model!r}."
    sisters = family_members(model.rpartition("-")[0])
    if sisters:
        return UnknownModel(msg, hint=f"That family has {_ids(sisters)}.")
    meant = suggestions(model, read_catalog())
    if meant:
        return UnknownModel(msg, hint=question(meant))
    known = listed(dict.fromkeys(card.family for card in read_catalog()))
    return UnknownModel(msg, hint=f"`srcli models list` prints all models, such as {known}.")


def _ids(cards: Iterable[WeightCard]) -> str:
    return listed(card.id for card in cards)
