import math

import pytest

from srcli.ablation.catalog import ABLATIONS
from srcli.ablation.plan import Line
from srcli.networks.catalog import NETWORKS


@pytest.mark.parametrize("ablation", ABLATIONS.values(), ids=lambda one: one.name)
def test_lines_are_of_variants_and_tell_themselves_apart(ablation) -> None:
    names = [variant.name for variant in ablation.variants]
    assert len(set(names)) == len(names)
    assert {line.variant for line in ablation.lines} == set(names)
    keys = [(line.label, line.scale) for line in ablation.lines]
    assert len(set(keys)) == len(keys)
    assert all(
        line.ratios == () or math.isclose(math.prod(line.ratios), line.scale)
        for line in ablation.lines
    )


@pytest.mark.parametrize("ablation", ABLATIONS.values(), ids=lambda one: one.name)
def test_variants_differ_in_their_configurations_and_are_of_the_network(ablation) -> None:
    spec = NETWORKS[ablation.network]
    configs = [variant.config for variant in ablation.variants]
    assert len(set(configs)) == len(configs)
    assert all(isinstance(config, spec.config) for config in configs)
    assert (ablation.scale is None) == (not spec.scales)
    assert ablation.paper.endswith(".")


def test_passes_lead_to_the_target_by_the_sizes_of_their_ratios() -> None:
    line = Line(label="a", variant="b", scale=3.0, ratios=(1.5, 2.0))
    first, last = line.passes((21, 30), (63, 90))
    assert (first.size, first.ratio) == ((32, 45), 1.5)
    assert (last.size, last.ratio) == ((63, 90), 2.0)


def test_the_figures_of_asdn_are_those_of_its_paper() -> None:
    papers = {
        (line.label, line.scale): line.paper
        for line in (*ABLATIONS["asdn-recursion"].lines, *ABLATIONS["asdn-attention"].lines)
    }
    assert papers["2 · 1.5", 3.0] == 34.48
    assert papers["1.442 · 1.442 · 1.442", 3.0] == 33.18
    assert papers["1.8 · 1.8 · 1.235", 4.0] == 32.16
    assert papers["channel attention + skip", 2.0] == 37.99
