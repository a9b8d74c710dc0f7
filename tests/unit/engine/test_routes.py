import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.engine.routes import choose_route, routes_to

FAMILY = (4, 2, 3)


@pytest.mark.parametrize(
    ("ratio", "scales", "expected"),
    [
        (1.5, FAMILY, {"again": (2,)}),
        (2.0, FAMILY, {"again": (2,)}),
        (2.7, FAMILY, {"again": (3,), "below": (2,)}),
        (3.3, FAMILY, {"again": (4,), "below": (3,)}),
        (5.0, FAMILY, {"again": (4, 4), "beyond": (3, 2), "below": (4,)}),
        (6.0, FAMILY, {"again": (4, 4), "beyond": (3, 2), "once": (4,)}),
        (2.7, (2,), {"again": (2, 2), "below": (2,)}),
        (5.0, (2,), {"again": (2, 2, 2), "below": (2, 2), "once": (2,)}),
        (15.0, (4,), {"again": (4, 4), "below": (4,)}),
        (0.5, FAMILY, {"again": (2,)}),
    ],
)
def test_each_strategy_finds_its_route_and_equal_ones_appear_once(ratio, scales, expected):
    routes = routes_to(ratio, scales, any_ratio=True)
    assert {route.name: route.scales for route in routes} == expected
    for route in routes:
        assert math.prod(route.scales) * route.rest == pytest.approx(ratio)


def test_nothing_is_left_over_where_no_network_of_any_ratio_could_do_it():
    assert [route.name for route in routes_to(5.0, FAMILY)] == ["again", "beyond"]


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
