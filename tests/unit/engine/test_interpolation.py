"""Plain resizing in the place of a network."""

import pytest
import torch

from srcli.bench.baselines import lanczos3
from srcli.engine.device import Compute
from srcli.engine.interpolation import KERNELS, Interpolation
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.pixels.region import Region
from srcli.pixels.resize import resize


def resizing(name, **options):
    compute = Compute(device=torch.device("cpu"))
    return NetworkRunner(
        Interpolation(KERNELS[name]), compute, UpscaleOptions(pad_border=True, **options)
    )


@pytest.fixture
def image():
    return (torch.rand(1, 3, 13, 17) * 255).round() / 255


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("size", [(26, 34), (70, 90), (40, 18), (13, 40), (9, 40), (6, 8)])
def test_any_size_takes_one_pass(image, name, size):
    runner = resizing(name)
    assert len(runner.plan_passes((13, 17), size, 4.0)) == 1
    result = runner(image, size)
    assert torch.equal(result, resize(image, size, kernel=KERNELS[name]).clamp(0, 1))


def test_the_same_size_is_left_alone(image):
    assert torch.equal(resizing("lanczos")(image, (13, 17)), image)


@pytest.mark.parametrize("size", [(26, 34), (40, 30), (7, 50)])
def test_nearest_takes_the_sample_that_is_nearest(image, size):
    wanted = torch.nn.functional.interpolate(image, size, mode="nearest-exact")
    assert torch.equal(resizing("nearest")(image, size), wanted)


def test_lanczos_is_that_of_the_benchmark_but_for_rounding(image):
    image = 0.4 + image / 5  # the benchmark clips what overshoots along one axis
    wanted = lanczos3(image, (26, 34), 2.0)
    assert (
        resizing("lanczos")((image * 255).round() / 255, (26, 34)) - wanted
    ).abs().max() <= 1.3 / 255


@pytest.mark.parametrize("name", KERNELS)
def test_a_region_is_a_part_of_the_whole(image, name):
    region = Region(top=5, bottom=19, left=11, right=30)
    whole = resize(image, (31, 41), kernel=KERNELS[name])
    part = resize(image, (31, 41), region=region, kernel=KERNELS[name])
    assert torch.equal(part, region.of(whole))


@pytest.mark.parametrize("name", KERNELS)
def test_borders_that_meet_join(image, name):
    result = resizing(name, borders=("wrap", "wrap"))(image, (26, 34))
    moved = resizing(name, borders=("wrap", "wrap"))(image.roll((4, 6), (2, 3)), (26, 34))
    assert torch.allclose(moved, result.roll((8, 12), (2, 3)), atol=1e-6)
