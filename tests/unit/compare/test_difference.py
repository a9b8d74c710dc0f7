import pytest
import torch

from srcli.compare.difference import FULL_SCALES, RAMP, difference, full_scale, paint, visible
from srcli.images.picture.photo import Photo


def flat(level: float, alpha: float | None = None) -> Photo:
    opacity = None if alpha is None else torch.full((1, 1, 4, 5), alpha)
    return Photo(pixels=torch.full((1, 3, 4, 5), level), alpha=opacity)


def test_the_largest_difference_of_the_colours_counts() -> None:
    other = flat(0.5)
    other.pixels[0, 1, 2, 3] = 0.75
    other.pixels[0, 2, 2, 3] = 0.625
    apart = difference(flat(0.5), other)
    assert apart.shape == (1, 1, 4, 5)
    assert apart[0, 0, 2, 3] == 0.25
    assert apart.sum() == 0.25


def test_colours_that_do_not_show_do_not_count() -> None:
    assert difference(flat(0.0, 0.0), flat(1.0, 0.0)).max() == 0
    assert visible(flat(1.0, 0.0)).unique().tolist() == [0.5]


def test_opacity_counts_even_where_the_colour_is_that_of_the_backdrop() -> None:
    assert difference(flat(0.5, 0.25), flat(0.5)).unique().tolist() == [0.75]


@pytest.mark.parametrize(
    ("levels", "expected"), [(0, 1), (0.25, 1), (1, 1), (3, 4), (64, 64), (65, 128), (255, 255)]
)
def test_the_full_scale_is_the_next_that_covers_the_differences(
    levels: float, expected: int
) -> None:
    apart = torch.full((1, 1, 4, 5), levels / 255)
    assert full_scale([apart]) == expected
    assert full_scale([apart, torch.zeros(1, 1, 4, 5)]) == expected


def test_a_single_outlier_does_not_darken_the_map() -> None:
    apart = torch.full((1, 1, 10, 10), 3 / 255)
    apart[0, 0, 0, 0] = 1
    assert full_scale([apart]) == 4


def test_the_ramp_goes_from_its_first_colour_to_its_last_and_gets_ever_lighter() -> None:
    apart = torch.linspace(0, 32 / 255, 101).view(1, 1, 1, 101)
    painted = paint(apart, 32).pixels[0, :, 0]
    assert (painted[:, 0] * 255).round().tolist() == list(RAMP[0])
    assert (painted[:, -1] * 255).round().tolist() == list(RAMP[-1])
    weights = torch.tensor([0.299, 0.587, 0.114])
    assert ((weights @ painted).diff() > 0).all()


def test_what_is_beyond_full_scale_is_as_bright_as_full_scale() -> None:
    apart = torch.tensor([32 / 255, 1.0]).view(1, 1, 1, 2)
    first, second = paint(apart, 32).pixels[0, :, 0].T
    assert torch.equal(first, second)
    assert FULL_SCALES[-1] == 255
