"""The size that one picture is to have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Size = tuple[int, int]
"""(height, width)."""
WhenLarge = Literal["skip", "copy", "shrink"]
"""What becomes of a picture that already has the size asked for, or more, along both axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSize:
    """Size of a result in pixels, and the larger axis ratio as requested."""

    height: int
    width: int
    ratio: float


Resolve = Callable[[int, int], TargetSize]
"""From the height and width of a picture to the size of its result."""
