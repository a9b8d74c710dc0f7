from dataclasses import fields

import pytest
import torch

from srcli.metrics.catalog import EXTRA_METRICS, METRICS
from srcli.metrics.protocol import Scores


def test_every_score_has_a_metric_and_every_metric_a_score() -> None:
    assert [*METRICS, *EXTRA_METRICS] == [
        field.name
        for field in fields(Scores)
        if field.name != "psnr_b"  # of restoration alone
    ]


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_prefers_the_picture_closer_to_hr(name: str) -> None:
    metric = METRICS[name]
    generator = torch.Generator().manual_seed(4)
    hr = torch.rand(1, 3, 24, 24, generator=generator)
    noise = torch.randn(1, 3, 24, 24, generator=generator)
    close, far = metric.measure(hr + 0.01 * noise, hr), metric.measure(hr + 0.1 * noise, hr)
    assert (close > far) == metric.larger_is_better
    assert metric.name == name
