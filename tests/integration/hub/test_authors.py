import errno
import hashlib
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import torch

from srcli.files import digest
from srcli.networks.san import SPEC, SanConfig
from srcli.weights.catalog import published
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import find_source, read_sources
from srcli.weights.formats import importer, reference_checkpoints
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.cache import cached_file, check_sealed

TINY = SanConfig(scale=4, groups=1, blocks=1, channels=16, squeeze=4)
PATH = "/media/somebody/zoo/SAN_TINY.pt"
BY_HAND = WeightCard(id="san-x2", network="san", scale=2, file="SAN_BIX2.pt", pages=("a share",))


def tiny(scale: int) -> dict[str, torch.Tensor]:
    """Return the weights of a tiny SAN."""
    return SPEC.build(replace(TINY, scale=scale)).state_dict()


@pytest.fixture
def checkpoint(tmp_path) -> bytes:
    """A tiny SAN as its authors would publish it."""
    path = tmp_path / "tiny.pt"
    torch.save(tiny(4), path)
    return path.read_bytes()


@pytest.fixture
def offered(hub, checkpoint, monkeypatch) -> WeightCard:
    """The tiny SAN stands where the real one is, at two addresses."""
    source = WeightCard(
        id="san-x4",
        network="san",
        scale=4,
        file="SAN_TINY.pt",
        size=len(checkpoint),
        sha256=hashlib.sha256(checkpoint).hexdigest(),
        addresses=(f"https://first.example{PATH}", "https://second.example/copy.pt"),
        pages=("the authors' page",),
    )
    monkeypatch.setattr(published, "read_sources", lambda: (source, BY_HAND))
    hub.plain[PATH] = checkpoint
    return source


@pytest.fixture
def by_hand(offered, tmp_path, monkeypatch) -> WeightCard:
    """A file as the authors would give it, had they published a tiny SAN x2."""
    del offered
    layout = reference_checkpoints._LAYOUTS["san"]
    spec = replace(SPEC, presets={"paper": TINY})
    monkeypatch.setitem(reference_checkpoints._LAYOUTS, "san", replace(layout, spec=spec))
    torch.save(tiny(2), tmp_path / BY_HAND.file)
    return BY_HAND


def forbid(*_: object, **__: object) -> NoReturn:
    raise PermissionError(errno.EACCES, "Permission denied")


def kept(tmp_path: Path) -> set[str]:
    """Return the names of what is in the tool's folder, locks aside."""
    files = (path for path in (tmp_path / "srcli").rglob("*") if path.is_file())
    return {path.name for path in files if path.suffix != ".lock"}


def test_the_authors_file_is_fetched_imported_and_used(srcli, hub, offered, photo, tmp_path):
    done = srcli("models", "fetch", "san-x4")
    assert (done.returncode, done.stderr) == (0, "")
    path = Path(done.stdout.strip())
    model = load_model(path)
    assert model.header.config == TINY
    assert offered.sha256 in model.header.origin
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}
    hub.seen.clear()
    for name in ("san-x4", "san"):
        used = srcli("upscale", photo, "--model", name, "--scale", 4, "-o", f"{name}.png")
        assert used.returncode == 0, used.stderr
    assert srcli("models", "verify", "san-x4").stdout == "san-x4  ok\n"
    assert srcli("models", "path", "san-x4").stdout == done.stdout
    assert srcli("models", "fetch", "san-x4").stdout == done.stdout
    assert hub.seen == []


def test_a_model_that_is_not_here_is_fetched_when_it_is_used(srcli, hub, offered, photo):
    done = srcli("upscale", photo, "--model", offered.id, "--scale", 4)
    assert done.returncode == 0, done.stderr
    assert len(hub.downloads()) == 1


def test_the_next_address_goes_on_where_the_first_broke_off(srcli, hub, offered):
    content = hub.plain[PATH]
    hub.plain["/copy.pt"] = content
    hub.cuts = 1
    done = srcli("models", "fetch", offered.id)
    assert (done.returncode, done.stderr) == (0, "")
    assert [(seen.path, seen.range) for seen in hub.downloads()] == [
        (PATH, ""),
        ("/copy.pt", f"bytes={len(content) // 2}-"),
    ]


def test_a_broken_download_is_kept_for_the_next_time(srcli, hub, offered, tmp_path):
    hub.cuts, hub.refusals = 1, 9
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "answers 503 Service Unavailable" in done.stderr
    assert "second.example" not in done.stderr
    assert kept(tmp_path) == {"SAN_TINY.pt.part"}
    assert srcli("models", "path", offered.id).returncode == 4
    hub.refusals = 0
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert hub.downloads()[-1].range == f"bytes={offered.size // 2}-"
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


def test_what_was_abandoned_long_ago_is_deleted(srcli, offered, tmp_path):
    old, new = (tmp_path / "srcli/downloads" / name for name in ("a/old.pt.part", "b/new.pt.part"))
    for path in (old, new):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert not old.exists()
    assert new.exists()


def test_another_file_is_refused(srcli, hub, offered, tmp_path):
    content = hub.plain[PATH]
    hub.plain[PATH] = content[:-1] + bytes([content[-1] ^ 1])
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert f"another file, whose sha256 is not {offered.sha256}" in done.stderr
    assert kept(tmp_path) == set()


def test_a_file_of_another_size_is_not_even_downloaded(srcli, hub, offered, tmp_path):
    hub.plain[PATH] += b"more"
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert f"gives {offered.size + 4} bytes instead of {offered.size}" in done.stderr
    assert kept(tmp_path) == set()


def test_a_web_page_is_told_apart(srcli, hub, offered, tmp_path):
    hub.only_pages = True
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "gives a web page instead of the file" in done.stderr
    assert kept(tmp_path) == set()


def test_a_missing_file_is_said(srcli, hub, offered):
    del hub.plain[PATH]
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "answers 404" in done.stderr


def test_no_server_at_all_is_said(srcli, hub, offered, monkeypatch):
    monkeypatch.setenv("SRCLI_MIRROR", "http://127.0.0.1:1")
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "cannot be reached: " in done.stderr
    assert hub.seen == []


def test_a_mirror_must_be_an_address(srcli, offered, monkeypatch, tmp_path):
    monkeypatch.setenv("SRCLI_MIRROR", f"file://{tmp_path}")
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "is not an address of the web" in done.stderr


def test_offline_nothing_is_asked(srcli, hub, offered):
    assert srcli("models", "fetch", offered.id, "--offline").returncode == 4
    assert hub.seen == []


def test_a_folder_that_cannot_be_written_is_said(srcli, offered, monkeypatch):
    monkeypatch.setenv("SRCLI_CACHE_DIR", "/proc/nowhere")
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert "/proc/nowhere cannot be written" in done.stderr
    assert "SRCLI_CACHE_DIR" in done.stderr


def test_a_file_that_was_not_sealed_is_not_used_but_made_again(srcli, hub, offered, tmp_path):
    path = Path(srcli("models", "fetch", offered.id).stdout.strip())
    path.with_suffix(".sha256").unlink()
    refused = srcli("models", "path", offered.id)
    assert refused.returncode == 4
    assert "srcli models fetch san-x4" in refused.stderr
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert srcli("models", "path", offered.id).returncode == 0
    path.write_bytes(path.read_bytes()[:-1])
    assert srcli("models", "verify", offered.id).returncode == 4
    assert srcli("models", "remove", offered.id).stdout == "san-x4  removed\n"
    assert kept(tmp_path) == set()
    assert len(hub.downloads()) == 2


def test_what_is_offered_by_hand_is_said_with_the_next_step(srcli, hub, by_hand):
    del by_hand
    done = srcli("models", "fetch", "san-x2")
    assert done.returncode == 4
    assert "manual download: SAN_BIX2.pt from a share" in done.stderr
    assert "srcli models import SAN_BIX2.pt" in done.stderr
    assert "manual download" in srcli("models", "fetch", "san-x2", "--offline").stderr
    assert hub.seen == []
    imported = srcli("models", "import", "SAN_BIX2.pt")
    assert imported.returncode == 0, imported.stderr
    assert srcli("models", "path", "san-x2").stdout == imported.stdout
    again = srcli("models", "import", "SAN_BIX2.pt")
    assert again.returncode == 3
    assert "--overwrite" in again.stderr
    assert srcli("models", "import", "SAN_BIX2.pt", "--overwrite").returncode == 0


def test_an_import_can_be_written_anywhere(srcli, checkpoint, photo, tmp_path):
    (tmp_path / "mine.pt").write_bytes(checkpoint)
    done = srcli("models", "import", "mine.pt", "-o", "deep/mine.safetensors")
    assert (done.returncode, done.stdout) == (0, "deep/mine.safetensors\n")
    used = srcli("upscale", photo, "--model", "deep/mine.safetensors", "--scale", 4)
    assert used.returncode == 0, used.stderr
    assert srcli("models", "import", "mine.pt", "-o", "mine.bin").returncode == 2
    assert srcli("models", "import", "none.pt").returncode == 2
    unwritable = srcli("models", "import", "mine.pt", "-o", "/proc/nowhere/mine.safetensors")
    assert unwritable.returncode == 3
    assert "/proc/nowhere/mine.safetensors cannot be written" in unwritable.stderr
    direct = srcli("upscale", photo, "--model", "mine.pt")
    assert direct.returncode == 4
    assert "srcli models import" in direct.stderr


def test_another_network_than_the_authors_never_takes_their_id(srcli, offered, tmp_path):
    """Of san-x4 the hash is known, of san-x2 the size."""
    for scale in (4, 2):
        torch.save(tiny(scale), tmp_path / f"toy{scale}.pt")
        done = srcli("models", "import", f"toy{scale}.pt")
        assert (done.returncode, done.stdout) == (0, f"toy{scale}.safetensors\n"), done.stderr
        assert srcli("models", "path", f"san-x{scale}").returncode == 4
    assert load_model(tmp_path / "toy4.safetensors").header.config == TINY
    del offered


def test_the_authors_file_that_is_imported_has_their_id(srcli, offered, checkpoint, tmp_path):
    (tmp_path / "renamed.pt").write_bytes(checkpoint)
    done = srcli("models", "import", "renamed.pt")
    assert done.returncode == 0, done.stderr
    assert srcli("models", "path", offered.id).stdout == done.stdout
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


@pytest.mark.parametrize("command", ["fetch", "import"])
def test_a_file_is_never_seen_without_its_note(
    srcli, offered, checkpoint, tmp_path, monkeypatch, command
):
    """Another process may look after every renaming."""
    (tmp_path / "mine.pt").write_bytes(checkpoint)
    target, rename, seen = cached_file(offered.id), Path.replace, []

    def replace_and_look(path, to):
        moved = rename(path, to)
        if target.exists():
            seen.append(target)
            check_sealed(target)
        return moved

    monkeypatch.setattr(Path, "replace", replace_and_look)
    done = srcli("models", command, offered.id if command == "fetch" else "mine.pt")
    assert done.returncode == 0, done.stderr
    assert seen


def test_a_damaged_file_stays_until_another_is_there(srcli, hub, offered, tmp_path):
    path = Path(srcli("models", "fetch", offered.id).stdout.strip())
    path.write_bytes(b"damaged")
    offline = srcli("models", "fetch", offered.id, "--offline")
    content = hub.plain.pop(PATH)
    for done in (offline, srcli("models", "fetch", offered.id)):
        assert done.returncode == 4
        assert path.read_bytes() == b"damaged"
    assert "is damaged" in offline.stderr
    hub.plain[PATH] = content
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert srcli("models", "verify", offered.id).returncode == 0
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


def test_a_damaged_file_of_the_user_stays_and_the_next_step_is_said(srcli, by_hand, tmp_path):
    path = Path(srcli("models", "import", by_hand.file).stdout.strip())
    path.with_suffix(".sha256").unlink()
    for command in ("verify", "path", "fetch"):
        done = srcli("models", command, by_hand.id)
        assert done.returncode == 4
        assert f"srcli models import {by_hand.file} --overwrite" in done.stderr
    assert path.exists()
    assert srcli("models", "import", by_hand.file, "--overwrite").returncode == 0
    assert srcli("models", "verify", by_hand.id).stdout == f"{by_hand.id}  ok\n"
    assert kept(tmp_path) == {"san-x2.safetensors", "san-x2.sha256"}


def test_a_download_that_cannot_be_kept_is_not_lost(srcli, hub, offered, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(importer, "save_model", fail)
        assert srcli("models", "fetch", offered.id).returncode == 5
    assert kept(tmp_path) == {"SAN_TINY.pt"}
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert len(hub.downloads()) == 1
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


def test_what_is_no_ones_to_delete_here_is_said(srcli, offered, monkeypatch):
    path = Path(srcli("models", "fetch", offered.id).stdout.strip())
    monkeypatch.setattr(Path, "unlink", forbid)
    done = srcli("models", "remove", offered.id)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"{path.parent} cannot be written: Permission denied" in done.stderr


def test_what_cannot_be_read_does_not_stop_the_verifying(srcli, offered, by_hand, monkeypatch):
    srcli("models", "fetch", offered.id)
    srcli("models", "import", by_hand.file)
    read = digest.sha256_of
    monkeypatch.setattr(
        digest, "sha256_of", lambda path: (forbid if offered.id in path.name else read)(path)
    )
    done = srcli("models", "verify", offered.id, by_hand.id)
    assert done.returncode == 4
    assert done.stdout == f"{offered.id}  FAILED\n{by_hand.id}  ok\n"
    assert "cannot be read: Permission denied" in " ".join(done.stderr.split())


def test_two_processes_fetch_at_once(hub, offered, python, tmp_path):
    program = (
        "import sys\n"
        "from srcli.weights.catalog import published\n"
        f"published.read_sources = lambda: ({offered!r},)\n"
        "from srcli.cli.app import main\n"
        "main()\n"
    ).replace("WeightCard(", "published.WeightCard(")
    command = [python, "-c", program, "models", "fetch", offered.id]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
        for _ in range(2)
    ]
    results = [(*process.communicate(), process.returncode) for process in running]
    assert [code for _, _, code in results] == [0, 0], results
    assert len({out for out, _, _ in results}) == 1
    assert len(hub.downloads()) == 1
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


@pytest.mark.parametrize("source", read_sources(), ids=lambda source: source.id)
def test_every_source_can_be_fetched_or_found(source):
    assert re.fullmatch(rf"{source.network}(-[a-z]+)?-x{source.scale}", source.id)
    assert source.pages
    assert source.addresses or not source.community
    for address in source.addresses:
        assert address.startswith("https://")
        assert address.endswith(source.file)
        assert source.size > 0
        assert len(source.sha256) == 64


def test_a_network_gives_the_smallest_scale_that_reaches():
    found = [find_source("san", scale) for scale in (None, 2, 2.7, 4, 8)]
    assert [source and source.id for source in found] == [
        *("san-x2", "san-x2", "san-x3", "san-x4", "san-x4")
    ]
    assert find_source("sans") is None
