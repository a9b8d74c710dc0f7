"""Which results are as they were recorded: files by size and time, objects by a listing."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from srcli.batch import settled
from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Entry
from srcli.batch.locations import read_source
from srcli.batch.naming import Group
from srcli.batch.settled import as_recorded
from srcli.files.objects import client
from srcli.files.objects.address import ObjectPath

PRINT = "a" * 64
COUNT = 5
NAMES = [f"{number}.png" for number in range(COUNT)]


@pytest.fixture
def group(bucket) -> Group:
    """Pictures in a bucket, and results in a folder of it."""
    for name in NAMES:
        bucket.put(f"in/{name}", name.encode())
        bucket.put(f"out/{name}", b"result of " + name.encode())
    place = f"s3://{bucket.name}"
    return Group(folder=f"{place}/in", names=NAMES, output=f"{place}/out", outputs=NAMES)


def entry(group: Group, name: str) -> Entry:
    source, output = (
        read_source(ObjectPath(f"{folder}/{name}"))[1] for folder in (group.folder, group.output)
    )
    return Entry(
        state="done",
        owner="0" * 16,
        fingerprint=PRINT,
        source_path=f"{group.folder}/{name}",
        source=source,
        output=output,
    )


@pytest.fixture
def entries(group) -> dict[int, Entry]:
    return {number: entry(group, name) for number, name in enumerate(NAMES)}


def test_objects_that_did_not_change_are_settled(group, entries):
    assert as_recorded(entries, group, PRINT) == frozenset(range(COUNT))


def test_what_changed_is_gone_or_is_not_done_is_not_settled(group, entries, bucket):
    bucket.put("in/0.png", b"other")
    bucket.delete("out/1.png")
    entries[2] = replace(entries[2], state="writing")
    entries[3] = replace(entries[3], fingerprint="b" * 64)
    assert as_recorded(entries, group, PRINT) == frozenset({4})


def test_no_listing_is_asked_for_where_nothing_is_known(group, monkeypatch):
    monkeypatch.setattr(settled, "list_objects", None)
    assert as_recorded({}, group, PRINT) == frozenset()


def test_results_in_a_folder_and_pictures_in_a_bucket(group, entries, tmp_path):
    for number, name in enumerate(NAMES):
        path = tmp_path / name
        path.write_bytes(b"result")
        state = FileState(size=6, mtime_ns=path.stat().st_mtime_ns, sha256="c" * 64)
        entries[number] = replace(entries[number], output=state)
    (tmp_path / "1.png").write_bytes(b"another")
    (tmp_path / "2.png").unlink()
    (tmp_path / "2.png").mkdir()
    here = replace(group, output=str(tmp_path))
    assert as_recorded(entries, here, PRINT) == frozenset({0, 3, 4})


def test_a_bucket_is_listed_from_the_first_key_to_the_last_and_no_further(
    group, entries, bucket, monkeypatch
):
    pages = []
    page = client._page
    monkeypatch.setattr(client, "PAGE", 2)
    monkeypatch.setattr(client, "_page", lambda *asked: pages.append(asked) or page(*asked))
    for number in range(20):
        bucket.put(f"in/a{number:02}.png", b"before and after all that is asked for")
    wanted = {number: entries[number] for number in (2, 3)}
    assert as_recorded(wanted, group, PRINT) == frozenset({2, 3})
    assert len(pages) <= 6


def test_keys_far_apart_are_not_searched_for_without_an_end(group, entries, monkeypatch):
    monkeypatch.setattr(settled, "SPARSE", 1)
    monkeypatch.setattr(settled, "PAGE", 0)
    wanted = {number: entries[number] for number in (0, 4)}
    assert as_recorded(wanted, group, PRINT) == frozenset({0})  # the other is asked for alone


def test_one_pass_over_a_listing_finds_what_is_asked_for_in_its_order(bucket, monkeypatch):
    names = ["a.png", "b.png", "sub/c.png", "zé.png", "z😀.png"]
    for name in names:
        bucket.put(f"out/{name}", name.encode())
    bucket.put("outer.png", b"beside the folder")
    pages = []
    page = client._page
    monkeypatch.setattr(client, "PAGE", 2)
    monkeypatch.setattr(client, "_page", lambda *asked: pages.append(asked) or page(*asked))
    folder = ObjectPath(f"s3://{bucket.name}/out")
    listing = settled.Listing(folder)
    asked = sorted(["0.png", *names, "b2.png", "\udc80.png", "zz.png"], key=os.fsencode)
    found = {name: listing.find(folder / name) for name in asked}
    assert [name for name, state in found.items() if state] == sorted(names, key=os.fsencode)
    assert found["a.png"] == replace(client.look_at(folder / "a.png"), notes={})
    assert len(pages) == 3
    assert settled.Listing(ObjectPath(f"s3://{bucket.name}/none")).find(folder / "a.png") is None
