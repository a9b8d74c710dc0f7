from collections.abc import Callable

import pytest
import torch

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.pipeline.loaded_models import LoadedModels


@pytest.fixture
def tiny_models() -> Callable[[int], LoadedModels]:
    """Load a tiny network of any ratio that reaches a whole ratio in one pass."""

    def load(max_ratio: int) -> LoadedModels:
        torch.manual_seed(0)
        network = LocalAsdn(AsdnConfig(blocks=1, width=8, unshuffle=2, max_ratio=max_ratio))
        runner = NetworkRunner(network, Compute(device=torch.device("cpu")))
        return LoadedModels(runner=runner, sha256=("0",), names={None: "tiny"})

    return load


@pytest.fixture
def models(tiny_models) -> LoadedModels:
    return tiny_models(2)
