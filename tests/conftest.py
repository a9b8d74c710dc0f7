"""One thread (tiny tensors run faster), one seed, one Hypothesis profile, Ctrl-C, and Typer."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
import typer
from hypothesis import settings

from srcli.files.objects.client import forget_clients
from tests.buckets import Bucket, make_bucket, store_server
from tests.warm_python import warm_python

settings.register_profile("srcli", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("srcli")
_numbers = itertools.count(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
typer.main.get_params_from_function = cache(typer.main.get_params_from_function)
"""Typer reads the signatures of all commands again at every run, which takes 0.07 s if traced."""


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


@pytest.fixture(scope="session")
def python() -> Iterator[Path]:
    """Make a Python whose processes begin with PyTorch imported."""
    with tempfile.TemporaryDirectory(prefix="python-") as folder, warm_python(Path(folder)) as made:
        yield made


@pytest.fixture(scope="session")
def store() -> Iterator[str]:
    """Serve an object store, and give its address."""
    with store_server() as address:
        yield address


@pytest.fixture
def bucket(store, monkeypatch) -> Iterator[Bucket]:
    """Make an empty bucket that the environment gives access to."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", store)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    forget_clients()
    yield make_bucket(store, f"bucket-{next(_numbers)}")
    forget_clients()


def pytest_xdist_auto_num_workers() -> int:
    """Run half as many processes again as there are cores: many tests wait for what they start."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


def pytest_collection_finish() -> None:
    """Leave what stays until the end, a million objects, out of every later collection."""
    gc.freeze()
