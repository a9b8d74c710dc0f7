import importlib
import pkgutil
from dataclasses import fields

import pytest

from srcli import networks
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import NetworkSpec

MODULES = [module.name for module in pkgutil.iter_modules(networks.__path__, "srcli.networks.")]
WRITTEN = [
    value
    for module in MODULES
    for value in vars(importlib.import_module(module)).values()
    if isinstance(value, NetworkSpec)
]
EVERY = pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS.keys())


def test_every_specification_of_a_module_is_registered_by_its_name():
    assert {spec.name: spec for spec in WRITTEN} == NETWORKS
    assert len(WRITTEN) == len(NETWORKS)


@EVERY
def test_an_entry_can_be_named_and_built(spec):
    assert spec.name == spec.name.lower()
    assert spec.name.isidentifier()
    assert spec.presets
    assert all(type(config) is spec.config for config in spec.presets.values())
    assert spec.source


@EVERY
def test_a_configuration_has_a_scale_just_if_the_network_has_scales(spec):
    has_scale = "scale" in {field.name for field in fields(spec.config)}
    assert has_scale == bool(spec.scales)
    assert spec.scales == tuple(sorted(set(spec.scales)))
    for config in spec.presets.values() if has_scale else ():
        assert config.scale == spec.scales[0]
