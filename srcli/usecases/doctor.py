"""Say what this installation is made of, and whether it works."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from srcli import __version__
from srcli.engine.device import Compute, has_bfloat16
from srcli.engine.host import host_memory
from srcli.engine.network_runner import NetworkRunner
from srcli.errors import BadTile, SrcliError
from srcli.management.models import verify_models
from srcli.pixels.resize import resize
from srcli.settings import Setting, configuration_files, read_settings
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.cache import cache_folder
from srcli.weights.providers.hub_client import hub_folder
from srcli.weights.providers.store import locate

PACKAGES = ("torch", "numpy", "pillow", "safetensors", "huggingface-hub", "typer")
OPENCV = ("opencv-python-headless", "opencv-python")
"""Packages that bring the same module, of which one is enough."""
EXTRAS = (
    "pillow-heif",
    "pillow-jxl-plugin",
    "brotli",
    "rawpy",
    "spandrel",
    "accelerate",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "fastapi",
    "uvicorn",
    "mcp",
)
VARIABLES = (
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_ENDPOINT",
    "HF_TOKEN",
    "HF_HUB_OFFLINE",
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "HTTPS_PROXY",
)
HIDDEN = ("HF_TOKEN", "HTTPS_PROXY")
"""Of these, not even the value is told."""
SIDE = 96
ENHANCED = 0.05
"""Mean difference that a network may make to bicubic interpolation."""
SAME = 0.001
"""Mean difference between two devices; one eight-bit step is 0.004."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; ``problem`` is None where all is well."""

    topic: str
    name: str
    value: str
    problem: SrcliError | None = None


def examine(flags: Sequence[Setting] = ()) -> Iterator[Finding]:
    """Report versions, devices, caches, weights and settings, and upscale a small picture.

    Uses no network and writes nothing. ``flags`` are the flags of commands that something else
    than a command line sets.
    """
    for step in (_versions, _devices, _caches, _weights, _settings):
        yield from step()
    for flag in flags:
        yield Finding(topic="setting", name=flag.key, value=f"{flag.value}, from {flag.origin}")
    yield from _self_tests()


def _versions() -> Iterator[Finding]:
    yield Finding(topic="version", name="srcli", value=__version__)
    yield Finding(topic="version", name="python", value=platform.python_version())
    yield Finding(topic="version", name="system", value=platform.platform())
    opencv = next(filter(_version, OPENCV), OPENCV[0])
    for package in (*PACKAGES, opencv, *EXTRAS):
        found = _version(package)
        if found or package not in EXTRAS:
            yield Finding(topic="version", name=package, value=found or "missing")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _devices() -> Iterator[Finding]:
    threads = f"{torch.get_num_threads()} threads, {_gigabytes(host_memory())} of memory free"
    yield _device("cpu", threads)
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        value = f"{facts.name}, {_gigabytes(facts.total_memory)}"
        yield _device(f"cuda:{index}", value)
    if torch.backends.mps.is_available():
        yield _device("mps", platform.machine())


def _device(name: str, value: str) -> Finding:
    built_in = "built in" if has_bfloat16(torch.device(name)) else "not built in"
    return Finding(topic="device", name=name, value=f"{value}, bfloat16 {built_in}")


def _caches() -> Iterator[Finding]:
    for name, folder in (("models", cache_folder()), ("hub", hub_folder())):
        yield Finding(topic="cache", name=name, value=f"{folder}, {_state(folder)}")


def _state(folder: Path) -> str:
    try:
        if not folder.exists():
            return "not there yet"
    except PermissionError:
        return "not to be looked into"
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    taken = _gigabytes(sum(path.stat().st_size for path in files))
    return f"{taken} taken, {'writable' if os.access(folder, os.W_OK) else 'read-only'}"


def _weights() -> Iterator[Finding]:
    for verdict in verify_models(()):
        value = "ok" if verdict.problem is None else "FAILED"
        yield Finding(topic="weights", name=verdict.id, value=value, problem=verdict.problem)


def _settings() -> Iterator[Finding]:
    for file in configuration_files():
        yield Finding(topic="setting", name="file", value=str(file.path))
    for setting in read_settings():
        value = f"{setting.value or 'none'}, from {setting.origin}"
        yield Finding(topic="setting", name=setting.key, value=value)
    for name in VARIABLES:
        if name in os.environ:
            value = "is set" if name in HIDDEN else os.environ[name]
            yield Finding(topic="setting", name=name, value=value)


def _self_tests() -> Iterator[Finding]:
    """Compare the cpu with bicubic interpolation, and every other device with the cpu."""
    picture = _rings()
    expected, tolerance = resize(picture, (2 * SIDE, 2 * SIDE)), ENHANCED
    for device in _all_devices():
        began = time.monotonic()
        try:
            result = _upscale(picture, device)
            check_close(result, expected, tolerance=tolerance, what=f"the self-test on {device}")
        except SrcliError as error:
            yield Finding(topic="self-test", name=str(device), value="FAILED", problem=error)
            continue
        expected, tolerance = result, SAME
        value = f"{SIDE}x{SIDE} to {2 * SIDE}x{2 * SIDE} in {time.monotonic() - began:.1f} s"
        yield Finding(topic="self-test", name=str(device), value=value)


def _all_devices() -> list[torch.device]:
    names = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return [torch.device(name) for name in names]


def _rings() -> torch.Tensor:
    """Draw a picture of rings and ramps, (1, 3, SIDE, SIDE)."""
    rows, columns = torch.meshgrid(*[torch.linspace(0, 1, SIDE)] * 2, indexing="ij")
    rings = 0.5 + 0.5 * torch.sin(40 * (rows**2 + columns**2))
    return torch.stack([rings, rows, columns])[None]


def _upscale(picture: torch.Tensor, device: torch.device) -> torch.Tensor:
    network = load_model(locate(DEFAULT_MODEL, offline=True)).network
    return NetworkRunner(network, Compute(device=device))(picture, (2 * SIDE, 2 * SIDE))


def check_close(
    result: torch.Tensor, expected: torch.Tensor, *, tolerance: float, what: str
) -> None:
    """Compare two pictures of samples in [0, 1].

    Raises:
        BadTile: their mean difference is larger than ``tolerance``.

    """
    difference = float((result - expected).abs().mean())
    if not difference <= tolerance:
        msg = f"{what} is {difference:.3f} off on average."
        raise BadTile(msg, hint="Use another device with --device.")


def _gigabytes(amount: int) -> str:
    return f"{amount / 1e9:.1f} GB"
