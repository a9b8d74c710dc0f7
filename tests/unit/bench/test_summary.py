import math
from collections.abc import Callable

import pytest

from srcli.bench.records import Record
from srcli.bench.summary import summarize


def test_means_are_taken_over_the_pictures_of_a_set(make_record: Callable[..., Record]) -> None:
    (row,) = summarize(make_record("Set5", 2, "bicubic", psnr) for psnr in (30.0, 32.0, 37.0))
    assert row.scores is not None
    assert row.scores.psnr_y == pytest.approx(33.0)
    assert row.scores.ssim_y == pytest.approx(0.91234)
    assert row.scores.psnr_rgb == pytest.approx(31.0)
    assert (row.images, row.failed) == (3, 0)
    assert row.speed == pytest.approx(2.0)


def test_sets_scales_and_models_are_kept_apart_in_their_order(records: tuple[Record, ...]) -> None:
    rows = summarize(records)
    assert [(row.dataset, row.scale, row.model) for row in rows][:3] == [
        ("Set5", 2, "bicubic"),
        ("Set5", 2, "asdn-fast"),
        ("Set5", 4, "bicubic"),
    ]
    assert len(rows) == 8


def test_failures_are_counted_and_left_out_of_the_mean(make_record: Callable[..., Record]) -> None:
    failed = make_record("Set5", 2, "bicubic", None, seconds=0.0, megapixels=0.0)
    (row,) = summarize([make_record("Set5", 2, "bicubic", 30.0), failed])
    assert row.scores is not None
    assert row.scores.psnr_y == 30.0
    assert (row.images, row.failed) == (1, 1)


def test_a_set_of_which_nothing_was_measured_has_no_mean_and_no_speed(
    make_record: Callable[..., Record],
) -> None:
    failed = make_record("Set5", 2, "bicubic", None, seconds=0.0, megapixels=0.0)
    (row,) = summarize([failed])
    assert row.scores is None
    assert row.speed == 0.0


def test_a_perfect_picture_makes_the_mean_infinite(make_record: Callable[..., Record]) -> None:
    (row,) = summarize(make_record("Set5", 2, "bicubic", psnr) for psnr in (30.0, math.inf))
    assert row.scores is not None
    assert row.scores.psnr_y == math.inf


def test_the_peak_is_the_largest_of_any_picture(make_record: Callable[..., Record]) -> None:
    (row,) = summarize(
        make_record("Set5", 2, "asdn-fast", 30.0, peak_memory=size) for size in (3, 9, 5)
    )
    assert (row.peak_memory, row.kmacs) == (9, 95.904)
