from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import ImageBuilder, from_photo, to_photo
from srcli.pixels.levels import from_levels, to_levels
from srcli.pixels.region import Region


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_every_level_comes_back_from_a_tensor(dtype: str) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(-1, 256, 1)
    photo = to_photo(levels, Metadata(), source_format="PNG")
    assert np.array_equal(from_photo(photo, bits=photo.bits), levels)


def test_grey_fills_three_channels() -> None:
    photo = to_photo(np.full((2, 3, 1), 51, np.uint8), Metadata(), source_format="PNG")
    assert photo.gray
    assert photo.pixels.shape == (1, 3, 2, 3)
    assert (photo.pixels == 51).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_opaque_levels_come_and_go_without_a_copy(channels: int) -> None:
    samples = np.zeros((4, 5, channels), np.uint8)
    photo = to_photo(samples, Metadata(), source_format="PNG")
    assert np.shares_memory(from_photo(photo, bits=8), samples)


@pytest.mark.parametrize("turn", [lambda s: s[::-1], lambda s: s.swapaxes(0, 1)])
def test_samples_in_any_order_and_read_only_ones_are_shown(turn) -> None:
    samples = turn(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    samples.flags.writeable = False
    photo = to_photo(samples, Metadata(), source_format="PNG")
    assert np.array_equal(from_photo(photo, bits=8), samples)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_a_painting_is_the_rounded_picture_whatever_the_windows(bits, gray, transparent) -> None:
    numbers = torch.rand(1, 3, 9, 7)
    opacity = torch.rand(1, 1, 1, 1).expand(-1, -1, 9, 7) if transparent else None
    alpha = torch.ones(1, 1, 2, 2) if transparent else None
    like = Photo(pixels=torch.rand(1, 3, 2, 2), alpha=alpha, gray=gray, bits=bits)
    painting = ImageBuilder(like, (9, 7), opacity)
    for region in (
        Region(top=0, bottom=9, left=3, right=7),
        Region(top=4, bottom=9, left=0, right=3),
        Region(top=0, bottom=4, left=0, right=3),
    ):
        painting.paint(region, region.of(numbers))
    wanted = numbers.mean(1, keepdim=True).expand(-1, 3, -1, -1) if gray else numbers
    painted = painting.photo()
    assert (painted.gray, painted.bits) == (gray, bits)
    assert (from_levels(painted.pixels) - wanted).abs().max() <= 0.51 / (2 ** min(bits, 16) - 1)
    assert (painted.alpha is None) == (not transparent)
    if transparent:
        assert torch.equal(painted.alpha, to_levels(opacity, painted.alpha.dtype))
    if bits < 32:
        written = from_photo(painted, bits=bits)
        shown = painted.pixels if painted.alpha is None else painted.alpha
        assert np.shares_memory(written, shown.numpy())
        apart = replace(painted, pixels=painted.pixels.clone())
        assert np.array_equal(written, from_photo(apart, bits=bits))


def test_alpha_elsewhere_in_the_same_memory_is_not_taken_for_what_stands_behind_colours() -> None:
    memory = torch.arange(60, dtype=torch.uint8).view(1, 1, 5, 12)
    gray, alpha = memory[..., :-1], memory[..., 1:]
    photo = Photo(pixels=gray.expand(-1, 3, -1, -1), alpha=alpha, gray=True)
    samples = from_photo(photo, bits=8)
    assert np.array_equal(samples[..., 0], gray[0, 0])
    assert np.array_equal(samples[..., 1], alpha[0, 0])


def test_out_of_range_is_clamped_and_halves_round_up() -> None:
    row = torch.tensor([-0.1, 0.0, 0.5 / 255, 0.49 / 255, 1.0, 1.1])
    photo = Photo(pixels=row.expand(1, 3, 1, 6), gray=True)
    assert from_photo(photo, bits=8).ravel().tolist() == [0, 0, 1, 0, 255, 255]
    assert from_photo(photo, bits=32).max() == 1


def test_writing_leaves_the_photo_as_it_is() -> None:
    pixels = torch.rand(1, 3, 4, 5)
    before = pixels.clone()
    from_photo(Photo(pixels=pixels, alpha=pixels[:, :1]), bits=16)
    assert torch.equal(pixels, before)
