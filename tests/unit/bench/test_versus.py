from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from srcli.bench.records import Record
from srcli.bench.report import Report, to_json, to_markdown
from srcli.bench.versus import differences, mean_interval, versus_table

Make = Callable[..., Record]


def records_of(make: Make, model: str, psnr: Sequence[float | None]) -> list[Record]:
    made = [make("Set14", 2, model, one) for one in psnr]
    return [replace(one, task=replace(one.task, image=f"{at}.png")) for at, one in enumerate(made)]


def both(make: Make, first: Sequence[float | None], second: Sequence[float | None]) -> list[Record]:
    return records_of(make, "asdn-fast", first) + records_of(make, "bicubic", second)


def test_a_gain_on_every_picture_is_better_whatever_pictures_differ_by(make_record: Make) -> None:
    base = [20.0, 25.0, 30.0, 35.0, 40.0, 28.0]
    (found,) = differences(both(make_record, [one + 0.5 for one in base], base), "bicubic")
    assert (found.model, found.versus, found.pictures) == ("asdn-fast", "bicubic", 6)
    assert found.psnr_y_difference.mean == pytest.approx(0.5)
    assert found.psnr_y_difference.low == pytest.approx(0.5)
    assert found.psnr_y.high - found.psnr_y.low > 5
    assert (found.ahead, found.verdict) == (6, "better")


def test_a_small_mean_gain_of_mixed_signs_is_not_called_better(make_record: Make) -> None:
    gains = [0.3, -0.25, 0.2, -0.2, 0.25, -0.18, 0.1, -0.06]
    base = [30.0] * len(gains)
    (found,) = differences(both(make_record, [30 + one for one in gains], base), "bicubic")
    assert found.psnr_y_difference.mean == pytest.approx(0.02)
    assert found.verdict == "not told apart"


def test_a_loss_is_worse(make_record: Make) -> None:
    (found,) = differences(both(make_record, [29.0] * 6, [30.0] * 6), "bicubic")
    assert (found.ahead, found.verdict) == (0, "worse")


def test_five_pictures_never_suffice(make_record: Make) -> None:
    (found,) = differences(both(make_record, [33.0] * 5, [30.0] * 5), "bicubic")
    assert found.verdict == "too few pictures"


def test_pictures_that_one_model_lacks_or_made_perfectly_are_left_out(make_record: Make) -> None:
    first = [31.0, None, float("inf"), 31.0]
    (found,) = differences(both(make_record, first, [30.0, 30.0, 30.0, None]), "bicubic")
    assert found.pictures == 1


def test_models_without_a_common_picture_are_not_compared(make_record: Make) -> None:
    assert differences(both(make_record, [None], [30.0]), "bicubic") == ()
    assert differences(records_of(make_record, "bicubic", [30.0]), "bicubic") == ()


def test_the_interval_is_that_of_the_normal_law_for_many_values() -> None:
    values = np.random.default_rng(3).normal(5, 2, 400)
    interval = mean_interval(values)
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)
    assert mean_interval(values) == interval


def test_the_table_says_what_the_verdict_rests_on(make_record: Make) -> None:
    found = differences(both(make_record, [31.0] * 6, [30.0] * 6), "bicubic")
    table = versus_table(found)
    assert [cell.text for cell in table.rows[0]] == [
        *("Set14", "2", "asdn-fast", "6", "31.00 (31.00 to 31.00)", "+1.00 (+1.00 to +1.00)"),
        *("+0.0000 (+0.0000 to +0.0000)", "6 of 6", "better"),
    ]


def test_reports_hold_the_differences_only_if_asked_for(make_record: Make) -> None:
    records = tuple(both(make_record, [31.0] * 6, [30.0] * 6))
    asked = Report(records=records, versus="bicubic")
    assert "Paired differences from bicubic" in to_markdown(asked)
    assert '"verdict": "better"' in to_json(asked)
    assert "verdict" not in to_json(Report(records=records))
