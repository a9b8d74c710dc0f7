"""The tool's own folder of the authors' models, each with the sha256 that it came with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from srcli.errors import CorruptWeights, UsageError
from srcli.files.digest import check_digest, sha256_of
from srcli.settings import read_setting
from srcli.weights.providers.download import unwritable

STALE = 7 * 24 * 3600
"""Seconds after which an unfinished file is taken for abandoned."""


def cache_folder() -> Path:
    """Return the folder; it need not exist.

    Raises:
        UsageError: it is set to the home of a user who is not known.

    """
    setting = read_setting("cache_dir")
    try:
        return Path(setting.value).expanduser()
    except RuntimeError as error:
        msg = f"{setting.value} cannot be found: no such user is known."
        raise UsageError(msg, hint=f"{setting.origin} names the folder of models.") from error


def cached_file(model: str, suffix: str = ".safetensors") -> Path:
    """Return where the weights of ``model`` are kept; they need not be there."""
    return cache_folder() / "models" / f"{model}{suffix}"


def downloads_folder() -> Path:
    """Return the folder of unfinished downloads, which need not exist."""
    return cache_folder() / "downloads"


def drop_stale(folder: Path, pattern: str, *, but: Path) -> None:
    """Delete unfinished files that no one has written to for a week, and that no one will.

    Args:
        folder: where to look.
        pattern: of their names, as ``Path.glob`` takes it.
        but: is left alone: it is about to be gone on with.

    """
    limit = time.time() - STALE
    for path in folder.glob(pattern):
        with suppress(OSError):  # another process deletes it, or may do what this one may not
            if path != but and path.lstat().st_mtime < limit:
                path.unlink()


@contextmanager
def locked(model: str) -> Iterator[None]:
    """Be the only process that makes the file of ``model``."""
    lock = downloads_folder() / f"{model}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def keep(made: Path, path: Path) -> None:
    """Move a whole file to ``path``, its sha256 noted there before it is to be seen.

    The note is as ``sha256sum --check`` reads it.
    """
    note = _note(path)
    fresh = note.with_name(f".{note.name}.part")
    fresh.write_text(f"{sha256_of(made)}  {path.name}\n", encoding="utf-8")
    fresh.replace(note)
    made.replace(path)


def check_sealed(path: Path, *, hint: str = "") -> None:
    """Compare a file with what was noted when it was made.

    Raises:
        CorruptWeights: it differs, or nothing was noted; with ``hint``.

    """
    try:
        sha256, _ = _note(path).read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        msg = f"{path} is not whole: its sha256 was not noted."
        raise CorruptWeights(msg, hint=hint) from error
    check_digest(path, sha256, hint=hint)


def discard(path: Path) -> None:
    """Delete a file and its note."""
    path.unlink(missing_ok=True)
    _note(path).unlink(missing_ok=True)


def removed(path: Path, delete: Callable[[Path], None]) -> bool:
    """Delete a file, and return true.

    Raises:
        WeightsUnavailable: it cannot be deleted.

    """
    try:
        delete(path)
    except OSError as error:
        hint = "Only the owner of the folder can delete it."
        raise unwritable(path.parent, error, hint=hint) from error
    return True


def _note(path: Path) -> Path:
    return path.with_suffix(".sha256")
