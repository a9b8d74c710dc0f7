"""A store that does not answer a request: it is given up, made again, and the run ends whole."""

from __future__ import annotations

import io
import threading
from collections import Counter
from datetime import timedelta

import pytest
from PIL import Image

from srcli.files.objects import client
from tests.buckets import Fate, small_picture, store_behind

COUNT = 20


@pytest.fixture
def filled(bucket, monkeypatch):
    monkeypatch.setenv("SRCLI_UPSCALE_MODEL", "bicubic")
    for number in range(COUNT):
        bucket.put(f"in/{number:02}.png", small_picture(number))
    return bucket


def reach(address: str, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    client.forget_clients()


@pytest.mark.parametrize("fate", ["lost", "carried out"])
def test_a_request_that_stands_still_is_made_again(srcli, filled, store, monkeypatch, fate):
    monkeypatch.setattr(client, "SILENCE", timedelta(seconds=1))
    named = (
        f"GET /{filled.name}?list-type=2",
        f"GET /{filled.name}/in/03.png",
        f"PUT /{filled.name}/out/05_x2.png",
        f"HEAD /{filled.name}/out/07_x2.png",
    )
    came: Counter[str] = Counter()

    def fate_of(request: str) -> Fate:
        for start in named:
            if request.startswith(start):
                came[start] += 1
                return fate if came[start] == 1 else "answered"
        return "answered"

    command = ("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    with store_behind(store, fate_of) as address:
        reach(address, monkeypatch)
        done = srcli(*command)
    assert f"{COUNT} done, 0 skipped, 0 failed of {COUNT}" in done.stderr
    assert all(came[start] > 1 for start in named), came
    written = filled.versions()
    reach(store, monkeypatch)
    assert f"0 done, {COUNT} skipped, 0 failed of {COUNT}" in srcli(*command).stderr
    assert filled.versions() == written
    for number in range(COUNT):
        with Image.open(io.BytesIO(filled.get(f"out/{number:02}_x2.png"))) as image:
            assert image.size == (40, 32)


def test_others_are_written_while_one_stands_still(srcli, filled, store, monkeypatch):
    others = threading.Event()
    seen: list[str] = []
    waited: list[bool] = []

    def fate_of(request: str) -> Fate:
        if request.startswith(f"PUT /{filled.name}/out/02_x2.png"):
            waited.append(others.wait(client.SILENCE.total_seconds() / 2))
        elif request.startswith("PUT"):
            seen.append(request)
            if len(seen) == COUNT - 1:
                others.set()
        return "answered"

    with store_behind(store, fate_of) as address:
        reach(address, monkeypatch)
        done = srcli("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    assert f"{COUNT} done, 0 skipped, 0 failed of {COUNT}" in done.stderr
    assert waited == [True]
    assert [line[-9:-7] for line in done.stdout.splitlines()] == [f"{n:02}" for n in range(COUNT)]


def test_a_large_object_has_longer_to_be_written():
    assert client._longest(10_000) == client.SILENCE
    assert client._longest(2**30).total_seconds() >= 2**30 / client.SLOWEST
