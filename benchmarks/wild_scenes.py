"""Screens and line art that ``wild.py`` measures: drawn, and the same for every run.

A scene is laid out in pixels of the small picture, so its text can be read there. The large
picture is the same scene with every pixel as large as the factor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from random import Random

from srcli.images.synthetic.scene import Box, Color, Mark, Polygon, RoundBox, Scene, Stroke, Text

WORDS = re.findall(
    r"\S+",
    """
Open Save Close Search Settings Account Format Insert View Help Monday 12:45 Total 1,284.50 Inbox
Draft Archive readme.md main.py return value import while index The quick brown fox jumps over lazy
dogs and none of them minds Version 2.7 status ready line 114 column 8
""",
)
BAR = 24
"""Height of the bar at the top."""
CHOSEN = 2
"""The row of the list that has the accent's colour."""
BLOCK = 5
"""Lines of text from one button to the next."""
LIGHT = ((255, 255, 255), (243, 243, 243), (200, 200, 200), (33, 33, 33), (0, 95, 184))
DARK = ((30, 30, 30), (45, 45, 48), (70, 70, 74), (212, 212, 212), (86, 156, 214))


def light_screen(side: int, random: Random) -> Scene:
    return _screen(side, random, LIGHT)


def dark_screen(side: int, random: Random) -> Scene:
    return _screen(side, random, DARK)


def line_art(side: int, random: Random) -> Scene:
    """Curves of several widths, hatching and filled shapes, as in a comic or a plan."""
    marks: list[Mark] = [_blob(side, random) for _ in range(6)]
    for _ in range(14):
        start, drift = random.uniform(0, side), random.uniform(-1, 1)
        waves, height = random.uniform(0.5, 3), random.uniform(0.02, 0.2) * side
        points = tuple(
            (x, start + drift * x + height * math.sin(waves * 2 * math.pi * x / side))
            for x in (n * side / 48 for n in range(-4, 53))
        )
        marks.append(Stroke(points=points, width=random.choice((1, 1.5, 2, 3, 4)), color=(0, 0, 0)))
    left, top = random.uniform(0, 0.6) * side, random.uniform(0, 0.6) * side
    for n in range(12):
        begin, end = (left + 5 * n, top), (left + 5 * n + side / 5, top + side / 4)
        marks.append(Stroke(points=(begin, end), width=1, color=(0, 0, 0)))
    return Scene(height=side, width=side, background=(255, 255, 255), marks=tuple(marks))


SCENES: Mapping[str, Callable[[int, Random], Scene]] = {
    "screen light": light_screen,
    "screen dark": dark_screen,
    "line art": line_art,
}


def _screen(side: int, random: Random, colors: tuple[Color, ...]) -> Scene:
    page, panel, rule, ink, _ = colors
    split = side // 4
    marks: list[Mark] = [
        Box(left=0, top=0, right=side, bottom=BAR, color=panel),
        Box(left=0, top=BAR, right=side, bottom=BAR + 1, color=rule),
        Box(left=0, top=BAR + 1, right=split, bottom=side, color=panel),
        Box(left=split, top=BAR, right=split + 1, bottom=side, color=rule),
        _words((6, side - 6), 6, 11, ink, random),
        *_list(split, side, colors, random),
        *_lines(split, side, colors, random),
    ]
    return Scene(height=side, width=side, background=page, marks=tuple(marks))


def _list(split: int, side: int, colors: tuple[Color, ...], random: Random) -> list[Mark]:
    """Return rows of icons and names, one of them chosen."""
    page, _, _, ink, accent = colors
    marks: list[Mark] = []
    for row, top in enumerate(range(BAR + 8, side, 20)):
        if row == CHOSEN:
            marks.append(Box(left=0, top=top - 4, right=split, bottom=top + 15, color=accent))
        marks.append(_icon(5, top, random))
        marks.append(_words((20, split - 4), top, 10, page if row == CHOSEN else ink, random))
    return marks


def _lines(split: int, side: int, colors: tuple[Color, ...], random: Random) -> list[Mark]:
    """Return lines of text, with a rule and a button after every few."""
    page, _, rule, ink, accent = colors
    marks: list[Mark] = []
    for row, top in enumerate(range(BAR + 8, side, 17)):
        if row % BLOCK == BLOCK - 1:
            marks.append(Box(left=split + 8, top=top, right=side - 8, bottom=top + 1, color=rule))
            marks += _button(split + 10, top + 3, accent, page, random)
        else:
            color, size = random.choice((ink, ink, accent)), random.choice((10, 11, 12, 13))
            marks.append(_words((split + 10, side - 20), top, size, color, random))
    return marks


def _words(span: tuple[int, int], top: int, size: int, color: Color, random: Random) -> Text:
    """Return as many random words as fit between two sides."""
    room = int((span[1] - span[0]) / (0.55 * size))
    text = random.choice(WORDS)
    for _ in range(random.randint(2, 12)):
        longer = f"{text} {random.choice(WORDS)}"
        text = longer if len(longer) <= room else text
    return Text(left=span[0], top=top, text=text[: max(1, room)], size=size, color=color)


def _button(left: int, top: int, fill: Color, ink: Color, random: Random) -> tuple[Mark, Mark]:
    text = random.choice(WORDS)
    right = left + 14 + int(len(text) * 6.5)
    shape = RoundBox(left=left, top=top, right=right, bottom=top + 13, radius=3, color=fill)
    return shape, Text(left=left + 6, top=top + 1, text=text, size=10, color=ink)


def _icon(left: int, top: int, random: Random) -> Mark:
    color = (random.randrange(40, 230), random.randrange(40, 230), random.randrange(40, 230))
    if random.randrange(2):
        return RoundBox(left=left, top=top, right=left + 10, bottom=top + 10, radius=9, color=color)
    points = ((left, top + 10), (left + 5, top), (left + 10, top + 10))
    return Polygon(points=points, color=color)


def _blob(side: int, random: Random) -> Polygon:
    across, down, radius = (random.uniform(0.1, 0.9) * side for _ in range(3))
    radius *= 0.25
    corners = random.randint(3, 9)
    points = tuple(
        (across + radius * math.cos(angle), down + radius * math.sin(angle))
        for angle in (2 * math.pi * n / corners for n in range(corners))
    )
    shade = random.choice((0, 120, 190, 230))
    return Polygon(points=points, color=(shade, shade, shade))
