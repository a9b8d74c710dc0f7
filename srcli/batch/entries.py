"""What a manifest says of results; of what others may have written only what makes sense."""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any, TypeGuard, get_args

from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Entry, State
from srcli.errors import shortened
from srcli.files.locks import is_token
from srcli.files.objects.address import Location, ObjectPath

STATES: tuple[State, ...] = get_args(State)
_DIGEST = re.compile(r"[0-9a-f]{64}")
LONGEST_NAME = 80
"""The longest name of a model that is told, in characters."""

_ENTRIES = """
SELECT output, source, state, owner, updated, pictures.fingerprint, settings.content,
       source_bytes, source_mtime_ns, source_sha256, output_bytes, output_mtime_ns, output_sha256
FROM pictures LEFT JOIN settings ON settings.fingerprint = pictures.fingerprint
"""
_DONE = """
SELECT CAST(output AS BLOB), source_bytes, source_mtime_ns, output_bytes, output_mtime_ns
FROM pictures WHERE state = 'done' AND fingerprint = ? AND output IN
"""


def find_entry(database: sqlite3.Connection, key: bytes) -> Entry | None:
    """Return what is known of the result of that relative path."""
    row = database.execute(f"{_ENTRIES} WHERE output = CAST(? AS TEXT)", (key,)).fetchone()
    return _entry(row) if row else None


Times = tuple[int, int, int, int]
"""Size and time of a source and of its result, times in nanoseconds."""


def find_done(
    database: sqlite3.Connection, fingerprint: str, keys: Collection[bytes]
) -> dict[bytes, Times]:
    """Return what the files were when they were done, of results with these settings.

    Args:
        database: to be asked.
        fingerprint: of the settings.
        keys: relative paths of results, at most a few thousand.

    """
    places = ", ".join(["CAST(? AS TEXT)"] * len(keys))
    rows = database.execute(f"{_DONE} ({places})", (fingerprint, *keys))
    return {row[0]: row[1:] for row in rows}


def all_entries(
    database: sqlite3.Connection, wanted: Callable[[str], bool] = lambda _: True
) -> dict[bytes, Entry]:
    """Return what is known of every result, or of those ``wanted`` by their relative paths.

    Returns:
        By the relative paths, as bytes.

    """
    found = {}
    for row in database.execute(_ENTRIES):
        entry = _entry(row) if _is_path(row[0]) and wanted(row[0]) else None
        if entry:
            found[os.fsencode(row[0])] = entry
    return found


@dataclass(frozen=True, slots=True)
class Record:
    """A row whose every value makes sense.

    Attributes:
        output: the relative path of the result.
        entry: what is known of it.
        message: what was told of it; may be empty.
        figures: the other columns by name, numbers or None.

    """

    output: str
    entry: Entry
    message: str
    figures: Mapping[str, float | None]


FIGURES = ("source_height", "source_width", "height", "width", "seconds", "consistency_db")


def each_record(database: sqlite3.Connection) -> Iterator[Record]:
    """Yield all rows that a run of ours can have written, of results inside of the folder.

    They come in the order of the results' names as bytes, which is that of a bucket's listing.
    """
    beside = ", ".join(("message", *FIGURES))
    query = _ENTRIES.replace("\nFROM", f", {beside}\nFROM") + "ORDER BY output"
    for *row, message, height, width, up, across, seconds, decibels in database.execute(query):
        figures = (height, width, up, across, seconds, decibels)
        entry = _entry(tuple(row))
        if entry and is_inside(row[0]):
            told = shortened(message) if isinstance(message, str) else ""
            yield Record(
                output=row[0],
                entry=entry,
                message=told,
                figures=dict(zip(FIGURES, map(_number, figures), strict=True)),
            )


def is_inside(output: str) -> bool:
    """Tell whether the relative path of a result leads below its folder."""
    parts = output.replace(os.sep, "/").split("/")
    return not (PurePath(output).is_absolute() or ".." in parts)


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None


def output_key(folder: Path, output: Location) -> bytes:
    """Return what a result goes by: its relative path, or its address if it is an object.

    It is bytes, as names need not be UTF-8.
    """
    if isinstance(output, ObjectPath):
        return os.fsencode(str(output))
    return os.fsencode(os.path.relpath(output, folder))


def result_of(folder: Location, output: str) -> Location | None:
    """Return where the result of a record is; None if that is not below a folder of a bucket."""
    if not isinstance(folder, ObjectPath):
        return folder / output
    return ObjectPath(output) if output.startswith(f"{folder}/") else None


def _entry(row: tuple[Any, ...]) -> Entry | None:
    """Return a row's meaning; None if a run of ours cannot have written it."""
    output, source, state, owner, updated, fingerprint, content, *files = row
    made_of, became = (_file_state(*files[at : at + 3]) for at in (0, 3))
    sound = (
        _is_path(output)
        and _is_path(source)
        and state in STATES
        and is_token(owner)
        and _is_digest(fingerprint)
        and (state not in {"writing", "done"} or None not in {made_of, became})
    )
    if not sound:
        return None
    return Entry(
        state=state,
        owner=owner,
        fingerprint=fingerprint,
        source_path=source,
        source=made_of,
        output=became,
        model=_model(content) if isinstance(content, str) else "",
        updated=_number(updated) or 0.0,
    )


def _file_state(size: object, mtime_ns: object, sha256: object) -> FileState | None:
    time = -1 if mtime_ns is None else mtime_ns
    if isinstance(size, int) and size >= 0 and isinstance(time, int) and _is_digest(sha256):
        return FileState(size=size, mtime_ns=time, sha256=sha256)
    return None


def _is_path(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_digest(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


@lru_cache(maxsize=64)
def _model(content: str) -> str:
    """Return the model that settings name; empty if they name none that can be printed."""
    try:
        settings = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    model = settings.get("model") if isinstance(settings, dict) else None
    if isinstance(model, str) and model.isprintable() and len(model) <= LONGEST_NAME:
        return model
    return ""
