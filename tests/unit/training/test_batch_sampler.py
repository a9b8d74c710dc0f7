import math
from dataclasses import replace

import pytest
import torch

from srcli.networks import asdn
from srcli.training.batch_sampler import BatchSampler
from srcli.training.batch_workers import prepared
from srcli.training.config import TrainConfig
from srcli.training.patches import CropSource, picture_files

TRAITS = asdn.build(asdn.PHOTO).traits
WIDE = asdn.build(asdn.WIDE).traits
RUN = TrainConfig(network="asdn", preset="fast", steps=9, batch=4, patch=32, recursive=0.5)
RESTORED = replace(RUN, network="panetir", scale=1, recursive=0.0)


@pytest.fixture
def source(pictures):
    return CropSource(picture_files(pictures), 48)


@pytest.mark.parametrize(
    "config",
    [
        *(replace(RUN, degradation=kind) for kind in ("bicubic", "photo", "wild", "noisy")),
        *(replace(RUN, degradation=kind, drawn=0.5) for kind in ("bicubic", "wild")),
        *(replace(RESTORED, degradation=kind) for kind in ("jpeg", "noise")),
        replace(RUN, scale=2, degradation="photo"),
        replace(RUN, scale=3, patch=48, degradation="wild", drawn=0.5, kept_noise=0.5),
    ],
    ids=lambda config: f"{config.degradation}-{config.scale}-{config.drawn}",
)
def test_shares_make_up_the_batch_of_one_process(source, config):
    whole = BatchSampler(source, config, TRAITS, slice(None))
    halves = [BatchSampler(source, config, TRAITS, share) for share in (slice(0, 2), slice(2, 4))]
    first = set()
    for step in range(6):
        expected, parts = whole(step), [half(step) for half in halves]
        first.add(expected.first)
        assert {part.first for part in parts} == {expected.first}
        assert torch.equal(torch.cat([part.reduced for part in parts]), expected.reduced)
        assert torch.equal(torch.cat([part.crops for part in parts]), expected.crops)
        if expected.strengths is not None:
            assert torch.equal(torch.cat([part.strengths for part in parts]), expected.strengths)
    assert first == ({None, 2} if config.scale is None else {None})


@pytest.mark.parametrize("scale", [None, 2])
def test_what_is_reduced_later_is_the_same(source, scale):
    config = replace(RUN, scale=scale)
    now, later = (
        BatchSampler(source, config, TRAITS, slice(None), later=later) for later in (False, True)
    )
    for step in range(6):
        assert later(step).reduced is None
        found, expected = (make(step).train_batch(lambda image, *_: image) for make in (later, now))
        assert found.ratio == expected.ratio
        assert torch.equal(found.image, expected.image)
        assert torch.equal(found.target, expected.target)


def test_a_spoilt_reduction_is_never_left_for_later(source):
    spoilt = replace(RUN, degradation="photo")
    assert BatchSampler(source, spoilt, TRAITS, slice(None), later=True)(0).reduced is not None


def test_strengths_come_with_the_batches_of_the_degradation_that_counts_them(source):
    wild = BatchSampler(source, replace(RUN, degradation="wild", batch=24), TRAITS, slice(None))(0)
    assert wild.strengths.shape == (24, 2)
    assert wild.strengths.dtype == torch.float32
    assert ((wild.strengths >= 0) & (wild.strengths <= 1)).all()
    assert (wild.strengths > 0).any(0).all()
    photo = BatchSampler(source, replace(RUN, degradation="photo"), TRAITS, slice(None))(0)
    assert photo.strengths is None


@pytest.mark.parametrize("processes", [0, 1])
def test_strengths_are_made_ahead_like_the_rest(source, processes):
    make = BatchSampler(source, replace(RUN, degradation="wild", drawn=0.5), TRAITS, slice(None))
    with prepared(make, range(2), processes=processes) as made:
        for step, batch in enumerate(made):
            assert torch.equal(batch.strengths, make(step).strengths)
            assert torch.equal(batch.on(torch.device("cpu")).strengths, make(step).strengths)


def test_drawn_patches_give_way_to_no_more_than_their_share(source):
    pictures = BatchSampler(source, replace(RUN, batch=64), TRAITS, slice(None))(1).crops
    for share, least, most in ((0.0, 64, 64), (0.3, 34, 55), (1.0, 0, 0)):
        drawn = BatchSampler(source, replace(RUN, batch=64, drawn=share), TRAITS, slice(None))(1)
        kept = sum(map(torch.equal, drawn.crops, pictures))
        assert least <= kept <= most


def test_kept_noise_changes_targets_of_noisy_patches_alone(source):
    wild = replace(RUN, degradation="wild", batch=48, recursive=0.0)
    without, kept = (
        BatchSampler(source, replace(wild, kept_noise=share), TRAITS, slice(None))(2)
        for share in (0.0, 1.0)
    )
    assert torch.equal(without.reduced, kept.reduced)
    changed = (without.crops != kept.crops).flatten(1).any(1)
    noise, compression = without.strengths.T
    noisy = (noise > 0) & (compression == 0)
    assert changed.any()
    assert not changed[~noisy].any()
    assert (kept.strengths[noisy, 0] < noise[noisy]).all()
    assert torch.equal(kept.strengths[~noisy], without.strengths[~noisy])


def test_drawn_patches_are_never_left_for_later(source):
    drawn = replace(RUN, drawn=0.5)
    assert BatchSampler(source, drawn, TRAITS, slice(None), later=True)(0).reduced is not None


def test_every_step_has_its_own_batch_and_always_the_same(source):
    make = BatchSampler(source, RUN, TRAITS, slice(None))
    assert torch.equal(make(3).crops, make(3).crops)
    assert not torch.equal(make(3).crops, make(4).crops)


@pytest.mark.parametrize(
    ("weights", "seen"), [("", {1, 2, 3}), ("1,0,0", {1}), ("0,1,1", {2, 3}), ("0,0,1", {3})]
)
def test_ranges_of_ratios_are_drawn_by_their_weights(source, weights, seen):
    config = replace(RUN, patch=16, recursive=0.0, range_weights=weights)
    make = BatchSampler(source, config, WIDE, slice(None), later=True)
    ratios = [batch.crops.shape[2] / batch.side for batch in map(make, range(30))]
    assert {math.ceil(ratio) - 1 for ratio in ratios} == seen
