import numpy as np
import pytest
import torch
from PIL import Image

from srcli.bench.baselines import (
    BASELINES,
    Upscale,
    baselines_for,
    bicubic,
    lanczos3,
    nearest,
)
from srcli.metrics.protocols import PROTOCOLS


def eight_bit(height: int, width: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(0, 256, (1, 3, height, width), generator=generator)
    return levels.float() / 255


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("size", [(20, 26), (27, 35), (11, 90)])
def test_the_result_has_the_size_asked_for_and_is_an_8_bit_picture(
    name: str, size: tuple[int, int]
) -> None:
    sr = BASELINES[name](eight_bit(10, 13), size, 2)
    levels = sr * 255
    assert sr.shape == (1, 3, *size)
    assert sr.dtype == torch.float32
    assert torch.allclose(levels, levels.round(), atol=1e-4)
    assert 0 <= sr.min() <= sr.max() <= 1


@pytest.mark.parametrize("name", BASELINES)
def test_flat_pictures_stay_flat(name: str) -> None:
    flat = torch.full((1, 3, 5, 7), 77 / 255)
    assert torch.equal(BASELINES[name](flat, (14, 19), 2.7), torch.full((1, 3, 14, 19), 77 / 255))


def test_nearest_repeats_samples() -> None:
    lr = eight_bit(4, 5)
    assert torch.equal(nearest(lr, (8, 10), 2), lr.repeat_interleave(2, 2).repeat_interleave(2, 3))


def interior_of_pillow(lr: torch.Tensor, size: tuple[int, int], method: int) -> torch.Tensor:
    image = Image.fromarray((lr[0] * 255).round().byte().permute(1, 2, 0).numpy())
    resized = np.array(image.resize(size[::-1], method))
    return torch.from_numpy(resized).permute(2, 0, 1)[None][..., 20:-20, 20:-20].float()


@pytest.mark.parametrize("size", [(96, 120), (103, 131)])
@pytest.mark.parametrize(
    ("upscale", "method"),
    [(bicubic, Image.Resampling.BICUBIC), (lanczos3, Image.Resampling.LANCZOS)],
)
def test_away_from_the_borders_pillow_agrees(
    upscale: Upscale, method: int, size: tuple[int, int]
) -> None:
    lr = eight_bit(48, 60) * 0.4 + 0.3  # no clipping, which Pillow does in another axis first
    lr = (lr * 255).round() / 255
    ours = upscale(lr, size, 2)[..., 20:-20, 20:-20] * 255
    assert (ours - interior_of_pillow(lr, size, method)).abs().max() <= 2


def test_lanczos_mirrors_the_picture_at_its_borders() -> None:
    lr = eight_bit(6, 9)
    mirrored = torch.cat([lr.flip(2), lr, lr.flip(2)], 2)
    assert torch.equal(lanczos3(mirrored, (36, 18), 2)[:, :, 12:24], lanczos3(lr, (12, 18), 2))


@pytest.mark.parametrize("letter", ["B", "L", "S"])
@pytest.mark.parametrize("name", ["bicubic", "lanczos", "nearest"])
def test_other_protocols_resize_and_round_in_their_own_way(letter: str, name: str) -> None:
    lr = (eight_bit(10, 13) * 100 + 78).round() / 255
    own = baselines_for(PROTOCOLS[letter])[name](lr, (20, 26), 2)
    plain = BASELINES[name](lr, (20, 26), 2)
    assert own.shape == plain.shape
    assert torch.equal(own.float(), plain) == (name == "nearest")
    assert (own - plain).abs()[..., 6:-6, 6:-6].max() < 3 / 255


def test_the_published_protocol_has_the_baselines_of_matlab() -> None:
    assert baselines_for(PROTOCOLS["A"]) is BASELINES
