import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.errors import UsageError
from srcli.pipeline.sizes import SizeRequest, parse_fit, parse_scale

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("request_", "size", "label"),
    [
        (SizeRequest(scale=(2.7, 2.7)), (84, 62), "x2.7"),
        (SizeRequest(scale=(1.5, 2.7)), (47, 62), "x2.7x1.5"),
        (SizeRequest(width=50), (67, 50), "50x"),
        (SizeRequest(height=50), (50, 37), "x50"),
        (SizeRequest(width=40, height=33), (33, 40), "40x33"),
        (SizeRequest(long_side=100), (100, 74), "long100"),
        (SizeRequest(short_side=100), (135, 100), "short100"),
        (SizeRequest(megapixels=0.01), (116, 86), "0.01mp"),
        (SizeRequest(fit=(100, 100)), (100, 74), "fit100x100"),
        (SizeRequest(fit=(1000, 46)), (62, 46), "fit46x1000"),
        (SizeRequest(width=1), (1, 1), "1x"),
    ],
)
def test_every_way_of_asking_gives_its_size_for_a_picture_of_23x31(request_, size, label):
    request_.check()
    target = request_.resolve(31, 23)
    assert (target.height, target.width) == size
    assert request_.label() == label


@given(height=SIDES, width=SIDES, box_height=SIDES, box_width=SIDES)
def test_a_fitted_picture_touches_its_box_and_does_not_leave_it(
    height, width, box_height, box_width
):
    target = SizeRequest(fit=(box_height, box_width)).resolve(height, width)
    assert target.height <= box_height
    assert target.width <= box_width
    assert target.height == box_height or target.width == box_width


@given(height=SIDES, width=SIDES, wanted=SIDES)
def test_the_side_asked_for_is_exact_and_the_other_in_proportion(height, width, wanted):
    target = SizeRequest(long_side=wanted).resolve(height, width)
    assert max(target.height, target.width) == wanted
    short = min(height, width) * wanted / max(height, width)
    assert abs(min(target.height, target.width) - max(1, short)) <= 0.5


@given(height=st.integers(300, 9000), width=st.integers(300, 9000), wanted=st.floats(0.5, 200))
def test_megapixels_are_met_but_for_rounding(height, width, wanted):
    target = SizeRequest(megapixels=wanted).resolve(height, width)
    pixels = target.height * target.width
    assert math.isclose(pixels, wanted * 1e6, abs_tol=(target.height + target.width) / 2 + 1)


@pytest.mark.parametrize(
    "request_",
    [
        SizeRequest(),
        SizeRequest(scale=(2, 2), width=9),
        SizeRequest(width=9, long_side=9),
        SizeRequest(megapixels=1, fit=(9, 9)),
        SizeRequest(width=0),
        SizeRequest(long_side=2**31),
        SizeRequest(fit=(0, 5)),
        SizeRequest(megapixels=0),
        SizeRequest(megapixels=math.nan),
        SizeRequest(scale=(2, math.inf)),
    ],
)
def test_what_makes_no_sense_is_refused(request_):
    with pytest.raises(UsageError):
        request_.check()


def test_text_becomes_numbers():
    assert parse_scale("2.7") == (2.7, 2.7)
    assert parse_scale("2.7x1.5") == (1.5, 2.7)
    assert parse_fit("1920x1080") == (1080, 1920)
    for text in ("x", "1920", "1920x", "axb", "-1x5", "0x5"):
        with pytest.raises(UsageError):
            parse_fit(text)
