"""When and where a report was written, for its readers."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from srcli import __version__

CPU_INFO = Path("/proc/cpuinfo")


def surroundings() -> tuple[str, ...]:
    """Return sentences about the date, the machine and the versions of this moment."""
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "pillow"))
    versions = f"srcli {__version__}, Python {platform.python_version()}, {packages}"
    return (
        f"Written on {moment} by {versions}.",
        f"Machine: {', '.join(_machine())}.",
    )


def _machine() -> Iterator[str]:
    yield _processor()
    yield f"{torch.get_num_threads()} threads"
    for index in range(torch.cuda.device_count()):
        yield str(torch.cuda.get_device_name(index))
    yield platform.platform(terse=True)


def _processor() -> str:
    """Return the name of the processor, where the system tells it."""
    if CPU_INFO.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
