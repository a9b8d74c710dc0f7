"""Data sets of the hub, fetched by the real client."""

import csv
import gzip
import io
import re
import sys
import tarfile

import numpy as np
import pytest
from PIL import Image

from srcli.bench import archive

FILE = "data/Set5_HR.tar.gz"
BENCH = ("bench", "--model", "nearest", "-s", "2", "-f", "csv", "--dataset")
NAMES = ("baby", "bird", "butterfly", "head", "woman")


def picture(seed: int) -> bytes:
    levels = np.random.default_rng(seed).integers(0, 256, (32, 36, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "PNG")
    return file.getvalue()


def tar(*extra: tarfile.TarInfo, seed: int = 0, names: tuple[str, ...] = NAMES) -> bytes:
    """Pack pictures as the hub's archives are packed, and whatever else."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        folder = tarfile.TarInfo("Set5_HR")
        folder.type = tarfile.DIRTYPE
        packed.addfile(folder)
        for at, name in enumerate(names):
            content = picture(seed + at)
            member = tarfile.TarInfo(f"Set5_HR/{name}.png")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
        for member in extra:
            packed.addfile(member, io.BytesIO(b"x" * member.size))
    return file.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.fixture
def shelf(hub, monkeypatch):
    """The hub of the models, with the repository of a data set instead."""
    server = sys.modules[type(hub).__module__]
    monkeypatch.setattr(server, "REPO", "datasets/eugenesiow/Set5")
    pattern = server.RESOLVE.pattern.replace("[^/]+/[^/]+", "datasets/[^/]+/[^/]+")
    monkeypatch.setattr(server, "RESOLVE", re.compile(pattern))
    monkeypatch.delenv("SRCLI_DATA_DIR", raising=False)
    return hub


def kept(tmp_path):
    """Return the archives and pictures that are left in the caches, whole or half."""
    folders = (tmp_path / "srcli", tmp_path / "hf/hub")
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [p for p in found if "blobs" in p.parts or p.suffix in {".png", ".gz", ".incomplete"}]


def test_a_data_set_is_fetched_once_and_then_needs_no_one(srcli, shelf, tmp_path):
    shelf.commit({FILE: tar()})
    done = srcli(*BENCH, "set5")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["dataset"], row["images"]) == ("Set5", "5")
    assert len(shelf.downloads()) == 1
    shelf.seen.clear()
    assert srcli(*BENCH, "Set5", "--offline").returncode == 0
    assert shelf.seen == []
    sums = (tmp_path / "srcli/datasets/Set5/main/SHA256SUMS").read_text().splitlines()
    assert [line[66:] for line in sums] == [
        "Set5_HR.tar.gz",
        *(f"Set5_HR/{name}.png" for name in NAMES),
    ]


def test_a_local_folder_goes_before_the_hub(srcli, shelf, tmp_path):
    shelf.commit({FILE: tar()})
    folder = tmp_path / "mine/Set5"
    folder.mkdir(parents=True)
    for at, name in enumerate(NAMES):
        (folder / f"{name}.png").write_bytes(picture(at))
    assert srcli(*BENCH, "Set5", "--data-dir", "mine").returncode == 0
    assert shelf.seen == []


def test_a_folder_in_the_cache_is_found(srcli, shelf, tmp_path):
    folder = tmp_path / "srcli/datasets/Manga109"
    folder.mkdir(parents=True)
    for number in range(109):
        (folder / f"{number:03}.png").write_bytes(picture(0))
    done = srcli(*BENCH, "Manga109")
    assert (done.returncode, shelf.seen) == (0, [])


@pytest.mark.parametrize("way", ["--offline", "SRCLI_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_nothing_is_asked(srcli, shelf, monkeypatch, way):
    shelf.commit({FILE: tar()})
    flag = [way] if way.startswith("-") else []
    if not flag:
        monkeypatch.setenv(way, "1")
    done = srcli(*BENCH, "Set5", *flag)
    assert done.returncode == 3
    assert "Set5 is not on this machine, and srcli is offline" in done.stderr
    assert shelf.seen == []


def test_a_revision_is_asked_for_and_stays(srcli, shelf):
    first = shelf.commit({FILE: tar()})
    shelf.commit({FILE: tar(seed=50)})
    pinned = srcli(*BENCH, f"Set5@{first}")
    newest = srcli(*BENCH, "Set5")
    assert (pinned.returncode, newest.returncode) == (0, 0)
    assert pinned.stdout != newest.stdout
    shelf.seen.clear()
    shelf.commit({FILE: tar(seed=99)})
    assert srcli(*BENCH, f"Set5@{first}").stdout != newest.stdout
    assert srcli(*BENCH, "Set5@main").returncode == 0
    assert shelf.seen == []


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("Set5@v9", "eugenesiow/Set5 has no revision v9"),
        ("Set5@../..", "'../..' is no revision"),
        ("Set14", "There is no repository eugenesiow/Set14 on the hub"),
        ("Manga109", "Manga109 was not found"),
        ("DIV2K-val@main", "DIV2K-val was not found"),
    ],
)
def test_what_is_not_there_is_said(srcli, shelf, dataset, words):
    shelf.commit({FILE: tar()})
    done = srcli(*BENCH, dataset)
    assert done.returncode == 3
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_archive_that_was_changed_on_the_way_is_refused(srcli, shelf, tmp_path):
    whole = tar()
    shelf.commit({FILE: whole})
    shelf.replaced[FILE] = whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "another file, whose sha256 is not" in done.stderr
    assert kept(tmp_path) == []
    shelf.replaced.clear()
    assert srcli(*BENCH, "Set5").returncode == 0


def test_a_web_page_in_place_of_the_file_is_said(srcli, shelf, tmp_path):
    whole = tar()
    shelf.commit({FILE: whole})
    shelf.replaced[FILE] = b"<!DOCTYPE html>".ljust(len(whole))
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "gives a web page instead of the file" in done.stderr
    assert kept(tmp_path) == []


def test_a_web_page_that_the_hub_itself_holds_is_said(srcli, shelf, tmp_path):
    shelf.commit({FILE: b"<html>moved</html>"})
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "gives a web page instead of the file" in done.stderr
    assert kept(tmp_path) == []


def test_a_web_page_in_place_of_the_hub_is_said(srcli, shelf, tmp_path):
    shelf.only_pages = True
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "is not a hub" in done.stderr
    assert kept(tmp_path) == []


def test_a_server_that_goes_away_leaves_what_the_next_fetch_goes_on_with(srcli, shelf, tmp_path):
    shelf.commit({FILE: tar()})
    shelf.cuts, shelf.refusals = 1, 9
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "The hub answers 503 for data/Set5_HR.tar.gz" in done.stderr
    assert [path.suffix for path in kept(tmp_path)] == [".incomplete"]
    shelf.refusals = 0
    assert srcli(*BENCH, "Set5").returncode == 0


def test_no_server_is_said(srcli, shelf, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    template = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "cannot be downloaded" in done.stderr
    assert "HF_ENDPOINT" in done.stderr
    assert shelf.seen == []


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (member("../../evil.png"), "outside"),
        (member("Set5_HR/../../../evil.png"), "outside"),
        (member("Set5_HR/evil.png", tarfile.SYMTYPE, "/etc/passwd"), "evil.png is no plain file"),
        (member("Set5_HR/evil.png", tarfile.SYMTYPE, "baby.png"), "evil.png is no plain file"),
        (member("Set5_HR/evil.png", tarfile.LNKTYPE, "Set5_HR/baby.png"), "is no plain file"),
        (member("Set5_HR/evil.png", tarfile.FIFOTYPE), "evil.png is no plain file"),
        (member("Set5_HR/evil.png", tarfile.CHRTYPE), "evil.png is no plain file"),
        (member("big.bin", size=200_000), "unpacks to more than 100,000 bytes"),
        (member("n" * 200_000), "unpacks to more than 100,000 bytes"),
    ],
)
def test_a_hostile_archive_is_refused(srcli, shelf, tmp_path, monkeypatch, extra, words):
    monkeypatch.setattr(archive, "LARGEST", 100_000)
    shelf.commit({FILE: tar(extra)})
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert kept(tmp_path) == []
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (tar()[:-200], "is damaged"),
        (gzip.compress(b"no archive" * 100), "is damaged"),
        (b"no archive", "is damaged"),
        (b"", "is damaged"),
        (tar(names=NAMES[:4]), "holds 4 pictures in Set5_HR, but Set5 has 5"),
    ],
    ids=["cut", "no tar", "no gzip", "empty", "too few"],
)
def test_what_is_no_whole_archive_is_not_kept(srcli, shelf, tmp_path, content, words):
    shelf.commit({FILE: content})
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert words in done.stderr
    assert kept(tmp_path) == []


def test_a_damaged_picture_is_replaced_without_asking(srcli, shelf, tmp_path):
    shelf.commit({FILE: tar()})
    first = srcli(*BENCH, "Set5")
    path = tmp_path / "srcli/datasets/Set5/main/Set5_HR/bird.png"
    path.write_bytes(picture(77))
    shelf.seen.clear()
    again = srcli(*BENCH, "Set5", "--offline")
    assert path.read_bytes() == picture(1)
    assert again.returncode == 0
    assert [row["psnr_y"] for row in csv.DictReader(io.StringIO(again.stdout))] == [
        row["psnr_y"] for row in csv.DictReader(io.StringIO(first.stdout))
    ]
    assert shelf.seen == []


def test_an_archive_that_is_not_the_first_one_is_refused(srcli, shelf, tmp_path, cache):
    shelf.commit({FILE: tar()})
    srcli(*BENCH, "Set5")
    folder = tmp_path / "srcli/datasets/Set5/main"
    (folder / "Set5_HR/bird.png").unlink()
    for path in [path for path in cache.rglob("*") if path.is_symlink()]:
        path.unlink()
    shelf.commit({FILE: tar(seed=50)})
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "is another file than the one that was fetched first" in done.stderr
    assert str(folder) in done.stderr


def test_a_cache_that_cannot_be_written_is_said(srcli, shelf, monkeypatch):
    shelf.commit({FILE: tar()})
    monkeypatch.setenv("SRCLI_CACHE_DIR", "/proc/nowhere")
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "/proc/nowhere/datasets/Set5/main cannot be written" in done.stderr


def test_an_archive_beyond_all_measure_is_not_downloaded(srcli, shelf):
    shelf.commit({FILE: tar()})
    shelf.lies = {"X-Linked-Size": str(10**9)}
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "has 1,000,000,000 bytes, which no data set here has" in done.stderr
    assert shelf.downloads() == []


def test_a_data_set_is_gone_on_with_after_a_kill(srcli, shelf, tmp_path):
    """The killed process was unpacking, and another one downloads."""
    whole = tar()
    shelf.commit({FILE: whole})
    left = tmp_path / "srcli/datasets/Set5/.new-main-abc"
    left.mkdir(parents=True)
    (left / "half.png").write_bytes(b"half")
    shelf.cuts = 1
    assert srcli(*BENCH, "Set5").returncode == 0
    assert not left.exists()
    assert [seen.range for seen in shelf.downloads()] == ["", f"bytes={len(whole) // 2}-"]


@pytest.mark.parametrize("etag", ['"../../evil"', "/evil", '".."'])
def test_what_the_hub_says_of_a_data_set_never_becomes_a_path(srcli, shelf, tmp_path, etag):
    shelf.commit({FILE: tar()})
    shelf.lies = {"X-Linked-Etag": etag}
    done = srcli(*BENCH, "Set5")
    assert done.returncode == 3
    assert "is not a hub" in done.stderr
    assert list(tmp_path.rglob("*evil*")) == []
