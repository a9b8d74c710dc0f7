"""A step of training against its recipe, written out parameter by parameter."""

import copy
import math
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from srcli.training.batch_sampler import BatchSampler
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_TAPS
from srcli.training.optimizer import ADAM_UPDATE_SIZE, HIDDEN_CHANNELS, orthogonalize
from srcli.training.patches import CropSource
from srcli.training.recorded_step import WorkRecorder
from srcli.training.state import TrainState


class Reference:
    """The same run, one kernel after the other and each parameter for itself."""

    def __init__(self, source: CropSource, config: TrainConfig, state: TrainState) -> None:
        self.config = config
        self.state = state
        traits = self.state.network.traits
        self.make = BatchSampler(source, config, traits, slice(None))
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
        shown = self.make(state.step).train_batch(self.predict, BY_TAPS)
        state.network.zero_grad()
        loss = (state.network(shown.image, shown.ratio) - shown.target).abs().mean()
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


def test_six_steps_of_mixed_ratios_are_those_of_the_recipe_written_out(
    wide_source, wide_config, fresh_state, planned_run, closeness
):
    expected = Reference(wide_source, wide_config, fresh_state(wide_config))
    found = planned_run(wide_config, lambda _state: WorkRecorder(torch.device("cpu")))
    shapes = set()
    for _ in range(6):
        plan = found.batches.make(found.state.step)
        shapes.add((plan.shape.crop, plan.shape.first))
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
    assert len(shapes) > 2


def test_what_a_ratio_does_not_use_stays_bit_for_bit(wide_config, planned_run):
    run = planned_run(wide_config)
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
