"""The steps of a GPU, made on a CPU: by the same functions, and by a tape that acts as a graph."""

from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from srcli.training import recorded_step
from srcli.training.recorded_step import CudaGraphRecorder, WorkRecorder
from srcli.training.state import TrainState
from srcli.usecases.train import train

CPU = torch.device("cpu")
DEVICES = [CPU, *([torch.device("cuda")] if torch.cuda.is_available() else [])]


class Tape(TorchDispatchMode):
    """Notes every operation and where its results are, as a CUDA graph does."""

    WAITS = ("_local_scalar_dense", "nonzero", "item", "unique")

    def __init__(self) -> None:
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, _types, args=(), kwargs=None):
        assert not any(wait in str(function) for wait in self.WAITS), function
        result = function(*args, **(kwargs or {}))
        self.calls.append((function, args, kwargs or {}, result))
        return result

    def play(self) -> None:
        """Do it all again, with the same numbers, in the same places."""
        for function, args, kwargs, result in self.calls:
            inputs = {t.untyped_storage().data_ptr() for t in tensors_in((args, kwargs))}
            again = function(*args, **kwargs)
            for old, new in zip(tensors_in(result), tensors_in(again), strict=True):
                if old.untyped_storage().data_ptr() not in inputs:
                    old.copy_(new)


def tensors_in(tree) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


class Taper(WorkRecorder):
    """Repeats work from tapes: what was a plain number when it was noted stays that number."""

    def __init__(self, state: TrainState) -> None:
        super().__init__(CPU)
        self.state = state
        self.tapes = []

    def record(self, work):
        network, optimizer = self.state.network, self.state.optimizer
        kept = [value for of in optimizer.state.values() for value in of.values()]
        changing = [parameter.data for parameter in network.parameters()] + kept
        before = [tensor.clone() for tensor in changing]
        with Tape() as tape:
            outcome = work()
        self.tapes.append(tape)
        for tensor, old in zip(changing, before, strict=True):
            tensor.copy_(old)

        def repeat():
            with torch.no_grad():
                tape.play()
            return outcome

        return repeat


@pytest.mark.parametrize("checked", [0, 3])
def test_steps_that_are_repeated_from_a_tape_are_the_steps(
    wide_config, planned_run, monkeypatch, checked
):
    monkeypatch.setattr(recorded_step, "CHECKED", checked)
    config = replace(wide_config, steps=40, recursive=0.1)
    direct, taped = planned_run(config), planned_run(config, Taper)
    for _ in range(40):
        assert taped.step() == direct.step()
    for one, other in zip(
        taped.state.network.parameters(), direct.state.network.parameters(), strict=True
    ):
        assert torch.equal(one, other)
    learn = taped.batches.learn
    assert learn.can_record
    assert len(learn.recorder.tapes) == len(learn.recorded) >= 3
    assert learn.unchecked == 0


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_a_device_repeats_the_steps_that_it_makes(wide_config, planned_run, device):
    config = replace(wide_config, steps=60)
    kind = CudaGraphRecorder if device.type == "cuda" else WorkRecorder
    direct = planned_run(config, device=device)
    recorded = planned_run(config, lambda _state: kind(device), device)
    for _ in range(60):
        assert recorded.step() == pytest.approx(direct.step(), rel=0.02)
    learn = recorded.batches.learn
    assert learn.can_record
    assert learn.unchecked == 0
    assert len(learn.recorded) > 5


def test_outlines_beyond_the_most_are_made_kernel_by_kernel(wide_config, planned_run, monkeypatch):
    monkeypatch.setattr(recorded_step, "MOST_RECORDED", 1)
    config = replace(wide_config, steps=20)
    direct, taped = planned_run(config), planned_run(config, Taper)
    assert [taped.step() for _ in range(20)] == [direct.step() for _ in range(20)]
    assert len(taped.batches.learn.recorded) == 1


class Stale(WorkRecorder):
    """Repeats nothing but the outcome."""

    def record(self, work):
        outcome = work()
        return lambda: outcome


class Broken(WorkRecorder):
    """Cannot record."""

    def record(self, _work):
        message = "operation not permitted when stream is capturing\nand more"
        raise RuntimeError(message)


@pytest.mark.parametrize(("kind", "said"), [(Stale, "apart"), (Broken, "not permitted")])
def test_a_device_that_repeats_something_else_is_not_relied_on(
    wide_config, planned_run, kind, said, caplog
):
    config = replace(wide_config, recursive=0.0, range_weights="1,0,0", steps=20)
    run = planned_run(config, lambda _state: kind(CPU))
    for _ in range(20):
        run.step()
    assert not run.batches.learn.can_record
    assert not run.batches.learn.recorded
    assert len(caplog.messages) == 1
    assert said in caplog.messages[0]
    assert "\n" not in caplog.messages[0]
    if kind is Broken:
        direct = planned_run(config)
        for _ in range(20):
            direct.step()
        assert all(
            torch.equal(a, b)
            for a, b in zip(
                run.state.network.parameters(), direct.state.network.parameters(), strict=True
            )
        )


def test_a_run_of_plans_goes_on_as_if_it_had_not_stopped(request_for, final_state, monkeypatch):
    monkeypatch.setattr(
        "srcli.training.batches.choose_recorder", lambda _config, group: WorkRecorder(group.device)
    )
    whole, halves = (request_for(name, val_pictures=1) for name in ("whole", "halves"))
    config = replace(whole.config, hold=1.0)
    train(replace(whole, config=config), lambda _: None)
    train(replace(halves, config=replace(config, steps=3)), lambda _: None)
    train(replace(halves, config=config, resume=True), lambda _: None)
    expected, found = final_state(whole), final_state(halves)
    assert found["step"] == expected["step"] == 6
    for part in ("network", "average"):
        for key, value in expected[part].items():
            assert torch.equal(value, found[part][key])
