from collections.abc import Callable
from dataclasses import replace

from srcli.bench.records import Record
from srcli.bench.summary import labels_of, summarize
from srcli.bench.tables import quality_table
from srcli.bench.ways import has_ways, ways_table
from srcli.metrics.protocol import PUBLISHED

Make = Callable[..., Record]


def run(make: Make, psnr: float | None, seconds: float, **changes: str) -> Record:
    one = make("Set5", 2, "asdn-fast", psnr, seconds=seconds)
    return replace(one, task=replace(one.task, conditions=replace(one.task.conditions, **changes)))


def test_ways_of_one_model_are_told_apart_by_what_differs(make_record: Make) -> None:
    records = [
        run(make_record, 37.0, 1.0, options="frame"),
        run(make_record, 37.2, 8.0, options="ensemble frame"),
        run(make_record, 37.0, 0.5, options="frame", dtype="bfloat16"),
        make_record("Set5", 2, "bicubic", 33.0),
    ]
    names = ("asdn-fast", "asdn-fast, ensemble", "asdn-fast, bfloat16", "bicubic")
    rows = summarize(records)
    assert tuple(row.model for row in rows) == labels_of(records) == names
    assert quality_table(rows, PUBLISHED).notes[1:] == (
        "asdn-fast at 2: frame.",
        "asdn-fast, ensemble at 2: frame.",
        "asdn-fast, bfloat16 at 2: frame.",
    )


def test_the_table_has_gain_time_and_memory_of_each_way(make_record: Make) -> None:
    records = [run(make_record, 37.0, 1.0), run(make_record, 37.2, 8.0, options="ensemble")]
    plain, ensemble = ways_table(summarize(records)).rows
    assert [cell.text for cell in plain][3:] == [
        *("37.00 / 0.9123", "–", "4", "–", "512"),  # noqa: RUF001 - the dash
    ]
    assert [cell.text for cell in ensemble][3:] == ["37.20 / 0.9123", "+0.200", "32", "8.00", "512"]


def test_a_way_that_failed_has_dashes(make_record: Make) -> None:
    failed = run(
        make_record,
        None,
        0.0,
        options="ensemble",
    )
    rows = summarize([run(make_record, 37.0, 1.0), replace(failed, peak_memory=0)])
    assert {cell.text for cell in ways_table(rows).rows[1][3:]} == {"–"}  # noqa: RUF001 - the dash


def test_one_way_needs_no_table(records: tuple[Record, ...]) -> None:
    rows = summarize(records)
    assert not has_ways(rows)
    assert ways_table(rows).rows == ()
