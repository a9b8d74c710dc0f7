"""What every network in the catalogue must do, whatever it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import AnyRatioNetwork, AnySpec, FixedScaleNetwork, SrNetwork

SMALL = 1_000_000
"""Parameters up to which a preset is run; of each network the smallest preset always is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A preset of a network, at one of its scales (None for any ratio)."""

    spec: AnySpec
    preset: str
    scale: int | None

    def __str__(self) -> str:
        return f"{self.spec.name}-{self.preset}" + (f"-x{self.scale}" if self.scale else "")

    def build(self) -> SrNetwork:
        return self.spec.build(self.spec.configure(self.preset, self.scale))

    def build_without_values(self) -> SrNetwork:
        """Build on the device that has no values, once; nothing may change the network."""
        if str(self) not in BUILT:
            with torch.device("meta"):
                BUILT[str(self)] = self.build()
        return BUILT[str(self)]

    def build_awake(self, seed: int = 0) -> SrNetwork:
        """Build with weights drawn at random, also those that start at zero; double precision."""
        torch.manual_seed(seed)
        network = self.build().double()
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.requires_grad:
                    fan_in = parameter[0].numel() if parameter.ndim else 1
                    parameter.normal_(std=max(fan_in, 16) ** -0.5)
        return network

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ratios that together use every part of the network."""
        network = self.build_without_values()
        if not isinstance(network, AnyRatioNetwork):
            return (network.traits.scale,)
        above_two = range(1, int(8 * (network.traits.max_ratio - 2)) + 1)
        return (*(1 + step / 20 for step in range(1, 21)), *(2 + step / 8 for step in above_two))


BUILT: dict[str, SrNetwork] = {}
CASES = [
    Case(spec=spec, preset=preset, scale=scale)
    for spec in NETWORKS.values()
    for preset in spec.presets
    for scale in spec.scales or (None,)
]


SIZES = {
    str(case): sum(p.numel() for p in case.build_without_values().parameters()) for case in CASES
}


def is_run(case: Case) -> bool:
    others = [Case(spec=case.spec, preset=p, scale=case.scale) for p in case.spec.presets]
    smallest = min(SIZES[str(other)] for other in others)
    return SIZES[str(case)] <= max(SMALL, smallest)


every = pytest.mark.parametrize("case", CASES, ids=str)
runnable = pytest.mark.parametrize("case", [case for case in CASES if is_run(case)], ids=str)


def legal_sides(network: SrNetwork) -> tuple[int, int, int]:
    """Return the smallest side the network takes, the next one, and one some steps larger."""
    step = network.traits.size_multiple
    smallest = -(-network.traits.minimum_size // step) * step
    return smallest, smallest + step, smallest + 6 * step


def run(network: SrNetwork, image: Tensor, ratio: float = 2.0, told: float | None = None) -> Tensor:
    """Call a network of either kind; ``told`` is every strength that it can be told."""
    if not isinstance(network, AnyRatioNetwork):
        return network(image)
    names = network.traits.told
    if told is None or not names:
        return network(image, ratio)
    return network(image, ratio, image.new_full((len(image), len(names)), told))


def picture(height: int, width: int, *, batch: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(batch, 3, height, width, generator=generator, dtype=torch.float64)


@every
def test_a_preset_builds_with_the_traits_of_its_scale(case: Case) -> None:
    network = case.build_without_values()
    assert network.traits.scale == case.scale
    assert isinstance(network, FixedScaleNetwork if case.scale else AnyRatioNetwork)
    assert network.traits.size_multiple >= 1
    assert network.traits.minimum_size >= 1
    assert all(tensor.is_meta for tensor in network.parameters())


@every
def test_untrained_prefixes_name_parameters_and_leave_some(case: Case) -> None:
    names = [name for name, _ in case.build_without_values().named_parameters()]
    for prefix in case.spec.untrained:
        assert any(name.startswith(prefix) for name in names), prefix
    assert not all(name.startswith(case.spec.untrained) for name in names)


@every
def test_a_configuration_survives_json(case: Case) -> None:
    config = case.spec.configure(case.preset, case.scale)
    assert case.spec.config(**json.loads(json.dumps(asdict(config)))) == config


@every
def test_an_unknown_configuration_field_is_refused(case: Case) -> None:
    fields = asdict(case.spec.configure(case.preset, case.scale))
    with pytest.raises(TypeError, match="unheard_of"):
        case.spec.config(**fields, unheard_of=1)


@runnable
def test_the_output_has_the_size_that_the_traits_promise(case: Case) -> None:
    network = case.build().eval()
    sides = legal_sides(network)
    factor = network.traits.output_scale
    with torch.inference_mode():
        for height, width in [(sides[0], sides[0]), *pairwise(sides), (sides[2], sides[0])]:
            output = run(network, picture(height, width).float())
            assert output.shape == (1, 3, height * factor, width * factor)
            assert output.dtype == torch.float32


@runnable
def test_a_picture_does_not_depend_on_its_batch(case: Case) -> None:
    network = case.build_awake().eval()
    _, height, width = legal_sides(network)
    images = picture(height, width, batch=3)
    with torch.inference_mode():
        together = run(network, images)
        alone = torch.cat([run(network, image[None]) for image in images])
    torch.testing.assert_close(together, alone, atol=1e-9, rtol=1e-9)
    assert (together[0] - together[1]).abs().max() > 0


@runnable
def test_gradients_reach_every_parameter_that_is_trained(case: Case) -> None:
    network = case.build()
    missing = {
        name
        for name, parameter in network.named_parameters()
        if parameter.requires_grad and not name.startswith(case.spec.untrained)
    }
    for seed in range(12):  # a ReLU may be shut by one draw of the weights
        missing -= reached(case.build_awake(seed), case.ratios)
        if not missing:
            break
    assert not missing


def reached(network: SrNetwork, ratios: tuple[float, ...]) -> set[str]:
    """Return the names of the parameters with a gradient at one of the ratios."""
    _, height, width = legal_sides(network)
    image = picture(height, width)
    outputs = [run(network, image, ratio, told=0.5) for ratio in ratios]
    torch.stack(outputs).pow(2).sum().backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    return {name for name, grad in gradients.items() if grad is not None and grad.any()}


@pytest.mark.parametrize("case", [c for c in CASES if c.spec.untrained and is_run(c)], ids=str)
def test_parameters_said_to_be_untrained_are_never_used(case: Case) -> None:
    network = case.build_awake().eval()
    for name, parameter in network.named_parameters():
        if name.startswith(case.spec.untrained):
            torch.nn.init.constant_(parameter, torch.nan)
    _, height, width = legal_sides(network)
    with torch.inference_mode():
        for ratio in case.ratios:
            assert run(network, picture(height, width), ratio).isfinite().all()


@runnable
def test_the_output_is_finite_in_bfloat16(case: Case) -> None:
    network = case.build_awake().float().eval()
    _, height, width = legal_sides(network)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for ratio in case.ratios:
            assert run(network, picture(height, width).float(), ratio).isfinite().all()


@runnable
def test_the_input_is_left_alone(case: Case) -> None:
    network = case.build_awake().eval()
    _, height, width = legal_sides(network)
    image = picture(height, width)
    before = image.clone()
    with torch.inference_mode():
        run(network, image)
    assert torch.equal(image, before)
