"""One step: what a network is called with, what is measured, and what moves."""

import copy
from dataclasses import replace

import pytest
import torch

from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.networks.fsdn import Fsdn, FsdnConfig
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_TAPS, CropBatch
from srcli.training.optimizer import make_optimizer
from srcli.training.process_group import ProcessGroup
from srcli.training.state import TrainState
from srcli.training.step import Step

CPU = torch.device("cpu")
TINY = AsdnConfig(blocks=1, width=16, unshuffle=2)
RUN = TrainConfig(network="asdn", preset="tiny", steps=9, batch=2, optimizer="adam", clip=0.0)


class Watched(LocalAsdn):
    """Keeps what it is called with."""

    def __init__(self, config: AsdnConfig) -> None:
        super().__init__(config)
        self.calls = []

    def forward(self, image_B3HW, ratio, strengths_BT=None):
        self.calls.append((ratio, strengths_BT))
        return super().forward(image_B3HW, ratio, strengths_BT)


def crops() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (2, 3, 24, 24), dtype=torch.uint8, generator=generator)


def batch(*, first: int | None = None, strengths: torch.Tensor | None = None) -> CropBatch:
    side = 8 if first else 16
    return CropBatch(
        crops=crops(), side=side, reduced=None, margin=4, first=first, strengths=strengths
    )


def step_of(network, config: TrainConfig = RUN) -> Step:
    state = TrainState(
        network=network,
        average=copy.deepcopy(network),
        optimizer=make_optimizer(network, config),
        scaler=torch.amp.GradScaler("cpu", enabled=False),
    )
    return Step(state, config, ProcessGroup(CPU), BY_TAPS)


@pytest.mark.parametrize("told", [0, 1])
def test_strengths_are_for_networks_that_can_be_told(told):
    network = Watched(replace(TINY, is_told=told))
    strengths = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
    step_of(network)(batch(strengths=strengths), 0.0)
    ((ratio, given),) = network.calls
    assert ratio == 24 / 16
    assert given is (strengths if told else None)


def test_a_network_of_a_fixed_scale_is_shown_the_reduced_crops_alone():
    network = Fsdn(FsdnConfig(scale=2, blocks=1, width=16, dense_layers=1, growth=8))
    step = step_of(network, replace(RUN, network="fsdn", scale=2))
    reduced = torch.randint(0, 256, (2, 3, 12, 12), dtype=torch.uint8)
    shown = CropBatch(crops=crops(), side=12, reduced=reduced, margin=None)
    loss = step(shown, 0.0).loss
    torch.testing.assert_close(loss, (network(reduced / 255) - crops() / 255).abs().mean().detach())


def test_a_first_pass_is_made_by_the_average_and_is_told_its_ratio():
    step = step_of(Watched(TINY))
    step(batch(first=2), 0.0)
    assert [ratio for ratio, _ in step.state.average.calls] == [2.0]
    assert [ratio for ratio, _ in step.state.network.calls] == [24 / 16]
    step(batch(), 0.0)
    assert len(step.state.average.calls) == 1


def test_a_first_pass_is_told_the_strengths_and_the_later_one_sees_a_clean_picture():
    step, strengths = step_of(Watched(replace(TINY, is_told=1))), torch.rand(2, 2)
    step(batch(first=2, strengths=strengths), 0.0)
    assert step.state.average.calls[0][1] is strengths
    assert step.state.network.calls[0][1] is None


def test_the_loss_is_that_before_the_step_and_the_norm_that_of_the_whole_gradient():
    step = step_of(LocalAsdn(TINY))
    shown = batch().train_batch(lambda *_: pytest.fail("no first pass was needed"), BY_TAPS)
    network = copy.deepcopy(step.state.network)
    loss = (network(shown.image, shown.ratio) - shown.target).abs().mean()
    loss.backward()
    gradients = [p.grad.flatten() for p in network.parameters() if p.grad is not None]
    for clip in (0.0, 1e-3):
        step.config = replace(RUN, clip=clip)
        outcome = step(batch(), 0.0)
        torch.testing.assert_close(outcome.loss, loss.detach())
        torch.testing.assert_close(outcome.norm, torch.cat(gradients).norm())


def test_a_step_moves_the_network_by_its_rate_and_never_the_average():
    step = step_of(LocalAsdn(TINY))
    network, average = (step.state.network.state_dict(), step.state.average.state_dict())
    for rate, moves in ((0.0, False), (1e-3, True)):
        before = copy.deepcopy((network, average))
        step(batch(), rate)
        moved = {name for name, value in network.items() if not torch.equal(value, before[0][name])}
        assert bool(moved) == moves
        assert all(torch.equal(value, before[1][name]) for name, value in average.items())
        steps = [(network[name] - before[0][name]).abs().max() for name in moved]
        assert all(size <= rate * 4 for size in steps)


def test_the_search_for_convolutions_ends_with_the_step():
    before = torch.backends.cudnn.benchmark
    step_of(LocalAsdn(TINY))(batch(), 0.0)
    assert torch.backends.cudnn.benchmark == before
