"""The file of a stopped run, as it is read before anything is taken over.

``test_state`` has what happens to a run when its file is refused.
"""

import copy
import zipfile

import pytest
import torch

from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.training.config import TrainConfig
from srcli.training.optimizer import make_optimizer
from srcli.training.saved import LARGER, read_saved
from srcli.training.state import TrainState

RUN = TrainConfig(network="asdn", preset="tiny", steps=9, batch=2, optimizer="adam", seed=7)


@pytest.fixture
def state() -> TrainState:
    """A run after one step."""
    torch.manual_seed(0)
    network = LocalAsdn(AsdnConfig(blocks=1, width=16, unshuffle=2))
    average = copy.deepcopy(network)
    optimizer = make_optimizer(network, RUN)
    network(torch.rand(1, 3, 8, 8), 1.5).square().mean().backward()
    optimizer.step()
    return TrainState(
        network=network,
        average=average,
        optimizer=optimizer,
        scaler=torch.amp.GradScaler("cpu", enabled=False),
        pictures="these",
        step=5,
        validated=3,
        best=31.5,
    )


@pytest.fixture
def path(tmp_path, state):
    path = tmp_path / "state.pt"
    state.save(path, RUN)
    return path


def read(path, state):
    groups = [list(group["params"]) for group in state.optimizer.param_groups]
    return read_saved(path, state.network.state_dict(), groups)


def test_what_was_saved_is_read(path, state):
    saved = read(path, state)
    assert saved.config == RUN
    assert (saved.pictures, saved.step, saved.validated, saved.best) == ("these", 5, 3, 31.5)
    assert saved.scaler is None
    for part in ("network", "average"):
        wanted, found = getattr(state, part).state_dict(), getattr(saved, part)
        assert found.keys() == wanted.keys()
        assert all(torch.equal(value, wanted[name]) for name, value in found.items())
    kept = state.optimizer.state_dict()["state"]
    assert saved.optimizer.keys() == kept.keys()
    assert torch.equal(saved.optimizer[1]["exp_avg"], kept[1]["exp_avg"])


def test_a_file_from_before_an_entry_existed_is_read(path, state):
    content = torch.load(path)
    for name in ("pictures", "validated", "scaler"):
        del content[name]
    torch.save(content, path)
    saved = read(path, state)
    assert (saved.pictures, saved.validated, saved.scaler) == (None, 5, None)


@pytest.mark.parametrize(
    ("scaler", "expected"),
    [({"scale": 1024.0, "_growth_tracker": 3}, (1024.0, 3)), ({}, None), (None, None)],
)
def test_the_scale_of_a_loss_is_read_where_there_is_one(path, state, scaler, expected):
    content = torch.load(path)
    content["scaler"] = scaler
    torch.save(content, path)
    assert read(path, state).scaler == expected


def test_weights_of_another_network_are_refused(path, state):
    other = LocalAsdn(AsdnConfig(blocks=1, width=24, unshuffle=2))
    state.network = other
    with pytest.raises(ValueError, match="its network does not fit"):
        read(path, state)


def test_a_byte_that_changed_is_found(path, state):
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda member: member.file_size)
    content = bytearray(path.read_bytes())
    content[largest.header_offset + 200] ^= 1
    path.write_bytes(content)
    with pytest.raises(zipfile.BadZipFile, match="checksum"):
        read(path, state)


def test_a_file_that_is_far_too_large_is_refused_unread(path, state):
    weights = sum(value.numel() * 4 for value in state.network.state_dict().values())
    with path.open("r+b") as file:
        file.truncate(LARGER * weights + (1 << 24) + 1)
    with pytest.raises(ValueError, match="far more than such a network takes"):
        read(path, state)
