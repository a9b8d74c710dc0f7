"""``srcli manifest``: what a folder's record says, whether it is true, and several as one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.batch.database import NAME
from srcli.cli.app import app
from srcli.errors import SrcliError


def srcli(*arguments: object) -> int:
    try:
        return app([str(one) for one in arguments], standalone_mode=False) or 0
    except SrcliError as error:
        return error.exit_code


def upscale(folder: Path, output: Path, *more: str) -> int:
    return srcli("upscale", folder, "-o", output, "--model", "bicubic", "-q", *more)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):
        pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def test_a_record_is_shown_and_compared_with_what_is_there(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert upscale(photos, out) == 3
    capsys.readouterr()
    assert srcli("manifest", "show", out) == 0
    shown = capsys.readouterr()
    assert "6 done, 1 failed" in shown.err
    assert shown.out.startswith(f"{photos / 'bad.png'}: ")
    assert srcli("manifest", "verify", out) == 0
    (out / "0_x2.png").unlink()
    (out / "1_x2.png").write_bytes((out / "2_x2.png").read_bytes())
    capsys.readouterr()
    assert srcli("manifest", "verify", out) == 3
    verified = capsys.readouterr()
    assert verified.out.splitlines() == [
        f"{out / '0_x2.png'} is missing",
        f"{out / '1_x2.png'} was changed",
    ]
    assert "4 as recorded, 2 not" in verified.err


def test_shards_made_apart_become_one_folder_that_needs_no_more_work(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes, out = [tmp_path / "node1", tmp_path / "node2"], tmp_path / "out"
    for number, node in enumerate(nodes, 1):
        upscale(photos, node, "--shard", f"{number}/2")
        shutil.copytree(node, out, ignore=lambda *_: [NAME], dirs_exist_ok=True)
    lost = next(nodes[1].glob("*_x2.png")).name
    (out / lost).unlink()
    capsys.readouterr()
    assert srcli("manifest", "merge", out, *nodes) == 3
    assert "6 taken over, 0 known already, 1 missing" in capsys.readouterr().err
    shutil.copyfile(nodes[1] / lost, out / lost)
    assert srcli("manifest", "merge", out, *nodes) == 0
    assert "1 taken over, 6 known already, 0 missing" in capsys.readouterr().err
    (photos / "bad.png").unlink()
    assert upscale(photos, out, "--json") == 0
    assert '"done": 0, "skipped": 6' in capsys.readouterr().out
    assert srcli("manifest", "verify", out) == 0


def test_a_record_that_lies_leads_to_nothing_outside(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node, out, secret = tmp_path / "node", tmp_path / "out", tmp_path / "secret"
    upscale(photos, node)
    secret.mkdir()
    shutil.copyfile(node / "0_x2.png", secret / "0_x2.png")
    out.mkdir()
    (node / "deep").symlink_to(secret)
    with closing(sqlite3.connect(node / NAME)) as database, database:
        change = "UPDATE pictures SET output = ? WHERE output = ?"
        database.execute(change, ("../secret/0_x2.png", "0_x2.png"))
        database.execute(change, (str(secret / "0_x2.png"), "1_x2.png"))
        database.execute(change, ("deep/0_x2.png", "2_x2.png"))
        database.execute(
            "UPDATE pictures SET seconds = 'long', message = x'00ff' WHERE output = '3_x2.png'"
        )
        database.execute("UPDATE settings SET content = 'no settings'")
    capsys.readouterr()
    assert srcli("manifest", "show", node) == 0
    assert "4 done, 1 failed" in capsys.readouterr().err
    assert srcli("manifest", "verify", node) == 3
    assert capsys.readouterr().out == f"{node / 'deep/0_x2.png'} is no file of its own\n"
    srcli("manifest", "merge", out, node)
    with closing(sqlite3.connect(out / NAME)) as database:
        assert not database.execute("SELECT * FROM settings").fetchall()
        assert database.execute("SELECT output FROM pictures").fetchall() == [("bad_x2.png",)]


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    assert srcli("manifest", "show", tmp_path) == 2
    (tmp_path / NAME).write_bytes(b"SQLite format 3\0" + b"junk" * 1000)
    (tmp_path / "out").mkdir()
    for command in (("show",), ("verify",), ("merge", tmp_path / "out")):
        assert srcli("manifest", *command, tmp_path) == 3
    assert (tmp_path / NAME).stat().st_size == 4016
