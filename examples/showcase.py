"""Draws the picture at the top of the README: source, bicubic and srcli, at 100 %.

Run ``python examples/showcase.py docs/showcase.webp`` in a clone. The house is CC BY-SA 4.0 (see
the README of this folder), and the screen is drawn here.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from srcli import Upscaler
from srcli.images.synthetic.scene import Box, RoundBox, Scene, Text

FACTOR = 3
CELL = (90, 64)
"""Width and height of a crop of the source."""
GAP = 6
HEAD = 26
COLUMNS = ("source", "bicubic", "srcli")
MODELS = ("nearest", "bicubic", "auto")
JPEG_QUALITY = 50
WRITTEN_QUALITY = 92
"""Of the picture that is written."""
HOUSE = Path(__file__).with_name("house.png")
INK, PAPER, PANEL, ACCENT = (33, 33, 33), (255, 255, 255), (243, 243, 243), (0, 95, 184)


def main() -> None:
    """Write the picture to the path that the command line names."""
    Image.fromarray(draw()).save(sys.argv[1], quality=WRITTEN_QUALITY, method=6)


def draw() -> np.ndarray:
    """Return the picture, RGB uint8 (H, W, 3): a row for each kind of source."""
    house = Image.open(HOUSE).convert("RGB")
    rows = [
        ("a clean photo", file_of(house, "PNG"), (70, 72)),
        (f"JPEG of quality {JPEG_QUALITY}", file_of(house, "JPEG", JPEG_QUALITY), (52, 160)),
        ("a screen shot", file_of(screen(), "PNG"), (0, 0)),
    ]
    width, height = (FACTOR * side for side in CELL)
    sheet_width = len(COLUMNS) * (width + GAP) - GAP
    page = Image.new("RGB", (sheet_width, len(rows) * (height + HEAD + GAP) - GAP), PAPER)
    upscalers = [Upscaler(model) for model in MODELS]
    for row, (name, content, corner) in enumerate(rows):
        top = row * (height + HEAD + GAP)
        titles = [f"{name}: {COLUMNS[0]}", *COLUMNS[1:]]
        for column, (title, upscaler) in enumerate(zip(titles, upscalers, strict=True)):
            left = column * (width + GAP)
            larger = np.asarray(Image.open(io.BytesIO(upscaler(content, FACTOR))).convert("RGB"))
            page.paste(Image.fromarray(crop(larger, corner)), (left, top + HEAD))
            _title(page, title, (left, top))
    return np.asarray(page)


def crop(picture: np.ndarray, corner: Sequence[int]) -> np.ndarray:
    """Cut the cell out of a result, whose corner is given in pixels of the source."""
    left, top = (FACTOR * side for side in corner)
    width, height = (FACTOR * side for side in CELL)
    return picture[top : top + height, left : left + width]


def file_of(picture: Image.Image, form: str, quality: int = 100) -> bytes:
    """Encode a picture, as srcli would find it on the disk."""
    file = io.BytesIO()
    picture.save(file, form, quality=quality)
    return file.getvalue()


def screen() -> Image.Image:
    """Draw a window with a list, text and a button, as a screen shows it."""
    lines = ("Open   Save   Close", "main.py", "setup.py", "Total 1,284.50", "Monday 12:45")
    marks = [
        Box(left=0, top=0, right=100, bottom=14, color=PANEL),
        Text(left=4, top=2, text=lines[0], size=9, color=INK),
        Box(left=0, top=14, right=100, bottom=15, color=(200, 200, 200)),
        Box(left=0, top=17, right=46, bottom=29, color=ACCENT),
        Text(left=4, top=18, text=lines[1], size=9, color=PAPER),
        Text(left=4, top=31, text=lines[2], size=9, color=INK),
        Text(left=4, top=44, text=lines[3], size=9, color=INK),
        RoundBox(left=54, top=20, right=88, bottom=34, radius=3, color=ACCENT),
        Text(left=61, top=22, text="Send", size=9, color=PAPER),
        Text(left=4, top=54, text=lines[4], size=7, color=INK),
    ]
    scene = Scene(height=80, width=100, background=PAPER, marks=tuple(marks))
    return Image.fromarray(scene.render(80, 100).permute(1, 2, 0).numpy())


def _title(page: Image.Image, text: str, corner: tuple[int, int]) -> None:
    font = ImageFont.load_default(13)
    ImageDraw.Draw(page).text((corner[0] + 2, corner[1] + 6), text, INK, font=font)


if __name__ == "__main__":
    main()
