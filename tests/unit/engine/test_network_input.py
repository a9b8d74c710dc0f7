from dataclasses import replace

import pytest
import torch
from torch import Tensor

from srcli.engine.network_input import network_input
from srcli.engine.recursion import Pass
from srcli.networks.spec import (
    AnyRatioNetwork,
    AnyRatioTraits,
    FixedScaleNetwork,
    FixedScaleTraits,
    Reach,
)
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, resize

IMAGE = (255 * torch.rand(1, 3, 10, 8)).byte()
CPU = torch.device("cpu")
WINDOW = Region(top=2, bottom=9, left=1, right=7)
UPPER = Reach(max_ratio=3.0, receptive_radius=9, size_multiple=3, minimum_size=3)
LOWER = replace(UPPER, max_ratio=2.0, receptive_radius=5, size_multiple=2)


class Doubler(FixedScaleNetwork):
    traits = FixedScaleTraits(scale=2, receptive_radius=0)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        return image_B3HW.repeat_interleave(2, 2).repeat_interleave(2, 3)


class Listener(AnyRatioNetwork):
    """Keeps what it is told."""

    traits = AnyRatioTraits(max_ratio=3.0, receptive_radius=9, reaches=(LOWER, UPPER))

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, Tensor | None]] = []

    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        self.told.append((ratio, strengths_BT))
        return image_B3HW


def test_a_network_of_a_fixed_scale_is_shown_the_picture_as_it_is():
    network = Doubler()
    step = Pass(height=20, width=16, ratio=2.0, scale=2)
    shown = network_input(network, IMAGE, step, MIRRORED, CPU)
    assert (shown.size, shown.traits) == ((10, 8), network.traits)
    window = shown.window(WINDOW)
    assert torch.equal(window, WINDOW.of(IMAGE).float() / 255)
    assert torch.equal(shown.run(window), network(window))


def test_a_network_of_any_ratio_is_shown_the_picture_at_the_size_of_the_pass():
    step = Pass(height=17, width=13, ratio=1.65)
    shown = network_input(Listener(), IMAGE, step, MIRRORED, CPU)
    assert shown.size == (17, 13)
    assert torch.equal(shown.window(WINDOW), WINDOW.of(resize(IMAGE, (17, 13))))


@pytest.mark.parametrize(("ratio", "reach"), [(1.65, LOWER), (2.0, LOWER), (2.5, UPPER)])
def test_the_traits_are_those_of_the_ratio(ratio, reach):
    step = Pass(height=17, width=13, ratio=ratio)
    traits = network_input(Listener(), IMAGE, step, MIRRORED, CPU).traits
    assert (traits.receptive_radius, traits.size_multiple) == (
        reach.receptive_radius,
        reach.size_multiple,
    )


def test_a_network_is_told_the_ratio_and_the_strengths_of_the_pass():
    network = Listener()
    step = Pass(height=17, width=13, ratio=1.65)
    for one in (step, replace(step, strengths=(0.25, 0.5))):
        network_input(network, IMAGE, one, MIRRORED, CPU).run(torch.rand(1, 3, 4, 4))
    (ratio, nothing), (_, strengths) = network.told
    assert (ratio, nothing) == (1.65, None)
    assert strengths is not None
    assert strengths.tolist() == [[0.25, 0.5]]
