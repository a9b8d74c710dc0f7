from dataclasses import replace

import pytest
import torch

from srcli.training.batches import choose_batches, choose_recorder, planned_batches
from srcli.training.crop_batch import BY_MATRICES
from srcli.training.process_group import ProcessGroup
from srcli.training.recorded_step import CudaGraphRecorder, RecordedStep, WorkRecorder
from srcli.training.step import Step

CPU = torch.device("cpu")


def test_a_processor_makes_batches_on_the_host(wide_config, wide_source, fresh_state):
    state = fresh_state(wide_config)
    batches = choose_batches(
        wide_source, state.network.traits, state, wide_config, ProcessGroup(CPU)
    )
    assert isinstance(batches.learn, Step)
    assert not batches.are_plans
    assert torch.equal(batches.make(2).crops, batches.make(2).crops)
    assert len(batches.make(0).crops) == wide_config.batch


def test_a_process_makes_its_share_of_a_batch(wide_config, wide_source, fresh_state):
    state, second = fresh_state(wide_config), ProcessGroup(CPU)
    second.rank, second.count = 1, 2
    whole, part = (
        choose_batches(wide_source, state.network.traits, state, wide_config, group).make(4)
        for group in (ProcessGroup(CPU), second)
    )
    assert torch.equal(part.crops, whole.crops[1:])


def test_a_plan_becomes_a_batch_when_it_is_learnt_from(wide_config, wide_source, fresh_state):
    state = fresh_state(wide_config)
    step = Step(state, wide_config, ProcessGroup(CPU), BY_MATRICES)
    planned = planned_batches(wide_source, state.network.traits, step, WorkRecorder(CPU))
    assert planned.are_plans
    before = {name: value.clone() for name, value in state.network.state_dict().items()}
    assert planned.learn(planned.make(0), 1e-3).loss.item() > 0
    changed = state.network.state_dict()
    assert any(not torch.equal(value, changed[name]) for name, value in before.items())


@pytest.mark.parametrize(
    "changes",
    [{"degradation": "photo"}, {"drawn": 0.1}, {"optimizer": "adam"}, {"precision": "float16"}],
    ids=str,
)
def test_runs_that_cannot_be_recorded_have_batches_of_the_host(wide_config, changes, monkeypatch):
    monkeypatch.setattr(CudaGraphRecorder, "__init__", lambda *_: None)
    gpu = ProcessGroup(torch.device("cuda"))
    assert isinstance(choose_recorder(wide_config, gpu), CudaGraphRecorder)
    assert choose_recorder(replace(wide_config, **changes), gpu) is None
    assert choose_recorder(wide_config, ProcessGroup(CPU)) is None
    gpu.count = 2
    assert choose_recorder(wide_config, gpu) is None


def test_pictures_that_a_device_has_no_room_for_stay_on_the_host(
    wide_config, wide_source, fresh_state, monkeypatch
):
    class Full(WorkRecorder):
        def free_bytes(self):
            return wide_source.bytes - 1

    state = fresh_state(wide_config)
    for kind, planned in ((WorkRecorder, True), (Full, False)):
        monkeypatch.setattr(
            "srcli.training.batches.choose_recorder", lambda *_, kind=kind: kind(CPU)
        )
        batches = choose_batches(
            wide_source, state.network.traits, state, wide_config, ProcessGroup(CPU)
        )
        assert batches.are_plans == planned == isinstance(batches.learn, RecordedStep)
