"""What size the user asked for, turned into pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from srcli.engine.recursion import scaled_size
from srcli.errors import UsageError

MAX_SCALE = 1024.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSize:
    """Size of a result in pixels, and the larger axis ratio as requested."""

    height: int
    width: int
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRequest:
    """A factor, or a width, a height or both; what is not given keeps the proportions.

    ``scale`` is (vertical, horizontal).
    """

    scale: tuple[float, float] | None = None
    width: int | None = None
    height: int | None = None

    def check(self) -> None:
        """Refuse what has no meaning.

        Raises:
            UsageError: nothing asked for, two things at once, or a number out of range.

        """
        sides = [side for side in (self.width, self.height) if side is not None]
        if (self.scale is None) == (not sides):
            msg = "ask for either a scale or a width and height"
            raise UsageError(msg, hint="for example --scale 2.7, or --width 1920")
        if any(side < 1 for side in sides):
            msg = "a width or height must be at least 1 pixel"
            raise UsageError(msg)
        for factor in self.scale or ():
            if not (math.isfinite(factor) and 0 < factor <= MAX_SCALE):
                msg = f"a scale must lie above 0 and at most at {MAX_SCALE:g}, not at {factor:g}"
                raise UsageError(msg)

    def resolve(self, height: int, width: int) -> TargetSize:
        """Return the size of the result for a picture of ``height`` x ``width`` pixels."""
        if self.scale is not None:
            rows, columns = scaled_size((height, width), self.scale)
            return TargetSize(height=rows, width=columns, ratio=max(self.scale))
        if self.width is None:
            factor = (self.height or height) / height
        elif self.height is None:
            factor = self.width / width
        else:
            ratio = max(self.height / height, self.width / width)
            return TargetSize(height=self.height, width=self.width, ratio=ratio)
        rows, columns = scaled_size((height, width), (factor, factor))
        return TargetSize(height=self.height or rows, width=self.width or columns, ratio=factor)


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
        msg = f"{text!r} is not a scale"
        raise UsageError(msg, hint="write 2.7, or 2.7x1.5 for horizontal by vertical")
    scale = factors[-1], factors[0]
    SizeRequest(scale=scale).check()
    return scale
