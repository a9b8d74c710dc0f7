import math

import numpy as np
import pytest

from srcli.training.kernels import gaussian, sinc, unsharp


def moment(kernel, axis: int) -> float:
    radius = kernel.shape[0] // 2
    distance = np.arange(-radius, radius + 1) ** 2
    return float((kernel.sum(1 - axis) * distance).sum())


@pytest.mark.parametrize(
    "kernel", [gaussian(0.2, 0.2), gaussian(1.5, 0.4, 1.0), unsharp(0.8, 1.0), sinc(2.0, 5)]
)
def test_kernels_keep_plain_areas_and_have_a_centre(kernel):
    assert kernel.dtype == np.float32
    assert kernel.shape[0] == kernel.shape[1]
    assert kernel.shape[0] % 2 == 1
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(kernel, kernel[::-1, ::-1], atol=1e-6)


def test_a_gaussian_has_its_deviations_in_its_directions():
    assert moment(gaussian(2.0, 0.8), 1) == pytest.approx(4, rel=0.05)
    assert moment(gaussian(2.0, 0.8), 0) == pytest.approx(0.64, rel=0.05)
    turned = gaussian(2.0, 0.8, math.pi / 2)
    assert moment(turned, 0) == pytest.approx(4, rel=0.05)


def test_unsharp_overshoots_by_its_amount_far_from_an_edge():
    kernel = unsharp(0.5, 0.6)
    radius = kernel.shape[0] // 2
    assert kernel[radius, radius] > 1
    assert kernel[radius, : radius + 1].sum() > 0
    without = kernel.copy()
    without[radius, radius] = 0
    assert (without <= 0).all()


def test_a_sinc_rings_and_a_full_band_hardly_changes_anything():
    assert sinc(0.6 * math.pi, 7).min() < -0.005
    low, high = (sinc(part * math.pi, 8)[8, 8] for part in (0.5, 1.0))
    assert low < high
