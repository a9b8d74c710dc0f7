import base64
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from srcli.bench.datasets import Dataset
from srcli.bench.page import to_html
from srcli.bench.records import Record
from srcli.bench.report import Report
from srcli.bench.runner import Candidate
from srcli.bench.sheet import crop_sheet

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"
VOID = {"meta", "img"}


class Outline(HTMLParser):
    """Collects headings and attributes, and checks that elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.sources: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


@pytest.fixture
def page(records: tuple[Record, ...], candidate: Candidate) -> str:
    dataset = Dataset(name="Set5", images=(GOLDEN / "head.png",))
    sheets = [crop_sheet(dataset, 0, [candidate], 2)]
    return to_html(Report(records=records, published="all"), sheets)


def test_the_page_has_all_its_parts(page: str) -> None:
    assert Outline(page).headings == [
        "Quality",
        "Quality over scale",
        "Quality against speed",
        "Crops",
        "More numbers",
        "What ran",
    ]


def test_nothing_is_fetched(page: str) -> None:
    assert all(source.startswith("data:image/") for source in Outline(page).sources)
    assert not re.search(r"https?://|url\(|@import|<script |<link", page)
    assert "default-src 'none'" in page


def test_pictures_are_inside(page: str) -> None:
    codes = re.findall(r"data:image/(?:png|jpeg);base64,([^\"]+)", page)
    sizes = [Image.open(io.BytesIO(base64.b64decode(code))).size for code in codes]
    assert sizes == [(280, 280), (280, 280), (280, 280), (280, 280)]
    assert "34.88 / 0.8630" in page


def test_numbers_protocol_and_conditions_are_there(page: str) -> None:
    assert "<b>36.70 / 0.9123</b>" in page
    assert "Protocol published" in page
    assert "asdn-fast · srcli 0.1.0" in page


def test_costs_stand_beside_quality_and_the_page_says_when_and_where(page: str) -> None:
    assert re.search(r"<b>36.70 / 0.9123</b>.*?416<", page, re.DOTALL)
    for title in ("Parameters, k", "kMAC/px"):
        assert f">{title}</th>" in page
    assert re.search(r"Written on \d{4}-\d\d-\d\d \d\d:\d\d UTC by srcli .* torch 2", page)
    assert "threads" in page


def test_published_curves_are_drawn_only_when_asked_for(
    page: str, records: tuple[Record, ...]
) -> None:
    assert "ASDN, published" in page
    assert "ASDN" not in to_html(Report(records=records))


def test_parts_without_content_are_left_out(make_record: Callable[..., Record]) -> None:
    report = Report(records=(make_record("Set5", 2, "bicubic", 33.0),))
    assert Outline(to_html(report)).headings == ["Quality", "More numbers", "What ran"]


def test_perfect_and_failed_measurements_do_not_break_the_charts(
    make_record: Callable[..., Record],
) -> None:
    records = [make_record("Set5", scale, "a", 30.0 - scale) for scale in (2, 3)]
    records += [make_record("Set5", scale, "b", float("inf")) for scale in (2, 3)]
    records += [make_record("Set5", scale, "c", None, seconds=0.0) for scale in (2, 3)]
    page = to_html(Report(records=tuple(records)))
    assert Outline(page).headings[:2] == ["Quality", "Quality over scale"]
    assert "inf / 0.9123" in page
    assert "nan" not in page


def test_names_are_escaped(make_record: Callable[..., Record]) -> None:
    report = Report(records=(make_record("<i>", 2, "a&b<script>", 33.0),))
    page = to_html(report)
    assert page.count("<script") == 1  # our own
    assert "a&amp;b&lt;script&gt;" in page
    assert "&lt;i&gt;" in page
