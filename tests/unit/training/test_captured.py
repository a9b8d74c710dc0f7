"""The steps of a GPU, made on a CPU: by the same functions, and by a tape that acts as a graph."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.training import captured
from srcli.training.batches import Batches, choose_batches, choose_repeater, planned_batches
from srcli.training.captured import Graphs, RecordedStep, Repeater
from srcli.training.config import TrainConfig
from srcli.training.degrade import BY_PRODUCTS, BY_TAPS
from srcli.training.optimizer import (
    ADAM_UPDATE_SIZE,
    HIDDEN_CHANNELS,
    make_optimizer,
    orthogonalize,
)
from srcli.training.patches import CropSource, picture_files
from srcli.training.samples import Sampler
from srcli.training.state import TrainState, update_average
from srcli.training.step import Step
from srcli.training.team import Team
from srcli.usecases.train import train

CPU = torch.device("cpu")
DEVICES = [CPU, *([torch.device("cuda")] if torch.cuda.is_available() else [])]
NETWORK = AsdnConfig(blocks=2, width=16, unshuffle=2, max_ratio=4, own_blocks=1)
RUN = TrainConfig(
    network="asdn", preset="wide", steps=6, batch=2, patch=16, recursive=0.2, warmup=4, seed=3
)


@pytest.fixture
def source(pictures) -> CropSource:
    return CropSource(picture_files(pictures), 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run without files."""

    config: TrainConfig
    state: TrainState
    batches: Batches

    def step(self) -> float:
        """Make a step as the loop does, and return its loss."""
        config, state = self.config, self.state
        batch = self.batches.make(state.step)
        loss = self.batches.learn(batch, config.rate_at(state.step)).loss.item()
        update_average(state.average, state.network, config.ema, state.step)
        state.step += 1
        return loss


def fresh_state(config: TrainConfig, device: torch.device = CPU) -> TrainState:
    torch.manual_seed(1)
    network = LocalAsdn(NETWORK).to(device)
    for parameter in network.parameters():  # zeros would hide what happens behind them
        parameter.data = 0.05 * torch.randn(parameter.shape).to(device)
    network.to(memory_format=torch.channels_last)
    return TrainState(
        network=network,
        average=copy.deepcopy(network),
        optimizer=make_optimizer(network, config),
        scaler=torch.amp.GradScaler(device.type, enabled=False),
    )


def planned_run(
    source: CropSource, config: TrainConfig = RUN, make_repeater=None, device: torch.device = CPU
) -> Run:
    """Return a run of plans whose steps are made as they are, or by what repeats them."""
    state = fresh_state(config, device)
    step = Step(state, config, Team(device), BY_PRODUCTS)
    repeater = Repeater(device) if make_repeater is None else make_repeater(state)
    batches = planned_batches(source, state.network.traits, step, repeater)
    if make_repeater is None:
        batches = replace(batches, learn=step)
    return Run(config=config, state=state, batches=batches)


class Reference:
    """The same run, one kernel after the other and each parameter for itself."""

    def __init__(self, source: CropSource, config: TrainConfig = RUN) -> None:
        self.config = config
        self.state = fresh_state(config)
        traits = self.state.network.traits
        self.make = Sampler(source, config, traits, slice(None))
        named = dict(self.state.network.named_parameters())
        self.inside = {
            name: torch.zeros_like(p)
            for name, p in named.items()
            if p.ndim == 4 and min(p.shape[:2]) >= HIDDEN_CHANNELS
        }
        others = [p for name, p in named.items() if name not in self.inside]
        self.adam = torch.optim.Adam(others, lr=1.0)

    def predict(self, image, ratio, _strengths):
        with torch.no_grad():
            return self.state.average(image, ratio).clamp(0, 1)

    def step(self) -> float:
        state, rate = self.state, self.config.rate_at(self.state.step)
        sample = self.make(state.step).sample(self.predict, BY_TAPS)
        state.network.zero_grad()
        loss = (state.network(sample.image, sample.ratio) - sample.target).abs().mean()
        loss.backward()
        nn.utils.clip_grad_norm_(state.network.parameters(), self.config.clip)
        self.adam.param_groups[0]["lr"] = rate
        self.adam.step()
        for name, momentum in self.inside.items():
            kernel = state.network.get_parameter(name)
            if kernel.grad is not None:
                momentum.mul_(0.95).add_(kernel.grad, alpha=0.05)
                move = orthogonalize((0.05 * kernel.grad + 0.95 * momentum).flatten(1)[None])[0]
                size = ADAM_UPDATE_SIZE * math.sqrt(max(move.shape))
                with torch.no_grad():
                    kernel.sub_(rate * size * move.view(kernel.shape))
        weight = max(1 - self.config.ema, 10 / (state.step + 10))
        with torch.no_grad():
            for kept, new in zip(
                state.average.parameters(), state.network.parameters(), strict=True
            ):
                kept.add_(weight * (new - kept))
        state.step += 1
        return loss.item()


def differ(found: torch.Tensor, expected: torch.Tensor) -> float:
    return ((found - expected).norm() / expected.norm().clamp(min=1e-30)).item()


@pytest.fixture(params=[torch.float64, torch.float32], ids=str)
def closeness(request, monkeypatch) -> Iterator[float]:
    """Work in one precision, Muon too, and say how close results are to be."""
    monkeypatch.setattr("srcli.training.optimizer.has_bfloat16", lambda _: False)
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield 1e-12 if request.param == torch.float64 else 1e-5
    torch.set_default_dtype(before)


def test_six_steps_of_mixed_ratios_are_those_of_the_recipe_written_out(source, closeness):
    expected = Reference(source)
    found = planned_run(source, make_repeater=lambda _state: Repeater(CPU))
    outlines = set()
    for _ in range(6):
        plan = found.batches.make(found.state.step)
        outlines.add((plan.outline.crop, plan.outline.first))
        loss = expected.step()
        assert found.step() == pytest.approx(loss, rel=closeness)
        for part in ("network", "average"):
            ours, theirs = (getattr(run.state, part) for run in (found, expected))
            for (name, one), other in zip(
                ours.named_parameters(), theirs.parameters(), strict=True
            ):
                assert (one.grad is None) == (other.grad is None)
                assert differ(one, other) < closeness, (part, name)
                if other.grad is not None:
                    assert differ(one.grad, other.grad) < closeness, name
    assert len(outlines) > 2


def test_what_a_ratio_does_not_use_stays_bit_for_bit(source):
    run = planned_run(source)
    for _ in range(6):
        before = {name: p.detach().clone() for name, p in run.state.network.named_parameters()}
        kept = copy.deepcopy(run.state.optimizer.state_dict()["state"])
        run.step()
        unused = [n for n, p in run.state.network.named_parameters() if p.grad is None]
        assert {name.split(".")[0] for name in unused} >= {"heads", "coarser"}
        after = run.state.optimizer.state_dict()["state"]
        numbers = {
            id(p): n
            for n, p in enumerate(
                p for group in run.state.optimizer.param_groups for p in group["params"]
            )
        }
        for name in unused:
            parameter = run.state.network.get_parameter(name)
            assert torch.equal(parameter, before[name])
            number = numbers[id(parameter)]
            for what, value in kept.get(number, {}).items():
                assert torch.equal(after[number][what], value)


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


class Taper(Repeater):
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
def test_steps_that_are_repeated_from_a_tape_are_the_steps(source, monkeypatch, checked):
    monkeypatch.setattr(captured, "CHECKED", checked)
    config = replace(RUN, steps=40, recursive=0.1)
    direct, taped = planned_run(source, config), planned_run(source, config, Taper)
    for _ in range(40):
        assert taped.step() == direct.step()
    for one, other in zip(
        taped.state.network.parameters(), direct.state.network.parameters(), strict=True
    ):
        assert torch.equal(one, other)
    learn = taped.batches.learn
    assert learn.can_record
    assert len(learn.repeater.tapes) == len(learn.recorded) >= 3
    assert learn.unchecked == 0


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_a_device_repeats_the_steps_that_it_makes(source, device):
    config = replace(RUN, steps=60)
    kind = Graphs if device.type == "cuda" else Repeater
    direct = planned_run(source, config, device=device)
    recorded = planned_run(source, config, lambda _state: kind(device), device)
    for _ in range(60):
        assert recorded.step() == pytest.approx(direct.step(), rel=0.02)
    learn = recorded.batches.learn
    assert learn.can_record
    assert learn.unchecked == 0
    assert len(learn.recorded) > 5


def test_outlines_beyond_the_most_are_made_kernel_by_kernel(source, monkeypatch):
    monkeypatch.setattr(captured, "MOST_RECORDED", 1)
    config = replace(RUN, steps=20)
    direct, taped = planned_run(source, config), planned_run(source, config, Taper)
    assert [taped.step() for _ in range(20)] == [direct.step() for _ in range(20)]
    assert len(taped.batches.learn.recorded) == 1


class Stale(Repeater):
    """Repeats nothing but the outcome."""

    def record(self, work):
        outcome = work()
        return lambda: outcome


class Broken(Repeater):
    """Cannot record."""

    def record(self, _work):
        message = "operation not permitted when stream is capturing\nand more"
        raise RuntimeError(message)


@pytest.mark.parametrize(("kind", "said"), [(Stale, "apart"), (Broken, "not permitted")])
def test_a_device_that_repeats_something_else_is_not_relied_on(source, kind, said, caplog):
    config = replace(RUN, recursive=0.0, range_weights="1,0,0", steps=20)
    run = planned_run(source, config, lambda _state: kind(CPU))
    for _ in range(20):
        run.step()
    assert not run.batches.learn.can_record
    assert not run.batches.learn.recorded
    assert len(caplog.messages) == 1
    assert said in caplog.messages[0]
    assert "\n" not in caplog.messages[0]
    if kind is Broken:
        direct = planned_run(source, config)
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
        "srcli.training.batches.choose_repeater", lambda _config, team: Repeater(team.device)
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


@pytest.mark.parametrize(
    "changes",
    [{"degradation": "photo"}, {"optimizer": "adam"}, {"precision": "float16"}],
    ids=str,
)
def test_runs_that_cannot_be_recorded_have_batches_of_the_host(changes, monkeypatch):
    monkeypatch.setattr(Graphs, "__init__", lambda *_: None)
    gpu = Team(torch.device("cuda"))
    assert isinstance(choose_repeater(RUN, gpu), Graphs)
    assert choose_repeater(replace(RUN, **changes), gpu) is None
    assert choose_repeater(RUN, Team(CPU)) is None
    gpu.count = 2
    assert choose_repeater(RUN, gpu) is None


def test_pictures_that_a_device_has_no_room_for_stay_on_the_host(source, monkeypatch):
    class Full(Repeater):
        def room(self):
            return source.bytes - 1

    state = fresh_state(RUN)
    for kind, planned in ((Repeater, True), (Full, False)):
        monkeypatch.setattr(
            "srcli.training.batches.choose_repeater", lambda *_, kind=kind: kind(CPU)
        )
        batches = choose_batches(source, state.network.traits, state, RUN, Team(CPU))
        assert batches.are_plans == planned == isinstance(batches.learn, RecordedStep)
