"""Whether a file is the one that it should be."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from srcli.errors import CorruptWeights

MAGIC_BYTES = 9
"""A safetensors file begins with the length of its header, eight bytes, and the header."""
LARGEST_HEADER = 16_000_000
"""Bytes; those of the largest network here are a hundred times smaller."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_digest(path: Path, sha256: str, *, hint: str = "") -> None:
    """Compare a file with the hash that is known of it.

    Raises:
        CorruptWeights: it differs; with ``hint``.

    """
    found = sha256_of(path)
    if found != sha256:
        web_page = "a web page came instead of the file; " if is_web_page(path) else ""
        msg = f"{path} is damaged: {web_page}its sha256 is {found}, not {sha256}"
        raise CorruptWeights(msg, hint=hint)


def check_safetensors(path: Path) -> None:
    """Refuse what cannot be a safetensors file from its first bytes, whatever its size.

    Raises:
        CorruptWeights: a web page, a pickle, an archive, or a header beyond all measure.

    """
    with path.open("rb") as file:
        start = file.read(MAGIC_BYTES)
    length = int.from_bytes(start[:-1], "little")
    if is_web_page(path):
        msg = f"{path} is a web page, not a weights file"
    elif len(start) < MAGIC_BYTES or start[-1:] != b"{":
        msg = f"{path} is not a safetensors file"
    elif length > min(LARGEST_HEADER, path.stat().st_size):
        msg = f"{path} has a header of {length:,} bytes, which no weights file has"
    else:
        return
    raise CorruptWeights(msg)


def check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to more than it is: PyTorch stores, it never packs.

    Raises:
        CorruptWeights: it is packed; anything that is no archive passes.

    """
    try:
        with zipfile.ZipFile(path) as archive:
            packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist())
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    if packed or size > path.stat().st_size:
        msg = f"{path} is a packed archive, which no checkpoint is"
        raise CorruptWeights(msg)


def is_web_page(path: Path) -> bool:
    """Tell whether a file begins as HTML does."""
    with path.open("rb") as file:
        return file.read(256).lstrip().lower().startswith((b"<!doctype html", b"<html"))
