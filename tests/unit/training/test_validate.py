import pytest
import torch
from torch import nn
from torch.nn import functional

from srcli.engine.device import Compute
from srcli.metrics.psnr import psnr_y
from srcli.networks.panet import RestorationConfig, RestorationPanet
from srcli.training.process_group import ProcessGroup
from srcli.training.restore import LEVELS, degrade_at
from srcli.training.validate import validate


class Nothing(RestorationPanet):
    """Returns what it is shown."""

    def forward(self, image_B3HW):
        return image_B3HW


@pytest.fixture
def network() -> nn.Module:
    return Nothing(RestorationConfig(blocks=2, channels=8, levels=1))


@pytest.mark.parametrize("kind", ["jpeg", "noise"])
def test_a_network_that_does_nothing_scores_as_the_degraded_picture_itself(network, kind):
    coarse = torch.rand(2, 3, 6, 6)
    pictures = (functional.interpolate(coarse, size=(40, 52), mode="bilinear") * 255).byte()
    parts = pictures.split(1)
    validation = validate(
        network,
        parts,
        Compute(device=torch.device("cpu")),
        degradation=kind,
        group=ProcessGroup(torch.device("cpu")),
    )
    assert tuple(validation.psnr_y) == LEVELS[kind]
    for level, found in validation.psnr_y.items():
        each = [
            psnr_y(degrade_at(p, kind, int(level), seed=n).double() / 255, p.double() / 255)
            for n, p in enumerate(parts)
        ]
        assert found == pytest.approx(sum(each) / 2, abs=1e-4)
    assert validation.mean == pytest.approx(sum(validation.psnr_y.values()) / len(LEVELS[kind]))
