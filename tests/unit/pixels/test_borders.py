import numpy as np
import pytest
import torch

from srcli.pixels.borders import extend_to, mirror, wrapped
from srcli.pixels.region import Region


def test_a_picture_that_fits_is_not_extended():
    picture = torch.rand(1, 3, 6, 9)
    assert extend_to(picture, multiple=3, minimum=4) is picture


def test_the_last_row_and_column_are_repeated_until_the_sides_fit():
    picture = torch.arange(2.0).view(1, 1, 1, 2)
    extended = extend_to(picture, multiple=3, minimum=4)
    assert extended.shape == (1, 1, 6, 6)
    assert torch.equal(extended[0, 0], torch.tensor([0.0, 1, 1, 1, 1, 1]).expand(6, 6))


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (2, 3)])
@pytest.mark.parametrize("rows", [(0, 0), (4, 0), (1, 9)])
def test_a_mirrored_picture_repeats_its_outermost_samples(size, rows):
    picture, columns = torch.rand(1, 3, *size), (3, 8)
    expected = np.pad(picture.numpy(), ((0, 0), (0, 0), rows, columns), mode="symmetric")
    assert torch.equal(mirror(picture, rows, columns), torch.from_numpy(expected))


@pytest.mark.parametrize(
    "region",
    [
        Region(top=1, bottom=4, left=0, right=7),
        Region(top=-2, bottom=4, left=3, right=9),
        Region(top=-12, bottom=17, left=-1, right=30),
        Region(top=5, bottom=5, left=-3, right=-3),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint16])
def test_a_wrapped_picture_repeats_itself(region, dtype):
    picture = (1000 * torch.rand(1, 3, 5, 7)).to(dtype)
    rows = [row % 5 for row in range(region.top, region.bottom)]
    columns = [column % 7 for column in range(region.left, region.right)]
    expected = picture.numpy()[..., rows, :][..., columns]
    assert np.array_equal(wrapped(picture, region).numpy(), expected)
