from dataclasses import replace

import pytest

from srcli.training.config import TrainConfig

RUN = TrainConfig(network="asdn", preset="fast", steps=1000, warmup=10, hold=0.5, learning_rate=2.0)


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.2), (4, 1.0), (9, 2.0), (500, 2.0), (750, 1.0), (1000, 0.0)]
)
def test_the_rate_rises_holds_and_falls_as_a_half_cosine(step, rate):
    assert RUN.rate_at(step) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.2), (499, 2.0), (500, 1.0), (699, 1.0), (700, 0.5), (900, 0.25)]
)
def test_the_rate_may_fall_by_halves(step, rate):
    halved = replace(RUN, schedule="step", halve_every=0.2)
    assert halved.rate_at(step) == pytest.approx(rate)
