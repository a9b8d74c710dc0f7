"""The memory of the machine that this process may still take."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accounts:
    """Where one version of control groups keeps its accounts.

    Attributes:
        mount: folder of the groups.
        limit: file of the bytes allowed.
        used: file of the bytes taken, with what the system keeps of files that were read.
        reclaimable: entry of ``memory.stat`` of what it gives back first.

    """

    mount: str
    limit: str
    used: str
    reclaimable: str


_ACCOUNTS = {
    "": _Accounts(
        mount="sys/fs/cgroup",
        limit="memory.max",
        used="memory.current",
        reclaimable="inactive_file",
    ),
    "memory": _Accounts(
        mount="sys/fs/cgroup/memory",
        limit="memory.limit_in_bytes",
        used="memory.usage_in_bytes",
        reclaimable="total_inactive_file",
    ),
}
"""By the controllers that a line of /proc/self/cgroup names; version 2 names none."""


def host_memory(root: Path = Path("/")) -> int:
    """Return the bytes of memory that this process may still take.

    The least of what the machine has free (where it does not tell, of all it has) and of what
    the process's control group and those above it allow; 2^63 - 1 where nothing can be read.

    Args:
        root: where ``proc`` and ``sys`` are.

    """
    amounts = [*_free(root), *_allowed(root)]
    return min(amounts, default=sys.maxsize)


def _free(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    try:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # not on every system
        return


def _allowed(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            if controller in _ACCOUNTS:
                yield from _left_in(root, _ACCOUNTS[controller], path)


def _left_in(root: Path, accounts: _Accounts, path: str) -> Iterator[int]:
    """Yield what each group on a path leaves; in a container the path may not be visible."""
    mount = root / accounts.mount
    group = mount / path.lstrip("/")
    for folder in (group, *group.parents):
        limit = "".join(_lines(folder / accounts.limit)).strip()
        used = "".join(_lines(folder / accounts.used)).strip()
        if limit.isdigit() and used.isdigit():
            stat = dict(line.split() for line in _lines(folder / "memory.stat"))
            taken = int(used) - int(stat.get(accounts.reclaimable, 0))
            yield max(0, int(limit) - taken)
        if folder == mount:
            return


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []
