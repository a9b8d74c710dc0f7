"""Tells how a picture came to the size in which it is compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Enlargement:
    """How a picture was enlarged, and what that took.

    Attributes:
        source_size: height and width of the source.
        models: models of the passes, such as ``san-light-x2, asdn-fast x1.35``, or the kernel.
        plain: whether the picture was interpolated with a kernel, without a network.
        choice: what ``auto`` chose, and why, such as ``asdn-fast: it is clean``; empty for a
            named model.
        licence: licences of the weights, joined by commas; empty if one is not known.
        kmacs: thousand multiply-adds for each pixel of the result; 0 if nobody counted them.
        seconds: time that enlarging took.

    """

    source_size: tuple[int, int]
    models: str
    plain: bool = False
    choice: str = ""
    licence: str = ""
    kmacs: float = 0.0
    seconds: float = 0.0

    @property
    def interpolated(self) -> str:
        """Words that follow ``it was``: how the picture was interpolated, and from which size."""
        height, width = self.source_size
        return f"enlarged by {self.models} interpolation from {width}x{height} pixels"

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that a page tells under the picture."""
        if self.plain:
            return (self.interpolated,)
        cost = f"{self.kmacs:,.1f} kMAC a pixel" if self.kmacs else "cost not counted"
        return (
            self.choice or self.models,
            self.licence or "licence not known",
            cost,
            f"{seconds_text(self.seconds)} s",
        )


def seconds_text(seconds: float) -> str:
    """Write seconds with three digits where there are as many."""
    return f"{seconds:.{max(0, 3 - len(str(int(seconds))))}f}"


def same_shape(small: tuple[int, int], large: tuple[int, int]) -> bool:
    """Tell whether one ratio leads from a (height, width) to a larger one.

    Each side may be off by less than a pixel, however a program rounds.
    """
    pairs = list(zip(small, large, strict=True))
    least = max((after - 1) / before for before, after in pairs)
    most = min((after + 1) / before for before, after in pairs)
    return least < most
