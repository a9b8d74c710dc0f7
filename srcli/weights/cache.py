"""The tool's own folder of the authors' models, each with the sha256 that it came with."""

from __future__ import annotations

from pathlib import Path

from srcli.errors import CorruptWeights
from srcli.settings import read_setting
from srcli.weights.digest import check_digest, sha256_of


def cache_folder() -> Path:
    """Return the folder; it need not exist."""
    return Path(read_setting("cache_dir").value).expanduser()


def cached_file(model: str, suffix: str = ".safetensors") -> Path:
    """Return where the weights of ``model`` are kept; they need not be there."""
    return cache_folder() / "models" / f"{model}{suffix}"


def seal(path: Path) -> None:
    """Note the sha256 of a file beside it, as ``sha256sum --check`` reads it."""
    _note(path).write_text(f"{sha256_of(path)}  {path.name}\n", encoding="utf-8")


def check_sealed(path: Path) -> None:
    """Compare a file with what was noted when it was made.

    Raises:
        CorruptWeights: it differs, or nothing was noted.

    """
    try:
        sha256, _ = _note(path).read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        msg = f"{path} is not whole: its sha256 was not noted"
        raise CorruptWeights(msg) from error
    check_digest(path, sha256)


def discard(path: Path) -> None:
    """Delete a file and its note."""
    path.unlink(missing_ok=True)
    _note(path).unlink(missing_ok=True)


def _note(path: Path) -> Path:
    return path.with_suffix(".sha256")
