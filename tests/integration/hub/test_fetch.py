import errno
import io
import subprocess
import zipfile
from pathlib import Path

import pytest
import torch

from srcli.weights.catalog.included import DEFAULT_MODEL, find_card
from srcli.weights.providers import origins

FILE = "models/fast.safetensors"
ANYONE = f"hf:someone/models/{FILE}"


def contents(folder: Path) -> list[Path]:
    """Return the weights files, whole or half, below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if "blobs" in path.parts or path.suffix == ".incomplete"]


def test_a_model_is_fetched_once_and_then_needs_no_one(srcli, hub, weights):
    hub.commit({FILE: weights})
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == weights
    assert done.stderr == ""
    assert len(hub.downloads()) == 1
    hub.seen.clear()
    for command in (["path", ANYONE], ["verify", ANYONE], ["fetch", ANYONE, "--offline"]):
        assert srcli("models", *command).returncode == 0
    assert hub.seen == []


def test_a_commit_is_asked_for_once_and_never_again(srcli, hub, weights):
    commit = hub.commit({FILE: weights})
    hub.commit({FILE: b"newer"})
    pinned = f"hf:someone/models@{commit}/{FILE}"
    assert srcli("models", "fetch", pinned).returncode == 0
    hub.seen.clear()
    assert srcli("models", "fetch", pinned).returncode == 0
    assert hub.seen == []


def test_a_branch_is_followed_only_when_fetched(srcli, hub, weights, photo):
    hub.commit({FILE: weights})
    first = srcli("models", "fetch", ANYONE).stdout
    hub.commit({"other.safetensors": weights})
    hub.seen.clear()
    assert srcli("upscale", photo, "--model", ANYONE).returncode == 0
    assert hub.seen == []
    second = srcli("models", "fetch", ANYONE).stdout
    assert first != second
    assert hub.seen != []


def test_a_file_of_the_hub_upscales_as_the_one_that_comes_along(srcli, hub, weights, photo):
    hub.commit({FILE: weights})
    assert srcli("upscale", photo, "-o", "here.png", "--model", "asdn-fast").returncode == 0
    done = srcli("upscale", photo, "-o", "hub.png", "--model", ANYONE)
    assert done.returncode == 0, done.stderr
    assert (photo.parent / "here.png").read_bytes() == (photo.parent / "hub.png").read_bytes()


def test_a_broken_download_is_resumed(srcli, hub, weights):
    hub.commit({FILE: weights})
    hub.cuts = 1
    done = srcli("models", "fetch", ANYONE)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).read_bytes() == weights
    assert [seen.range for seen in hub.downloads()] == ["", f"bytes={len(weights) // 2}-"]


def test_a_server_that_goes_away_leaves_what_the_next_fetch_goes_on_with(
    srcli, hub, weights, cache
):
    hub.commit({FILE: weights})
    hub.cuts, hub.refusals = 1, 9
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert done.stderr.startswith("error: The hub answers 503 for hf:someone/models@main/")
    assert [path.suffix for path in contents(cache)] == [".incomplete"]
    assert srcli("models", "path", ANYONE).returncode == 4
    hub.refusals = 0
    hub.seen.clear()
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [seen.range for seen in hub.downloads()] == [f"bytes={len(weights) // 2}-"]
    assert [path.read_bytes() for path in contents(cache)] == [weights]


@pytest.mark.parametrize("way", ["--offline", "SRCLI_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_nothing_is_asked(srcli, hub, weights, monkeypatch, way):
    hub.commit({FILE: weights})
    flag = [way] if way.startswith("-") else []
    if not flag:
        monkeypatch.setenv(way, "1")
    done = srcli("models", "fetch", ANYONE, *flag)
    assert done.returncode == 4
    assert "not on this machine, and srcli is offline" in done.stderr
    assert hub.seen == []


def test_a_private_repository_needs_the_token(srcli, hub, weights, monkeypatch):
    hub.commit({FILE: weights})
    hub.token = "hf_" + "x" * 8
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "does not let you read someone/models" in done.stderr
    assert "HF_TOKEN" in done.stderr
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert srcli("models", "fetch", ANYONE).returncode == 0


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("hf:no/where/a.safetensors", "There is no repository no/where on the hub"),
        ("hf:someone/models@v9/a.safetensors", "someone/models has no revision v9"),
        ("hf:someone/models/a.safetensors", "There is no hf:someone/models@main/a.safetensors"),
        ("hf:a--b/c/d.safetensors", "The hub has no repository a--b/c"),
        ("hf:someone/a.safetensors", "does not name a weights file"),
        ("hf:someone/models/a.exe", "does not name a weights file"),
        ("hf:someone/models/../../a.safetensors", "does not name a weights file"),
        ("hf:someone/models//etc/a.safetensors", "does not name a weights file"),
        ("hf:", "does not name a weights file"),
    ],
)
def test_what_is_not_there_is_said(srcli, hub, weights, model, words):
    hub.commit({FILE: weights})
    done = srcli("models", "fetch", model)
    assert done.returncode == (2 if "does not name" in words else 4)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_content_that_was_changed_on_the_way_is_refused(srcli, hub, weights, cache):
    hub.commit({FILE: weights})
    hub.replaced[FILE] = weights[:-1] + bytes([weights[-1] ^ 1])
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "another file, whose sha256 is not" in done.stderr
    assert contents(cache) == []


def test_a_damaged_copy_is_noticed_and_fetched_again(srcli, hub, weights, cache):
    hub.commit({FILE: weights})
    srcli("models", "fetch", ANYONE)
    (blob,) = contents(cache)
    blob.write_bytes(weights[:-1])
    done = srcli("models", "path", ANYONE)
    assert done.returncode == 4
    assert f"srcli models fetch {ANYONE}" in done.stderr
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert srcli("models", "path", ANYONE).returncode == 0


def test_a_damaged_copy_stays_until_another_is_there(srcli, hub, weights, cache):
    commit = hub.commit({FILE: weights})
    srcli("models", "fetch", ANYONE)
    (blob,) = contents(cache)
    blob.write_bytes(b"damaged")
    offline = srcli("models", "fetch", ANYONE, "--offline")
    del hub.commits[commit][FILE]
    for done in (offline, srcli("models", "fetch", ANYONE)):
        assert done.returncode == 4
        assert [path.read_bytes() for path in contents(cache)] == [b"damaged"]
    hub.commits[commit][FILE] = weights
    assert srcli("models", "fetch", ANYONE).returncode == 0
    assert [path.read_bytes() for path in contents(cache)] == [weights]


def test_what_is_no_ones_to_delete_here_is_said(srcli, hub, weights, monkeypatch):
    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    hub.commit({FILE: weights})
    srcli("models", "fetch", ANYONE)
    monkeypatch.setattr(Path, "unlink", forbid)
    done = srcli("models", "remove", ANYONE)
    assert (done.returncode, done.stdout) == (4, "")
    assert "cannot be written: Permission denied" in " ".join(done.stderr.split())


def test_a_web_page_in_place_of_the_hub_is_said(srcli, hub, cache):
    hub.only_pages = True
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "is not a hub" in done.stderr
    assert "proxy" in done.stderr
    assert contents(cache) == []


def test_a_web_page_in_place_of_the_file_is_said(srcli, hub, cache):
    page = b"<html>" + b" " * 1000
    hub.commit({FILE: page})
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "gives a web page instead of the file" in done.stderr
    assert contents(cache) == []


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x80\x02}q\x00.", b"\x00\x00\x00\x80\x00\x00\x00\x00{"]
)
def test_what_is_no_weights_file_is_not_kept(srcli, hub, cache, content):
    hub.commit({FILE: content})
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert contents(cache) == []


def test_no_hub_at_all_is_said(srcli, hub, monkeypatch):
    from huggingface_hub import constants

    nowhere = "http://127.0.0.1:1/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", nowhere)
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert f"hf:someone/models@main/{FILE} cannot be downloaded: " in done.stderr
    assert "HF_ENDPOINT" in done.stderr
    assert hub.downloads() == []


def test_checkpoints_of_other_tools_are_fetched_too(srcli, hub, cache):
    content = io.BytesIO()
    torch.save({"x": torch.zeros(3)}, content)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 1_000_000)
    hub.commit({"good.pth": content.getvalue(), "bomb.pth": packed.getvalue()})
    done = srcli("models", "fetch", "hf:someone/models/good.pth")
    assert Path(done.stdout.strip()).read_bytes() == content.getvalue()
    srcli("models", "remove", "hf:someone/models/good.pth")
    refused = srcli("models", "fetch", "hf:someone/models/bomb.pth")
    assert refused.returncode == 4
    assert "packed archive" in refused.stderr
    assert contents(cache) == []


def test_two_processes_fetch_at_once(hub, weights, python, tmp_path):
    """They are told of the hub by the environment alone."""
    hub.commit({FILE: weights})
    command = [python, "-m", "srcli", "models", "fetch", ANYONE]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
        for _ in range(2)
    ]
    results = [(*process.communicate(), process.returncode) for process in running]
    assert [code for _, _, code in results] == [0, 0], results
    paths = {out.decode().strip() for out, _, _ in results}
    assert len(paths) == 1
    path = Path(paths.pop())
    assert path.read_bytes() == weights
    assert tmp_path / "hf" in path.parents


def test_a_cache_that_cannot_be_written_is_said(srcli, hub, weights, monkeypatch):
    from huggingface_hub import constants

    hub.commit({FILE: weights})
    monkeypatch.setattr(constants, "HF_HUB_CACHE", "/proc/nowhere/hub")
    done = srcli("models", "fetch", ANYONE)
    assert done.returncode == 4
    assert "The hub's cache cannot be written" in done.stderr
    assert "HF_HOME" in done.stderr


def test_a_cache_is_only_read_once_it_has_the_model(srcli, hub, weights, photo, cache):
    hub.commit({FILE: weights})
    srcli("models", "fetch", ANYONE)
    for path in (cache, *cache.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.lstat().st_mtime_ns for path in cache.rglob("*")}
    assert srcli("upscale", photo, "--model", ANYONE, "-o", "out.png").returncode == 0
    assert srcli("models", "fetch", ANYONE, "--offline").returncode == 0
    assert {path: path.lstat().st_mtime_ns for path in cache.rglob("*")} == before


def test_a_fetched_model_can_be_removed(srcli, hub, weights, cache):
    hub.commit({FILE: weights})
    srcli("models", "fetch", ANYONE)
    assert srcli("models", "remove", ANYONE).stdout == f"{ANYONE}  removed\n"
    assert contents(cache) == []
    assert srcli("models", "remove", ANYONE).stdout == f"{ANYONE}  was not here\n"
    assert srcli("models", "path", ANYONE).returncode == 4


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """An installation that no weights came along with."""
    monkeypatch.setattr(origins, "shipped_folder", lambda: tmp_path / "bare")


@pytest.mark.usefixtures("bare", "hub")
def test_without_a_repository_a_missing_model_is_said(srcli):
    done = srcli("models", "fetch", DEFAULT_MODEL)
    assert done.returncode == 4
    assert f"This installation of srcli lacks the weights of {DEFAULT_MODEL}" in done.stderr
    assert "SRCLI_HUB_REPO" in done.stderr


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("pinned", [True, False])
def test_a_model_of_the_catalogue_comes_from_the_set_repository(
    srcli, hub, weights, photo, monkeypatch, pinned
):
    commit = hub.commit({find_card(DEFAULT_MODEL).file: weights})
    monkeypatch.setenv("SRCLI_HUB_REPO", f"someone/models@{commit}" if pinned else "someone/models")
    done = srcli("upscale", photo, "--model", DEFAULT_MODEL)
    assert done.returncode == 0, done.stderr
    hub.seen.clear()
    assert srcli("models", "verify", DEFAULT_MODEL).stdout == f"{DEFAULT_MODEL}  ok\n"
    assert "here" in srcli("models", "list").stdout
    assert srcli("models", "fetch", DEFAULT_MODEL).returncode == 0
    assert hub.seen == []


@pytest.mark.usefixtures("bare")
def test_a_repository_with_another_file_is_refused_before_the_download(
    srcli, hub, weights, monkeypatch
):
    hub.commit({find_card(DEFAULT_MODEL).file: weights + b"\0"})
    monkeypatch.setenv("SRCLI_HUB_REPO", "someone/models")
    done = srcli("models", "fetch", DEFAULT_MODEL)
    assert done.returncode == 4
    assert "another file than the one that was measured" in done.stderr
    assert hub.downloads() == []


@pytest.mark.usefixtures("bare", "hub")
def test_a_repository_that_cannot_be_one_is_said(srcli, monkeypatch):
    monkeypatch.setenv("SRCLI_HUB_REPO", "nonsense")
    done = srcli("models", "fetch", DEFAULT_MODEL)
    assert done.returncode == 2
    assert "'nonsense' does not name a repository" in done.stderr
