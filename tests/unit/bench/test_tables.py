from collections.abc import Callable
from dataclasses import replace

import pytest

from srcli.bench.records import Record
from srcli.bench.summary import summarize
from srcli.bench.tables import (
    Table,
    detail_table,
    failure_table,
    quality_table,
    size_cell,
)
from srcli.metrics.protocol import PUBLISHED


def texts(table: Table) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in row) for row in table.rows]


def row_of(table: Table, *labels: str) -> tuple[str, ...]:
    (row,) = (row for row in texts(table) if row[: len(labels)] == labels)
    return row


def test_the_quality_table_is_laid_out_as_in_papers(records: tuple[Record, ...]) -> None:
    table = quality_table(summarize(records), PUBLISHED)
    assert table.header == ("Scale", "Model", "Set5", "Set14")
    assert texts(table) == [
        ("2", "bicubic", "33.67 / 0.9123", "30.32 / 0.9123"),
        ("2", "asdn-fast", "36.70 / 0.9123", "32.40 / 0.9123"),
        ("4", "bicubic", "28.43 / 0.9123", "26.09 / 0.9123"),
        ("4", "asdn-fast", "30.50 / 0.9123", "27.50 / 0.9123"),
    ]


def test_the_protocol_is_named_and_described_under_the_table(records: tuple[Record, ...]) -> None:
    (note,) = quality_table(summarize(records), PUBLISHED).notes
    assert PUBLISHED.name in note
    assert PUBLISHED.description in note


def test_what_was_run_otherwise_than_plainly_is_said(make_record: Callable[..., Record]) -> None:
    def record(scale: float, model: str, **changes: str) -> Record:
        one = make_record("Set5", scale, model, 33.0)
        conditions = replace(one.task.conditions, **changes)
        return replace(one, task=replace(one.task, conditions=conditions))

    records = [
        record(2, "asdn-fast", dtype="bfloat16", options="ensemble"),
        record(4, "asdn-fast", dtype="bfloat16", options="ensemble"),
        record(2, "bicubic"),
        record(4, "san-light", options="passes"),
    ]
    assert quality_table(summarize(records), PUBLISHED).notes[1:] == (
        "asdn-fast at 2, 4: bfloat16, ensemble.",
        "san-light at 4: passes.",
    )


def test_the_best_of_each_set_and_scale_is_marked(records: tuple[Record, ...]) -> None:
    table = quality_table(summarize(records), PUBLISHED)
    assert [[cell.best for cell in row] for row in table.rows] == [
        [False, False, False, False],
        [False, False, True, True],
    ] * 2


def test_a_model_without_rivals_is_not_called_best(make_record: Callable[..., Record]) -> None:
    table = quality_table(summarize([make_record("Set5", 2, "bicubic", 33.0)]), PUBLISHED)
    assert not table.rows[0][2].best


def test_a_mean_over_a_part_is_starred_and_a_hole_is_a_dash(
    make_record: Callable[..., Record],
) -> None:
    rows = summarize(
        [
            make_record("Set5", 2, "bicubic", 33.0),
            make_record("Set5", 2, "bicubic", None),
            make_record("Set14", 2, "bicubic", None),
        ]
    )
    table = quality_table(rows, PUBLISHED)
    assert texts(table) == [("2", "bicubic", "33.00 / 0.9123*", "–")]  # noqa: RUF001 - the dash
    assert any(note.startswith("*") for note in table.notes)


def test_details_hold_every_metric_speed_and_size(records: tuple[Record, ...]) -> None:
    row = row_of(detail_table(summarize(records)), "Set5", "2", "asdn-fast")
    assert row[3:] == ("36.70", "0.9123", "34.70", "1", "0.5", "0.5", "512", "95.9", "416,000")


def test_what_is_not_known_of_the_cost_is_a_dash(make_record: Callable[..., Record]) -> None:
    rows = summarize([make_record("Set5", 2, "bicubic", 33.0, peak_memory=0)])
    assert row_of(detail_table(rows), "Set5")[9:] == ("–",) * 3  # noqa: RUF001 - the dash


def test_details_say_how_many_pictures_failed(make_record: Callable[..., Record]) -> None:
    rows = summarize([make_record("Set5", 2, "bicubic", psnr) for psnr in (33.0, None)])
    assert row_of(detail_table(rows), "Set5")[6] == "1 of 2"


@pytest.mark.parametrize(
    ("parameters", "text"), [(958_719, "959"), (57_281, "57"), (1_264_836, "1,265"), (0, "\u2013")]
)
def test_parameters_are_rounded_to_thousands(parameters: int, text: str) -> None:
    assert size_cell(parameters).text == text


def test_failures_are_listed_with_their_reason(make_record: Callable[..., Record]) -> None:
    table = failure_table(
        [make_record("Set5", 2, "bicubic", 30.0), make_record("Set5", 2.7, "nearest", None)]
    )
    assert texts(table) == [("Set5", "a.png", "2.7", "nearest", "a.png of nearest is broken")]
