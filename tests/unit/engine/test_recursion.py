from dataclasses import replace
from math import prod

import pytest

from srcli.engine.recursion import Pass, plan_passes, repeat_passes, scaled_size
from srcli.networks.spec import AnyRatioTraits, BetweenScales, Correction, FixedScaleTraits

ANY = AnyRatioTraits(receptive_radius=1)
DOUBLING = FixedScaleTraits(scale=2, receptive_radius=1)
RESTORING = FixedScaleTraits(scale=1, receptive_radius=1)


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [
        ((101, 67), 2.7, [(202, 134, 2.0), (273, 181, 1.35)]),
        ((50, 50), 3.0, [(100, 100, 2.0), (150, 150, 1.5)]),
        ((10, 10), 8.0, [(20, 20, 2.0), (40, 40, 2.0), (80, 80, 2.0)]),
        ((60, 40), 5.7, [(120, 80, 2.0), (240, 160, 2.0), (342, 228, 1.425)]),
        ((33, 47), 2.0, [(66, 94, 2.0)]),
        ((33, 47), 2.0001, [(66, 94, 2.0)]),
        ((33, 47), 4.01, [(66, 94, 2.0), (132, 188, 2.0)]),
        ((33, 47), 1.0, []),
        ((10, 10), 1.04, []),
    ],
)
def test_a_factor_becomes_doublings_with_the_remainder_last(size, ratio, expected):
    passes = plan_passes(size, scaled_size(size, (ratio, ratio)), ratio, ANY)
    assert [(p.height, p.width, pytest.approx(p.ratio)) for p in passes] == expected


def test_doubling_stops_at_each_axis_end():
    passes = repeat_passes((50, 60), (150, 72), 3.0, 2.0)
    assert [(p.size, p.ratio) for p in passes] == [((100, 72), 2.0), ((150, 72), 1.5)]


def test_axes_of_different_ratios_grow_alike_and_one_is_reduced():
    passes = plan_passes((50, 60), (150, 72), 3.0, ANY)
    assert [(p.size, p.ratio, p.resample) for p in passes] == [
        ((100, 120), 2.0, False),
        ((150, 180), 1.5, False),
        ((150, 72), 1.0, True),
    ]


PAST = replace(ANY, overshoot_from=1.55)
FAR = replace(PAST, max_ratio=4.0)


@pytest.mark.parametrize(
    ("traits", "ratio", "steps"),
    [
        (PAST, 1.5, [1.5]),
        (PAST, 1.6, [2.0]),
        (PAST, 2.0, [2.0]),
        (PAST, 2.7, [2.0, 1.35]),
        (PAST, 3.5, [2.0, 2.0]),
        (FAR, 1.5, [1.5]),
        (FAR, 1.6, [2.0]),
        (FAR, 2.7, [3.0]),
        (FAR, 3.0, [3.0]),
        (FAR, 3.01, [4.0]),
        (FAR, 6.0, [4.0, 1.5]),
        (FAR, 8.0, [4.0, 2.0]),
        (FAR, 10.0, [4.0, 3.0]),
    ],
)
def test_ratios_between_are_reached_from_the_next_whole_one(traits, ratio, steps):
    target = scaled_size((40, 60), (ratio, ratio))
    passes = plan_passes((40, 60), target, ratio, traits)
    networks = [step for step in passes if not step.resample]
    assert [step.ratio for step in networks] == pytest.approx(steps)
    assert passes[-1].size == target
    if len(networks) < len(passes):
        assert [step.resample for step in passes] == [False] * len(networks) + [True]
        reached = round(prod(steps))
        assert passes[-2].size == (40 * reached, 60 * reached)


def test_a_ratio_that_rounding_makes_whole_is_that_whole_one():
    (only,) = plan_passes((33, 47), (66, 94), 2.0001, FAR)
    assert (only.size, only.ratio) == ((66, 94), 2.0)


def test_a_detour_that_is_too_large_is_not_made():
    passes = plan_passes((50, 600), (80, 80), 1.6, PAST)
    assert max(height * width for height, width in (step.size for step in passes)) <= 4 * 80 * 80


def test_what_restores_at_any_ratio_goes_there_and_back_where_the_size_stays():
    cleaning = replace(ANY, restoring_ratio=1.5)
    passes = plan_passes((51, 60), (51, 60), 1.0, cleaning)
    assert [(p.size, p.ratio, p.resample) for p in passes] == [
        ((77, 90), 1.5, False),
        ((51, 60), 1.0, True),
    ]
    for ratio in (0.5, 2.7):
        target = scaled_size((51, 60), (ratio, ratio))
        expected = plan_passes((51, 60), target, ratio, ANY)
        assert plan_passes((51, 60), target, ratio, cleaning) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (2.7, [2.7]),
        (4.0, [4.0]),
        (4.01, [4.0, 4.01 / 4]),
        (8.0, [4.0, 2.0]),
        (20.0, [4.0, 4.0, 1.25]),
    ],
)
def test_a_network_to_four_makes_up_to_four_in_one_pass(ratio, expected):
    target = scaled_size((100, 60), (ratio, ratio))
    passes = plan_passes((100, 60), target, ratio, replace(ANY, max_ratio=4.0))
    assert [step.ratio for step in passes] == pytest.approx(expected)
    assert passes[-1].size == target


def test_an_axis_may_keep_its_size():
    passes = plan_passes((50, 60), (100, 60), 2.0, ANY)
    assert [(p.size, p.resample) for p in passes] == [((100, 120), False), ((100, 60), True)]


@pytest.mark.parametrize("target", [(136, 181), (135, 182), (136, 182)])
def test_sizes_that_differ_by_rounding_only_take_no_detour(target):
    assert [p.resample for p in plan_passes((50, 67), target, 2.7, ANY)] == [False, False]


def test_a_detour_over_far_more_pixels_than_the_result_is_not_taken():
    passes = plan_passes((1, 2000), (2000, 2000), 2000.0, ANY)
    assert max(p.height * p.width for p in passes) == 2000 * 2000
    assert not any(p.resample for p in passes)


def test_a_reduction_is_one_plain_resize():
    passes = plan_passes((50, 60), (25, 30), 0.5, ANY)
    assert passes == (Pass(height=25, width=30, ratio=0.5, resample=True),)


def test_a_fixed_scale_goes_past_the_target_and_comes_back():
    passes = plan_passes((10, 10), (27, 27), 2.7, DOUBLING)
    assert [(p.size, p.resample) for p in passes] == [
        ((20, 20), False),
        ((40, 40), False),
        ((27, 27), True),
    ]


def test_a_fixed_scale_that_fits_needs_no_resize():
    assert [p.size for p in plan_passes((10, 7), (40, 28), 4.0, DOUBLING)] == [(20, 14), (40, 28)]


@pytest.mark.parametrize("target", [(27, 27), (27, 15), (11, 27), (28, 27)])
def test_a_network_of_any_ratio_does_the_rest_to_the_exact_size(target):
    passes = plan_passes((10, 10), target, 2.7, DOUBLING, ANY)
    first, second, *resized = passes
    assert (first.size, first.scale) == ((20, 20), 2)
    assert (second.scale, second.ratio) == (None, pytest.approx(1.35))
    assert passes[-1].size == target
    assert all(step.resample for step in resized)


def test_a_sister_is_used_where_it_fits():
    tripling = replace(DOUBLING, scale=3)
    assert [p.scale for p in plan_passes((10, 10), (30, 30), 3.0, DOUBLING, tripling)] == [3]
    mixed = plan_passes((10, 10), (60, 60), 6.0, DOUBLING, tripling)
    assert [(p.size, p.scale) for p in mixed] == [((30, 30), 3), ((60, 60), 2)]


def test_a_network_of_any_ratio_needs_no_help():
    assert plan_passes((9, 9), (18, 18), 2.0, ANY, DOUBLING) == repeat_passes(
        (9, 9), (18, 18), 2.0, 2.0
    )


def test_a_restoring_network_runs_once():
    assert [p.size for p in plan_passes((10, 7), (10, 7), 1.0, RESTORING)] == [(10, 7)]


def test_what_is_restored_is_enlarged_by_a_network_of_any_ratio_or_resized():
    helped = plan_passes((10, 7), (27, 19), 2.7, RESTORING, ANY)
    assert [(p.size, p.scale) for p in helped] == [((10, 7), 1), ((20, 14), None), ((27, 19), None)]
    for target, ratio, networks in (
        ((27, 19), 2.7, [RESTORING]),
        ((5, 4), 0.5, [RESTORING, ANY]),
    ):
        restored, last = plan_passes((10, 7), target, ratio, *networks)
        assert (restored.scale, last.resample, last.size) == (1, True, target)


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [((101, 67), 2.7, (273, 181)), ((1, 1), 0.1, (1, 1)), ((5, 3), 2.5, (13, 8))],
)
def test_sizes_round_halves_up_and_are_never_empty(size, scale, expected):
    assert scaled_size(size, (scale, scale)) == expected


CORRECTED = replace(PAST, correction=Correction(below=2.0, overshoot_from=1.25))


@pytest.mark.parametrize(
    ("target", "ratio", "work"),
    [
        ((60, 66), 1.2, ["x1.2", "correct"]),
        ((70, 77), 1.4, ["x2", "resize", "correct"]),
        ((90, 99), 1.8, ["x2", "resize", "correct"]),
        ((50, 66), 1.2, ["x1.2", "resize", "correct"]),
        ((100, 110), 2.0, ["x2"]),
        ((135, 148), 2.7, ["x2", "x1.35"]),
        ((40, 66), 1.2, ["x1.2", "resize"]),
        ((50, 55), 1.004, []),
        ((25, 28), 0.5, ["resize"]),
    ],
)
def test_a_small_enlargement_is_corrected_by_its_source_at_last(target, ratio, work):
    passes = plan_passes((50, 55), target, ratio, CORRECTED)
    assert [f"x{p.ratio:g}" if p.has_network else p.plain_name for p in passes] == work
    assert not passes or passes[-1].size == target


def test_the_rest_after_a_fixed_scale_is_not_corrected():
    passes = plan_passes((50, 60), (120, 144), 2.4, DOUBLING, CORRECTED)
    assert [p.has_network for p in passes] == [True, True]


RESTORER = replace(ANY, restoring_ratio=1.5)


@pytest.mark.parametrize(
    ("ratio", "work"),
    [
        (2.0, ["x2"]),
        (2.5, ["x2", "resize", "rest x3", "resize"]),
        (4.0, ["x2", "resize", "rest x4"]),
        (6.0, ["x2", "resize", "rest x4", "rest x1.5"]),
    ],
)
def test_a_network_that_restores_leaves_larger_ratios_to_its_helper(ratio, work):
    target = scaled_size((50, 60), (ratio, ratio))
    passes = plan_passes((50, 60), target, ratio, RESTORER, FAR)
    names = [p.rest * "rest " + f"x{p.ratio:g}" if p.has_network else p.plain_name for p in passes]
    assert names == work
    assert [p.network for p in passes] == [None if "rest" not in name else "rest" for name in names]
    assert passes[-1].size == target


def test_a_network_that_is_helped_and_does_not_restore_works_alone():
    assert plan_passes((50, 60), (200, 240), 4.0, ANY, FAR) == plan_passes(
        (50, 60), (200, 240), 4.0, ANY
    )


@pytest.mark.parametrize(
    ("scale", "ratio", "work"),
    [
        (2, 1.5, ["x2", "resize", "correct"]),
        (4, 1.5, ["x4", "resize", "correct"]),
        (2, 2.0, ["x2"]),
        (2, 2.5, ["x2", "x1.25"]),
        (1, 1.5, ["x1", "x1.5"]),
    ],
)
@pytest.mark.parametrize("corrects", [True, False])
def test_a_fixed_scale_that_is_reduced_is_corrected_if_that_is_wanted(scale, ratio, work, corrects):
    between = BetweenScales(corrected_below=2.0 if corrects else None)
    traits = FixedScaleTraits(scale=scale, receptive_radius=1, between=between)
    target = scaled_size((50, 60), (ratio, ratio))
    passes = plan_passes((50, 60), target, ratio, traits, CORRECTED)
    names = [f"x{p.ratio:g}" if p.has_network else p.plain_name for p in passes]
    assert names == [name for name in work if corrects or name != "correct"]
