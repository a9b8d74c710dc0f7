"""``srcli manifest`` of a bucket: several machines make parts, and their records are joined."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from srcli.batch.database import NAME
from srcli.batch.object_notes import record_folder
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.client import forget_clients
from tests.buckets import Bucket, Fate, small_picture, store_behind

COUNT = 24


@pytest.fixture
def filled(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("SRCLI_UPSCALE_MODEL", "bicubic")
    for number in range(COUNT):
        bucket.put(f"in/{number % 2}/é{number:02}.png", small_picture(number))
    bucket.put("in/bad.png", b"no picture")
    return bucket


@pytest.fixture
def out(filled: Bucket) -> str:
    return f"s3://{filled.name}/out/"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Go over to another machine, which has records of its own."""

    def go_to(number: int) -> None:
        monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / f"machine{number}"))

    return go_to


@pytest.fixture
def made(
    srcli: Callable[..., Any], filled: Bucket, out: str, machine: Callable[[int], None]
) -> list[list[str]]:
    """Have two machines make a part each; return the keys of the results of each."""
    keys = []
    for number in (1, 2):
        machine(number)
        done = srcli("upscale", f"s3://{filled.name}/in/", "-o", out, "--shard", f"{number}/2")
        lines = done.stdout.splitlines()
        keys.append([line.removeprefix(f"s3://{filled.name}/") for line in lines])
    assert len(keys[0]) + len(keys[1]) == COUNT
    machine(1)
    return keys


def sent(tmp_path: Path, out: str) -> Path:
    """Bring the record of the second machine to the first one."""
    place = record_folder(ObjectPath(out))
    node = tmp_path / "node2"
    node.mkdir(exist_ok=True)
    there = tmp_path / "machine2" / place.relative_to(tmp_path / "machine1") / NAME
    shutil.copyfile(there, node / NAME)
    return node


def test_records_of_machines_are_joined_and_nothing_is_left_to_make(
    srcli: Callable[..., Any],
    filled: Bucket,
    out: str,
    made: list[list[str]],
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = srcli("manifest", "show", out).stderr
    assert f"{len(made[0])} done" in shown
    assert f"the record of this machine is in {record_folder(ObjectPath(out))}" in shown
    node = sent(tmp_path, out)
    merged = srcli("manifest", "merge", out, node)
    assert (merged.returncode, "0 missing" in merged.stderr) == (0, True)
    assert f"{COUNT} done, 1 failed" in srcli("manifest", "show", out).stderr
    assert f"{COUNT} as recorded, 0 not" in srcli("manifest", "verify", out).stderr
    assert "0 taken over" in srcli("manifest", "merge", out, node).stderr
    before = filled.versions()
    filled.delete("in/bad.png")
    asked: Counter[str] = Counter()

    def fate_of(request: str) -> Fate:
        asked[request.partition(" ")[0]] += 1
        return "answered"

    with store_behind(store, fate_of) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        forget_clients()
        again = srcli("upscale", f"s3://{filled.name}/in/", "-o", out)
    assert f"0 done, {COUNT} skipped, 0 failed" in again.stderr
    assert set(asked) == {"GET"}, "Results that are recorded need no request of their own."
    assert asked["GET"] < COUNT
    monkeypatch.setenv("AWS_ENDPOINT_URL", store)
    forget_clients()
    assert {key: state for key, state in before.items() if key != "in/bad.png"} == filled.versions()


def test_what_was_removed_or_changed_in_the_bucket_is_told(
    srcli: Callable[..., Any], filled: Bucket, out: str, made: list[list[str]], tmp_path: Path
) -> None:
    node = sent(tmp_path, out)
    for keys in made:
        filled.delete(keys[0])
        filled.put(keys[1], b"another")
    merged = srcli("manifest", "merge", out, node)
    assert (merged.returncode, "2 missing" in merged.stderr) == (3, True)
    verified = srcli("manifest", "verify", out)
    gone, other = (f"s3://{filled.name}/{key}" for key in made[0][:2])
    assert verified.stdout.splitlines() == sorted([f"{gone} is missing", f"{other} was changed"])
    assert (verified.returncode, f"{COUNT - 4} as recorded, 2 not" in verified.stderr) == (3, True)


def test_results_that_are_gone_are_forgotten_and_made_again(
    srcli: Callable[..., Any], filled: Bucket, out: str, made: list[list[str]]
) -> None:
    keys = sorted(key for key in filled.names() if key.startswith("out/"))
    for key in keys:
        filled.delete(key)
    assert f"{len(made[0])} forgotten" in srcli("manifest", "vacuum", out).stderr
    again = srcli("upscale", f"s3://{filled.name}/in/", "-o", out)
    assert len(again.stdout.splitlines()) == COUNT
    assert "0 forgotten" in srcli("manifest", "vacuum", out).stderr
    assert sorted(key for key in filled.names() if key.startswith("out/")) == keys


def test_a_bucket_without_a_record_here_is_told(
    srcli: Callable[..., Any], out: str, tmp_path: Path, machine: Callable[[int], None]
) -> None:
    machine(3)
    for command in ("show", "verify", "vacuum"):
        told = srcli("manifest", command, out)
        assert told.returncode == 2
        assert "This machine has no record of results in s3://" in told.stderr
    assert srcli("manifest", "merge", "s3://no-such-bucket/", tmp_path).returncode == 2
    assert not (tmp_path / "machine3").exists()


@pytest.mark.usefixtures("made")
def test_rows_of_other_places_are_not_looked_for(
    srcli: Callable[..., Any], filled: Bucket, out: str, tmp_path: Path
) -> None:
    node = sent(tmp_path, out)
    (tmp_path / "here").mkdir()
    for folder in (f"s3://{filled.name}/other/", tmp_path / "here"):
        assert srcli("manifest", "merge", folder, node).returncode == 3
        shown = srcli("manifest", "show", folder)
        assert (shown.returncode, "done" in shown.stderr) == (0, False)
