import math
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from srcli.networks import asdn
from srcli.training import samples
from srcli.training.config import TrainConfig
from srcli.training.degrade import Pair
from srcli.training.patches import CropSource, picture_files
from srcli.training.samples import Sampler, prepared

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
        *(replace(RUN, degradation=kind) for kind in ("bicubic", "photo", "wild")),
        *(replace(RUN, degradation=kind, drawn=0.5) for kind in ("bicubic", "wild")),
        *(replace(RESTORED, degradation=kind) for kind in ("jpeg", "noise")),
        replace(RUN, scale=2, degradation="photo"),
        replace(RUN, scale=3, patch=48, degradation="wild", drawn=0.5, kept_noise=0.5),
    ],
    ids=lambda config: f"{config.degradation}-{config.scale}-{config.drawn}",
)
def test_shares_make_up_the_batch_of_one_process(source, config):
    whole = Sampler(source, config, TRAITS, slice(None))
    halves = [Sampler(source, config, TRAITS, share) for share in (slice(0, 2), slice(2, 4))]
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
        Sampler(source, config, TRAITS, slice(None), later=later) for later in (False, True)
    )
    for step in range(6):
        assert later(step).reduced is None
        found, expected = (make(step).sample(lambda image, *_: image) for make in (later, now))
        assert found.ratio == expected.ratio
        assert torch.equal(found.image, expected.image)
        assert torch.equal(found.target, expected.target)


def test_a_spoilt_reduction_is_never_left_for_later(source):
    spoilt = replace(RUN, degradation="photo")
    assert Sampler(source, spoilt, TRAITS, slice(None), later=True)(0).reduced is not None


def test_strengths_come_with_the_batches_of_the_degradation_that_counts_them(source):
    wild = Sampler(source, replace(RUN, degradation="wild", batch=24), TRAITS, slice(None))(0)
    assert wild.strengths.shape == (24, 2)
    assert wild.strengths.dtype == torch.float32
    assert ((wild.strengths >= 0) & (wild.strengths <= 1)).all()
    assert (wild.strengths > 0).any(0).all()
    photo = Sampler(source, replace(RUN, degradation="photo"), TRAITS, slice(None))(0)
    assert photo.strengths is None


@pytest.mark.parametrize("processes", [0, 1])
def test_strengths_are_made_ahead_like_the_rest(source, processes):
    make = Sampler(source, replace(RUN, degradation="wild", drawn=0.5), TRAITS, slice(None))
    with prepared(make, range(2), processes=processes) as made:
        for step, pair in enumerate(made):
            assert torch.equal(pair.strengths, make(step).strengths)
            assert torch.equal(pair.on(torch.device("cpu")).strengths, make(step).strengths)


def test_drawn_patches_give_way_to_no_more_than_their_share(source):
    pictures = Sampler(source, replace(RUN, batch=64), TRAITS, slice(None))(1).crops
    for share, least, most in ((0.0, 64, 64), (0.3, 34, 55), (1.0, 0, 0)):
        drawn = Sampler(source, replace(RUN, batch=64, drawn=share), TRAITS, slice(None))(1)
        kept = sum(map(torch.equal, drawn.crops, pictures))
        assert least <= kept <= most


def test_kept_noise_changes_targets_of_noisy_patches_alone(source):
    wild = replace(RUN, degradation="wild", batch=48, recursive=0.0)
    without, kept = (
        Sampler(source, replace(wild, kept_noise=share), TRAITS, slice(None))(2)
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
    assert Sampler(source, drawn, TRAITS, slice(None), later=True)(0).reduced is not None


def test_every_step_has_its_own_batch_and_always_the_same(source):
    make = Sampler(source, RUN, TRAITS, slice(None))
    assert torch.equal(make(3).crops, make(3).crops)
    assert not torch.equal(make(3).crops, make(4).crops)


@pytest.mark.parametrize(
    ("weights", "seen"), [("", {1, 2, 3}), ("1,0,0", {1}), ("0,1,1", {2, 3}), ("0,0,1", {3})]
)
def test_ranges_of_ratios_are_drawn_by_their_weights(source, weights, seen):
    config = replace(RUN, patch=16, recursive=0.0, range_weights=weights)
    make = Sampler(source, config, WIDE, slice(None), later=True)
    ratios = [pair.crops.shape[2] / pair.side for pair in map(make, range(30))]
    assert {math.ceil(ratio) - 1 for ratio in ratios} == seen


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.parametrize("processes", [0, 1, 3])
def test_what_is_made_ahead_is_the_same_and_in_order(source, processes, way, monkeypatch):
    monkeypatch.setattr(samples, "WAY", way)
    make = Sampler(source, RUN, TRAITS, slice(None))
    with prepared(make, range(3, 12), processes=processes) as made:
        found = list(made)
    expected = [make(step) for step in range(3, 12)]
    assert [pair.first for pair in found] == [pair.first for pair in expected]
    assert [pair.side for pair in found] == [pair.side for pair in expected]
    for pair, same in zip(found, expected, strict=True):
        assert torch.equal(pair.reduced, same.reduced)
        assert torch.equal(pair.crops, same.crops)


def numbered(step: int) -> Pair:
    crops, reduced = torch.tensor([os.getpid()]), torch.tensor([step])
    return Pair(crops=crops, side=1, reduced=reduced, margin=None)


def test_batches_are_made_while_the_last_one_is_used(tmp_path):
    def make(step: int) -> Pair:
        (tmp_path / str(step)).touch()
        return numbered(step)

    with prepared(make, range(10), processes=1) as made:
        assert next(made).reduced.item() == 0
        eventually((tmp_path / "2").exists)


def test_what_goes_wrong_in_a_process_is_raised():
    def make(step: int) -> Pair:
        return numbered(6 // (2 - step))

    with prepared(make, range(5), processes=2) as made:
        assert next(made).reduced.item() == 3
        with pytest.raises(ZeroDivisionError):
            list(made)


def test_batches_of_a_process_that_was_killed_are_made_here(caplog):
    def make(step: int) -> Pair:
        if step > 3 and multiprocessing.parent_process():
            time.sleep(60)  # or the other process may have made all before the loss is noticed
        return numbered(step)

    with prepared(make, range(3, 20), processes=2) as made:
        first = next(made)
        os.kill(first.crops.item(), signal.SIGKILL)
        found = [first, *made]
    assert [pair.reduced.item() for pair in found] == list(range(3, 20))
    assert found[-1].crops.item() == os.getpid()
    assert len(caplog.messages) == 1


def test_ctrl_c_is_left_to_the_process_that_trains():
    with prepared(numbered, range(20), processes=1) as made:
        worker = next(made).crops.item()
        os.kill(worker, signal.SIGINT)
        assert [pair.reduced.item() for pair in made] == list(range(1, 20))


def test_processes_end_with_the_one_that_trains(tmp_path):
    told = tmp_path / "worker"

    def train() -> None:
        with prepared(numbered, range(20), processes=2) as made:
            told.write_text(str(next(made).crops.item()))
            os.kill(os.getpid(), signal.SIGKILL)

    parent = multiprocessing.get_context("fork").Process(target=train)
    parent.start()
    parent.join()
    eventually(lambda: not is_running(int(told.read_text())))


def eventually(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.split()[0] != "Z"
