"""Every baseline can be trained."""

from dataclasses import replace

import pytest
import torch

from srcli.networks.catalog import NETWORKS
from srcli.usecases.train import train
from srcli.weights.formats.checkpoint import load_model
from tests.baselines import TINY


@pytest.mark.parametrize("name", TINY)
def test_two_steps_change_the_weights_and_are_judged(request_for, monkeypatch, name):
    spec = replace(NETWORKS[name], presets={"tiny": TINY[name]})
    monkeypatch.setattr("srcli.usecases.train.NETWORKS", {name: spec})
    scale = TINY[name].scale
    request = request_for(name, validate_every=2, val_pictures=1)
    config = replace(
        request.config, network=name, scale=scale, steps=2, patch=12 * scale, recursive=0.0
    )
    reports = []
    path = train(replace(request, config=config), reports.append)
    model = load_model(path)
    assert model.header.config == TINY[name]
    assert 5 < reports[-1].validation.mean < 50
    torch.manual_seed(config.seed)
    fresh = spec.build(TINY[name]).state_dict()
    trained = model.network.state_dict()
    assert any(not torch.equal(fresh[key], trained[key]) for key in fresh)
