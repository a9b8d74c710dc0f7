from typing import get_args

import numpy as np
import pytest

from srcli.images.synthetic.filters import Kernel, convolve, resample


@pytest.mark.parametrize("kernel", get_args(Kernel))
@pytest.mark.parametrize("size", [(20, 30), (23, 41), (12, 15)])
def test_every_kernel_keeps_the_picture_where_it_is(kernel, size):
    rows, columns = np.mgrid[0:40, 0:60]
    slope = np.stack([4 * columns, 6 * rows, 2 * rows + 2 * columns], -1).astype(np.uint8)
    made = resample(slope, size, kernel)
    assert made.shape == (*size, 3)
    assert made.dtype == np.uint8
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    across, down = (columns + 0.5) * 60 / size[1] - 0.5, (rows + 0.5) * 40 / size[0] - 0.5
    expected = np.stack([4 * across, 6 * down, 2 * down + 2 * across], -1)
    inside = (slice(2, -2), slice(2, -2))
    half_a_pixel_of_lr = 0.5 * 6 * 40 / size[0]
    assert np.abs(made - expected)[inside].max() < 0.5 * half_a_pixel_of_lr


def test_a_size_that_stays_costs_nothing():
    samples = np.zeros((5, 6, 3), np.uint8)
    assert resample(samples, (5, 6), "area") is samples


def test_plain_kernels_alias_where_the_others_average():
    stripes = np.zeros((24, 24, 3), np.uint8)
    stripes[:, ::3] = 255
    averaged, plain = (resample(stripes, (8, 8), kernel) for kernel in ("box", "plain-linear"))
    assert np.ptp(averaged) <= 1
    assert abs(int(plain[4, 4, 0]) - 85) > 60


def test_convolution_mirrors_borders_and_keeps_channels_apart():
    image = np.zeros((6, 6, 3), np.float32)
    image[2, 3, 1] = 9
    blurred = convolve(image, np.full((3, 3), 1 / 9, np.float32))
    assert blurred[1:4, 2:5, 1] == pytest.approx(np.ones((3, 3)))
    assert not blurred[..., [0, 2]].any()
    plain = convolve(np.full((4, 4, 3), 7, np.float32), np.full((3, 3), 1 / 9, np.float32))
    assert plain == pytest.approx(np.full((4, 4, 3), 7))
