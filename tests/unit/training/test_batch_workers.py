import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
import torch

from srcli.networks import asdn
from srcli.training import batch_workers
from srcli.training.batch_sampler import BatchSampler
from srcli.training.batch_workers import prepared
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import CropBatch
from srcli.training.patches import CropSource, picture_files

TRAITS = asdn.build(asdn.PHOTO).traits
RUN = TrainConfig(network="asdn", preset="fast", steps=9, batch=4, patch=32, recursive=0.5)


@pytest.fixture
def source(pictures):
    return CropSource(picture_files(pictures), 48)


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.parametrize("processes", [0, 1, 3])
def test_what_is_made_ahead_is_the_same_and_in_order(source, processes, way, monkeypatch):
    monkeypatch.setattr(batch_workers, "START_METHOD", way)
    make = BatchSampler(source, RUN, TRAITS, slice(None))
    with prepared(make, range(3, 12), processes=processes) as made:
        found = list(made)
    expected = [make(step) for step in range(3, 12)]
    assert [batch.first for batch in found] == [batch.first for batch in expected]
    assert [batch.side for batch in found] == [batch.side for batch in expected]
    for batch, same in zip(found, expected, strict=True):
        assert torch.equal(batch.reduced, same.reduced)
        assert torch.equal(batch.crops, same.crops)


def numbered(step: int) -> CropBatch:
    crops, reduced = torch.tensor([os.getpid()]), torch.tensor([step])
    return CropBatch(crops=crops, side=1, reduced=reduced, margin=None)


def test_batches_are_made_while_the_last_one_is_used(tmp_path):
    def make(step: int) -> CropBatch:
        (tmp_path / str(step)).touch()
        return numbered(step)

    with prepared(make, range(10), processes=1) as made:
        assert next(made).reduced.item() == 0
        eventually((tmp_path / "2").exists)


def test_what_goes_wrong_in_a_process_is_raised():
    def make(step: int) -> CropBatch:
        return numbered(6 // (2 - step))

    with prepared(make, range(5), processes=2) as made:
        assert next(made).reduced.item() == 3
        with pytest.raises(ZeroDivisionError):
            list(made)


def test_batches_of_a_process_that_was_killed_are_made_here(caplog):
    def make(step: int) -> CropBatch:
        if step > 3 and multiprocessing.parent_process():
            time.sleep(60)  # or the other process may have made all before the loss is noticed
        return numbered(step)

    with prepared(make, range(3, 20), processes=2) as made:
        first = next(made)
        os.kill(first.crops.item(), signal.SIGKILL)
        found = [first, *made]
    assert [batch.reduced.item() for batch in found] == list(range(3, 20))
    assert found[-1].crops.item() == os.getpid()
    assert len(caplog.messages) == 1


def test_ctrl_c_is_left_to_the_process_that_trains():
    with prepared(numbered, range(20), processes=1) as made:
        worker = next(made).crops.item()
        os.kill(worker, signal.SIGINT)
        assert [batch.reduced.item() for batch in made] == list(range(1, 20))


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
