"""What is measured of a picture is what was done to it."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from srcli.pipeline import lattice
from srcli.pipeline.blocks import block_traces
from srcli.pipeline.blur import blur_and_detail
from srcli.pipeline.energies import CALMER, block_energies
from srcli.pipeline.flatness import flat_and_crisp
from srcli.pipeline.lattice import jpeg_compression
from srcli.pipeline.noise import noise_level
from srcli.pipeline.patterns import pattern_shares
from srcli.pipeline.sample import LIMIT, SIDE, take_sample
from srcli.pipeline.sharpening import sharpening

from .conftest import edges, levels, photo_of, smooth

HOUSE = Path(__file__).parents[3] / "examples/house.png"


def sampled(samples):
    return take_sample(photo_of(samples))


def jpeg(samples, quality):
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def noisy(values, sigma):
    return levels(values + np.random.default_rng(0).normal(0, sigma, values.shape))


@pytest.mark.parametrize("sigma", [3, 5, 10, 20])
def test_the_deviation_of_white_noise_is_found(sigma):
    found = noise_level(sampled(noisy(smooth(), sigma)).colors)
    assert found == pytest.approx(sigma, rel=0.15)


def test_the_noise_of_grey_pictures_is_found():
    gray = noisy(smooth()[..., 0], 8)
    assert noise_level(sampled(gray).colors) == pytest.approx(8, rel=0.15)


def test_smooth_pictures_have_no_noise():
    assert noise_level(sampled(levels(smooth())).colors) < 1


def test_texture_is_not_taken_for_noise():
    """Patterns that are as strong at half the size."""
    random = np.random.default_rng(0)
    coarse = random.normal(0, 25, (66, 66, 3)).repeat(4, 0).repeat(4, 1)[:256, :256]
    texture = smooth() + coarse
    assert noise_level(sampled(levels(texture)).colors) < 2


def test_clipped_blocks_do_not_hide_noise():
    values = smooth()
    values[:128] = 300
    assert noise_level(sampled(noisy(values, 6)).colors) == pytest.approx(6, rel=0.2)


@pytest.mark.parametrize("level", [2, 253])
def test_noise_is_found_where_all_of_it_is_clipped_a_little(level):
    values = np.full((128, 128, 3), float(level))
    assert noise_level(sampled(noisy(values, 15)).colors) > 5


@pytest.mark.parametrize("offset", [(0, 0), (1, 0), (3, 5), (7, 7)])
def test_traces_of_blocks_are_found_wherever_their_grid_lies(offset):
    random = np.random.default_rng(3)
    values = edges() + random.normal(0, 4, (256, 256, 1))
    spoilt = jpeg(levels(values), 40)[offset[0] :, offset[1] :]
    assert block_traces(sampled(spoilt).luma) > 3 * block_traces(sampled(levels(values)).luma)
    assert block_traces(sampled(spoilt).luma) > 0.05


def test_lines_along_one_axis_are_no_traces_of_blocks():
    values = np.full((256, 256), 100.0)
    values[:, ::8] = 140
    values += np.random.default_rng(0).normal(0, 3, values.shape)
    assert block_traces(sampled(levels(values)).luma) < 0.03


def textured(seed=0):
    """Texture that hides the blocks of JPEG."""
    random = np.random.default_rng(seed)
    return levels(smooth() + random.normal(0, 25, (128, 128, 1)).repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize("quality", [30, 50, 60, 80, 88])
def test_pixels_tell_the_quality_of_the_jpeg_file_that_they_were(quality):
    found = jpeg_compression(sampled(jpeg(textured(), quality)).luma)
    assert found == pytest.approx(100 - quality, abs=3)


@pytest.mark.parametrize("quality", [None, 90, 75, 45, 20])
def test_a_part_of_the_blocks_rejects_no_step_that_all_of_them_tell(quality, monkeypatch):
    picture = np.concatenate([textured(seed) for seed in range(4)])
    luma = sampled(jpeg(picture, quality) if quality else picture).luma
    found = jpeg_compression(luma)
    monkeypatch.setattr(lattice, "SIEVE", luma.numel())
    assert found == jpeg_compression(luma)


def test_the_strongest_of_two_codings_is_told():
    twice = jpeg(jpeg(textured(), 50), 92)
    assert jpeg_compression(sampled(twice).luma) == pytest.approx(50, abs=3)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda picture: picture,
        lambda picture: noisy(picture.astype(float), 5),
        lambda picture: jpeg(picture, 60)[3:, 5:],
        lambda picture: noisy(jpeg(picture, 60).astype(float), 8),
    ],
)
def test_pixels_that_are_on_no_lattice_tell_no_quality(spoil):
    for seed in range(4):
        assert jpeg_compression(sampled(spoil(textured(seed))).luma) == 0


@pytest.mark.parametrize("side", [256, 128, 96])
def test_a_sharpened_picture_is_told_from_one_that_was_only_reduced(side):
    with Image.open(HOUSE) as house:
        plain = house.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    found = [sharpening(pattern_shares(sampled(np.asarray(plain)).luma))]
    for percent in (50, 100):
        sharp = plain.filter(ImageFilter.UnsharpMask(1, percent, 0))
        found.append(sharpening(pattern_shares(sampled(np.asarray(sharp)).luma)))
    assert found == sorted(found)
    assert found[0] < 0.4
    assert found[-1] > 0.7


def test_patterns_are_counted_alike_in_every_direction():
    plane = photograph(size=128)[:127, :127]  # so that mirrored ones count the same rows
    luma = torch.from_numpy(plane.round().astype(np.int16))[None]
    others = [luma.flip(2), luma.transpose(1, 2), 255 - luma, luma.flip(2) - 40]
    for other in others:
        assert torch.equal(pattern_shares(other.contiguous()), pattern_shares(luma))


def test_a_pattern_is_what_four_differences_in_a_row_are():
    """A step of 30 in each row: the pattern is at any of four places, and along columns none is."""
    luma = torch.zeros((1, 64, 32), dtype=torch.int16)
    luma[..., 16:] = 30
    shares = pattern_shares(luma).square().reshape(3, -1)
    assert shares.sum(1).tolist() == pytest.approx([1, 1, 1])
    along_rows, along_columns = 32 * (31 - 3), 16 * (63 - 3)
    for of_count in shares:
        seen = sorted(of_count[of_count > 0].tolist())
        all_of = along_rows + along_columns
        assert seen == pytest.approx([64 / all_of, 64 / all_of, (all_of - 128) / all_of])


def energies(samples):
    return block_energies(sampled(samples)).reshape(3, 4, len(CALMER))


def test_white_noise_raises_all_blocks_at_every_size():
    """Halved by boxes, it has a quarter of its variance."""
    gray = noisy(np.full((256, 256), 128.0), 16)
    found = energies(np.stack([gray] * 3, 2))
    middle = found[0, :, 5]
    assert middle.tolist() == pytest.approx([8, 6, 4, 2], abs=0.6)
    assert bool((found[0].diff(dim=1) >= 0).all())
    assert bool((found[1:] == found[1:].min()).all())


def test_energies_of_colours_tell_noise_of_each_channel():
    found = energies(noisy(np.full((256, 256, 3), 128.0), 16))
    assert found[1, 0, 5] == pytest.approx(9, abs=0.6)
    assert torch.equal(energies(noisy(np.full((256, 256), 128.0), 16)[..., None])[1:], EMPTY)


def test_the_largest_energies_fit_their_types():
    """Stripes of the strongest colours, as wide as a pixel of each size."""
    for n, side in enumerate((1, 2, 4, 8)):
        rows, columns = np.mgrid[0:128, 0:128] // side
        red = np.where((rows + columns) % 2, 255, 0).astype(np.uint8)
        found = energies(np.stack([red, 255 - red, red], 2))
        assert found[1:, n, 5].tolist() == pytest.approx([np.log2((16 * 255) ** 2 / 36)] * 2)


def test_energies_do_not_depend_on_threads_or_on_what_is_too_small():
    samples = noisy(smooth(), 5)
    alone = energies(samples)
    torch.set_num_threads(2)
    assert torch.equal(energies(samples), alone)
    small = energies(noisy(smooth()[:24, :24], 5))
    assert bool((small[:, 3] == small.min()).all())


EMPTY = torch.full((2, 4, len(CALMER)), 0.01, dtype=torch.float64).log2()


def photograph(seed=0, size=256):
    """A picture whose details fade as those of photographs do: 1 over their frequency."""
    random = np.random.default_rng(seed)
    rows, columns = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(random.normal(0, 1, (size, size))) / frequency
    plane = np.fft.irfft2(spectrum)
    return 128 + 40 * plane / plane.std()


def blurred(plane, sigma):
    rows, columns = np.fft.fftfreq(len(plane))[:, None], np.fft.rfftfreq(len(plane))[None]
    fading = np.exp(-2 * (np.pi * sigma) ** 2 * (rows**2 + columns**2))
    return np.fft.irfft2(np.fft.rfft2(plane) * fading)


@pytest.mark.parametrize("sigma", [0.6, 0.8, 1.0, 1.2])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_blur_is_measured(sigma, noise):
    plane = blurred(photograph(), sigma)
    plane = plane + noise * np.random.default_rng(1).normal(0, 1, plane.shape)
    found, _ = blur_and_detail(sampled(levels(plane)).luma, noise)
    assert found == pytest.approx(sigma, abs=0.15)


def test_a_sharp_picture_is_not_blurred():
    for seed in range(5):
        found, detail = blur_and_detail(sampled(levels(photograph(seed))).luma, 0.0)
        assert found < 0.3
        assert detail > 1


def test_one_sharp_window_of_several_is_enough():
    half = np.concatenate([blurred(photograph(), 1.5), photograph(1)], 1)
    found, _ = blur_and_detail(sampled(levels(half)).luma, 0.0)
    assert found < 0.3


def test_blur_under_noise_is_not_guessed():
    plane = blurred(photograph(), 1.2) + np.random.default_rng(1).normal(0, 8, (256, 256))
    assert blur_and_detail(sampled(levels(plane)).luma, 8.0)[0] == 0


def test_an_even_picture_is_measured():
    even = sampled(np.full((64, 64, 3), 90, np.uint8))
    assert noise_level(even.colors) == 0
    assert block_traces(even.luma) == 0
    assert 0 < sharpening(pattern_shares(even.luma)) < 0.9
    assert blur_and_detail(even.luma, 0.0) == (0, 0)
    assert flat_and_crisp(even.colors) == (1.0, 0.0)


def test_a_screen_is_flat_and_crisp_until_it_is_reduced(screen):
    flat, crisp = flat_and_crisp(sampled(screen).colors)
    assert flat > 0.6
    assert crisp > 0.6
    size = (screen.shape[1] * 3 // 4, screen.shape[0] * 3 // 4)
    reduced = np.asarray(Image.fromarray(screen).resize(size, Image.Resampling.LANCZOS))
    assert flat_and_crisp(sampled(reduced).colors)[1] < crisp / 2


@pytest.mark.parametrize("size", [(24, 900), (128, 128), (130, 257), (2000, 3000), (5000, 40)])
def test_windows_lie_in_the_picture_on_the_grid(size):
    samples = (np.mgrid[0 : size[0], 0 : size[1]][0] % 256).astype(np.uint8)
    sample = sampled(samples)
    count, height, width = sample.luma.shape
    assert 1 <= count <= LIMIT
    assert (height, width) == (min(SIDE, size[0]), min(SIDE, size[1]))
    tops = sample.luma[:, 0, 0] % 8
    assert bool((tops == 0).all())


def test_too_small_pictures_give_no_sample():
    assert sampled(np.zeros((23, 400), np.uint8)) is None


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_windows_without_anything_visible_are_left_out(dtype):
    alpha = torch.zeros(1, 1, 128, 512, dtype=dtype)
    alpha[..., :100] = 1
    pixels = np.zeros((128, 512, 3), np.uint8)
    assert len(take_sample(photo_of(pixels, alpha=alpha)).luma) == 1
    assert take_sample(photo_of(pixels, alpha=torch.zeros_like(alpha))) is None
