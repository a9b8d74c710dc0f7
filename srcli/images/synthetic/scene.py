"""Drawn pictures as vectors in floating point, which can be rendered at any size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

Color = tuple[int, int, int]
"""RGB, 0 to 255."""
Point = tuple[float, float]
"""Horizontal and vertical position, in units of the scene."""
Mask = NDArray[np.float32]
"""How much of each pixel a mark covers, (H, W) in [0, 1]."""

SUPERSAMPLING = 4
"""Sub-pixels of a side of a pixel, for marks that are not boxes."""
OWN_FONT = ""
"""The name that stands for the font that is part of Pillow."""
_DESIGN_SIZE = 200.0
"""Size at which the distances between letters are read, for they are rounded at small ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A window of whole pixels: its top left corner and its size."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A filled rectangle; its edges are sharp where they fall between two pixels."""

    left: float
    top: float
    right: float
    bottom: float
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundBox:
    """A filled rectangle with round corners; an ellipse if ``radius`` is large."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A filled polygon."""

    points: tuple[Point, ...]
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line through points."""

    points: tuple[Point, ...]
    width: float
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A line of text.

    Attributes:
        left: where it begins.
        top: upper edge of its tallest letters, about.
        text: what it says.
        size: of the font, in units of the scene.
        color: of the letters.
        font: path of a font file, or ``OWN_FONT``.

    """

    left: float
    top: float
    text: str
    size: float
    color: Color
    font: str = OWN_FONT


Mark = Box | RoundBox | Polygon | Stroke | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture of marks, the later ones over the earlier ones.

    Attributes:
        height: in units.
        width: in units.
        background: colour of what no mark covers.
        marks: in the order in which they are drawn.

    """

    height: float
    width: float
    background: Color
    marks: tuple[Mark, ...]

    def render(self, height: int, width: int) -> Tensor:
        """Draw the scene at a size; both axes have the scale of the height.

        Args:
            height: of the result, in pixels.
            width: of the result, in pixels.

        Returns:
            RGB uint8 (3, height, width).

        """
        scale = height / self.height
        canvas = np.empty((height, width, 3), np.float32)
        canvas[:] = self.background
        for mark in self.marks:
            _paint(canvas, mark, scale)
        levels = (canvas + 0.5).astype(np.uint8)
        return torch.from_numpy(levels).permute(2, 0, 1).contiguous()


def _paint(canvas: NDArray[np.float32], mark: Mark, scale: float) -> None:
    """Blend the colour of a mark into the pixels that it covers."""
    frame = _frame(_bounds(mark, scale), canvas.shape[0], canvas.shape[1])
    if frame.width <= 0 or frame.height <= 0:
        return
    mask = _box_mask(mark, scale, frame) if isinstance(mark, Box) else _mask(mark, scale, frame)
    below, right = frame.top + frame.height, frame.left + frame.width
    window = canvas[frame.top : below, frame.left : right]
    window += mask[..., None] * (np.asarray(mark.color, np.float32) - window)


def _bounds(mark: Mark, scale: float) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a mark in pixels, with room for its outline."""
    if isinstance(mark, Box | RoundBox):
        corners = (mark.left, mark.top, mark.right, mark.bottom)
    elif isinstance(mark, Text):
        right, bottom = mark.left + mark.size * (len(mark.text) + 1), mark.top + 2 * mark.size
        corners = (mark.left - mark.size, mark.top - mark.size, right, bottom)
    else:
        room = mark.width if isinstance(mark, Stroke) else 0.0
        across, down = zip(*mark.points, strict=True)
        corners = (min(across) - room, min(down) - room, max(across) + room, max(down) + room)
    left, top, right, bottom = corners
    return left * scale, top * scale, right * scale, bottom * scale


def _frame(bounds: tuple[float, float, float, float], height: int, width: int) -> Frame:
    left, top = (max(0, math.floor(edge)) for edge in bounds[:2])
    right, bottom = min(width, math.ceil(bounds[2])), min(height, math.ceil(bounds[3]))
    return Frame(left=left, top=top, width=right - left, height=bottom - top)


def _box_mask(box: Box, scale: float, frame: Frame) -> Mask:
    """Return the exact share of each pixel that a box covers."""
    rows = _covered(box.top * scale, box.bottom * scale, frame.top, frame.height)
    columns = _covered(box.left * scale, box.right * scale, frame.left, frame.width)
    return rows[:, None] * columns


def _covered(start: float, stop: float, first: int, count: int) -> NDArray[np.float32]:
    pixel = np.arange(first, first + count)
    inside = np.minimum(pixel + 1, stop) - np.maximum(pixel, start)
    return inside.clip(0, 1).astype(np.float32)


def _mask(mark: RoundBox | Polygon | Stroke | Text, scale: float, frame: Frame) -> Mask:
    """Draw a mark in sub-pixels, and return the share of each pixel that they cover."""
    fine = SUPERSAMPLING * scale
    image = Image.new("L", (SUPERSAMPLING * frame.width, SUPERSAMPLING * frame.height))
    pen = ImageDraw.Draw(image)

    def place(point: Point) -> Point:
        across, down = point
        return across * fine - SUPERSAMPLING * frame.left, down * fine - SUPERSAMPLING * frame.top

    if isinstance(mark, Text):
        _write(pen, mark, fine, place)
    elif isinstance(mark, RoundBox):
        (left, top), (right, bottom) = (
            place((mark.left, mark.top)),
            place((mark.right, mark.bottom)),
        )
        radius = min(mark.radius * fine, (right - left) / 2, (bottom - top) / 2)
        corners = (left, top, max(left, right - 1), max(top, bottom - 1))
        pen.rounded_rectangle(corners, max(0.0, radius), fill=255)
    elif isinstance(mark, Polygon):
        pen.polygon([place(point) for point in mark.points], fill=255)
    else:
        points = [place(point) for point in mark.points]
        pen.line(points, fill=255, width=max(1, round(mark.width * fine)), joint="curve")
    reduced = image.reduce(SUPERSAMPLING)
    return np.asarray(reduced).astype(np.float32) / np.float32(255)


def _write(
    pen: ImageDraw.ImageDraw, mark: Text, fine: float, place: Callable[[Point], Point]
) -> None:
    """Write letter by letter, at the distances of the font's design at whatever size."""
    font = _font(mark.font, mark.size * fine)
    ascent = _font(mark.font, _DESIGN_SIZE).getmetrics()[0] / _DESIGN_SIZE
    baseline = mark.top + mark.size * ascent
    for letter, distance in zip(mark.text, _distances(mark.font, mark.text), strict=True):
        start = place((mark.left + mark.size * distance, baseline))
        pen.text(start, letter, fill=255, font=font, anchor="ls")


@lru_cache(maxsize=512)
def _distances(name: str, text: str) -> tuple[float, ...]:
    """Return where each letter begins, in sizes of the font."""
    font = _font(name, _DESIGN_SIZE)
    return tuple(font.getlength(text[:n]) / _DESIGN_SIZE for n in range(len(text)))


@lru_cache(maxsize=256)
def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    if name:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow was built without FreeType
        msg = "Pillow cannot draw text here"
        raise OSError(msg)
    return font
