"""Measure the memory that this process may still take."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from srcli.errors import OutOfMemory

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accounts:
    """Names of the files in which one version of control groups counts memory.

    Attributes:
        mount: folder of the groups.
        limit: file with the bytes that a group may take.
        used: file with the bytes that a group takes, cached files included.
        reclaimable: entry of ``memory.stat`` with the bytes that the system frees first.

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
"""Accounts by the controllers that a line of /proc/self/cgroup names; version 2 names none."""

_LIMITS = (
    ("RLIMIT_AS", "-v", 900_000_000),
    ("RLIMIT_DATA", "-d", 300_000_000),
)
"""Limit of a process, option of ``ulimit`` that sets it, and bytes that a start needs.

A start loads PyTorch and the decoders, and enlarges a small picture with one thread."""
_RESIDENT = "VmRSS"
_ARENA_MAX = -8
"""Parameter of ``mallopt``: M_ARENA_MAX of glibc."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt``, of the same names but for an M_."""
_TAKEN = {"RLIMIT_AS": "VmSize", "RLIMIT_DATA": "VmData"}
"""Entries of /proc/self/status with the part of a limit that is taken."""


_budget: list[int] = []
"""Bytes that the user lets the process take, if there is an item."""


def limit_memory(most: int) -> None:
    """Let this process take so many bytes at most, as far as it can choose."""
    _budget[:] = [most]


def host_memory(root: Path = Path("/")) -> int:
    """Return the bytes of memory that this process may still take.

    It is the least of four amounts: the free memory of the machine, or all its memory where
    the free part is unknown; what the control groups of the process leave; what the limits
    of the shell leave (``ulimit -v`` and ``ulimit -d``); and what ``limit_memory`` leaves. It is
    2^63 - 1 if none is known.

    Args:
        root: folder of ``proc`` and ``sys``.

    """
    taken = _taken(root)
    amounts = [*_free(root), *_allowed(root), *_left_by_limits(taken)]
    amounts += [max(0, most - taken.get(_RESIDENT, 0)) for most in _budget]
    return min(amounts, default=sys.maxsize)


def load_pytorch() -> None:
    """Import PyTorch, before anything that needs it does.

    Raises:
        OutOfMemory: a limit of the shell leaves no room for it.

    """
    check_start()
    with loading():
        import torch  # noqa: F401 - here, where a failure is explained


def check_start() -> None:
    """Refuse to start if a limit of the shell is too low to load PyTorch.

    Without this check, the process would crash without a reason.

    Raises:
        OutOfMemory: a limit is too low.

    """
    for limit, option, need in _LIMITS:
        allowed = _allowed_by(limit)
        if allowed is None:
            continue
        _share_arena()
        if allowed < need:
            message = (
                f"This shell allows a process {allowed / 1e6:.0f} MB of memory "
                f"(ulimit {option}), and srcli needs {need / 1e6:.0f} MB to start."
            )
            raise OutOfMemory(message, hint=f"Raise the limit with ulimit {option}.")


def give_memory_back() -> None:
    """Give the system back what was freed, with glibc: oneDNN takes its memory from there."""
    with _glibc() as library:
        library.malloc_trim(0)


def keep_memory() -> None:
    """Keep what was freed for the next picture, 64 MB at most in each place, with glibc.

    To take it from the system anew costs a tenth of the time of a small picture.
    """
    with _glibc() as library:
        library.mallopt(_MMAP_THRESHOLD, 2**25)
        library.mallopt(_TRIM_THRESHOLD, 2**26)


def _share_arena() -> None:
    """Let all threads take memory from one place: 64 MB are set aside for each place with glibc."""
    with _glibc() as library:
        library.mallopt(_ARENA_MAX, 1)


@contextmanager
def _glibc() -> Iterator[ctypes.CDLL]:
    """Do something with the C library, or nothing where it is another one."""
    with suppress(OSError, TypeError, AttributeError):
        yield ctypes.CDLL(None)


@contextmanager
def loading() -> Iterator[None]:
    """Name the limit of the shell if PyTorch fails to load under one.

    Builds for GPUs take several times the memory that ``check_start`` asks for.

    Raises:
        OutOfMemory: PyTorch failed to load, and the shell limits memory.

    """
    try:
        yield
    except (ImportError, MemoryError) as error:
        for limit, option, _ in _LIMITS:
            allowed = _allowed_by(limit)
            if allowed is not None:
                message = (
                    f"PyTorch cannot be loaded within the {allowed / 1e6:.0f} MB of memory "
                    f"that this shell allows a process (ulimit {option})."
                )
                raise OutOfMemory(message, hint=f"Raise the limit with ulimit {option}.") from error
        raise


def _allowed_by(limit: str) -> int | None:
    """Return a limit of this process, in bytes; None if there is none."""
    number = getattr(resource, limit, None)
    if number is None:
        return None
    soft, _ = resource.getrlimit(number)
    return None if soft in {resource.RLIM_INFINITY, -1} else soft


def _taken(root: Path) -> dict[str, int]:
    """Return the bytes of memory that this process takes, by the names of the system."""
    pairs = (line.partition(":") for line in _lines(root / "proc/self/status"))
    return {
        name: int(amount.split()[0]) * 1024
        for name, _, amount in pairs
        if name in {*_TAKEN.values(), _RESIDENT}
    }


def _left_by_limits(taken: Mapping[str, int]) -> Iterator[int]:
    """Yield the bytes that each limit leaves, if the system tells how many are taken."""
    for limit, _, _ in _LIMITS:
        allowed, used = _allowed_by(limit), taken.get(_TAKEN[limit])
        if allowed is not None and used is not None:
            yield max(0, allowed - used)


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
    """Yield the bytes that each group on a path leaves. A container may not see the path."""
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
