"""Tell whether a file is the one that it should be."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

from srcli.errors import CorruptWeights, MissingWeights
from srcli.files.mistyped import missing_file_hint

SHA256 = "sha256"
SHA1 = "git sha1"
BLOCK = 1 << 20
START = 256
"""Bytes that tell what a file is."""
LARGE_FILE_POINTER = b"version https://git-lfs"
MAGIC_BYTES = 9
"""A safetensors file begins with the length of its header, eight bytes, and the header."""
LARGEST_HEADER = 16_000_000
"""Bytes; those of the largest network here are a hundred times smaller."""


def is_file(path: Path) -> bool:
    """Tell whether a file is there; none is where no one may look, or of too long a name."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises there


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_digest(path: Path, digest: str) -> bool:
    """Tell whether a file has a sha256, or a name that git gives it, both hexadecimal.

    Anything else, such as nothing, is no digest, and every file has it.
    """
    kind = digest_kind(digest)
    if kind == SHA1:
        return _git_name(path) == digest
    return kind != SHA256 or sha256_of(path) == digest


def digest_kind(digest: str) -> str:
    """Return which hash a digest is, ``sha256`` or ``git sha1``; empty if it is none."""
    is_hexadecimal = not set(digest) - set("0123456789abcdef")
    return {64: SHA256, 40: SHA1}.get(len(digest), "") if is_hexadecimal else ""


def _git_name(path: Path) -> str:
    """Return the hash under which git keeps the content of a file."""
    name = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            name.update(block)
    return name.hexdigest()


def check_digest(path: Path, sha256: str, *, hint: str = "") -> None:
    """Compare a file with the hash that is known of it.

    Raises:
        CorruptWeights: it differs, or cannot be read; with ``hint``.

    """
    try:
        found = sha256_of(path)
        if found == sha256:
            return
        web_page = "a web page came instead of the file; " if is_web_page(path) else ""
    except OSError as error:
        raise _unreadable(path, error, hint=hint) from error
    msg = f"{path} is damaged: {web_page}its sha256 is {found}, not {sha256}."
    raise CorruptWeights(msg, hint=hint)


def check_safetensors(path: Path) -> None:
    """Refuse what cannot be a safetensors file from its first bytes, whatever its size.

    Raises:
        CorruptWeights: a web page, a pickle, an archive, or a header beyond all measure.

    """
    start = check_start(path)[:MAGIC_BYTES]
    length = int.from_bytes(start[:-1], "little")
    if len(start) < MAGIC_BYTES or start[-1:] != b"{":
        msg = f"{path} is not a safetensors file."
    elif length > min(LARGEST_HEADER, path.stat().st_size):
        msg = f"{path} has a header of {length:,} bytes, which no weights file has."
    else:
        return
    raise CorruptWeights(msg)


def check_start(path: Path) -> bytes:
    """Return the first bytes of a file, unless they are of what a host gives in its place.

    Raises:
        CorruptWeights: a web page, a pointer of Git LFS, or nothing that can be read.

    """
    try:
        start = _start(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if begins_as_page(start):
        msg = f"{path} is a web page, not a weights file."
        raise CorruptWeights(msg)
    if start.startswith(LARGE_FILE_POINTER):
        msg = f"{path} is a pointer of Git LFS to a weights file, not the file."
        raise CorruptWeights(msg, hint="Run `git lfs pull`, or download the file by itself.")
    return start


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
        msg = f"{path} is a packed archive, which no checkpoint is."
        raise CorruptWeights(msg)


def is_web_page(path: Path) -> bool:
    """Tell whether a file begins as HTML does."""
    return begins_as_page(_start(path))


def begins_as_page(start: bytes) -> bool:
    """Tell whether these are the first bytes of HTML."""
    return start[:START].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START)


def _unreadable(path: Path, error: OSError, *, hint: str = "") -> CorruptWeights | MissingWeights:
    if isinstance(error, FileNotFoundError):
        hint = hint or missing_file_hint(path)
        return MissingWeights(f"There is no weights file {path}.", hint=hint)
    return CorruptWeights(f"{path} cannot be read: {error.strerror or error}.", hint=hint)
