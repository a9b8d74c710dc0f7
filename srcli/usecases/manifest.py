"""``srcli manifest``: what a folder's record says, whether it is true, and several as one."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from srcli.batch.database import NAME, read
from srcli.batch.entries import each_record, result_of
from srcli.batch.fingerprint import FileState
from srcli.batch.merging import Merged, merge_manifests
from srcli.batch.object_notes import record_folder
from srcli.batch.settled import Listing
from srcli.batch.vacuum import Vacuumed, vacuum_manifest
from srcli.errors import MissingFile
from srcli.files.digest import sha256_of
from srcli.files.objects.address import Location, ObjectPath, located
from srcli.files.objects.client import check_bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A picture that was not made, and why."""

    source: str
    message: str


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a manifest says in all.

    Attributes:
        place: the folder that the manifest lies in.
        states: numbers of pictures by how far they came.
        seconds: that all results took.
        failures: of the pictures that failed.

    """

    place: Path
    states: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A result that was compared with the manifest; ``problem`` is empty if it is as recorded."""

    output: Location
    problem: str


def show_manifest(given: str) -> Summary:
    """Count what became of the pictures of a folder of results.

    Args:
        given: the folder, or the address of one in a bucket.

    Raises:
        MissingFile: the folder has no manifest.
        ForeignManifest: it is damaged or none of ours.
        DataError: it is of a later version.
        UnwritableFile: it cannot be opened.

    """
    summary = Summary(place=_record_of(located(given)))

    def ask(database: sqlite3.Connection) -> None:
        for record in each_record(database):
            summary.states[record.entry.state] += 1
            if record.entry.state == "done":
                summary.seconds += record.figures["seconds"] or 0
            if record.entry.state == "failed":
                failure = Failure(source=record.entry.source_path, message=record.message)
                summary.failures.append(failure)

    read(summary.place / NAME, ask)
    return summary


def verify_manifest(given: str) -> Iterator[Checked]:
    """Compare every result that is done with what was recorded. Nothing is changed.

    Of files it is the hash, of objects the ETag, which a listing tells.

    Raises:
        MissingFile: as ``show_manifest``; so do the other errors.
        UnreadableImage: the bucket cannot be listed.

    """
    folder = located(given)
    place = _record_of(folder)

    def ask(database: sqlite3.Connection) -> list[tuple[str, FileState]]:
        return [
            (record.output, record.entry.output)
            for record in each_record(database)
            if record.entry.state == "done" and record.entry.output
        ]

    recorded = read(place / NAME, ask) or []
    listing = Listing(folder) if isinstance(folder, ObjectPath) and recorded else None
    for name, state in recorded:
        output = result_of(folder, name)
        if isinstance(output, ObjectPath):
            yield Checked(output=output, problem=_problem_of_object(output, state, listing))
        elif output is not None:
            yield Checked(output=output, problem=_problem(place, output, state))


def merge(given: str, others: Sequence[Path]) -> Merged:
    """Take the manifests of other folders into that of a folder; see ``merge_manifests``.

    Raises:
        MissingFile: one of the others has no manifest, or the folder is not there.
        UnknownBucket: the bucket is not there.

    """
    folder = located(given)
    if isinstance(folder, ObjectPath):
        check_bucket(folder)
    elif not folder.is_dir():
        msg = f"{folder} is no folder."
        raise MissingFile(msg, hint="Name the folder that holds the results.")
    for other in others:
        _record_of(other)
    return merge_manifests(folder, others)


def vacuum(given: str) -> Vacuumed:
    """Forget the results of a folder that are not there any more; see ``vacuum_manifest``.

    Raises:
        MissingFile: the folder has no manifest.

    """
    folder = located(given)
    _record_of(folder)
    return vacuum_manifest(folder)


def _record_of(folder: Location) -> Path:
    """Return the folder of a record that is there."""
    place = record_folder(folder)
    if os.path.lexists(place / NAME):
        return place
    if isinstance(folder, ObjectPath):
        msg = f"This machine has no record of results in {folder}."
        raise MissingFile(msg, hint="Name a folder that `srcli upscale -o` wrote to from here.")
    msg = f"{folder} has no record of results."
    raise MissingFile(msg, hint="Name a folder that `srcli upscale -o` wrote to.")


def _problem_of_object(output: ObjectPath, state: FileState, listing: Listing | None) -> str:
    seen = listing.find(output) if listing else None
    if seen is None:
        return "is missing"
    same = (seen.size, seen.version) == (state.size, state.sha256)
    return "" if same else "was changed"


def _problem(folder: Path, path: Path, state: FileState) -> str:
    """Say what is wrong with a result; links are not followed, for the manifest may lie."""
    try:
        between = [one for one in path.parents if one.is_relative_to(folder) and one != folder]
        found = path.lstat()
        if any(one.is_symlink() for one in between) or not stat.S_ISREG(found.st_mode):
            return "is no file of its own"
        if found.st_size != state.size or sha256_of(path) != state.sha256:
            return "was changed"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return ""
