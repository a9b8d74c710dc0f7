"""``auto`` uses other models where the user named them, and only where the user did."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from srcli import Upscaler
from srcli.batch.database import NAME
from srcli.errors import UnknownName, UsageError
from srcli.networks.catalog import NETWORKS
from srcli.networks.fsdn import FsdnConfig
from srcli.usecases.upscale_request import parse_auto
from srcli.weights.catalog import published
from srcli.weights.catalog.published import find_source
from srcli.weights.formats.checkpoint import Header, save_model

HOUSE = Path(__file__).parents[2] / "examples/house.png"


@pytest.fixture
def pictures(tmp_path):
    """A clean picture, the same as a bad JPEG and as a good one, a noisy one, and a screen."""
    folder = tmp_path / "in"
    folder.mkdir()
    random = np.random.default_rng(0)
    with Image.open(HOUSE) as house:
        clean = house.convert("RGB").resize((96, 96), Image.Resampling.BICUBIC)
    values = np.asarray(clean).astype(float)
    clean.save(folder / "clean.png")
    clean.save(folder / "bad.jpg", quality=50)
    clean.save(folder / "good.jpg", quality=98)
    noisy = values + random.normal(0, 12, values.shape)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / "noisy.png")
    screen = Image.new("RGB", (40, 40), "white")
    pen = ImageDraw.Draw(screen)
    for row in (8, 20, 32):
        pen.line([(0, row), (40, row)], fill=(200, 200, 200))
    pen.line([(30, 0), (30, 40)], fill=(200, 200, 200))
    screen.save(folder / "screen.png")
    return folder


@pytest.fixture
def mine(tmp_path):
    """A weights file of the user."""
    config = FsdnConfig(scale=2, blocks=1, width=16, dense_layers=1, growth=16)
    network = NETWORKS["fsdn"].build(config)
    path = tmp_path / "mine.safetensors"
    save_model(path, network.state_dict(), Header(network="fsdn", config=config, origin="test"))
    return path


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The user's own configuration file, to be written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config/srcli/srcli.toml"
    path.parent.mkdir(parents=True)
    return path


def choices(done):
    """What was chosen for each picture, by its name."""
    told = map(json.loads, done.stdout.splitlines())
    return {
        event["source"].rpartition("/")[2]: event["choice"] for event in told if "choice" in event
    }


def test_each_purpose_has_its_model_and_all_is_told(srcli, pictures, own, mine, tmp_path):
    own.write_text(f'[upscale.auto]\nphoto = "{mine}"\ndrawing = "nearest"\n')
    expected = {
        "clean.png": ("asdn-fast+asdn-photo+asdn-sharpened", None),
        "good.jpg": ("asdn-fast+asdn-photo+asdn-sharpened", None),
        "bad.jpg": (mine.name, "photo"),
        "noisy.png": (mine.name, "photo"),
        "screen.png": ("nearest", "drawing"),
    }
    plan = srcli("upscale", pictures, "-o", "out", "--dry-run", "--json")
    done = srcli("upscale", pictures, "-o", "out", "--json")
    for told in map(choices, (plan, done)):
        found = {name: (one["model"], one["purpose"]) for name, one in told.items()}
        assert found == expected
    with sqlite3.connect(tmp_path / "out" / NAME) as database:
        said = dict(database.execute("SELECT output, message FROM pictures"))
    assert said["bad_x2.jpg"] == (
        "mine.safetensors: its file is compressed like JPEG of quality 50, and you named this "
        "model for the purpose photo."
    )
    text = srcli("upscale", pictures, "-o", "other", "-v")
    assert "chosen: nearest: it is a drawing or a screen, and you named this model" in text.stderr
    assert "2 with mine.safetensors" in text.stderr
    plain = srcli("upscale", pictures, "-o", "third", "--dry-run")
    assert "noisy.png: mine.safetensors: it has noise of about 1" in plain.stdout
    screen = np.asarray(Image.open(tmp_path / "out/screen_x2.png"))
    assert np.array_equal(
        screen, np.asarray(Image.open(pictures / "screen.png")).repeat(2, 0).repeat(2, 1)
    )


def test_results_are_made_anew_for_other_named_models(srcli, pictures, mine):
    command = ("upscale", pictures / "bad.jpg", "-o", "out/", "--json")
    summaries = [
        json.loads(srcli(*command, *more).stdout.splitlines()[-1])
        for more in (
            ("--auto", f"photo={mine}"),
            ("--auto", f"photo={mine}"),
            ("--auto", f"jpeg={mine}", "--overwrite"),
            ("--overwrite",),
        )
    ]
    assert [(one["done"], one["skipped"]) for one in summaries] == [(1, 0), (0, 1), (1, 0), (1, 0)]


def test_a_projects_file_names_no_models(srcli, pictures, tmp_path):
    (tmp_path / "srcli.toml").write_text('[upscale.auto]\nphoto = "evil.pth"\n')
    done = srcli("upscale", pictures)
    assert done.returncode == 2
    assert "sets upscale.auto, which only your own configuration file may set" in done.stderr
    assert not list(pictures.glob("*_x2.*"))


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("photo=no-such-model", 2, "There is no model called 'no-such-model'"),
        ("photo=gone.safetensors", 2, "There is no weights file gone.safetensors"),
        ("photo=realesr-general-x4v3", 4, "is not on this machine, and srcli is offline"),
        ("photos=asdn-base", 2, "There is no purpose called 'photos'. hint: Did you mean photo?"),
        ("asdn-base", 2, "does not say which model serves which purpose"),
        ("photo=auto", 2, "The purpose photo needs the name of a model, not 'auto'"),
    ],
)
def test_a_model_that_cannot_be_had_is_told_before_the_work(srcli, pictures, entry, code, words):
    done = srcli("upscale", pictures, "--auto", entry, "--offline")
    assert done.returncode == code
    assert words in " ".join(done.stderr.split())
    assert not list(pictures.glob("*_x2.*"))


def test_a_licence_that_restricts_has_to_be_accepted_first(srcli, pictures, monkeypatch):
    source = replace(find_source("realesr-general-x4v3"), licence="CC-BY-NC-4.0")
    monkeypatch.setattr(published, "read_community", lambda: (source,))
    done = srcli("upscale", pictures, "--auto", f"noise={source.id}")
    assert done.returncode == 4
    assert "realesr-general-x4v3 has the licence CC-BY-NC-4.0" in done.stderr
    assert "srcli models fetch realesr-general-x4v3 --accept-licence" in done.stderr
    assert not list(pictures.glob("*_x2.*"))


def test_a_named_model_makes_what_it_makes_by_its_name(pictures, mine):
    noisy = np.asarray(Image.open(pictures / "noisy.png"))
    named = Upscaler(auto={"noise": str(mine)})(noisy)
    assert np.array_equal(named, Upscaler(mine)(noisy))
    weaker = Upscaler(auto={"noise": str(mine)}, denoise=1.0)(noisy)
    assert np.array_equal(weaker, Upscaler(denoise=1.0)(noisy))
    assert not np.array_equal(weaker, named)
    with pytest.raises(UnknownName):
        Upscaler(auto={"foto": str(mine)})


def test_who_made_a_model_is_told_with_what_it_made(srcli, pictures, tmp_path):
    source = find_source("dat-light-x2")
    done = srcli("upscale", pictures, "-o", "out", "--auto", "drawing=dat-light", "--json")
    told = {
        event["source"].rpartition("/")[2]: event["attributions"]
        for event in map(json.loads, done.stdout.splitlines())
        if event["event"] == "done"
    }
    assert told.pop("screen.png") == [source.attribution]
    assert set(map(tuple, told.values())) == {()}
    with sqlite3.connect(tmp_path / "out" / NAME) as database:
        said = dict(database.execute("SELECT output, message FROM pictures"))
    assert said["screen_x2.png"].endswith(f"Made with {source.attribution}.")


def test_a_model_for_every_picture_leaves_no_choice(srcli, pictures, own):
    own.write_text('[upscale.auto]\nclean = "bicubic"\n')
    command = ("upscale", pictures / "clean.png", "-o", "out.png", "--model", "nearest", "-v")
    done = srcli(*command)
    assert ": nearest\n" in done.stderr
    done = srcli(*command, "--auto", "clean=bicubic", "--overwrite")
    assert done.returncode == 2
    assert "The model nearest makes every picture, so that --auto has no effect." in done.stderr


def test_pairs_are_read_from_one_text_or_several():
    both = {"photo": "a,b.pth", "noise": "c"}
    assert parse_auto(["noise=c,photo=a,b.pth"]) == parse_auto(["noise=c", "photo=a,b.pth"]) == both
    with pytest.raises(UsageError):
        parse_auto([""])
