from __future__ import annotations

import numpy as np
import pytest
import torch

from srcli.images.photo import Metadata, Photo
from srcli.images.samples import from_photo, to_photo


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_every_level_comes_back_from_a_tensor(dtype: str) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(-1, 256, 1)
    photo = to_photo(levels, Metadata(), source_format="PNG")
    assert np.array_equal(from_photo(photo, bits=photo.bits), levels)


def test_grey_fills_three_channels_that_share_no_memory() -> None:
    photo = to_photo(np.full((2, 3, 1), 51, np.uint8), Metadata(), source_format="PNG")
    assert photo.gray
    assert photo.pixels.shape == (1, 3, 2, 3)
    photo.pixels[0, 0] = 0
    assert torch.allclose(photo.pixels[0, 1:], torch.tensor(0.2))


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
