from dataclasses import replace
from threading import Event

import pytest
import torch

from srcli.training.config import TrainConfig
from srcli.training.degrade import FirstPass
from srcli.training.patches import CropSource, picture_files
from srcli.training.samples import Sampler, prepared

CPU = torch.device("cpu")
RUN = TrainConfig(network="asdn", preset="fast", steps=9, batch=4, patch=32, recursive=0.5)
RESTORED = replace(RUN, network="panetir", scale=1, recursive=0.0)


@pytest.fixture
def source(pictures):
    return CropSource(picture_files(pictures), 48)


@pytest.mark.parametrize(
    "config",
    [
        *(replace(RUN, degradation=kind) for kind in ("bicubic", "photo")),
        *(replace(RESTORED, degradation=kind) for kind in ("jpeg", "noise")),
        replace(RUN, scale=2, degradation="photo"),
    ],
    ids=lambda config: f"{config.degradation}-{config.scale}",
)
def test_shares_make_up_the_batch_of_one_process(source, config):
    whole = Sampler(source, config, CPU, slice(None))
    halves = [Sampler(source, config, CPU, share) for share in (slice(0, 2), slice(2, 4))]
    kinds = set()
    for step in range(6):
        expected, parts = whole(step), [half(step) for half in halves]
        kinds.add(type(expected))
        assert {part.ratio for part in parts} == {expected.ratio}
        assert torch.equal(torch.cat([part.image for part in parts]), expected.image)
    assert (FirstPass in kinds) == (config.scale is None)


def test_every_step_has_its_own_batch_and_always_the_same(source):
    make = Sampler(source, RUN, CPU, slice(None))
    assert torch.equal(make(3).image, make(3).image)
    assert make(3).image.shape != make(4).image.shape or not torch.equal(
        make(3).image, make(4).image
    )


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_what_is_made_ahead_comes_in_order(threads):
    with prepared(lambda step: step * step, range(3, 20), threads=threads) as made:
        assert list(made) == [step * step for step in range(3, 20)]


def test_batches_are_made_while_the_last_one_is_used():
    third = Event()

    def make(step: int) -> int:
        if step == 2:
            third.set()
        return step

    with prepared(make, range(10), threads=1) as made:
        assert next(made) == 0
        assert third.wait(timeout=10)


def test_what_goes_wrong_in_a_thread_is_raised():
    def make(step: int) -> float:
        return 1 / (2 - step)

    with prepared(make, range(5), threads=2) as made:
        assert next(made) == 0.5
        with pytest.raises(ZeroDivisionError):
            list(made)
