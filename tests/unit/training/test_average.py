from __future__ import annotations

import pytest
import torch
from torch import nn

from srcli.training.state import update_average


def followed(steps: int, decay: float) -> float:
    """Average of a weight that is 1 after the first step, 2 after the second and so on."""
    network, average = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    for step in range(steps):
        nn.init.constant_(network.weight, step + 1.0)
        update_average(average, network, decay, step)
    return average.weight.item()


def test_a_short_run_forgets_how_it_began():
    assert followed(500, decay=0.999) == pytest.approx(500 * 10 / 11, rel=0.01)


def test_the_memory_is_never_longer_than_the_decay_says():
    assert 1500 - followed(1500, decay=0.99) == pytest.approx(100, rel=0.02)


def test_the_first_step_and_no_decay_take_the_weights_as_they_are():
    assert followed(1, decay=0.999) == 1
    assert followed(7, decay=0.0) == 7


def test_buffers_are_taken_over():
    network, average = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    network.running_mean.fill_(3)
    update_average(average, network, 0.999, 100)
    assert torch.equal(average.running_mean, network.running_mean)
