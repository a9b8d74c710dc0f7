"""Loading a model is nobody else's business: neither other threads' nor the host program's."""

import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
import torch
from torch import nn

from srcli import Upscaler
from srcli.errors import CorruptWeights
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.weights.formats.checkpoint import Header, load_model, save_model
from srcli.weights.formats.size_guard import bounded_by

THREADS = 8
ROUNDS = 5
TINY = AsdnConfig(blocks=1, width=8, unshuffle=2)


def at_once(work: Callable[[], object]) -> list[object]:
    """Run the same work in all threads, again and again, and return what it gives."""
    start = threading.Barrier(THREADS)

    def run(_: int) -> list[object]:
        start.wait()
        return [work() for _ in range(ROUNDS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(run, range(THREADS)) for result in results]


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_model(path, LocalAsdn(TINY).state_dict(), Header(network="asdn", config=TINY))
    return path


def test_models_are_made_and_used_in_many_threads(tiny):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    wanted = Upscaler(str(tiny))(pixels)
    results = at_once(lambda: Upscaler(str(tiny))(pixels))
    assert len(results) == THREADS * ROUNDS
    assert all(np.array_equal(result, wanted) for result in results)


def test_one_model_is_used_in_many_threads(tiny):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    upscaler = Upscaler(str(tiny))
    wanted = Upscaler(str(tiny))(pixels)
    assert all(np.array_equal(result, wanted) for result in at_once(lambda: upscaler(pixels)))


def test_another_thread_builds_what_it_likes_while_a_model_is_built():
    with bounded_by([torch.zeros(1)]), ThreadPoolExecutor(1) as other:
        layer = other.submit(nn.Linear, 2000, 2000).result()
        assert layer.weight.shape == (2000, 2000)
        with pytest.raises(CorruptWeights):
            nn.Linear(2000, 2000)
    assert nn.Linear(2000, 2000).weight.shape == (2000, 2000)


def test_the_settings_of_the_program_are_as_they_were(tiny, tmp_path):
    broken = tmp_path / "broken.safetensors"
    save_model(broken, {"x": torch.zeros(1)}, Header(network="asdn", config=TINY))
    before = list(warnings.filters), torch.get_default_dtype(), torch.get_default_device()

    def load() -> None:
        load_model(tiny)
        with suppress(CorruptWeights):
            load_model(broken)

    at_once(load)
    assert (list(warnings.filters), torch.get_default_dtype(), torch.get_default_device()) == before
