"""A hub, or whatever stands between, that lies, fails, stalls and never ends."""

import hashlib
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from srcli.weights.providers import web
from srcli.weights.providers.store import fetch
from tests.warm_python import KILL

FILE = "models/fast.safetensors"
ANYONE = f"hf:someone/models/{FILE}"
FEW = 64 << 20
"""Bytes; more than the buffers of a connection hold, and much less than an endless body."""


def surroundings(tmp_path: Path) -> set[Path]:
    """Return everything that is there beside the hub's cache."""
    return {path for path in tmp_path.rglob("*") if tmp_path / "hf" not in path.parents}


@pytest.mark.parametrize(
    "lie",
    [
        {"X-Linked-Etag": '"../../evil"'},
        {"X-Linked-Etag": '"../../../../evil"'},
        {"X-Linked-Etag": "/etc/passwd"},
        {"X-Linked-Etag": ".."},
        {"X-Linked-Etag": "a\\b"},
        {"X-Linked-Etag": "a" * 300},
        {"X-Linked-Etag": "", "ETag": '"../../evil"'},
        {"X-Repo-Commit": "../../../evil"},
        {"X-Repo-Commit": "main"},
        {"X-Linked-Size": "-1"},
        {"X-Linked-Size": "1e9"},
        {"X-Linked-Size": "9" * 30},
        {"X-Linked-Size": "\u0664"},
    ],
    ids=str,
)
def test_what_the_hub_says_never_becomes_a_path_or_a_size(srcli, hub, weights, tmp_path, lie):
    hub.commit({FILE: weights})
    before = surroundings(tmp_path)
    hub.lies = {name: value.encode().decode("latin-1") for name, value in lie.items()}
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "What answers for" in done.stderr
    assert "is not a hub" in done.stderr
    assert hub.downloads() == []
    assert surroundings(tmp_path) == before
    assert list((tmp_path / "hf").rglob("*evil*")) == []


def test_a_file_beyond_all_measure_is_refused_before_it_is_fetched(srcli, hub, weights):
    hub.commit({FILE: weights})
    hub.lies = {"X-Linked-Size": str(10**15)}
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "has 1,000,000,000,000,000 bytes" in done.stderr
    assert hub.downloads() == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", ["head_refusals", "refusals"])
def test_a_hub_that_is_busy_is_asked_again(srcli, hub, weights, status, method):
    hub.commit({FILE: weights})
    hub.status = status
    setattr(hub, method, 3)
    done = srcli("models", "fetch", ANYONE)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).read_bytes() == weights


def test_a_hub_that_stays_busy_is_given_up(srcli, hub, weights):
    hub.commit({FILE: weights})
    hub.head_refusals = 99
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "The hub answers 503 for" in done.stderr
    assert len(hub.seen) == 4


def test_a_server_says_when_to_come_back(srcli, hub, weights, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    hub.commit({FILE: weights})
    hub.refusals, hub.retry_after = 2, "7"
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [seconds for seconds in waited if seconds > 1] == [7, 7]


@pytest.mark.parametrize("patience", ["7200", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(srcli, hub, weights, patience):
    hub.commit({FILE: weights})
    hub.head_refusals, hub.retry_after = 1, patience
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert len(hub.seen) == 1


@pytest.mark.parametrize("status", [302, 404, 503])
def test_the_body_of_a_side_answer_is_not_read(srcli, hub, weights, status):
    commit = hub.commit({FILE: weights})
    hub.endless = {status}
    hub.status, hub.refusals = status, 99
    if status == 302:
        hub.refusals = 0
        place = f"/someone/models/resolve/{commit}/{FILE}"
        hub.moved = {place: "/weights"}
        hub.plain["/weights"] = weights
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == (0 if status == 302 else 4)
    assert "Traceback" not in done.stderr
    assert hub.sent < FEW


def test_content_without_end_is_cut_at_its_size(srcli, hub, weights, cache):
    hub.commit({FILE: weights})
    hub.endless = {200}
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert hub.sent < FEW
    assert sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) <= len(weights)


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:,a", "//[::1"])
def test_a_redirect_leads_to_the_web_alone(srcli, hub, weights, place):
    commit = hub.commit({FILE: weights})
    hub.moved = {f"/someone/models/resolve/{commit}/{FILE}": place}
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "leads to no address that can be asked" in done.stderr


def test_a_token_stays_with_the_hub(srcli, hub, weights, monkeypatch):
    commit = hub.commit({FILE: weights})
    elsewhere = hub.address.replace("127.0.0.1", "localhost")
    hub.moved = {f"/someone/models/resolve/{commit}/{FILE}": f"{elsewhere}/weights"}
    hub.plain["/weights"] = weights
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [(seen.path, seen.token) for seen in hub.downloads()] == [
        (f"/someone/models/resolve/{commit}/{FILE}", "Bearer hf_secret"),
        ("/weights", ""),
    ]


def test_a_hub_that_moved_is_followed_to_its_new_address(srcli, hub, weights):
    commit = hub.commit({FILE: weights})
    elsewhere = hub.address.replace("127.0.0.1", "localhost")
    hub.moved = {f"/someone/models/resolve/main/{FILE}": f"{elsewhere}/b/c/resolve/main/{FILE}"}
    hub.moved[f"/b/c/resolve/main/{FILE}"] = f"/someone/models/resolve/{commit}/{FILE}"
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == weights


def test_content_elsewhere_is_described_by_the_hub(srcli, hub, weights):
    """Large files are redirected to another host, by an answer that says what they are."""
    commit = hub.commit({FILE: weights})
    elsewhere = hub.address.replace("127.0.0.1", "localhost")
    place = f"/someone/models/resolve/{commit}/{FILE}"
    hub.moved = {place: f"{elsewhere}/w", f"/someone/models/resolve/main/{FILE}": f"{elsewhere}/w"}
    hub.lies = {
        "X-Repo-Commit": commit,
        "X-Linked-Etag": f'"{hashlib.sha256(weights).hexdigest()}"',
        "X-Linked-Size": str(len(weights)),
    }
    hub.plain["/w"] = weights
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [(seen.method, seen.path) for seen in hub.seen] == [
        ("HEAD", f"/someone/models/resolve/main/{FILE}"),
        ("GET", place),
        ("GET", "/w"),
    ]


def test_threads_that_fetch_one_file_bring_it_once(hub, weights):
    hub.commit({FILE: weights})
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(fetch, [ANYONE] * 8))
    assert len(set(paths)) == 1
    assert paths[0].read_bytes() == weights
    assert len(hub.downloads()) == 1


def test_a_killed_fetch_is_gone_on_with(srcli, python, hub, weights, cache):
    hub.commit({FILE: weights})
    hub.stalls = 1
    command = [python, "-m", "srcli", "models", "fetch", ANYONE]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        hub.stalled.wait()
        while not any(path.stat().st_size for path in cache.rglob("*.incomplete")):
            time.sleep(0.01)
        killed.send_signal(KILL)
    hub.released.set()
    (part,) = cache.rglob("*.incomplete")
    have = part.stat().st_size
    hub.seen.clear()
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [seen.range for seen in hub.downloads()] == [f"bytes={have}-"]
    assert list(cache.rglob("*.incomplete")) == []


def test_what_fetches_left_behind_long_ago_is_deleted(srcli, hub, weights, cache):
    blobs = cache / "models--someone--models/blobs"
    blobs.mkdir(parents=True)
    old, new = blobs / "a.0123abcd.incomplete", blobs / "b.incomplete"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    hub.commit({FILE: weights})
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert list(cache.rglob("*.incomplete")) == [new]


def test_the_client_of_the_hub_finds_what_was_fetched(srcli, hub, weights):
    from huggingface_hub import hf_hub_download

    hub.commit({FILE: weights})
    path = srcli("models", "fetch", ANYONE).stdout.strip()
    hub.seen.clear()
    assert hf_hub_download("someone/models", FILE, local_files_only=True) == path
    assert hf_hub_download("someone/models", FILE) == path
    assert hub.downloads() == []


def test_a_small_file_has_the_name_that_git_gives_it(srcli, hub, weights):
    hub.commit({FILE: weights})
    hub.lies = {"X-Linked-Etag": '"' + "0" * 40 + '"'}
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert f"another file, whose git sha1 is not {'0' * 40}" in done.stderr


def test_an_answer_that_trickles_is_given_up(srcli, hub, weights, monkeypatch):
    monkeypatch.setattr(web, "LONGEST_HEAD", 0)
    hub.commit({FILE: weights})
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "the answer takes too long" in done.stderr


def test_content_that_trickles_is_given_up(srcli, hub, weights, monkeypatch, cache):
    monkeypatch.setattr(web, "GRACE", 0)
    monkeypatch.setattr(web, "SLOWEST", 1 << 60)
    hub.commit({FILE: weights})
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "the answer takes too long" in done.stderr
    assert [path for path in cache.rglob("*") if path.name.endswith(".safetensors")] == []
