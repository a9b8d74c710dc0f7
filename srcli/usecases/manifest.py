"""Look at the manifest of a folder of results, check it, and join those of several machines."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from srcli.batch.database import NAME, read
from srcli.batch.entries import each_record
from srcli.batch.merging import Merged, merge_manifests
from srcli.errors import MissingFile
from srcli.files.digest import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A picture that was not made, and why."""

    source: str
    message: str


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a manifest says in all.

    Attributes:
        states: numbers of pictures by how far they came.
        seconds: that all results took.
        failures: of the pictures that failed.

    """

    states: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A result that was compared with the manifest; ``problem`` is empty if it is as recorded."""

    output: Path
    problem: str


def show_manifest(folder: Path) -> Summary:
    """Count what became of the pictures of a folder of results.

    Raises:
        MissingFile: the folder has no manifest.
        ForeignManifest: it is damaged or none of ours.
        DataError: it is of a later version.
        UnwritableFile: it cannot be opened.

    """
    _check_there(folder)
    return read(folder / NAME, _summary) or Summary()


def verify_manifest(folder: Path) -> Iterator[Checked]:
    """Compare every result that is done with its recorded hash. Nothing is changed.

    Raises:
        MissingFile: as ``show_manifest``; so do the other errors.

    """
    _check_there(folder)

    def ask(database: sqlite3.Connection) -> list[tuple[str, int, str]]:
        return [
            (record.output, record.entry.output.size, record.entry.output.sha256)
            for record in each_record(database)
            if record.entry.state == "done" and record.entry.output
        ]

    for output, size, sha256 in sorted(read(folder / NAME, ask) or []):
        yield Checked(output=folder / output, problem=_problem(folder, output, size, sha256))


def merge(folder: Path, others: Sequence[Path]) -> Merged:
    """Take the manifests of other folders into that of ``folder``; see ``merge_manifests``.

    Raises:
        MissingFile: one of the others has no manifest, or ``folder`` is not there.

    """
    if not folder.is_dir():
        msg = f"{folder} is no folder."
        raise MissingFile(msg, hint="Name the folder that holds the results.")
    for other in others:
        _check_there(other)
    return merge_manifests(folder, others)


def _check_there(folder: Path) -> None:
    if not os.path.lexists(folder / NAME):
        msg = f"{folder} has no record of results."
        raise MissingFile(msg, hint="Name a folder that `srcli upscale -o` wrote to.")


def _summary(database: sqlite3.Connection) -> Summary:
    summary = Summary()
    for record in each_record(database):
        summary.states[record.entry.state] += 1
        if record.entry.state == "done":
            summary.seconds += record.figures["seconds"] or 0
        if record.entry.state == "failed":
            failure = Failure(source=record.entry.source_path, message=record.message)
            summary.failures.append(failure)
    return summary


def _problem(folder: Path, output: str, size: int, sha256: str) -> str:
    """Say what is wrong with a result; links are not followed, for the manifest may lie."""
    path = folder / output
    try:
        between = [one for one in path.parents if one.is_relative_to(folder) and one != folder]
        found = path.lstat()
        if any(one.is_symlink() for one in between) or not stat.S_ISREG(found.st_mode):
            return "is no file of its own"
        if found.st_size != size or sha256_of(path) != sha256:
            return "was changed"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return ""
