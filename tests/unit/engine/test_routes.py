import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.engine.routes import choose_route, overshoot, single

FAMILY = (4, 2, 3)


@pytest.mark.parametrize(
    ("ratio", "scales", "over", "one"),
    [
        (0.5, FAMILY, (2,), None),
        (1.5, FAMILY, (2,), None),
        (2.0, FAMILY, (2,), (2,)),
        (2.7, FAMILY, (3,), (2,)),
        (3.3, FAMILY, (4,), (3,)),
        (5.0, FAMILY, (3, 2), (4,)),
        (6.0, FAMILY, (3, 2), (4,)),
        (2.7, (2,), (2, 2), (2,)),
        (5.0, (2,), (2, 2, 2), (2,)),
        (15.0, (4,), (4, 4), (4,)),
    ],
)
def test_each_strategy_finds_its_scales(ratio, scales, over, one):
    beyond, below = overshoot(ratio, scales), single(ratio, scales)
    assert beyond.scales == over
    assert (below and below.scales) == one
    for route in filter(None, (beyond, below)):
        assert math.prod(route.scales) * route.rest == pytest.approx(ratio)


def test_a_rest_is_left_only_for_a_network_of_any_ratio():
    assert choose_route(5.0, FAMILY) == overshoot(5.0, FAMILY)
    assert choose_route(5.0, FAMILY, any_ratio=True) == single(5.0, FAMILY)
    assert choose_route(1.5, FAMILY, any_ratio=True) == overshoot(1.5, FAMILY)


def test_better_networks_go_past_a_factor_up_to_a_ratio():
    for ratio, is_past in ((2.2, True), (2.7, True), (3.3, False), (5.0, False)):
        route = choose_route(ratio, FAMILY, any_ratio=True, overshoot_until=3.0)
        assert (route == overshoot(ratio, FAMILY)) == is_past
        assert (route == single(ratio, FAMILY)) != is_past
    alone = choose_route(2.7, (2,), any_ratio=True, overshoot_until=3.0)
    assert alone == single(2.7, (2,))


def test_a_factor_that_scales_make_exactly_has_no_rest():
    assert choose_route(3.0000000001, FAMILY, any_ratio=True).rest == 1.0


scale_sets = st.sets(st.sampled_from([2, 3, 4, 8]), min_size=1)
ratios = st.floats(0.01, 1024)


@given(ratio=ratios, scales=scale_sets, any_ratio=st.booleans())
def test_the_choice_stays_when_only_what_it_needs_is_there(ratio, scales, any_ratio):
    route = choose_route(ratio, scales, any_ratio=any_ratio)
    needed = choose_route(ratio, set(route.scales), any_ratio=route.rest > 1)
    assert needed.scales == route.scales


@given(ratio=ratios, scales=scale_sets, any_ratio=st.booleans())
def test_the_model_asked_for_always_runs_and_the_rest_can_be_done(ratio, scales, any_ratio):
    route = choose_route(ratio, scales, any_ratio=any_ratio)
    assert route.scales
    assert set(route.scales) <= scales
    assert route.rest <= 1 or any_ratio
