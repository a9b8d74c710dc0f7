"""What size the user asked for, turned into pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from srcli.engine.recursion import scaled_size
from srcli.errors import UsageError
from srcli.pipeline.target_size import TargetSize

__all__ = ["SizeRequest", "TargetSize", "parse_fit", "parse_scale"]

MAX_SCALE = 1024.0
MAX_SIDE = 2**31 - 1
"""Longest side of any picture format that is written."""
MAX_MEGAPIXELS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRequest:
    """One of several ways to say how large a result is; proportions are kept unless it says both.

    Attributes:
        scale: factors (vertical, horizontal).
        width: of the result in pixels; with ``height`` the proportions follow from the two.
        height: of the result in pixels.
        long_side: of the result in pixels.
        short_side: of the result in pixels.
        megapixels: millions of pixels of the result.
        fit: (height, width) of a box that the result just fits into.

    """

    scale: tuple[float, float] | None = None
    width: int | None = None
    height: int | None = None
    long_side: int | None = None
    short_side: int | None = None
    megapixels: float | None = None
    fit: tuple[int, int] | None = None

    def check(self) -> None:
        """Refuse what has no meaning.

        Raises:
            UsageError: nothing asked for, two things at once, or a number out of range.

        """
        sides = self.width or self.height
        ways = (self.scale, sides, self.long_side, self.short_side, self.megapixels, self.fit)
        pixels = (self.width, self.height, self.long_side, self.short_side, *(self.fit or ()))
        if any(side is not None and not 1 <= side <= MAX_SIDE for side in pixels):
            msg = f"A side must be at least 1 pixel and at most {MAX_SIDE:,}."
            raise UsageError(msg)
        if sum(way is not None for way in ways) != 1:
            msg = (
                "Ask for one size: either a scale, or a width and height, a long side, "
                "a short side, megapixels or a box to fit into."
            )
            raise UsageError(msg, hint="Type --scale 2.7 or --width 1920, for example.")
        for factor in self.scale or ():
            _check_range("a scale", factor, MAX_SCALE)
        if self.megapixels is not None:
            _check_range("a number of megapixels", self.megapixels, MAX_MEGAPIXELS)

    def resolve(self, height: int, width: int) -> TargetSize:
        """Return the size of the result for a picture of ``height`` x ``width`` pixels."""
        if self.scale is not None:
            return _scaled(height, width, self.scale)
        if self.width is not None and self.height is not None:
            ratio = max(self.height / height, self.width / width)
            return TargetSize(height=self.height, width=self.width, ratio=ratio)
        if self.megapixels is not None:
            factor = math.sqrt(self.megapixels * 1e6 / (height * width))
            return _scaled(height, width, (factor, factor))
        wanted, side = self._decisive_side(height, width)
        return TargetSize(
            height=_proportional(height, wanted, side),
            width=_proportional(width, wanted, side),
            ratio=wanted / side,
        )

    def label(self) -> str:
        """The request as it appears in the names of results, such as ``x2.7`` or ``1920x``."""
        if self.scale is not None:
            vertical, horizontal = (f"{factor:g}" for factor in self.scale)
            return f"x{horizontal}" if vertical == horizontal else f"x{horizontal}x{vertical}"
        if self.fit is not None:
            return f"fit{self.fit[1]}x{self.fit[0]}"
        if self.megapixels is not None:
            return f"{self.megapixels:g}mp"
        if self.long_side is not None:
            return f"long{self.long_side}"
        if self.short_side is not None:
            return f"short{self.short_side}"
        return f"{self.width or ''}x{self.height or ''}"

    def _decisive_side(self, height: int, width: int) -> tuple[int, int]:
        """The pixels wanted of a side that decides alone, and the pixels it has."""
        if self.width is not None:
            return self.width, width
        if self.height is not None:
            return self.height, height
        if self.long_side is not None:
            return self.long_side, max(height, width)
        if self.short_side is not None:
            return self.short_side, min(height, width)
        box_height, box_width = self.fit or (height, width)
        if box_height * width <= box_width * height:
            return box_height, height
        return box_width, width


def _check_range(what: str, value: float, largest: float) -> None:
    if not (math.isfinite(value) and 0 < value <= largest):
        msg = f"{what} must lie above 0 and at most at {largest:g}, not at {value:g}."
        raise UsageError(msg)


def _scaled(height: int, width: int, scale: tuple[float, float]) -> TargetSize:
    rows, columns = scaled_size((height, width), scale)
    return TargetSize(height=rows, width=columns, ratio=max(scale))


def _proportional(length: int, wanted: int, side: int) -> int:
    """``length`` times ``wanted`` / ``side``, halves up, at least 1; exact."""
    return max(1, (2 * length * wanted + side) // (2 * side))


def parse_scale(text: str) -> tuple[float, float]:
    """Parse ``2.7``, or ``2.7x1.5`` for horizontal by vertical, into (vertical, horizontal).

    Raises:
        UsageError: not a number, or not one in range.

    """
    parts = text.lower().split("x")
    try:
        factors = [float(part) for part in parts]
    except ValueError:
        factors = []
    if len(factors) not in (1, 2):
        msg = f"{text!r} is not a scale."
        raise UsageError(msg, hint="Write 2.7, or 2.7x1.5 for horizontal by vertical.")
    scale = factors[-1], factors[0]
    SizeRequest(scale=scale).check()
    return scale


def parse_fit(text: str) -> tuple[int, int]:
    """Parse ``1920x1080``, width by height, into (height, width).

    Raises:
        UsageError: not two whole numbers, or not in range.

    """
    width, separator, height = text.lower().partition("x")
    if not separator or not width.isdecimal() or not height.isdecimal():
        msg = f"{text!r} is not a box to fit into."
        raise UsageError(msg, hint="Write width and height in pixels, such as 1920x1080.")
    fit = int(height), int(width)
    SizeRequest(fit=fit).check()
    return fit
