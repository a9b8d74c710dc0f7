from dataclasses import replace

import pytest
import torch

from srcli.networks import asdn
from srcli.training.batch_sampler import BatchSampler
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_MATRICES, BY_TAPS
from srcli.training.device_batches import BatchPlanner, DevicePictures
from srcli.training.patches import CropSource, TaughtCrops, picture_files

CPU = torch.device("cpu")
WIDE = asdn.build(asdn.WIDE).traits
LEVELS = 1e-4
"""By which LR may differ in the mean: a few sums are halves, which are rounded by their order."""
RUN = TrainConfig(network="asdn", preset="wide", steps=50, batch=3, patch=16, recursive=0.2)


@pytest.fixture
def source(pictures):
    files = picture_files(pictures)
    return CropSource(
        files[1:], 64, taught={4: TaughtCrops(files=files[:1], side=64)}, taught_share=0.5
    )


@pytest.mark.parametrize("config", [RUN, replace(RUN, scale=2, recursive=0.0)])
def test_plans_make_the_batches_of_the_host(source, config):
    make = BatchSampler(source, config, WIDE, slice(None))
    plan = BatchPlanner(DevicePictures(source, CPU), config, WIDE)
    shapes = set()
    for step in range(50):
        expected, planned = make(step), plan(step)
        found = planned.on(CPU)
        assert torch.equal(found.crops, expected.crops)
        reduced = BY_MATRICES.reduce(found.crops, found.side).short()
        assert (reduced - expected.reduced).abs().float().mean() < LEVELS
        assert (found.margin, found.first) == (expected.margin, expected.first)
        shapes.add((planned.shape.crop, planned.shape.first))
    assert len(shapes) == (4 if config.scale is None else 1)


def test_what_the_network_is_shown_is_the_same_but_for_rounding(source):
    make = BatchSampler(source, RUN, WIDE, slice(None))
    plan = BatchPlanner(DevicePictures(source, CPU), RUN, WIDE)
    for step in range(20):
        expected = make(step).train_batch(lambda image, *_: image, BY_TAPS)
        found = plan(step).on(CPU).train_batch(lambda image, *_: image, BY_MATRICES)
        assert found.ratio == expected.ratio
        assert torch.equal(found.target, expected.target)
        assert (found.image - expected.image).abs().mean() < LEVELS / 255
