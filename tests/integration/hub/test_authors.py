import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from srcli.networks.san import SPEC, SanConfig
from srcli.weights import sources
from srcli.weights.checkpoint import load_model
from srcli.weights.sources import Source, find_source, read_sources

TINY = SanConfig(scale=4, groups=1, blocks=1, channels=16, squeeze=4)
PATH = "/media/somebody/zoo/SAN_TINY.pt"


@pytest.fixture
def checkpoint(tmp_path) -> bytes:
    """A tiny SAN as its authors would publish it."""
    path = tmp_path / "tiny.pt"
    torch.save(SPEC.build(TINY).state_dict(), path)
    return path.read_bytes()


@pytest.fixture
def offered(hub, checkpoint, monkeypatch) -> Source:
    """The tiny SAN stands where the real one is, at two addresses."""
    source = Source(
        id="san-x4",
        network="san",
        scale=4,
        file="SAN_TINY.pt",
        size=len(checkpoint),
        sha256=hashlib.sha256(checkpoint).hexdigest(),
        addresses=(f"https://first.example{PATH}", "https://second.example/copy.pt"),
        pages=("the authors' page",),
    )
    by_hand = Source(id="san-x2", network="san", scale=2, file="SAN_BIX2.pt", pages=("a share",))
    monkeypatch.setattr(sources, "read_sources", lambda: (source, by_hand))
    hub.plain[PATH] = checkpoint
    return source


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
    hub.cuts = 1
    done = srcli("models", "fetch", offered.id)
    assert done.returncode == 4
    assert f"broke off after {offered.size // 2} of {offered.size} bytes" in done.stderr
    assert "second.example" not in done.stderr
    assert kept(tmp_path) == {"SAN_TINY.pt.part"}
    assert srcli("models", "path", offered.id).returncode == 4
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert hub.downloads()[-1].range == f"bytes={offered.size // 2}-"
    assert kept(tmp_path) == {"san-x4.safetensors", "san-x4.sha256"}


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


def test_what_is_offered_by_hand_is_said_with_the_next_step(srcli, hub, offered, tmp_path):
    del offered
    done = srcli("models", "fetch", "san-x2")
    assert done.returncode == 4
    assert "only by hand: SAN_BIX2.pt from a share" in done.stderr
    assert "srcli models import SAN_BIX2.pt" in done.stderr
    assert "only by hand" in srcli("models", "fetch", "san-x2", "--offline").stderr
    assert hub.seen == []
    state = SPEC.build(SanConfig(scale=2, groups=1, blocks=1, channels=16, squeeze=4)).state_dict()
    torch.save(state, tmp_path / "SAN_BIX2.pt")
    imported = srcli("models", "import", "SAN_BIX2.pt")
    assert imported.returncode == 0, imported.stderr
    assert srcli("models", "path", "san-x2").stdout == imported.stdout
    again = srcli("models", "import", "SAN_BIX2.pt")
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert srcli("models", "import", "SAN_BIX2.pt", "--overwrite").returncode == 0


def test_an_import_can_be_written_anywhere(srcli, checkpoint, photo, tmp_path):
    (tmp_path / "mine.pt").write_bytes(checkpoint)
    done = srcli("models", "import", "mine.pt", "-o", "deep/mine.safetensors")
    assert (done.returncode, done.stdout) == (0, "deep/mine.safetensors\n")
    used = srcli("upscale", photo, "--model", "deep/mine.safetensors", "--scale", 4)
    assert used.returncode == 0, used.stderr
    assert srcli("models", "import", "mine.pt", "-o", "mine.bin").returncode == 2
    assert srcli("models", "import", "none.pt").returncode == 4
    unwritable = srcli("models", "import", "mine.pt", "-o", "/proc/nowhere/mine.safetensors")
    assert unwritable.returncode == 4
    assert "/proc/nowhere cannot be written" in unwritable.stderr
    direct = srcli("upscale", photo, "--model", "mine.pt")
    assert direct.returncode == 4
    assert "srcli models import" in direct.stderr


def test_two_processes_fetch_at_once(hub, offered, tmp_path):
    program = (
        "import sys\n"
        "from srcli.weights import sources\n"
        f"sources.read_sources = lambda: ({offered!r},)\n"
        "from srcli.cli.app import main\n"
        "main()\n"
    ).replace("Source(", "sources.Source(")
    command = [sys.executable, "-c", program, "models", "fetch", offered.id]
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
    assert source.id == f"{source.network}-x{source.scale}"
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
