import pytest
import torch
from accelerate import PartialState
from torch import nn

from srcli.errors import UsageError
from srcli.training.process_group import (
    DistributedGroup,
    ProcessGroup,
    is_first_process,
    join_process_group,
)

CPU = torch.device("cpu")


@pytest.fixture
def launched():
    """A group of one process that talks through accelerate all the same."""
    PartialState._reset_state()
    yield lambda: DistributedGroup("cpu")
    PartialState._reset_state()


def with_gradients() -> nn.Linear:
    layer = nn.Linear(3, 2)
    layer(torch.ones(1, 3)).sum().backward()
    return layer


@pytest.mark.parametrize("kind", ["alone", "launched"])
def test_a_team_of_one_agrees_with_itself(kind, launched):
    group = ProcessGroup(CPU) if kind == "alone" else launched()
    assert group.is_first
    assert group.device == CPU
    assert group.any(True)
    assert not group.any(False)
    assert group.gather([1, 2]) == [1, 2]
    layer = with_gradients()
    group.average_gradients(layer.parameters())
    assert torch.equal(layer.weight.grad, torch.ones(2, 3))
    assert torch.equal(layer.bias.grad, torch.ones(2))
    group.leave()


def test_shares_make_up_the_whole():
    group = ProcessGroup(CPU)
    group.count = 3
    parts = []
    for rank in range(3):
        group.rank = rank
        parts += range(6)[group.share(6)]
    assert parts == list(range(6))


def test_who_started_the_process_decides(monkeypatch):
    assert type(join_process_group("cpu")) is ProcessGroup
    assert is_first_process()
    monkeypatch.setenv("RANK", "1")
    assert not is_first_process()


@pytest.mark.usefixtures("launched")
def test_devices_that_cannot_talk_to_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("srcli.training.process_group.choose_device", lambda _: torch.device("mps"))
    with pytest.raises(UsageError, match="cannot train together"):
        join_process_group("auto")


@pytest.mark.usefixtures("launched")
def test_one_device_for_all_is_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="of every process"):
        join_process_group("cpu:0")


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        join_process_group("cpu")
    assert "srcli[train]" in caught.value.hint
