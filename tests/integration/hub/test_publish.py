import shutil
from pathlib import Path

import pytest

from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, shipped_folder
from srcli.weights.providers import origins

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use 'content=:DeprecationWarning"  # the client's, of its own transport
)
REPO = "someone/models"
CARD = find_card(DEFAULT_MODEL)


@pytest.fixture
def own(tmp_path) -> Path:
    """A weights file of the user's, without a card."""
    path = tmp_path / "mine.safetensors"
    shutil.copy(shipped_folder() / CARD.file, path)
    return path


def test_what_is_published_comes_back_and_upscales_to_the_same_bytes(
    srcli, hub, photo, monkeypatch, tmp_path
):
    """Publish, fetch, verify, upscale: once by its address, once by its id."""
    hub.token = "hf_" + "x" * 8
    monkeypatch.setenv("HF_TOKEN", hub.token)
    first = srcli("upscale", photo, "-o", "before.png", "--scale", 2.7, "--model", DEFAULT_MODEL)
    assert first.returncode == 0
    done = srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    assert (done.returncode, done.stderr) == (0, "")
    commit = hub.refs["main"]
    assert done.stdout == f"hf:{REPO}@{commit}/{CARD.file}\n"
    address = done.stdout.strip()

    monkeypatch.setattr(origins, "shipped_folder", lambda: tmp_path / "bare")
    monkeypatch.setenv("SRCLI_HUB_REPO", f"{REPO}@{commit}")
    for model, name in ((address, "address.png"), (DEFAULT_MODEL, "id.png")):
        assert srcli("models", "fetch", model).returncode == 0
        assert srcli("models", "verify", model).stdout == f"{model}  ok\n"
        used = srcli("upscale", photo, "-o", name, "--scale", 2.7, "--model", model)
        assert used.returncode == 0, used.stderr
        assert (tmp_path / name).read_bytes() == (tmp_path / "before.png").read_bytes()


def test_pages_go_with_the_models(srcli, hub, own):
    done = srcli("models", "publish", DEFAULT_MODEL, own, "--repo", REPO, "--private")
    assert done.returncode == 0, done.stderr
    assert hub.created[0]["visibility"] == "private"
    files = hub.commits[hub.refs["main"]]
    assert set(files) == {
        *(CARD.file, f"{DEFAULT_MODEL}.md", "mine.safetensors", "mine.md", "README.md")
    }
    assert files[CARD.file] == files["mine.safetensors"] == own.read_bytes()
    for page in (f"{DEFAULT_MODEL}.md", "mine.md"):
        text = files[page].decode()
        assert CARD.sha256 in text
        assert f"{CARD.parameters:,}" in text
        assert f"]({page})" in files["README.md"].decode()
    assert hub.pages == [files["README.md"].decode()]
    assert files["README.md"].startswith(b"---\nlibrary_name: srcli\n")


def test_the_licence_is_said_where_all_share_one(srcli, hub):
    srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    page = hub.commits[hub.refs["main"]]["README.md"].decode()
    assert page.startswith(f"---\nlicense: {CARD.licence.lower()}\n")


def test_the_card_on_the_hub_is_the_one_that_is_shown(srcli, hub):
    srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    shown = srcli("models", "show", DEFAULT_MODEL, "--markdown").stdout
    assert hub.commits[hub.refs["main"]][f"{DEFAULT_MODEL}.md"].decode() == shown


def test_publishing_again_changes_nothing_but_the_commit(srcli, hub, own):
    srcli("models", "publish", own, "--repo", REPO)
    first = hub.commits[hub.refs["main"]]
    srcli("models", "publish", own, "--repo", REPO)
    assert hub.commits[hub.refs["main"]] == first


def test_without_the_right_nothing_is_published(srcli, hub):
    hub.token = "hf_" + "x" * 8
    done = srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    assert done.returncode == 4
    assert f"does not let you write to {REPO}" in done.stderr
    assert "HF_TOKEN" in done.stderr
    assert hub.commits == {}


def test_a_damaged_file_is_not_published(srcli, hub, own):
    own.write_bytes(own.read_bytes()[:-1])
    assert srcli("models", "publish", own, "--repo", REPO).returncode == 4
    assert hub.seen == []


def test_offline_nothing_is_published(srcli, hub, monkeypatch):
    monkeypatch.setenv("SRCLI_OFFLINE", "1")
    done = srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    assert done.returncode == 4
    assert "offline" in done.stderr
    assert hub.seen == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([DEFAULT_MODEL, "--repo", "nonsense"], 2, "does not name a repository"),
        ([DEFAULT_MODEL, "--repo", f"{REPO}@v1"], 2, "names a revision"),
        (["mine.safetensors", "./mine.safetensors", "--repo", REPO], 2, "name, mine.safetensors"),
        (["README.safetensors", "--repo", REPO], 2, "the same name, README.md"),
        (["none.safetensors", "--repo", REPO], 2, "no weights file"),
        (["nothing", "--repo", REPO], 2, "no model called 'nothing'"),
    ],
)
def test_a_request_that_makes_no_sense_is_said(srcli, hub, own, arguments, code, words):
    shutil.copy(own, "README.safetensors")
    done = srcli("models", "publish", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert hub.seen == []


def test_no_hub_at_all_is_said(srcli, hub, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    done = srcli("models", "publish", DEFAULT_MODEL, "--repo", REPO)
    assert done.returncode == 4
    assert f"{REPO} cannot be published to" in done.stderr
    assert hub.seen == []
