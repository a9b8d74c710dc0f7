from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch

from srcli.pixels.resize import resize, resize_uint8
from srcli.training import wild
from srcli.training.batch_sampler import DRAW_DEGRADATION
from srcli.training.degradations import Strengths, bicubic_lr, keep_noise
from srcli.training.severities import STANDARD
from srcli.training.wild import IntermediateLr, draw_wild

ALWAYS = replace(STANDARD, between=1.0, twice=1.0)


@pytest.fixture
def crop() -> torch.Tensor:
    coarse = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(1))
    return (resize(coarse, (64, 72)).clamp(0, 1) * 255).to(torch.uint8)[0]


def levels(crop: torch.Tensor) -> np.ndarray:
    return crop.permute(1, 2, 0).contiguous().numpy().astype(np.float32)


@pytest.mark.parametrize("size", [(64, 72), (59, 67), (32, 36), (21, 24), (16, 18)])
def test_every_draw_gives_lr_of_the_size_and_the_seed_decides(crop, size):
    before = crop.clone()
    for seed in range(40):
        made, again = (draw_wild(Random(seed))(crop, size) for _ in range(2))
        assert made.image.shape == (3, *size)
        assert made.image.dtype == torch.uint8
        assert torch.equal(made.image, again.image)
        assert made.strengths == again.strengths
    assert torch.equal(crop, before)


def test_the_smallest_patches_are_degraded_too(crop):
    for seed in range(60):
        made = draw_wild(Random(seed))(crop[:, :16, :16], (4, 4))
        assert made.image.shape == (3, 4, 4)


def test_a_share_is_reduced_exactly_as_the_benchmarks_do_and_told_so(crop):
    expected = resize_uint8(crop[None], (32, 36))[0]
    made = [draw_wild(Random(seed))(crop, (32, 36)) for seed in range(200)]
    clean = [one for one in made if torch.equal(one.image, expected)]
    assert 0.08 < len(clean) / len(made) < 0.28
    assert all(one.strengths == Strengths() for one in clean)


def test_all_that_are_to_be_noisy_are(crop):
    grey = torch.full_like(crop, 128)
    noises = [
        DRAW_DEGRADATION["noisy"](Random(seed))(grey, (32, 36)).strengths.noise
        for seed in range(60)
    ]
    assert min(noises) > 0
    assert 10 < sum(noises) / len(noises) < 25
    assert 25 < max(noises) < 40


def step_edge() -> torch.Tensor:
    edge = torch.full((3, 64, 72), 64, dtype=torch.uint8)
    edge[:, :, 36:] = 192
    return edge


def drawn(draw, seeds=60) -> torch.Tensor:
    """The luma of what becomes of a step edge, the mean of its rows: (seeds, 36)."""
    made = [draw(Random(seed))(step_edge(), (32, 36)).image.float() for seed in range(seeds)]
    return torch.stack(made).mean((1, 2))


def test_all_that_are_to_be_blurred_are():
    reduced = resize_uint8(step_edge()[None], (32, 36)).float().diff(dim=3).max()
    steps = drawn(DRAW_DEGRADATION["blurred"]).diff(dim=1).amax(1)
    assert steps.max() <= reduced + 3  # as noise may be added
    assert steps.median() < 0.6 * reduced
    assert steps.min() < 0.35 * reduced


def test_most_that_are_to_be_sharpened_have_halos():
    profiles = drawn(DRAW_DEGRADATION["sharpened"])
    halos = (64 - profiles.amin(1) + profiles.amax(1) - 192) / 2
    assert (halos > 4).float().mean() > 0.7
    assert halos.max() > 35


def test_the_picture_stays_where_it_is(crop):
    spot = torch.zeros(3, 64, 72, dtype=torch.uint8)
    spot[:, 27:37, 31:41] = 255
    row, column = np.mgrid[0:32, 0:36] + 0.5
    for seed in range(150):
        made = draw_wild(Random(seed))(spot, (32, 36))
        image = made.image.float().mean(0).numpy()
        weight = np.where(image > 100, image, 0)  # without noise
        assert (weight * row).sum() / weight.sum() == pytest.approx(16, abs=0.35)
        assert (weight * column).sum() / weight.sum() == pytest.approx(18, abs=0.35)
    assert crop.shape == spot.shape


def test_noise_is_told_as_it_is_left_in_lr():
    grey = IntermediateLr(image=np.full((64, 64, 3), 128, np.float32))
    seen = set()
    for seed in range(40):
        made = wild._noise(Random(seed), STANDARD)(grey).to_lr()
        found = (made.image.float() - 128).std().item()
        assert made.strengths.noise == pytest.approx(found, rel=0.1, abs=0.3)
        seen.add(round(found / STANDARD.max_noise, 1))
    assert len(seen) > 6


def test_noise_that_stays_in_the_target_is_not_told(crop):
    plain = torch.full((3, 48, 48), 128, dtype=torch.uint8)
    grey = IntermediateLr(image=np.full((24, 24, 3), 128, np.float32))
    made = wild._noise(Random(5), STANDARD)(grey).to_lr()
    for part in (0.0, 0.5, 1.0):
        target, told = keep_noise(plain, made, part)
        left = (target.float() - 128)[None]
        expected = part * resize(made.image.float()[None] - 128, (48, 48))
        assert (left - expected).abs().max() < 1
        assert told.strengths.noise == pytest.approx((1 - part) * made.strengths.noise)
        assert torch.equal(told.image, made.image)
    coded = wild._code(Random(1), STANDARD)(wild._noise(Random(5), STANDARD)(grey)).to_lr()
    assert coded.noise is None
    assert keep_noise(plain, coded, 0.5) == (plain, coded)
    assert keep_noise(crop, bicubic_lr(crop, (20, 20)), 0.5)[0] is crop


def test_noise_that_was_blurred_counts_less():
    lr = wild._noise(Random(3), STANDARD)(
        IntermediateLr(image=np.full((48, 48, 3), 99, np.float32))
    )
    soft = wild._blur(Random(2), replace(STANDARD, max_blur=3))(lr)
    assert soft.to_lr().strengths.noise < 0.8 * lr.to_lr().strengths.noise


def test_compression_is_told_of_the_worst_coding(crop):
    lr = IntermediateLr(image=levels(crop))
    for seed in range(30):
        severity = replace(ALWAYS, qualities=(40 + seed, 40 + seed))
        made = wild._code(Random(seed), severity)(lr)
        assert made.image.shape == lr.image.shape
        assert 0 < made.compression <= 75
        harder = replace(made, compression=99.0)
        assert wild._code(Random(seed), severity)(harder).compression == 99.0


def test_a_coding_may_begin_anywhere_beside_the_corner(crop):
    samples = levels(crop).astype(np.uint8)
    coding = wild.Coding(quality=20)
    places = {wild._coded(samples, coding, (0, left)).tobytes() for left in range(8)}
    assert len(places) == 8


def test_a_size_between_weakens_a_coding(crop):
    severity = replace(ALWAYS, qualities=(40, 40))
    strengths = set()
    for seed in range(60):
        lr = wild._draw_reduction(Random(seed), severity)(
            IntermediateLr(image=levels(crop)), (32, 36)
        )
        assert lr.image.shape == (32, 36, 3)
        strengths.add(lr.compression > 0)
        assert lr.compression < 75
    assert strengths == {False, True}


@pytest.mark.parametrize("draw", [wild._blur, wild._sharpen, wild._ringing])
def test_filters_change_edges_and_leave_plain_areas(draw):
    plain = IntermediateLr(image=np.full((32, 32, 3), 80, np.float32))
    step = np.where(np.arange(32)[None, :, None] < 16, 40, 200) * np.ones((32, 1, 3))
    edge = IntermediateLr(image=step.astype(np.float32))
    for seed in range(20):
        change = draw(Random(seed), STANDARD)
        assert np.allclose(change(plain).image, 80, atol=0.01)
        assert not np.array_equal(change(edge).image, edge.image)
        assert change(edge).image.mean() == pytest.approx(120, abs=2.5)
