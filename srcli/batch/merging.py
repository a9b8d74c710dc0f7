"""Take what the manifests of other folders say into that of the folder that all results went to."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from srcli.batch.database import NAME, database_errors, open_database, read
from srcli.batch.entries import Record, each_record, find_entry
from srcli.batch.fingerprint import settings_fingerprint
from srcli.files.locks import RunLock, folder_lock


@dataclass(slots=True)
class Merged:
    """How many rows were taken over, were known already, and are of results that are not there."""

    taken: int = 0
    known: int = 0
    missing: int = 0


def merge_manifests(folder: Path, others: Sequence[Path]) -> Merged:
    """Take rows of other folders' manifests into that of ``folder``, which may have none yet.

    A result that is done is taken over if the same file lies at the same place below ``folder``;
    what was skipped or failed, if nothing is known of it there. No picture is read or moved.

    Raises:
        UnwritableFile: a manifest cannot be opened or written.
        ForeignManifest: one of the others is damaged or none of ours.
        DataError: one is of a later version.

    """
    merged, path = Merged(), folder / NAME
    with RunLock(folder) as run:
        with folder_lock(folder, exclusive=True):
            database = open_database(path)
        with closing(database):
            for other in others:
                records = read(other / NAME, lambda found: list(each_record(found))) or []
                settings = read(other / NAME, _settings) or {}
                with database_errors(path):
                    database.execute("BEGIN IMMEDIATE")
                    _take(database, folder, records, run.token, merged)
                    for row in settings.items():
                        database.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", row)
                    database.execute("COMMIT")
    return merged


def _settings(database: sqlite3.Connection) -> dict[str, str]:
    """Return the settings that are what their fingerprints say."""
    rows = database.execute("SELECT fingerprint, content FROM settings")
    return {name: content for name, content in rows if _is_sound(name, content)}


def _is_sound(fingerprint: object, content: object) -> bool:
    try:
        settings = json.loads(str(content))
        settings.pop("model", None)
        return bool(settings_fingerprint(settings) == fingerprint)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return False


def _take(
    database: sqlite3.Connection,
    folder: Path,
    records: Sequence[Record],
    token: str,
    merged: Merged,
) -> None:
    for record in records:
        if record.entry.state in {"claimed", "writing"}:
            continue
        output = folder / record.output
        known = find_entry(database, os.fsencode(record.output))
        done = record.entry.state == "done"
        if known and (known.state == "done" or not done):
            merged.known += 1
        elif done and not (record.entry.output and record.entry.output.still_holds(output)):
            merged.missing += 1
        else:
            merged.taken += 1
            _put(database, record, output, token)


def _put(database: sqlite3.Connection, record: Record, output: Path, token: str) -> None:
    entry = record.entry
    values: dict[str, object] = {
        "output": os.fsencode(record.output),
        "source": os.fsencode(entry.source_path),
        "state": entry.state,
        "owner": token,
        "fingerprint": entry.fingerprint,
        "updated": time.time(),
        "message": record.message or None,
        **record.figures,
    }
    for name, state in (("source", entry.source), ("output", entry.output)):
        if state:
            values |= {
                f"{name}_bytes": state.size,
                f"{name}_mtime_ns": state.mtime_ns if state.mtime_ns >= 0 else None,
                f"{name}_sha256": state.sha256,
            }
    if entry.state == "done":
        values["output_mtime_ns"] = output.stat().st_mtime_ns
    texts = {"output", "source"}
    places = ", ".join("CAST(? AS TEXT)" if name in texts else "?" for name in values)
    database.execute(
        f"INSERT OR REPLACE INTO pictures ({', '.join(values)}) VALUES ({places})",  # noqa: S608 - names of columns, all written here
        tuple(values.values()),
    )
