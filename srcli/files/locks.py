"""Which runs are alive, and which unfinished files nobody is writing any more.

Both are told by locks that the operating system drops when a process dies, however it dies.
Nothing is guessed from process numbers or the age of files.
"""

from __future__ import annotations

import math
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self, TypeGuard

from srcli.files.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX

if sys.platform != "win32":
    import fcntl

RUN_SUFFIX = ".run"
TOKEN_BYTES = 8
BETWEEN_TRIES = 0.02
"""Seconds from one try to get a lock to the next, where that is not waited for without end."""
_TOKEN = re.compile(rf"[0-9a-f]{{{2 * TOKEN_BYTES}}}")
_TOKEN_GLOB = "[0-9a-f]" * (2 * TOKEN_BYTES)
_CAREFULLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags for files that others may have put there: follow no link, wait for no pipe."""


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether a value is the name of a run: 16 hexadecimal digits.

    Names of runs are read from files and become parts of paths, so nothing else may pass.
    """
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


@contextmanager
def folder_lock(folder: Path, *, exclusive: bool, patience: float = math.inf) -> Iterator[bool]:
    """Hold a lock on a folder itself, which leaves nothing in it.

    Whoever writes a picture, or only reads the manifest, shares it for that moment; whoever
    removes unfinished files, or opens or closes the manifest to write, wants it alone.

    Args:
        folder: to be locked.
        exclusive: have nobody else hold it.
        patience: seconds to wait for others.

    Yields:
        Whether it is held: not where folders cannot be locked (Windows, some network file
        systems, a folder that may not be read or is gone), or others did not let go of it.

    """
    if sys.platform == "win32":
        yield False
        return
    with ExitStack() as stack:
        held = False
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, handle)
            held = _lock(handle, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, patience)
        yield held


def remove_strays(folders: Iterable[Path], *, patience: float = math.inf) -> int:
    """Remove the unfinished files of killed runs from folders; return how many there were.

    Only regular files with the names that ours have are removed, and only while nobody writes
    into their folder, so that none is in use. Where somebody does so for more than ``patience``
    seconds, they stay.
    """
    removed = 0
    for folder in folders:
        if not _strays(folder):
            continue
        try:
            with folder_lock(folder, exclusive=True, patience=patience) as alone:
                for stray in _strays(folder) if alone else ():
                    stray.unlink(missing_ok=True)
                    removed += 1
        except OSError:
            continue  # a folder that is read-only is not ours to clean
    return removed


class RunLock:
    """Says that a run is alive, by a locked file in the folder that the run writes to.

    The lock falls with the process; a file left by a killed run is removed by whoever asks
    about it next. ``token`` names the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_hex(TOKEN_BYTES)
        self._handle = _hold(_run_file(folder, self.token))

    def is_alive(self, token: str) -> bool:
        """Tell whether the run of that name is still at work. This run is.

        A value that cannot be the name of a run is not at work, and no file is looked for.
        """
        if not is_token(token):
            return False
        return token == self.token or _is_held(_run_file(self.folder, token))

    def sweep(self) -> None:
        """Remove the files of runs that are dead."""
        for path in _run_files(self.folder):
            if path != _run_file(self.folder, self.token):
                _is_held(path)

    def release(self) -> None:
        """End the run."""
        if self._handle >= 0:
            os.close(self._handle)
            with suppress(OSError):  # the folder may be gone, or be a file now
                _run_file(self.folder, self.token).unlink(missing_ok=True)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def any_run_alive(folder: Path) -> bool:
    """Tell whether a run has the manifest of a folder open. Nothing is changed there."""
    return any(_is_held(path, remove=False) for path in _run_files(folder))


def _run_files(folder: Path) -> list[Path]:
    return _files(folder, f"{TEMPORARY_PREFIX}{_TOKEN_GLOB}{RUN_SUFFIX}")


def _run_file(folder: Path, token: str) -> Path:
    return folder / f"{TEMPORARY_PREFIX}{token}{RUN_SUFFIX}"


def _hold(path: Path) -> int:
    """Create a file and lock it; made anew if a sweep took it before it was locked."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | _CAREFULLY, 0o666)
        if sys.platform == "win32":
            return handle
        _lock(handle, fcntl.LOCK_EX)
        try:
            if os.path.samestat(path.stat(), os.fstat(handle)):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)


def _is_held(path: Path, *, remove: bool = True) -> bool:
    """Tell whether a run holds its file.

    A regular file that no run holds is removed, unless ``remove`` is false.
    """
    if sys.platform == "win32":
        return _is_in_use(path, remove=remove)
    try:
        handle = os.open(path, os.O_RDONLY | _CAREFULLY)
    except OSError as error:
        return isinstance(error, PermissionError) and _is_of_another_user(path)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if remove:
                path.unlink(missing_ok=True)
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(handle)
    return False


def _is_of_another_user(path: Path) -> bool:
    """Tell whether a file belongs to another user, whose run may be at work.

    The files of this user's runs can be opened, so they need no such answer.
    """
    try:
        return path.lstat().st_uid != os.geteuid()
    except OSError:
        return False


def _is_in_use(path: Path, *, remove: bool) -> bool:
    """Remove a file, or give it the name that it has; tell whether Windows refuses.

    It refuses both while any process has the file open.
    """
    try:
        if remove:
            path.unlink(missing_ok=True)
        else:
            path.rename(path)
    except PermissionError:
        return True
    except OSError:  # it is gone
        return False
    return False


def lock_handle(handle: int) -> bool:
    """Lock an open file for this process; False if another one holds it.

    It is true where the system or the file system has no locks.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def unlock_handle(handle: int) -> None:
    """Let other processes lock a file that this one holds, though it may still be mapped."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_UN)


def _lock(handle: int, kind: int, patience: float = math.inf) -> bool:
    """Wait for a lock; False where the file system has none, or it does not come in time."""
    if sys.platform == "win32":
        return False
    end = time.monotonic() + patience
    at_once = 0 if math.isinf(patience) else fcntl.LOCK_NB
    while True:
        try:
            fcntl.flock(handle, kind | at_once)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(BETWEEN_TRIES)
        except OSError:
            return False
        else:
            return True


def _strays(folder: Path) -> list[Path]:
    found = _files(folder, f"{TEMPORARY_PREFIX}{_TOKEN_GLOB}{TEMPORARY_SUFFIX}")
    return [path for path in found if _is_regular(path)]


def _files(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
