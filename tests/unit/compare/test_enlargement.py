import pytest

from srcli.compare.enlargement import Enlargement, same_shape, seconds_text


@pytest.mark.parametrize(
    ("small", "large", "expected"),
    [
        ((20, 25), (40, 50), True),
        ((667, 1000), (1001, 1500), True),  # 1000.5 rounded up
        ((667, 1000), (1000, 1500), True),  # and down
        ((25, 18), (101, 75), False),  # 4.04 and 4.17
        ((20, 30), (40, 50), False),
        ((20, 30), (30, 20), False),
        ((1, 1), (7, 7), True),
    ],
)
def test_one_ratio_leads_from_a_shape_to_the_same_shape(small, large, expected):
    assert same_shape(small, large) is expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "0.01"), (1.236, "1.24"), (12.34, "12.3"), (123.4, "123"), (1234.5, "1234")],
)
def test_seconds_have_three_digits(seconds, text):
    assert seconds_text(seconds) == text


def test_an_interpolated_picture_says_from_which_size():
    one = Enlargement(source_size=(168, 252), models="bicubic", plain=True)
    assert one.facts == ("enlarged by bicubic interpolation from 252x168 pixels",)


def test_a_model_says_what_ran_why_its_licence_and_its_cost():
    one = Enlargement(
        source_size=(168, 252),
        models="asdn-photo x2",
        choice="asdn-photo at 65 %: it has noise",
        licence="MIT",
        kmacs=1234.56,
        seconds=12.34,
    )
    assert one.facts == (
        "asdn-photo at 65 %: it has noise",
        "MIT",
        "1,234.6 kMAC a pixel",
        "12.3 s",
    )


def test_what_is_not_known_of_a_model_is_said():
    one = Enlargement(source_size=(1, 1), models="mine.pth x2", seconds=1.0)
    assert one.facts == ("mine.pth x2", "licence not known", "cost not counted", "1.00 s")
