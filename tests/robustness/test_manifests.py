"""Manifests that came with a folder from anywhere: damaged, foreign or hostile.

Whatever lies in a manifest's place, a run makes its pictures, touches nothing outside its folders,
and a dry run says the same beforehand.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import struct
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.batch.ledger import ClaimResult
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.recorded import ManifestView, recorded_results
from srcli.cli.app import main
from srcli.errors import ForeignManifest, UnreadableImage
from srcli.files.locks import remove_strays
from srcli.images.found import InputFile

NAME = ".srcli-manifest.sqlite"
RUN = ".srcli-0123456789abcdef"
SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")
DIGEST = "0" * 64


def sql(*statements: str) -> Callable[[Path], None]:
    def change(manifest: Path) -> None:
        with closing(sqlite3.connect(manifest)) as database:
            database.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                database.execute(statement)
            database.commit()

    return change


def value(column: str, text: str) -> Callable[[Path], None]:
    return sql(f"UPDATE pictures SET {column} = {text}")  # noqa: S608 - written below


def random_damage(seed: int) -> Callable[[Path], None]:
    def change(manifest: Path) -> None:
        chance = random.Random(seed)
        content = bytearray(manifest.read_bytes())
        for _ in range(chance.choice([1, 4, 30, 400])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        manifest.write_bytes(content[: chance.choice([len(content)] * 3 + [len(content) // 3])])

    return change


def truncated(length: int) -> Callable[[Path], None]:
    return lambda manifest: os.truncate(manifest, length)


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(manifest: Path) -> None:
        manifest.unlink()
        make(manifest)

    return change


def beside(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda manifest: make(manifest.with_name(name))


def link_outside(path: Path) -> None:
    path.symlink_to(outside(path) / "precious.txt")


def link_to_manifest(path: Path) -> None:
    path.symlink_to(outside(path) / NAME)


def outside(path: Path) -> Path:
    return path.parent.parent / "outside"


def journal_that_names_a_file(path: Path) -> None:
    """A journal that a killed transaction over several files could have left."""
    name = os.fsencode(outside(path) / "precious.txt")
    head = SUPER_JOURNAL + struct.pack(">5I", 0, 1, 1, 512, 4096)
    path.write_bytes(
        head.ljust(512, b"\0")
        + struct.pack(">I", 2**30 // 4096 + 1)
        + name
        + struct.pack(">II", len(name), sum(name))
        + SUPER_JOURNAL
    )
    # a journal counts only while nobody is in the middle of a transaction: not in WAL mode
    manifest = path.with_name(NAME)
    with manifest.open("r+b") as file:
        file.seek(18)
        file.write(b"\1\1")


def owner_outside(manifest: Path) -> None:
    """A run that is said to be at work, whose lock would be a file of the user's."""
    manifest.with_name(".srcli-x").mkdir()
    (outside(manifest) / "precious.run").touch()
    sql("UPDATE pictures SET state = 'claimed', owner = 'x/../../outside/precious'")(manifest)


ENDLESS = (
    "CREATE VIEW pictures AS WITH RECURSIVE endless(x) AS "
    "(SELECT 1 UNION ALL SELECT x + 1 FROM endless) SELECT x AS output, x AS source, 'done' AS "
    "state, x AS owner, x AS fingerprint, 1 AS source_bytes, 1 AS source_mtime_ns, "
    "1 AS source_sha256, 1 AS output_bytes, 1 AS output_mtime_ns, 1 AS output_sha256 FROM endless"
)
DAMAGE: dict[str, Callable[[Path], None]] = {
    **{f"random {seed}": random_damage(seed) for seed in range(6)},
    **{f"truncated to {length}": truncated(length) for length in (0, 17, 100, 4096, 9000)},
    "sparse": truncated(2**33),
    "junk": instead(lambda path: path.write_bytes(b"none of ours" * 99)),
    "pipe": instead(os.mkfifo),
    "folder": instead(Path.mkdir),
    "dangling link": instead(lambda path: path.symlink_to("nowhere")),
    "link to a manifest": instead(link_to_manifest),
    "link to a file": instead(link_outside),
    "endless view": sql("DROP TABLE pictures", ENDLESS),
    "another view": sql("CREATE VIEW more AS SELECT * FROM pictures"),
    "trigger": sql(
        "CREATE TRIGGER gone AFTER INSERT ON pictures BEGIN DELETE FROM pictures; END",
        "CREATE TRIGGER no BEFORE UPDATE ON pictures BEGIN SELECT RAISE(FAIL, 'no'); END",
    ),
    "other columns": sql("ALTER TABLE pictures RENAME COLUMN owner TO holder"),
    "no table": sql("DROP TABLE settings"),
    "broken schema": sql("UPDATE sqlite_master SET sql = 'CREATE TABLE x(' WHERE type = 'table'"),
    "broken schema that is no text": sql(
        "UPDATE sqlite_master SET name = CAST(x'ff' AS TEXT), sql = 'CREATE TABLE x('"
    ),
    "pages twice": sql("UPDATE sqlite_master SET rootpage = 2 WHERE type = 'table'"),
    "no version": sql("PRAGMA user_version = 0"),
    "no real version": sql("PRAGMA user_version = 123456789"),
    "owner outside": owner_outside,
    "huge owner": value("owner", "CAST(zeroblob(900000) AS TEXT)"),
    "larger owner": value("owner", "hex(zeroblob(9000000))"),
    "owner with a zero": value("owner", "'0123' || char(0) || '456789abcde'"),
    "owner of bytes": value("owner", "x'ff00ff'"),
    "state unknown": value("state", "'cooked'"),
    "fingerprint of bytes": value("fingerprint", "x'00'"),
    "output nothing": value("output", "NULL"),
    "output bytes": value("output", "CAST(output AS BLOB)"),
    "output outside": value("output", "'../outside/' || output"),
    "source with a zero": value("source", "'a' || char(0)"),
    "size of text": value("output_bytes", "'many'"),
    "size below zero": value("source_bytes", "-1"),
    "size of a fraction": value("output_bytes", "1.5"),
    "time of text": value("source_mtime_ns", "'noon'"),
    "digest of a number": value("output_sha256", "17.5"),
    "settings of bytes": sql("UPDATE settings SET content = x'00ff'"),
    "settings too deep": sql(
        "UPDATE settings SET content = replace(hex(zeroblob(9999)), '0', '[[')"
    ),
    "settings of another kind": sql("UPDATE settings SET content = '{\"model\": [1]}'"),
    "settings that ring": sql("UPDATE settings SET content = json_object('model', char(7, 27))"),
    "junk of SQLite": beside(f"{NAME}-wal", lambda path: path.write_bytes(b"junk" * 99)),
    "linked log": beside(f"{NAME}-wal", link_outside),
    "linked index": beside(f"{NAME}-shm", link_outside),
    "log of a pipe": beside(f"{NAME}-wal", os.mkfifo),
    "linked journal": beside(f"{NAME}-journal", link_outside),
    "journal that names a file": beside(f"{NAME}-journal", journal_that_names_a_file),
    "run of a pipe": beside(f"{RUN}.run", os.mkfifo),
    "run of a folder": beside(f"{RUN}.run", Path.mkdir),
    "linked run": beside(f"{RUN}.run", link_outside),
    "linked rest": beside(f"{RUN}.part", link_outside),
    "rest of a folder": beside(f"{RUN}.part", Path.mkdir),
}


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> bytes:
    """A manifest of one result of another picture."""
    place = tmp_path_factory.mktemp("whole")
    row = {
        "output": "b_x2.png",
        "source": "/b.png",
        "state": "done",
        "owner": "0123456789abcdef",
        "fingerprint": DIGEST,
        "updated": 1.0,
        "source_bytes": 9,
        "source_mtime_ns": 9,
        "source_sha256": DIGEST,
        "output_bytes": 9,
        "output_sha256": DIGEST,
    }
    picture(place / "in/a.png")
    run("upscale", place / "in", "-o", place / "out")
    with closing(sqlite3.connect(place / "out" / NAME)) as database:
        marks = ", ".join("?" * len(row))
        insert = f"INSERT INTO pictures ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
        database.execute(insert, tuple(row.values()))
        database.commit()
    return (place / "out" / NAME).read_bytes()


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(levels).save(path)


def run(*arguments: object) -> int:
    before, sys.argv = sys.argv, ["srcli", *map(str, arguments)]
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


def arrange(place: Path, whole: bytes, folder: str, damage: Callable[[Path], None]) -> None:
    picture(place / "in/a.png")
    for name in (folder, "outside"):
        (place / name).mkdir(exist_ok=True)
        (place / name / NAME).write_bytes(whole)
    (place / "outside/precious.txt").write_text("precious")
    damage(place / folder / NAME)


def state(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every entry of a folder, with its kind, time and the content of regular files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        small = path.is_file() and not path.is_symlink() and about.st_size < 2**24
        content = path.read_bytes() if small else b""
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_mtime_ns, content)
    return found


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_in_the_place_of_a_manifest_is_judged_without_any_harm(
    tmp_path, whole, name, caplog
):
    arrange(tmp_path, whole, "out", DAMAGE[name])
    folder, surroundings = tmp_path / "out", (state(tmp_path / "outside"), state(tmp_path / "in"))
    source = InputFile(path=tmp_path / "in/a.png", relative=Path("a.png"))
    job = Job(source=source, output=folder / "a_x2.png")
    before = state(folder)
    with suppress(ForeignManifest):
        recorded_results(folder)
    with ManifestView(folder, {}, overwrite=False) as view:
        assert view.claim(job) is ClaimResult.MAKE
    assert state(folder) == before
    foretold = len(caplog.messages)
    for _ in range(2):
        remove_strays([folder])
        with Manifest(folder, {}, overwrite=False) as manifest:
            assert manifest.claim(job) is ClaimResult.MAKE
            manifest.failed(job, UnreadableImage("none"))
    assert len(caplog.messages) == 2 * foretold <= 2
    assert (state(tmp_path / "outside"), state(tmp_path / "in")) == surroundings


@pytest.mark.parametrize("name", ["random 3", "pipe", "endless view", "owner outside"])
@pytest.mark.parametrize("folder", ["out", "in"])
def test_no_manifest_stops_a_run(tmp_path, whole, name, folder, capsys):
    arrange(tmp_path, whole, folder, DAMAGE[name])
    surroundings = [state(tmp_path / name) for name in ("outside", "in")]
    command = ("upscale", tmp_path / "in", "-o", tmp_path / "out", "--json")
    assert run(*command, "--dry-run") == 0
    assert [event["action"] for event in events(capsys.readouterr().out)] == ["make"]
    assert [run(*command), run(*command)] == [0, 0]
    ended = [event for event in events(capsys.readouterr().out) if event["event"] == "summary"]
    assert [(event["done"], event["skipped"]) for event in ended] == [(1, 0), (0, 1)]
    assert [state(tmp_path / name) for name in ("outside", "in")] == surroundings


def test_of_a_foreign_manifest_one_sentence_is_said_and_nothing_is_lost(
    tmp_path, whole, capsys, caplog
):
    arrange(tmp_path, whole, "out", DAMAGE["trigger"])
    content = (tmp_path / "out" / NAME).read_bytes()
    assert run("upscale", tmp_path / "in", "-o", tmp_path / "out") == 0
    capsys.readouterr()
    (told,) = caplog.messages
    assert told.endswith(f"It was moved to {NAME}.broken-1, and a new one was begun.")
    assert (tmp_path / "out" / f"{NAME}.broken-1").read_bytes() == content
