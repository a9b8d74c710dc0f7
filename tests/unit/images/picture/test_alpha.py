from __future__ import annotations

import pytest
import torch

from srcli.images.picture.alpha import bleed, treat_hidden, within_neighbours
from srcli.images.picture.photo import Photo
from srcli.pixels.levels import from_levels, to_levels
from srcli.pixels.region import Region, strips
from srcli.pixels.resize import MIRRORED


def photo(alpha: torch.Tensor, color: torch.Tensor | None = None) -> Photo:
    pixels = torch.rand(1, 3, *alpha.shape) if color is None else color
    return Photo(pixels=pixels, alpha=alpha[None, None])


def test_visible_pixels_keep_their_colour_bit_for_bit() -> None:
    alpha = (torch.rand(13, 22) > 0.5).float() * 0.25
    original = photo(alpha)
    bled = bleed(original)
    assert torch.equal(bled.pixels[..., alpha > 0], original.pixels[..., alpha > 0])
    assert torch.equal(bled.alpha, original.alpha)


def test_holes_of_any_size_take_the_colour_around_them() -> None:
    alpha = torch.ones(33, 47)
    alpha[3:30, 5:40] = 0
    color = torch.full((1, 3, 33, 47), 0.75)
    color[..., alpha == 0] = 0
    assert torch.allclose(bleed(photo(alpha, color)).pixels, torch.tensor(0.75))


def test_a_hole_takes_the_colour_of_its_own_side() -> None:
    alpha = torch.zeros(16, 64)
    alpha[:, :8] = alpha[:, -8:] = 1
    color = torch.zeros(1, 3, 16, 64)
    color[..., -8:] = 1
    filled = bleed(photo(alpha, color)).pixels
    assert filled[..., 8:12].max() < 0.3
    assert filled[..., 52:56].min() > 0.7
    assert (filled >= 0).all()
    assert (filled <= 1).all()


def test_one_visible_pixel_fills_everything() -> None:
    alpha = torch.zeros(7, 9)
    alpha[2, 3] = 1
    original = photo(alpha)
    expected = original.pixels[..., 2:3, 3:4].expand_as(original.pixels)
    assert torch.allclose(bleed(original).pixels, expected)


def test_pictures_without_holes_or_without_colour_are_returned_as_they_are() -> None:
    for original in (
        Photo(pixels=torch.rand(1, 3, 4, 4)),
        photo(torch.full((4, 4), 0.1)),
        photo(torch.zeros(4, 4)),
    ):
        assert bleed(original) is original


def test_where_borders_meet_a_hole_takes_the_colour_of_the_other_side() -> None:
    alpha = torch.zeros(16, 64)
    alpha[:, 20:24] = alpha[:, -2:] = 1
    color = torch.zeros(1, 3, 16, 64)
    color[..., -2:] = 1
    original = photo(alpha, color)
    plain, meeting = bleed(original), bleed(original, ("symmetric", "wrap"))
    assert plain.pixels[..., :4].max() < 0.3
    assert meeting.pixels[..., :4].min() > 0.4
    assert meeting.pixels.shape == original.pixels.shape
    assert torch.equal(meeting.pixels[..., alpha > 0], color[..., alpha > 0])


def test_hidden_colours_stay_where_they_are_meant() -> None:
    original = photo((torch.rand(6, 7) > 0.5).float())
    assert treat_hidden(original, "keep") is original
    assert torch.equal(treat_hidden(original, "bleed").pixels, bleed(original).pixels)


def held(enlarged: torch.Tensor, source: torch.Tensor, borders=MIRRORED) -> torch.Tensor:
    """Hold a whole picture, and in windows; both are the same."""
    size = enlarged.shape[-2:]
    hold = within_neighbours(source, size, borders)
    whole = hold(Region.whole(size), enlarged)
    for strip in strips(size, size[1] * 2):
        assert torch.equal(strip.of(whole), hold(strip, strip.of(enlarged)))
    return whole


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
@pytest.mark.parametrize("size", [(6, 8), (9, 13), (24, 32)])
def test_opacity_stays_between_its_neighbours(dtype: torch.dtype, size: tuple[int, int]) -> None:
    bars = torch.zeros(1, 1, 6, 8)
    bars[..., 3:6] = 160 / 255
    source = to_levels(bars, dtype)
    found = held(torch.rand(1, 1, *size), source)
    assert found.max() <= from_levels(source).max()
    assert (found[..., : size[1] // 8] == 0).all()
    assert (found[..., size[1] // 2] == from_levels(source).max()).any()
    inside = held(torch.rand(1, 1, *size), torch.full((1, 1, 6, 8), 0.5))
    assert torch.equal(inside, torch.full((1, 1, *size), 0.5))


def test_neighbours_are_across_borders_that_meet() -> None:
    source = torch.zeros(1, 1, 4, 4)
    source[..., -1] = 1
    wild = torch.full((1, 1, 8, 8), 0.5)
    assert held(wild, source)[..., 0].max() == 0
    assert held(wild, source, ("symmetric", "wrap"))[..., 0].min() == 0.5
    assert held(wild, source, ("wrap", "symmetric"))[..., 0].max() == 0


def test_opacity_of_a_smaller_picture_is_left_alone() -> None:
    smaller = torch.rand(1, 1, 3, 8)
    assert held(smaller, torch.zeros(1, 1, 4, 4)) is smaller


@pytest.mark.parametrize("borders", [MIRRORED, ("wrap", "symmetric"), ("wrap", "wrap")])
def test_the_nearest_pixels_and_those_beside_them_decide(borders) -> None:
    source, size = torch.rand(1, 1, 7, 5), (12, 13)
    enlarged = torch.rand(1, 1, *size) * 3 - 1
    found = held(enlarged, source, borders)
    for row, column in ((0, 0), (5, 12), (11, 6), (8, 0)):
        at = int((row + 0.5) * 7 / 12), int((column + 0.5) * 5 / 13)
        near = [
            source[0, 0, y % 7, x % 5]
            for y in range(at[0] - 1, at[0] + 2)
            for x in range(at[1] - 1, at[1] + 2)
            if (borders[0] == "wrap" or 0 <= y < 7) and (borders[1] == "wrap" or 0 <= x < 5)
        ]
        wanted = enlarged[0, 0, row, column].clamp(min(near), max(near))
        assert found[0, 0, row, column] == wanted
