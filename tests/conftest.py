"""One thread (tiny tensors run faster), one seed, one Hypothesis profile, and Ctrl-C."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import settings

settings.register_profile("srcli", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("srcli")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it


@pytest.fixture(autouse=True)
def _repeatable() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch) -> None:
    """Keep the record of what tests make out of the user's."""
    folder = tmp_path_factory.getbasetemp() / "srcli-cache"
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(folder))


@pytest.fixture
def bench_folder() -> Path | None:
    """The benchmark pictures, where they are on this machine."""
    folder = os.environ.get("SRCLI_DATA_DIR")
    return Path(folder) / "bench" if folder else None
