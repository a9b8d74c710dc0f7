import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks import asdn
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.training.batches import Batches, planned_batches
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_MATRICES
from srcli.training.optimizer import make_optimizer
from srcli.training.patches import CropSource, picture_files
from srcli.training.process_group import ProcessGroup
from srcli.training.recorded_step import WorkRecorder
from srcli.training.state import TrainState, update_average
from srcli.training.step import Step
from srcli.usecases.train_request import TrainRequest

CPU = torch.device("cpu")
WIDE = AsdnConfig(blocks=2, width=16, unshuffle=2, max_ratio=4, own_blocks=1)


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


@pytest.fixture
def wide_config() -> TrainConfig:
    """A short run of all ranges of ratios, and of later passes."""
    return TrainConfig(
        network="asdn", preset="wide", steps=6, batch=2, patch=16, recursive=0.2, warmup=4, seed=3
    )


@pytest.fixture
def wide_source(pictures) -> CropSource:
    return CropSource(picture_files(pictures), 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run without files."""

    config: TrainConfig
    state: TrainState
    batches: Batches

    def step(self) -> float:
        """Make a step as the loop does, and return its loss."""
        config, state = self.config, self.state
        batch = self.batches.make(state.step)
        loss = self.batches.learn(batch, config.rate_at(state.step)).loss.item()
        update_average(state.average, state.network, config.ema, state.step)
        state.step += 1
        return loss


@pytest.fixture
def fresh_state():
    """Make the state of a run of a small network to ratio 4, always the same."""

    def make(config: TrainConfig, device: torch.device = CPU) -> TrainState:
        torch.manual_seed(1)
        network = LocalAsdn(WIDE).to(device)
        for parameter in network.parameters():  # zeros would hide what happens behind them
            parameter.data = 0.05 * torch.randn(parameter.shape).to(device)
        network.to(memory_format=torch.channels_last)
        return TrainState(
            network=network,
            average=copy.deepcopy(network),
            optimizer=make_optimizer(network, config),
            scaler=torch.amp.GradScaler(device.type, enabled=False),
        )

    return make


@pytest.fixture
def planned_run(wide_source, fresh_state):
    """Make runs of plans whose steps are made as they are, or by what repeats them."""

    def make(config: TrainConfig, make_recorder=None, device: torch.device = CPU) -> Run:
        state = fresh_state(config, device)
        step = Step(state, config, ProcessGroup(device), BY_MATRICES)
        recorder = WorkRecorder(device) if make_recorder is None else make_recorder(state)
        batches = planned_batches(wide_source, state.network.traits, step, recorder)
        if make_recorder is None:
            batches = replace(batches, learn=step)
        return Run(config=config, state=state, batches=batches)

    return make
