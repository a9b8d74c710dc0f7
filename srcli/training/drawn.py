"""Draw scenes to learn from: screens, text, line art, charts, flat shapes and halftones.

A scene is laid out in whole units. A unit is a pixel of HR or a pixel of LR. If it is a pixel of
LR, LR is either reduced from HR or drawn anew. An LR that is drawn anew has lines and text as sharp
as programs draw them, and HR is the same scene drawn larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from srcli.images.synthetic.fonts import find_fonts, font_folders
from srcli.images.synthetic.scene import (
    OWN_FONT,
    Box,
    Color,
    Mark,
    Point,
    Polygon,
    RoundBox,
    Scene,
    Stroke,
    Text,
)

WAYS_TO_DRAW = {"fine": 0.25, "coarse": 0.35, "anew": 0.4}
"""Shares of scenes in pixels of HR (``fine``), and in pixels of LR.

LR is then reduced from HR (``coarse``) or drawn anew (``anew``)."""
SHARE_OF_OWN_FONT = 0.15
LETTERS = "eeeeettttaaaaooooiiiinnnsssrrrhhlldducmfpgwybvkxjqz"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789.,:-+=()/%#_"
DARK_PAGE = 90
"""Largest level of a channel of a dark page."""
LIGHT_PAGE = 200
"""Smallest level of white paper."""


def draw_scene(side: int, random: Random) -> Scene:
    """Lay out a square scene of a random kind, with sides of ``side`` units."""
    draw, share = zip(*_KINDS, strict=True)
    background, marks = random.choices(draw, share)[0](side, random)
    return Scene(height=side, width=side, background=background, marks=tuple(marks))


Layout = tuple[Color, list[Mark]]
"""Colour of the background, and marks on it."""


def _screen(side: int, random: Random) -> Layout:
    """Lay out panels, rules of one unit, rows of icons and text, and buttons."""
    page, ink = _page(random)
    panel, rule = _towards(page, ink, 0.06), _towards(page, ink, random.uniform(0.1, 0.4))
    accent, font = _color(random), _font(random)
    split = random.randint(0, side // 2)
    marks: list[Mark] = [
        Box(left=0, top=0, right=split, bottom=side, color=panel),
        Box(left=split, top=0, right=split + 1, bottom=side, color=rule),
    ]
    size = random.randint(8, 18)
    step = size + random.randint(3, 12)
    for top in range(random.randint(-step, 4), side, step):
        marks += _row(split, top, (size, font), (page, ink, accent), random)
        if random.random() < 0.3:  # noqa: PLR2004 - a rule below some rows
            line = top + step - 2
            marks.append(Box(left=split, top=line, right=side, bottom=line + 1, color=rule))
    return page, marks


def _row(
    split: int, top: int, style: tuple[int, str], colors: tuple[Color, Color, Color], random: Random
) -> list[Mark]:
    """Return a row of a screen: icon and name on the left, text or a button on the right."""
    size, font = style
    page, ink, accent = colors
    left = split + random.randint(3, 12)
    words = _words(random, random.randint(1, 4))
    text = Text(left=left + 4, top=top, text=words, size=size, color=ink, font=font)
    marks: list[Mark] = [_icon(3, top, size, random)]
    name = _words(random, 1)[: max(0, int((split - size - 6) / (0.6 * size)))]
    marks.append(Text(left=size + 6, top=top, text=name, size=size, color=ink, font=font))
    kind = random.randrange(4)
    if kind == 0:
        right = left + 8 + int(0.6 * size * len(words))
        shape = (left, top - 1, right, top + size + 3)
        marks.append(_box(shape, accent, random.choice((0, 2, 4, 20))))
        return [*marks, Text(left=left + 4, top=top, text=words, size=size, color=page, font=font)]
    if kind == 1:
        shape = (left, top, left + size, top + size)
        inner = (left + 1, top + 1, left + size - 1, top + size - 1)
        return [*marks, _box(shape, ink, 0), _box(inner, page, 0)]
    return [*marks, text]


def _icon(left: int, top: int, size: int, random: Random) -> Mark:
    color, half = _color(random), size / 2
    kind = random.randrange(4)
    if kind == 0:
        return _box((left, top, left + size, top + size), color, random.choice((0, 2, 99)))
    corners = random.randint(3, 8)
    turn = random.uniform(0, 2 * math.pi)
    points = _ring((left + half, top + half), half, corners, turn)
    if kind == 1:
        return Polygon(points=points, color=color)
    return Stroke(points=(*points, points[0]), width=random.choice((1, 1, 1.5, 2)), color=color)


def _text(side: int, random: Random) -> Layout:
    """Lay out lines of text in one or several fonts, sizes and colours."""
    page, ink = _page(random)
    font, size = _font(random), random.uniform(7, 30)
    marks: list[Mark] = []
    top, left = random.uniform(-size, 4), random.uniform(-size, 8)
    colors = [ink, ink, _color(random), _towards(page, ink, random.uniform(0.3, 1))]
    while top < side:
        if random.random() < 0.15:  # noqa: PLR2004 - another font now and then
            font, size = _font(random), random.uniform(7, 40)
        words = _words(random, max(1, int(side / (3 * size))))
        color = random.choice(colors)
        marks.append(Text(left=left, top=top, text=words, size=size, color=color, font=font))
        top += size * random.uniform(1.15, 1.6)
    return page, marks


def _chart(side: int, random: Random) -> Layout:
    """Lay out a grid or table of rules of one or two units, with bars, curves and numbers."""
    page, ink = _page(random)
    rule, font = _towards(page, ink, random.uniform(0.1, 1.0)), _font(random)
    across, down = random.randint(6, 40), random.randint(6, 40)
    width = random.choice((1, 1, 1, 2))
    marks: list[Mark] = []
    for n in range(0, side, across):
        marks.append(Box(left=n, top=0, right=n + width, bottom=side, color=rule))
        if random.randrange(2):
            top = random.randint(0, side)
            color = _color(random)
            marks.append(Box(left=n + 2, top=top, right=n + across - 1, bottom=side, color=color))
    marks += [
        Box(left=0, top=n, right=side, bottom=n + width, color=rule) for n in range(0, side, down)
    ]
    marks += [_curve(side, random, _color(random)) for _ in range(random.randint(0, 3))]
    for _ in range(random.randint(0, 5)):
        left, top = random.randrange(side), random.randrange(side)
        size = random.randint(7, 14)
        number = "".join(random.choices(DIGITS, k=random.randint(1, 6)))
        marks.append(Text(left=left, top=top, text=number, size=size, color=ink, font=font))
    return page, marks


def _line_art(side: int, random: Random) -> Layout:
    """Lay out curves, outlines, hatching and filled shapes, mostly in black."""
    page, ink = _page(random)
    marks: list[Mark] = []
    for _ in range(random.randint(0, 4)):
        tone = _towards(page, ink, random.choice((0.15, 0.3, 0.6, 1.0)))
        marks.append(_shape(side, random, tone))
    marks += [_curve(side, random, ink) for _ in range(random.randint(2, 10))]
    if random.randrange(2):
        gap, angle = random.uniform(2.5, 9), random.uniform(0, math.pi)
        width = random.choice((1, 1, 1.5, 2))
        right, down = math.cos(angle) * side / 3, math.sin(angle) * side / 3
        left, top = random.uniform(0, side), random.uniform(0, side)
        for n in range(random.randint(4, 14)):
            x, y = left - n * gap * math.sin(angle), top + n * gap * math.cos(angle)
            marks.append(Stroke(points=((x, y), (x + right, y + down)), width=width, color=ink))
    return page, marks


def _flat(side: int, random: Random) -> Layout:
    """Lay out overlapping shapes of plain colours, some with outlines."""
    marks: list[Mark] = []
    for _ in range(random.randint(3, 14)):
        shape = _shape(side, random, _color(random))
        marks.append(shape)
        if isinstance(shape, Polygon) and random.randrange(2):
            points = (*shape.points, shape.points[0])
            marks.append(Stroke(points=points, width=random.uniform(0.8, 4), color=_color(random)))
    return _color(random), marks


def _halftone(side: int, random: Random) -> Layout:
    """Lay out dots on a turned grid, which grow from one side to the other."""
    page, ink = _page(random)
    gap, angle = random.uniform(3.5, 12), random.uniform(0, math.pi / 2)
    growth = random.uniform(0, 2 * math.pi)
    marks: list[Mark] = []
    reach = int(side / gap) + 1
    for n in range(-reach, reach + 1):
        for m in range(-reach, reach + 1):
            x = side / 2 + gap * (n * math.cos(angle) - m * math.sin(angle))
            y = side / 2 + gap * (n * math.sin(angle) + m * math.cos(angle))
            if 0 <= x < side and 0 <= y < side:
                far = (x * math.cos(growth) + y * math.sin(growth)) / side
                radius = gap * (0.12 + 0.45 * abs(math.sin(1.5 * far)))
                marks.append(_box((x - radius, y - radius, x + radius, y + radius), ink, gap))
    return page, marks


_KINDS: tuple[tuple[Callable[[int, Random], Layout], float], ...] = (
    (_screen, 0.3),
    (_text, 0.25),
    (_line_art, 0.18),
    (_chart, 0.12),
    (_flat, 0.1),
    (_halftone, 0.05),
)


def _shape(side: int, random: Random, color: Color) -> Mark:
    x, y, size = random.uniform(0, side), random.uniform(0, side), random.uniform(4, side / 2)
    kind = random.randrange(3)
    if kind == 0:
        tall = size * random.uniform(0.3, 2)
        return _box((round(x), round(y), round(x + size), round(y + tall)), color, 0)
    if kind == 1:
        return _box((x, y, x + size, y + size * random.uniform(0.5, 2)), color, size)
    turn = random.uniform(0, 2 * math.pi)
    return Polygon(points=_ring((x, y), size / 2, random.randint(3, 9), turn), color=color)


def _curve(side: int, random: Random, color: Color) -> Stroke:
    start, drift = random.uniform(0, side), random.uniform(-1.5, 1.5)
    waves, height = random.uniform(0.3, 3), random.uniform(0, 0.3) * side
    upright, points = random.randrange(2), []
    for n in range(-2, 27):
        along = n * side / 24
        across = start + drift * along + height * math.sin(waves * 2 * math.pi * along / side)
        points.append((across, along) if upright else (along, across))
    width = random.choice((1, 1, 1.5, 2, 3, 4, 6))
    return Stroke(points=tuple(points), width=width, color=color)


def _ring(centre: Point, radius: float, corners: int, turn: float) -> tuple[Point, ...]:
    angles = (turn + 2 * math.pi * n / corners for n in range(corners))
    x, y = centre
    return tuple((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles)


def _box(corners: tuple[float, float, float, float], color: Color, radius: float) -> Mark:
    left, top, right, bottom = corners
    if radius <= 0:
        return Box(left=left, top=top, right=right, bottom=bottom, color=color)
    return RoundBox(left=left, top=top, right=right, bottom=bottom, radius=radius, color=color)


def _page(random: Random) -> tuple[Color, Color]:
    """Return the colour of a page, light or dark, and that of its ink."""
    bright = random.choice((255, 255, random.randint(LIGHT_PAGE, 255)))
    dark = random.choice((0, random.randint(0, DARK_PAGE), random.randint(0, DARK_PAGE)))
    light_color, dark_color = _near(bright, random), _near(dark, random)
    return (light_color, dark_color) if random.randrange(2) else (dark_color, light_color)


def _near(level: int, random: Random) -> Color:
    if random.randrange(2):
        return level, level, level
    red, green, blue = (min(max(level + random.randint(-20, 20), 0), 255) for _ in range(3))
    return red, green, blue


def _color(random: Random) -> Color:
    return random.randint(0, 255), random.randint(0, 255), random.randint(0, 255)


def _towards(first: Color, second: Color, part: float) -> Color:
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _font(random: Random) -> str:
    fonts = find_fonts(font_folders())
    return OWN_FONT if random.random() < SHARE_OF_OWN_FONT else random.choice(fonts)


def _words(random: Random, count: int) -> str:
    return " ".join(_word(random) for _ in range(count))


def _word(random: Random) -> str:
    kind, length = random.random(), random.randint(1, 9)
    if kind < 0.15:  # noqa: PLR2004 - numbers and signs
        return "".join(random.choices(DIGITS, k=length))
    word = "".join(random.choices(LETTERS, k=length))
    if kind < 0.3:  # noqa: PLR2004 - capitals at the start
        return random.choice(CAPITALS) + word
    return word.upper() if kind < 0.35 else word  # noqa: PLR2004 - all capitals
