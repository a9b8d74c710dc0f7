import json
import shutil
from dataclasses import replace

import pytest
import torch

from srcli.errors import AlreadyExists, DataError, OutOfMemory, UsageError
from srcli.training.loop import Trainer
from srcli.training.state import TrainState
from srcli.training.step import Step
from srcli.usecases.train import train


@pytest.mark.parametrize("material", [{}, {"degradation": "wild", "drawn": 0.5}])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(request_for, final_state, material):
    whole, halves = (request_for(name, val_pictures=1) for name in ("whole", "halves"))
    config = replace(whole.config, hold=1.0, **material)
    train(replace(whole, config=config), lambda _: None)
    train(replace(halves, config=replace(config, steps=3)), lambda _: None)
    assert final_state(halves)["step"] == 3
    train(replace(halves, config=config, resume=True), lambda _: None)
    expected, found = final_state(whole), final_state(halves)
    assert found["step"] == expected["step"] == 6
    for part in ("network", "average"):
        for key, value in expected[part].items():
            assert torch.equal(value, found[part][key])


class Killed(Exception):
    """Stands for an end without a last word."""


def test_a_run_that_was_killed_goes_on_from_where_it_saved_itself(
    request_for, final_state, monkeypatch
):
    def kill_at_five(step: int, _: float) -> None:
        if step == 5:
            raise Killed

    whole, killed = (request_for(name, val_pictures=1) for name in ("whole", "killed"))
    train(whole, lambda _: None)
    monkeypatch.setattr("srcli.usecases.train.SAVE_EVERY", 0)
    with pytest.raises(Killed):
        train(killed, lambda _: None, tick=kill_at_five)
    assert final_state(killed)["step"] == 4
    train(replace(killed, resume=True), lambda _: None)
    expected, found = final_state(whole), final_state(killed)
    assert found["step"] == expected["step"] == 6
    assert all(
        torch.equal(value, found["network"][key]) for key, value in expected["network"].items()
    )


def test_half_precision_scales_its_loss_and_goes_on_exactly(request_for, final_state):
    whole, halves = (request_for(name, val_pictures=1) for name in ("whole", "halves"))
    config = replace(whole.config, hold=1.0, precision="float16", warmup=1, steps=4)
    train(replace(whole, config=config), lambda _: None)
    train(replace(halves, config=replace(config, steps=2)), lambda _: None)
    train(replace(halves, config=config, resume=True), lambda _: None)
    expected, found = final_state(whole), final_state(halves)
    assert expected["scaler"]["scale"] > 1
    assert found["scaler"] == expected["scaler"]
    for key, value in expected["network"].items():
        assert torch.equal(value, found["network"][key])


def test_a_state_from_before_a_setting_existed_is_taken_up(request_for, final_state):
    request = request_for("old")
    train(replace(request, config=replace(request.config, steps=3)), lambda _: None)
    state = final_state(request)
    del state["scaler"], state["config"]["schedule"], state["config"]["halve_every"]
    torch.save(state, request.out / "state.pt")
    train(replace(request, resume=True), lambda _: None)
    assert final_state(request)["step"] == 6


def test_a_folder_that_holds_a_run_is_not_started_anew(request_for):
    request = request_for("twice")
    train(request, lambda _: None)
    with pytest.raises(AlreadyExists, match="already holds"):
        train(request, lambda _: None)


def test_a_state_of_another_run_is_refused_with_the_difference(request_for):
    request = request_for("changed")
    train(request, lambda _: None)
    changed = replace(request.config, batch=3)
    with pytest.raises(DataError) as caught:
        train(replace(request, config=changed, resume=True), lambda _: None)
    assert caught.value.hint == "The differences are: batch was 2, not 3."


@pytest.mark.parametrize("content", [b"", b"no state at all", b"PK\x03\x04"])
def test_a_file_that_is_no_state_is_said(request_for, content):
    request = request_for("broken", resume=True)
    request.out.mkdir()
    (request.out / "state.pt").write_bytes(content)
    with pytest.raises(DataError, match="not the state of a training run"):
        train(request, lambda _: None)


def without_network(state):
    del state["network"]


def without_best(state):
    del state["best"]


def with_other_tensors(state):
    state["network"] = {"weight": torch.zeros(1)}


@pytest.mark.parametrize("spoil", [without_network, without_best, with_other_tensors])
def test_a_state_that_lacks_something_is_said(request_for, spoil, final_state):
    request = request_for("broken", max_minutes=0)
    train(request, lambda _: None)
    state = final_state(request)
    spoil(state)
    torch.save(state, request.out / "state.pt")
    with pytest.raises(DataError, match="not the state of a training run"):
        train(replace(request, resume=True), lambda _: None)


def test_a_state_whose_content_changed_is_not_taken_up(request_for, final_state):
    request = request_for("broken", max_minutes=0)
    train(request, lambda _: None)
    bias = next(value for value in final_state(request)["network"].values() if value.ndim == 1)
    content = bytearray((request.out / "state.pt").read_bytes())
    content[content.index(bias.numpy().tobytes())] ^= 0x01
    (request.out / "state.pt").write_bytes(content)
    with pytest.raises(DataError, match="is damaged") as caught:
        train(replace(request, resume=True), lambda _: None)
    assert "checksum" in caught.value.hint


def test_a_validation_that_fails_loses_no_step(request_for, monkeypatch, final_state):
    def fail(*_args, **_options):
        msg = "no memory left"
        raise OutOfMemory(msg)

    request = request_for("run", validate_every=4)
    with monkeypatch.context() as context:
        context.setattr("srcli.training.loop.validate", fail)
        with pytest.raises(OutOfMemory):
            train(request, lambda _: None)
    assert final_state(request)["step"] == 4
    train(replace(request, resume=True), lambda _: None)
    assert final_state(request)["step"] == 6


def test_a_run_that_diverges_keeps_what_was_saved(request_for, monkeypatch, final_state):
    monkeypatch.setattr("srcli.usecases.train.REPORT_EVERY", 1)
    request = request_for("run", validate_every=2, val_pictures=1)
    steps = 0

    def spoil(_step, _loss):
        nonlocal steps
        steps += 1
        if steps == 3:
            with torch.no_grad():
                next(trained[0].parameters()).fill_(torch.nan)

    trained = []
    make = Trainer.__init__

    def note(trainer, *args, **options):
        make(trainer, *args, **options)
        trained.append(trainer.network)

    monkeypatch.setattr(Trainer, "__init__", note)
    with pytest.raises(UsageError, match="diverged at step 3"):
        train(request, lambda _: None, tick=spoil)
    state = final_state(request)
    assert state["step"] == state["validated"] == 2
    assert all(value.isfinite().all() for value in state["network"].values())


def test_gradients_that_are_no_numbers_are_found_at_the_report_before_anything_is_saved(
    request_for, monkeypatch, final_state
):
    monkeypatch.setattr("srcli.usecases.train.REPORT_EVERY", 5)
    monkeypatch.setattr(Trainer, "_is_known_at_once", lambda _: False)
    request = request_for("run", validate_every=2, val_pictures=1)
    learn, heard = Step.__call__, []

    def spoil(step, batch, rate):
        outcome = learn(step, batch, rate)
        broken = step.state.step == 2
        return replace(outcome, norm=outcome.norm * torch.nan) if broken else outcome

    monkeypatch.setattr(Step, "__call__", spoil)
    with pytest.raises(UsageError, match="diverged at step 2"):
        train(request, lambda _: None, tick=lambda step, loss: heard.append((step, loss)))
    assert heard == [(n, None) for n in (1, 2, 3, 4)]
    assert final_state(request)["step"] == 2


def test_weights_that_are_no_numbers_are_not_saved(request_for, monkeypatch):
    request = request_for("run", max_minutes=0)
    train(request, lambda _: None)
    monkeypatch.setattr(TrainState, "is_finite", lambda _: False)
    before = (request.out / "state.pt").read_bytes()
    with pytest.raises(UsageError, match="diverged"):
        train(replace(request, resume=True), lambda _: None)
    assert (request.out / "state.pt").read_bytes() == before


def test_a_validation_that_was_cut_off_is_made_up_for(request_for, monkeypatch):
    def stop(*_args, **_options):
        raise KeyboardInterrupt

    request = request_for("run", val_pictures=1)
    with monkeypatch.context() as context:
        context.setattr("srcli.training.loop.validate", stop)
        with pytest.raises(KeyboardInterrupt):
            train(request, lambda _: None)
    assert not (request.out / "best.safetensors").exists()
    reports = []
    path = train(replace(request, resume=True), reports.append)
    assert path.name == "best.safetensors"
    assert [(report.step, report.loss) for report in reports] == [(6, None)]
    assert reports[0].validation is not None
    train(replace(request, resume=True), reports.append)
    assert len(reports) == 1


def test_a_run_cannot_be_made_shorter_than_it_is(request_for):
    request = request_for("run", val_pictures=1)
    train(request, lambda _: None)
    shorter = replace(request.config, steps=4)
    with pytest.raises(DataError, match="at step 6 already"):
        train(replace(request, config=shorter, resume=True), lambda _: None)


def test_two_runs_do_not_share_a_folder(request_for):
    request = request_for("run", max_minutes=0)
    seen = []

    def second(_report):
        with pytest.raises(UsageError, match="Another training run is writing to"):
            train(replace(request, resume=True), lambda _: None)
        seen.append(1)

    train(replace(request, max_minutes=None, val_pictures=1), second)
    assert seen == [1]


def test_weights_without_their_state_are_not_written_over(request_for):
    request = request_for("run", val_pictures=1)
    train(request, lambda _: None)
    best = (request.out / "best.safetensors").read_bytes()
    (request.out / "state.pt").unlink()
    for resume in (False, True):
        with pytest.raises(AlreadyExists, match=r"but not its state\.pt"):
            train(replace(request, resume=resume), lambda _: None)
    assert (request.out / "best.safetensors").read_bytes() == best


def test_other_pictures_are_another_run(request_for, tmp_path):
    request = request_for("run", max_minutes=0)
    train(request, lambda _: None)
    shutil.copytree(request.data, tmp_path / "others")
    moved = replace(request, data=tmp_path / "others", resume=True)
    train(moved, lambda _: None)
    (tmp_path / "others/a.png").rename(tmp_path / "others/z.png")
    with pytest.raises(DataError) as caught:
        train(moved, lambda _: None)
    assert caught.value.hint == "The differences are: its pictures were others."


def test_going_on_needs_no_weights_to_start_from(request_for, tmp_path):
    first = train(request_for("first", max_minutes=0), lambda _: None)
    start = first.rename(tmp_path / "start.safetensors")
    second = request_for("second", init=start, max_minutes=0)
    train(second, lambda _: None)
    start.unlink()
    train(replace(second, resume=True), lambda _: None)


def test_a_line_of_metrics_that_was_cut_short_ends_nothing(request_for):
    request = request_for("run", validate_every=3, val_pictures=1)
    train(replace(request, config=replace(request.config, steps=3)), lambda _: None)
    with (request.out / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "lo')
    train(replace(request, resume=True), lambda _: None)
    lines = (request.out / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in (lines[0], lines[2])] == [3, 6]
