import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from srcli.bench.curves import to_svg
from srcli.bench.records import Record
from srcli.bench.summary import summarize
from srcli.errors import UsageError


def captions(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 - our own
    return [text.text or "" for text in root.iter() if text.get("class") == "title"]


def test_each_data_set_is_a_chart_of_one_document(records: tuple[Record, ...]) -> None:
    svg = to_svg(summarize(records))
    assert captions(svg) == ["Set5", "Set14"]
    assert svg.startswith("<svg xmlns=")
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme" in svg


def test_published_points_and_those_read_off_are_drawn(records: tuple[Record, ...]) -> None:
    svg = to_svg(summarize(records))
    assert "ASDN, published: 2, 38.12" in svg
    assert "ASDN Fig. 4 read off: 3, 34.50" in svg
    assert "ASDN, published: 8" not in svg


def test_one_scale_is_no_curve(make_record: Callable[..., Record]) -> None:
    with pytest.raises(UsageError, match="no curve"):
        to_svg(summarize([make_record("Set5", 2, "bicubic", 33.0)]))


def test_colours_are_those_of_the_page(records: tuple[Record, ...]) -> None:
    assert re.search(r"\.s0 \{ --color", to_svg(summarize(records)))
