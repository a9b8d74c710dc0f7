from collections.abc import Callable

import pytest

from srcli.bench.published_table import has_published, published_table
from srcli.bench.records import Record
from srcli.bench.summary import summarize
from srcli.report.tables import Table


def texts(table: Table) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row) for row in table.rows]


def row_of(table: Table, *labels: str) -> tuple[str, ...]:
    (row,) = (row for row in texts(table) if row[: len(labels)] == labels)
    return row


def test_published_rows_say_how_much_better_the_model_is(records: tuple[Record, ...]) -> None:
    table = published_table(summarize(records), "asdn-fast")
    assert row_of(table, "2", "asdn-fast, measured")[2:] == (
        "36.70 / 0.9123",
        "32.40 / 0.9123",
        "416",
        "95.9",
    )
    assert row_of(table, "2", "VDSR [1]")[2:4] == ("37.53 / 0.958 (-0.83)", "32.97 / 0.913 (-0.57)")
    assert row_of(table, "4", "CSNLN [2]")[2] == "32.68 / 0.9004 (-2.18)"
    assert table.notes[0] == "[1] ASDN, arXiv 2010.02414v1, Table 1"


def test_a_method_that_was_not_published_on_a_set_has_a_dash_there(
    make_record: Callable[..., Record],
) -> None:
    rows = summarize(make_record(name, 2, "asdn-fast", 36.0) for name in ("Set5", "Manga109"))
    row = row_of(published_table(rows, "asdn-fast"), "2", "RDN-CUF [6]")
    assert row[2:] == ("38.28 (-2.28)", *("–",) * 3)  # noqa: RUF001 - the dash


def test_an_odd_published_number_has_a_dagger_and_a_note(records: tuple[Record, ...]) -> None:
    table = published_table(summarize(records), "asdn-fast")
    assert row_of(table, "4", "Bicubic [1]")[3] == "26.10 / 0.704 (+1.40) †"
    assert "† Bicubic, Set14 x4, PSNR-Y: printed so; 26.00 in other papers" in table.notes


def test_an_odd_ssim_has_one_too(make_record: Callable[..., Record]) -> None:
    rows = summarize([make_record("Manga109", 8, "asdn-fast", 24.0)])
    assert row_of(published_table(rows, "asdn-fast"), "8", "ASDN [1]")[2].endswith("†")


def test_a_set_published_in_rgb_is_compared_in_rgb(make_record: Callable[..., Record]) -> None:
    rows = summarize([make_record("DIV2K-val", 2, "asdn-fast", 36.0)])
    assert row_of(published_table(rows, "asdn-fast"), "2", "RDN-LIIF [1]")[2] == "34.99 RGB (-0.99)"


def test_a_model_that_failed_is_set_beside_numbers_without_a_difference(
    make_record: Callable[..., Record],
) -> None:
    rows = summarize([make_record("Set5", 2, "asdn-fast", None)])
    assert row_of(published_table(rows, "asdn-fast"), "2", "SAN [4]")[2] == "38.31 / 0.9620"


@pytest.mark.parametrize(
    ("dataset", "scale", "expected"),
    [("Set5", 2, True), ("DIV2K-val", 6, True), ("Set5", 2.7, False), ("mine", 2, False)],
)
def test_only_known_sets_and_scales_have_published_numbers(
    make_record: Callable[..., Record], dataset: str, scale: float, expected: bool
) -> None:
    assert has_published(summarize([make_record(dataset, scale, "bicubic", 30.0)])) == expected


def test_light_networks_alone_are_shown_if_asked_for(records: tuple[Record, ...]) -> None:
    methods = {
        row[1].split(" [")[0] for row in texts(published_table(summarize(records), "a", "light"))
    }
    assert {"Bicubic", "VDSR", "SRCNN", "CARN", "SwinIR-light"} <= methods
    assert not methods & {"EDSR", "RCAN", "SAN", "CSNLN", "ASDN"}


def test_parameters_and_multiply_adds_stand_beside_a_method(records: tuple[Record, ...]) -> None:
    table = published_table(summarize(records), "asdn-fast")
    row = next(row for row in texts(table) if row[0] == "2" and row[1].startswith("CARN"))
    assert row[-2:] == ("1,592", "241.8")


@pytest.mark.parametrize(("own", "text"), [(37.5288, "+0.00"), (37.531, "+0.00"), (37.52, "-0.01")])
def test_a_difference_that_rounds_to_nothing_has_no_minus(
    make_record: Callable[..., Record], own: float, text: str
) -> None:
    table = published_table(summarize([make_record("Set5", 2, "asdn-fast", own)]), "asdn-fast")
    assert row_of(table, "2", "VDSR [1]")[2] == f"37.53 / 0.958 ({text})"


def test_misprints_of_copies_are_told(make_record: Callable[..., Record]) -> None:
    table = published_table(summarize([make_record("BSD100", 2, "asdn-fast", 31.0)]), "asdn-fast")
    assert row_of(table, "2", "Bicubic [1]")[2] == "29.55 / 0.842 (+1.45) \u2020"
    told = "Bicubic, BSD100 x2, PSNR-Y: copies of the table have 20.55, a misprint"
    assert f"\u2020 {told}" in table.notes
