from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks import asdn
from srcli.networks.asdn import AsdnConfig
from srcli.training.config import TrainConfig
from srcli.usecases.train_request import TrainRequest


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three small pictures with edges and texture."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for n, name in enumerate(("a.png", "b.png", "below/c.png")):
        rows, columns = np.mgrid[0:80, 0:96]
        waves = 128 + 60 * np.sin(rows / (3 + n)) + 60 * np.sign(np.sin(columns / 7))
        noise = generator.normal(0, 8, (80, 96, 3))
        Image.fromarray(np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)).save(
            folder / name
        )
    return folder


@pytest.fixture
def tiny_preset(monkeypatch):
    """Give ASDN a preset that takes no time."""
    presets = {**asdn.SPEC.presets, "tiny": AsdnConfig(blocks=1, width=16, unshuffle=2)}
    monkeypatch.setattr(
        "srcli.usecases.train.NETWORKS", {"asdn": replace(asdn.SPEC, presets=presets)}
    )


@pytest.fixture
def request_for(pictures, tmp_path, tiny_preset):  # noqa: ARG001 - it has a preset of that name
    """Make requests for short runs, each in a folder of its own."""

    def make(name: str, **changes) -> TrainRequest:
        config = TrainConfig(
            network="asdn",
            preset="tiny",
            steps=6,
            batch=2,
            patch=32,
            recursive=0.4,
            precision="float32",
        )
        fields = {"data": pictures, "val": pictures, "out": tmp_path / name, "validate_every": 100}
        return TrainRequest(config=config, **{**fields, **changes})

    return make


@pytest.fixture
def final_state():
    """Read what a run left for the next."""

    def read(request: TrainRequest):
        return torch.load(request.out / "state.pt", weights_only=True)

    return read
