"""What is wanted of one picture, and which models there are to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from srcli.errors import UnknownModel, listed
from srcli.images.encode import writable_format
from srcli.images.formats import Format
from srcli.management.models import list_models
from srcli.pipeline.choose import AUTO
from srcli.pipeline.sizes import SizeRequest
from srcli.spelling import did_you_mean
from srcli.weights.catalog.included import DEFAULT_MODEL

BICUBIC = "bicubic"
PLACES = ("included", "here")
UNKNOWN_KMACS = 2500.0
"""Taken for the cost of a model that nobody counted: more than any of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How one picture is enlarged.

    Attributes:
        size: of the result.
        model: one that is offered.
        format: of the file, such as ``png``; empty for that of the source, or one that fits.
        quality: of the lossy formats, 1 to 100; None for the encoder's own choice.

    """

    size: SizeRequest
    model: str = AUTO
    format: str = ""
    quality: int | None = None

    def output(self) -> Format | None:
        """Return the format that was asked for, None if none was.

        Raises:
            UnknownFormat: it is not written.

        """
        return writable_format(Path(f"_.{self.format}")) if self.format else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A model that may be chosen: one that is on this machine.

    Attributes:
        id: what is asked for.
        scales: factors that it has a network for; empty for any.
        purpose: what it is for, in a word.
        good_for: one sentence: when to choose it.
        kmacs: thousands of multiply-adds for each pixel of the result.

    """

    id: str
    scales: tuple[int, ...]
    purpose: str
    good_for: str
    kmacs: float


def offers() -> tuple[Offer, ...]:
    """Return the models that may be chosen, ``auto`` first; none of them has to be fetched."""
    found: dict[str, Offer] = {}
    for one in list_models():
        if one.place not in PLACES:
            continue
        model = one.model
        name = model.family if model.is_ours else model.id
        before = found.get(name)
        scales = () if model.scale is None else (model.scale,)
        kmacs = model.kmacs or UNKNOWN_KMACS
        found[name] = Offer(
            id=name,
            scales=(*(before.scales if before else ()), *scales),
            purpose=model.purpose,
            good_for=model.good_for,
            kmacs=max(kmacs, before.kmacs if before else 0.0),
        )
    cheapest = found[DEFAULT_MODEL].kmacs
    chosen = Offer(
        id=AUTO,
        scales=(),
        purpose="any",
        good_for="Looks at each picture and chooses the model that suits it.",
        kmacs=cheapest,
    )
    plain = Offer(
        id=BICUBIC,
        scales=(),
        purpose="plain",
        good_for="Resizes without a network, to compare with.",
        kmacs=0.0,
    )
    return (chosen, *found.values(), plain)


def find_offer(model: str) -> Offer:
    """Return a model that may be chosen; paths and addresses of models are never taken.

    Raises:
        UnknownModel: there is none of that name on this machine.

    """
    known = {one.id: one for one in offers()}
    if model not in known:
        msg = f"There is no model {model!r} to choose here."
        hint = did_you_mean(model, known, otherwise=f"Choose one of {listed(known, len(known))}.")
        raise UnknownModel(msg, hint=hint)
    return known[model]
