from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from srcli.pixels.region import Region
from srcli.pixels.resize import (
    MIRRORED,
    Border,
    Borders,
    axis_taps,
    keys_kernel,
    resize,
    resize_uint8,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "imresize"
SIDES = st.integers(1, 24)
SIZES = st.tuples(SIDES, SIDES)
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
laws = settings(deadline=None, derandomize=True)


def read(name: str) -> Tensor:
    with Image.open(GOLDEN / f"{name}.png") as picture:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]


def noise(size: tuple[int, int], dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(1, 2, *size, generator=torch.Generator().manual_seed(0), dtype=dtype)


@pytest.mark.parametrize(
    ("border", "scale"),
    [*(("symmetric", scale) for scale in (2, 3, 4, 8)), *(("replicate", s) for s in (2, 3, 4))],
)
def test_reducing_8_bit_samples_equals_matlab_in_every_sample(border: Border, scale: int) -> None:
    expected = read(f"woman_{border}_x{scale}")
    height, width = expected.shape[2:]
    picture = read("woman")[..., : height * scale, : width * scale]
    assert torch.equal(resize_uint8(picture, (height, width), border=border), expected)


def test_8_bit_samples_are_rounded_after_each_axis_smaller_scale_first() -> None:
    picture = read("woman")[..., :60, :50]
    rows, columns = resize_uint8(picture, (20, 50)), resize_uint8(picture, (60, 20))
    assert torch.equal(resize_uint8(picture, (20, 20)), resize_uint8(rows, (20, 20)))
    assert torch.equal(resize_uint8(picture, (40, 20)), resize_uint8(columns, (40, 20)))
    assert not torch.equal(resize_uint8(rows, (20, 20)), resize_uint8(columns, (20, 20)))


def test_8_bit_overshoot_is_clipped() -> None:
    edge = torch.tensor([0, 0, 0, 255, 255, 255], dtype=torch.uint8).expand(1, 3, 6, 6)
    enlarged = resize_uint8(edge, (12, 12))
    assert enlarged.min() == 0
    assert enlarged.max() == 255
    assert resize(edge.double(), (12, 12)).max() > 255


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int], tuple[int, int], Region]:
    source, target = draw(SIZES), draw(SIZES)
    spans = [sorted(draw(st.tuples(st.integers(0, side), st.integers(0, side)))) for side in target]
    (top, bottom), (left, right) = spans
    return source, target, Region(top=top, bottom=bottom, left=left, right=right)


@laws
@given(windows())
def test_any_region_equals_the_same_window_of_the_whole_bit_for_bit(
    case: tuple[tuple[int, int], tuple[int, int], Region],
) -> None:
    source, target, region = case
    image = noise(source, torch.float32)
    assert torch.equal(resize(image, target, region=region), region.of(resize(image, target)))


@laws
@given(SIZES, SIZES)
def test_a_constant_stays_constant(source: tuple[int, int], target: tuple[int, int]) -> None:
    image = torch.full((1, 3, *source), 0.3, dtype=torch.float64)
    expected = torch.full((1, 3, *target), 0.3, dtype=torch.float64)
    torch.testing.assert_close(resize(image, target), expected, atol=1e-14, rtol=0)


@laws
@given(SIZES)
def test_the_same_size_is_the_same_picture(size: tuple[int, int]) -> None:
    image = noise(size)
    assert torch.equal(resize(image, size), image)
    samples = (image * 255).to(torch.uint8)
    assert torch.equal(resize_uint8(samples, size), samples)


@laws
@given(SIZES, SIZES)
def test_borders_are_mirrored(source: tuple[int, int], target: tuple[int, int]) -> None:
    assume(min(*source, *target) > 1)  # else the kernel is wider than the three copies below
    image = noise(source)
    for axis in (2, 3):
        image = torch.cat((image.flip(axis), image, image.flip(axis)), axis)
    around = resize(image, (3 * target[0], 3 * target[1]))
    middle = around[..., target[0] : 2 * target[0], target[1] : 2 * target[1]]
    torch.testing.assert_close(resize(noise(source), target), middle, atol=1e-12, rtol=0)


@laws
@given(SIZES, SIZES)
def test_mirroring_commutes(source: tuple[int, int], target: tuple[int, int]) -> None:
    image = noise(source)
    for axis in (2, 3):
        flipped = resize(image.flip(axis), target)
        torch.testing.assert_close(flipped, resize(image, target).flip(axis), atol=1e-12, rtol=0)


def test_enlarging_by_two_has_the_taps_of_keys_kernel() -> None:
    taps = axis_taps(8, 16)
    expected = torch.tensor([-0.0234375, 0.2265625, 0.8671875, -0.0703125], dtype=torch.float64)
    row = taps.weight[8][taps.weight[8] != 0]
    torch.testing.assert_close(row, expected)
    assert taps.index[8][taps.weight[8] != 0].tolist() == [2, 3, 4, 5]


def test_the_kernel_interpolates() -> None:
    knots = keys_kernel(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 2.5]))
    assert knots.tolist() == [0, 0, 1, 0, 0, 0]
    assert keys_kernel(torch.tensor(1.5)).item() == -0.0625


@pytest.mark.parametrize("target", [(31, 9), (5, 40)])
def test_double_precision_is_kept_and_agrees_with_single(target: tuple[int, int]) -> None:
    image = noise((16, 20))
    exact = resize(image, target)
    single = resize(image.float(), target)
    assert exact.dtype == torch.float64
    assert single.dtype == torch.float32
    torch.testing.assert_close(single, exact.float(), atol=1e-6, rtol=0)


def test_the_input_is_left_alone() -> None:
    image = noise((6, 7))
    before = image.clone()
    resize(image, (6, 11))
    resize(image, (3, 7))
    assert torch.equal(image, before)


@laws
@given(case=windows(), borders=st.sampled_from([("wrap", "wrap"), ("symmetric", "wrap")]))
def test_borders_that_wrap_show_the_other_side(
    case: tuple[tuple[int, int], tuple[int, int], Region], borders: Borders
) -> None:
    source, target, region = case
    repeats = [3 if border == "wrap" else 1 for border in borders]
    rows, columns = (n * (repeat // 2) for n, repeat in zip(target, repeats, strict=True))
    many = noise(source).repeat(1, 1, *repeats)
    size = repeats[0] * target[0], repeats[1] * target[1]
    assume(_as_far_as_three_pictures(source, target))
    expected = region.seen_from(-rows, -columns).of(resize(many, size))
    found = resize(noise(source), target, region=region, borders=borders)
    assert torch.allclose(found, expected, atol=1e-9)


def _as_far_as_three_pictures(source: tuple[int, int], target: tuple[int, int]) -> bool:
    """Whether the kernel stays within a picture's neighbours."""
    return all(3 * max(1, n / m) < n for n, m in zip(source, target, strict=True))


def test_a_window_beyond_borders_that_wrap_lies_on_the_other_side() -> None:
    picture, beyond = noise((9, 11)), Region(top=-5, bottom=30, left=-40, right=3)
    for size in ((18, 22), (14, 11), (9, 11), (7, 5)):
        whole = resize(picture, size, borders=("wrap", "wrap"))
        found = resize(picture, size, region=beyond, borders=("wrap", "wrap"))
        rows = [row % size[0] for row in range(beyond.top, beyond.bottom)]
        columns = [column % size[1] for column in range(beyond.left, beyond.right)]
        assert torch.equal(found, whole[..., rows, :][..., columns])
    assert torch.equal(resize(picture, (14, 20), borders=MIRRORED), resize(picture, (14, 20)))


@pytest.mark.parametrize("size", [(31, 45), (9, 11), (20, 7), (14, 17)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8, torch.uint16])
def test_a_device_is_sent_what_it_resizes(size, dtype):
    image = torch.rand(1, 3, 14, 17)
    image = image if dtype == torch.float32 else (200 * image).to(torch.uint8).to(dtype)
    region = Region(top=2, bottom=size[0] - 1, left=1, right=size[1])
    expected = resize(image, size, region=region)
    for device in map(torch.device, DEVICES):
        made = resize(image, size, region=region, device=device)
        assert made.device.type == device.type
        torch.testing.assert_close(made.cpu(), expected, rtol=0, atol=1e-6)
    nowhere = resize(image, size, region=region, device=torch.device("meta"))
    assert (nowhere.device.type, nowhere.dtype) == ("meta", torch.float32)
    assert nowhere.shape == expected.shape
    nothing = replace(region, bottom=region.top)
    assert resize(image, size, region=nothing, device=torch.device("meta")).shape[2] == 0
