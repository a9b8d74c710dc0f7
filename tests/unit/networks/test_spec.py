from dataclasses import dataclass, replace

import pytest
from torch import Tensor

from srcli.networks.spec import (
    AnyRatioNetwork,
    AnyRatioTraits,
    FixedScaleNetwork,
    FixedScaleTraits,
    NetworkSpec,
    Reach,
)

REACHES = tuple(
    Reach(max_ratio=most, receptive_radius=10 * step, size_multiple=step, minimum_size=step)
    for step, most in ((2, 2.0), (3, 3.0), (4, 4.0))
)
ANY = AnyRatioTraits(
    max_ratio=4.0, receptive_radius=40, size_multiple=12, minimum_size=4, reaches=REACHES
)
FIXED = FixedScaleTraits(scale=3, receptive_radius=None, size_multiple=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    scale: int
    width: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyConfig:
    width: int = 8


class Named(FixedScaleNetwork):
    """Has a task, but does not do it."""

    @property
    def traits(self) -> FixedScaleTraits:
        return FIXED


class Unknown(AnyRatioNetwork):
    """Does something, but does not tell what the engine must know."""

    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        del ratio, strengths_BT
        return image_B3HW


@pytest.mark.parametrize(
    ("ratio", "reach"), [(1.1, 0), (2.0, 0), (2 + 1e-9, 0), (2.01, 1), (3.0, 1), (3.5, 2), (4.0, 2)]
)
def test_a_ratio_has_the_traits_of_its_range(ratio, reach):
    wanted = REACHES[reach]
    found = ANY.at(ratio)
    assert found.max_ratio == wanted.max_ratio
    assert found.receptive_radius == wanted.receptive_radius
    assert (found.size_multiple, found.minimum_size) == (wanted.size_multiple, wanted.minimum_size)
    assert found.coarseness == wanted.size_multiple / 2


def test_traits_without_ranges_hold_at_every_ratio():
    one_range = replace(ANY, reaches=())
    assert one_range.at(1.5) == one_range.at(4.0) == one_range
    assert one_range.coarseness == 1
    assert FIXED.at(1.5) == FIXED.at(4.0) == FIXED
    assert FIXED.coarseness == 1


def test_a_fixed_scale_enlarges_its_input_and_any_ratio_keeps_its_size():
    assert (FIXED.scale, FIXED.output_scale) == (3, 3)
    assert (ANY.scale, ANY.output_scale) == (None, 1)


@pytest.mark.parametrize(("kind", "missing"), [(Named, "forward"), (Unknown, "traits")])
def test_a_network_must_have_both_a_forward_pass_and_traits(kind, missing):
    with pytest.raises(TypeError, match=missing):
        kind()


def test_a_preset_is_configured_for_a_scale_that_the_network_has():
    presets = {"small": Config(scale=2), "large": Config(scale=2, width=64)}
    spec = NetworkSpec(name="net", config=Config, build=Named, presets=presets, scales=(2, 3))
    assert spec.configure("large", 3) == Config(scale=3, width=64)
    assert spec.configure("small", 2) == presets["small"]
    for scale in (None, 4):
        with pytest.raises(ValueError, match="net is trained for x2, x3"):
            spec.configure("small", scale)
    with pytest.raises(ValueError, match="no preset 'huge', only small, large"):
        spec.configure("huge", 2)


def test_a_preset_of_any_ratio_is_configured_without_a_scale():
    spec = NetworkSpec(name="net", config=AnyConfig, build=Unknown, presets={"one": AnyConfig()})
    assert spec.configure("one") == AnyConfig()
    with pytest.raises(ValueError, match="any ratio, without a scale"):
        spec.configure("one", 2)
