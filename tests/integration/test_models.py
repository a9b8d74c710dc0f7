import json
import shutil

import pytest
import torch

from srcli.errors import MissingWeights
from srcli.management.models import show_card
from srcli.weights.catalog.card import PURPOSES
from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, read_catalog, shipped_folder
from srcli.weights.catalog.published import all_sources, read_community, read_sources
from srcli.weights.formats.checkpoint import load_model, save_model

IDS = [card.id for card in read_catalog()]
NAMES = [source.id for source in all_sources()]


@pytest.fixture(autouse=True)
def _nothing_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("SRCLI_HUB_REPO", raising=False)


def listing(text):
    """Return the words behind the id of each line of a model, by that id."""
    words = (line.split() for line in text.splitlines() if line and line[0] != " ")
    return {line[0]: line[1:] for line in words if line[0] != "MODEL" and line[0][-1] != ":"}


def test_a_narrow_terminal_cuts_nothing_of_the_list(srcli, monkeypatch):
    wide = srcli("models", "list", "--community").stdout
    monkeypatch.setenv("COLUMNS", "20")
    assert srcli("models", "list", "--community").stdout == wide


def test_no_line_of_the_list_is_wider_than_a_terminal(srcli):
    lines = srcli("models", "list", "--community").stdout.splitlines()
    assert max(map(len, lines)) <= 80


def test_the_list_is_of_our_models_and_the_authors(srcli):
    done = srcli("models", "list")
    assert done.returncode == 0
    lines = listing(done.stdout)
    assert all(lines[model][-2:] == ["MIT", "included"] for model in IDS)
    assert all(
        lines[source.id][-1] == ("fetch" if source.addresses else "manual")
        for source in read_sources()
    )
    head, *_ = (line.split() for line in done.stdout.splitlines() if line.startswith("MODEL"))
    assert head == ["MODEL", "SCALE", "MB", "SET5", "KMAC", "TIME", "LICENCE", "WHERE"]
    assert lines["asdn-base"][-3] == f"{find_card('asdn-base').relative_time:g}"
    assert not {source.id for source in read_community()} & set(lines)
    assert "--community" in done.stdout


@pytest.mark.usefixtures("no_packages")
def test_other_peoples_models_are_listed_by_purpose_after_ours(srcli):
    done = srcli("models", "list", "--community")
    lines = listing(done.stdout)
    order = list(lines)
    for source in read_community():
        where = "pip" if source.package else "fetch"
        assert lines[source.id][-2:] == [source.licence, where]
        assert f"\n    {source.good_for}\n" in done.stdout
    assert order.index("asdn-fast") < order.index("san-x4") < order.index("dat-light-x2")
    assert order.index("dat-light-x2") < order.index("asdn-photo") < order.index("bsrgan-x4")
    heads = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert [head for head in heads if head in PURPOSES] == list(PURPOSES)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_one_purpose_is_listed_with_other_peoples_models(srcli, purpose):
    cards = [card.id for card in read_catalog() if card.purpose == purpose]
    sources = [one.id for one in all_sources() if one.purpose == purpose]
    done = srcli("models", "list", "--purpose", purpose)
    assert [name for name in listing(done.stdout) if name in {*IDS, *NAMES}] == [*cards, *sources]


def test_a_purpose_that_there_is_not_is_said(srcli):
    done = srcli("models", "list", "--purpose", "faces")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'faces' is not one of 'clean', 'photo', " in done.stderr
    assert all(purpose in done.stderr for purpose in PURPOSES)


def test_the_list_is_read_by_programs(srcli):
    done = srcli("models", "list", "--community", "--json")
    rows = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(rows) == [*IDS, *NAMES]
    assert all((row["schema"], row["event"]) == (1, "model") for row in rows.values())
    ours, other = rows[DEFAULT_MODEL], rows["realesrgan-x4plus"]
    assert (ours["ours"], ours["scale"], ours["place"]) == (True, None, "included")
    assert ours["kmacs"] == find_card(DEFAULT_MODEL).kmacs
    assert (ours["relative_time"], other["relative_time"]) == (1, None)
    assert ours["scores"][0]["dataset"] == "Set5"
    assert (other["ours"], other["purpose"], other["scale"]) == (False, "photo", 4)
    assert (other["licence"], other["bytes"]) == ("BSD-3-Clause", 67040989)
    assert (other["kmacs"], other["scores"]) == (None, [])


@pytest.mark.parametrize("model", IDS)
def test_a_model_can_be_looked_at(srcli, model):
    done = srcli("models", "show", model)
    card = next(card for card in read_catalog() if card.id == model)
    assert done.returncode == 0
    assert card.sha256 in done.stdout
    assert f"{card.scores[0].psnr_y:.2f} dB" in done.stdout


@pytest.mark.usefixtures("no_packages")
def test_every_model_is_sound(srcli):
    done = srcli("models", "verify")
    assert done.returncode == 0
    assert done.stdout.split() == [word for model in IDS for word in (model, "ok")]


def test_weights_that_are_no_numbers_are_not_sound(srcli, tmp_path):
    model = load_model(shipped_folder() / find_card(DEFAULT_MODEL).file)
    state = model.network.state_dict()
    name = next(iter(state))
    state[name].view(-1)[0] = torch.nan
    save_model(tmp_path / "nan.safetensors", state, model.header)
    done = srcli("models", "verify", "nan.safetensors", DEFAULT_MODEL)
    assert done.returncode == 4
    assert done.stdout == f"nan.safetensors  FAILED\n{DEFAULT_MODEL}  ok\n"
    assert f"{name} has values that are not finite numbers" in " ".join(done.stderr.split())


@pytest.mark.parametrize("command", ["path", "verify", "import"])
def test_a_name_too_long_for_a_file_is_said(srcli, command):
    done = srcli("models", command, f"{'a' * 300}.pt")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_looked_into_holds_no_models(srcli, monkeypatch, tmp_path):
    listed = srcli("models", "list").stdout
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / ("a" * 300)))
    assert srcli("models", "list").stdout == listed


def test_the_card_of_a_file_in_capitals_is_looked_for_in_the_file(tmp_path):
    with pytest.raises(MissingWeights, match=r"There is no weights file .*MINE\.SAFETENSORS"):
        show_card(str(tmp_path / "MINE.SAFETENSORS"))


@pytest.mark.parametrize("source", all_sources(), ids=lambda source: source.id)
def test_a_model_of_others_can_be_looked_at(srcli, source):
    done = srcli("models", "show", source.id)
    assert done.returncode == 0
    facts = (source.file, source.sha256, source.licence, source.attribution, source.good_for)
    assert all(fact in done.stdout for fact in facts)
    assert all(place in done.stdout for place in (*source.addresses, *source.pages))


def test_a_file_says_what_it_is(srcli, tmp_path):
    card = find_card(DEFAULT_MODEL)
    shutil.copy(shipped_folder() / card.file, tmp_path / "mine.safetensors")
    done = srcli("models", "show", "mine.safetensors")
    assert done.returncode == 0
    assert f"| network | {card.network} |" in done.stdout
    assert card.sha256 in done.stdout
    assert srcli("models", "show", "none.safetensors").returncode == 2


def test_the_card_of_a_model_is_markdown(srcli):
    card = find_card(DEFAULT_MODEL)
    done = srcli("models", "show", DEFAULT_MODEL, "--markdown")
    assert done.stdout.startswith(f"# {DEFAULT_MODEL}\n\n| fact | value |\n| --- | --- |\n")
    assert all(
        f"| {s.dataset} | x{s.scale:g} | {s.psnr_y:.2f} |" in done.stdout for s in card.scores
    )


def test_a_model_of_the_authors_has_no_card(srcli):
    done = srcli("models", "show", read_sources()[0].id, "--markdown")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no card" in done.stderr


def test_what_comes_along_needs_no_fetching_and_stays(srcli):
    path = shipped_folder() / find_card(DEFAULT_MODEL).file
    for command in ("path", "fetch"):
        assert srcli("models", command, DEFAULT_MODEL).stdout == f"{path}\n"
    done = srcli("models", "remove", DEFAULT_MODEL)
    assert done.returncode == 2
    assert "is included in srcli" in done.stderr
    assert path.exists()


def test_the_folder_of_imported_models_is_printed(srcli, tmp_path):
    assert srcli("models", "path").stdout == f"{tmp_path / 'cache'}\n"


@pytest.mark.parametrize("command", ["show", "verify", "fetch", "path", "remove"])
def test_an_unknown_model_is_said(srcli, command):
    done = srcli("models", command, "nothing")
    assert done.returncode == 2
    assert "no model called 'nothing'" in done.stderr
