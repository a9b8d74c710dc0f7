from typing import get_args

import pytest
import torch

from srcli.training.losses import LOSSES, LossName

OUTPUT = torch.tensor([0.1, 0.5, 0.9, 0.3]).view(1, 1, 2, 2)
TARGET = torch.tensor([0.2, 0.5, 0.5, 0.5]).view(1, 1, 2, 2)


def test_there_is_a_loss_for_every_name():
    assert tuple(LOSSES) == get_args(LossName)


@pytest.mark.parametrize(("name", "expected"), [("l1", 0.7 / 4), ("l2", 0.21 / 4)])
def test_a_loss_is_the_mean_of_its_errors(name, expected):
    assert LOSSES[name](OUTPUT, TARGET).item() == pytest.approx(expected)
    assert LOSSES[name](TARGET, OUTPUT).item() == pytest.approx(expected)
    assert LOSSES[name](TARGET, TARGET).item() == 0


def test_the_gradient_of_the_squared_error_alone_shrinks_with_the_error():
    def gradient(name: LossName, error: float) -> float:
        output = torch.tensor([error], requires_grad=True)
        LOSSES[name](output, torch.zeros(1)).backward()
        return output.grad.item()

    assert gradient("l1", 0.4) == gradient("l1", 0.1)
    assert gradient("l2", 0.4) == pytest.approx(4 * gradient("l2", 0.1))
