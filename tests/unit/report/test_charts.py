import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from srcli.report.charts import HEIGHT, LEFT, RIGHT, WIDTH, Series, chart

SVG = "{http://www.w3.org/2000/svg}"


def parse(text: str) -> ET.Element:
    return ET.fromstring(str(text).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own


def curve(name: str, *psnr: float, published: bool = False) -> Series:
    return Series(name=name, points=tuple(enumerate(psnr, start=2)), published=published)


def dots(svg: ET.Element) -> list[tuple[float, float]]:
    return [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in svg.iter(f"{SVG}circle")]


def names(svg: ET.Element) -> dict[str, ET.Element]:
    found = (text for text in svg.iter(f"{SVG}text") if text.attrib.get("class") == "name")
    return {text.text or "": text for text in found}


def ticks(svg: ET.Element, axis: str) -> list[float]:
    texts = (text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") == axis)
    return [float(text) for text in texts if re.fullmatch(r"[\d.]+", text)]


def test_more_is_higher_and_further_right() -> None:
    places = dots(parse(chart([curve("a", 36, 32, 30)], x_label="scale", y_label="dB")))
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted(y for _, y in places)


def test_all_points_lie_inside_the_axes() -> None:
    svg = parse(chart([curve("a", 36, 32), curve("b", 35, 20)], x_label="x", y_label="y"))
    assert len(dots(svg)) == 4
    assert all(LEFT <= x <= WIDTH - RIGHT and 0 <= y <= HEIGHT for x, y in dots(svg))


def test_ticks_are_round_numbers_in_the_range() -> None:
    svg = parse(chart([curve("a", 36.2, 28.4)], x_label="x", y_label="y"))
    assert ticks(svg, "y") == [30, 32, 34, 36]


def test_a_logarithmic_axis_has_equal_steps_for_equal_ratios() -> None:
    points = [Series(name=str(x), points=((x, 30.0 + x),)) for x in (0.1, 1.0, 10.0)]
    svg = parse(chart(points, x_label="speed", y_label="dB", log_x=True))
    (a, _), (b, _), (c, _) = dots(svg)
    assert b - a == pytest.approx(c - b, abs=0.2)
    assert {0.1, 1, 10} <= set(ticks(svg, "x"))


def test_a_logarithmic_range_without_round_powers_still_has_ticks() -> None:
    points = [Series(name=str(x), points=((x, 30.0),)) for x in (3.0, 3.1)]
    svg = parse(chart(points, x_label="speed", y_label="dB", log_x=True))
    assert len(ticks(svg, "x")) > 1


def test_one_value_alone_can_be_drawn() -> None:
    svg = parse(chart([Series(name="a", points=((2.0, 30.0),))], x_label="x", y_label="y"))
    assert len(dots(svg)) == 1
    assert ticks(svg, "x")


def test_names_do_not_cover_each_other_and_stay_inside() -> None:
    same = [curve(f"model {n}", 36, 30) for n in range(6)]
    placed = names(parse(chart(same, x_label="x", y_label="y")))
    heights = sorted(float(text.attrib["y"]) for text in placed.values())
    assert len(heights) == 6
    assert all(below - above >= 14.9 for above, below in pairwise(heights))
    assert heights[-1] < HEIGHT


def test_a_long_name_is_cut_and_kept_as_a_hint() -> None:
    svg = parse(chart([curve("a-network-with-a-very-long-name", 36, 30)], x_label="x", y_label="y"))
    ((short, element),) = names(svg).items()
    assert short == "a-network-with-a-ve…"
    assert element.findtext(f"{SVG}title") == "a-network-with-a-very-long-name"


def test_dots_near_the_right_are_named_on_their_left() -> None:
    points = [Series(name=name, points=((x, 30.0),)) for name, x in (("slow", 1.0), ("fast", 9.0))]
    placed = names(parse(chart(points, x_label="x", y_label="y")))
    assert placed["slow"].attrib["text-anchor"] == "start"
    assert placed["fast"].attrib["text-anchor"] == "end"


def test_published_curves_do_not_use_up_colours() -> None:
    series = [curve("a", 1, 2), curve("p", 2, 3, published=True), curve("b", 3, 4)]
    groups = [
        g.attrib["class"]
        for g in parse(chart(series, x_label="x", y_label="y")).iter(SVG + "g")
        if "class" in g.attrib
    ]
    assert groups == ["s0", "sp", "s1"]


def test_names_are_escaped() -> None:
    svg = parse(chart([curve("<b>&", 36, 30)], x_label="a<b", y_label='"'))
    assert "<b>&" in names(svg)
