"""``--model auto``: every picture gets the model that suits it, and says so."""

import json
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from srcli import Upscaler
from srcli.batch.database import NAME


def picture(sigma=0.0, size=(72, 80)):
    """A picture of soft hills and of cells that are not, with noise."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    hills = [128 + 60 * np.sin(rows / 9 + n) * np.cos(columns / (11 + n)) for n in range(3)]
    cells = random.normal(0, 12, (size[0] // 5 + 1, size[1] // 5 + 1, 3))
    cells = cells.repeat(5, 0).repeat(5, 1)[: size[0], : size[1]]
    values = np.stack(hills, -1) + cells + random.normal(0, 0.6 + sigma, (*size, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def screen():
    """A screen of white with lines of 200, one pixel wide."""
    image = Image.new("RGB", (64, 48), "white")
    pen = ImageDraw.Draw(image)
    for row in (8, 20, 32):
        pen.line([(0, row), (64, row)], fill=(200, 200, 200))
    pen.line([(30, 0), (30, 48)], fill=(200, 200, 200))
    return image


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    picture().save(folder / "clean.png")
    picture(90).save(folder / "noisy.png")
    picture().save(folder / "old.jpg", quality=80)
    screen().save(folder / "screen.png")
    return folder


MODELS = {
    "clean": "asdn-fast+asdn-photo+asdn-sharpened",
    "noisy": "asdn-noisy",
    "old": "asdn-photo+asdn-noisy",
    "screen": "asdn-fast",
}


def events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def chosen(told):
    """The model of each picture by its name."""
    return {
        event["source"].split("/")[-1].split(".")[0]: event["choice"]["model"] for event in told
    }


@pytest.mark.usefixtures("pictures")
def test_every_picture_gets_its_model_and_is_not_made_again(srcli, tmp_path):
    plan = events(srcli("upscale", "in", "-o", "out", "--dry-run", "--json"))
    assert chosen(plan) == MODELS
    assert {event["way"].split()[0] for event in plan} == {*MODELS.values()}
    told = events(srcli("upscale", "in", "-o", "out", "--json"))
    assert chosen(event for event in told if event["event"] == "done") == MODELS
    assert all(event["sound"] is not False for event in told if event["event"] == "done")
    assert told[-1]["models"] == dict.fromkeys(MODELS.values(), 1)
    with sqlite3.connect(tmp_path / "out" / NAME) as database:
        recorded = dict(database.execute("SELECT output, message FROM pictures"))
    assert recorded["old_x2.jpg"] == (
        "asdn-photo with 6 % of asdn-noisy: its file is compressed like JPEG of quality 80."
    )
    assert recorded["screen_x2.png"].startswith("asdn-fast, guarded")
    again = events(srcli("upscale", "in", "-o", "out", "--json"))
    assert again[-1]["skipped"] == 4


@pytest.mark.usefixtures("pictures")
def test_the_choice_and_its_reason_are_told(srcli):
    done = srcli("upscale", "in", "-o", "out", "-v")
    assert "chosen: asdn-noisy: it has noise of about 50" in done.stderr
    assert done.stderr.count("1 with asdn-fast, 1 with asdn-fast+asdn-photo+asdn-sharpened, ") == 1
    plan = srcli("upscale", "in", "-o", "other", "--dry-run")
    assert "in/screen.png: asdn-fast, guarded: it is a drawing or a screen" in plan.stdout


@pytest.mark.parametrize("scale", [2, 2.5])
def test_a_named_model_makes_what_auto_makes_with_it(srcli, pictures, scale):
    names, noisy = ("auto", "asdn-noisy"), pictures / "noisy.png"
    for one in names:
        srcli("upscale", noisy, "-o", f"{one}.png", "--model", one, "--scale", scale)
    assert np.array_equal(*(np.asarray(Image.open(f"{one}.png")) for one in names))


@pytest.mark.usefixtures("pictures")
def test_above_its_reach_a_mix_restores_and_the_clean_model_enlarges(srcli):
    plan = events(srcli("upscale", "in", "-o", "out", "--scale", 4, "--dry-run", "--json"))
    assert {Path(event["source"]).stem: event["way"] for event in plan} == {
        "clean": "asdn-fast+asdn-photo+asdn-sharpened x2, resize, asdn-fast x4",
        "noisy": "asdn-noisy x2, resize, asdn-fast x4",
        "old": "asdn-photo+asdn-noisy x2, resize, asdn-fast x4",
        "screen": "asdn-fast x4",
    }
    told = events(srcli("upscale", "in", "-o", "out", "--scale", 4, "--json"))
    assert all(event["sound"] for event in told if event["event"] == "done")


@pytest.mark.usefixtures("pictures")
def test_a_named_model_is_neither_replaced_nor_counted(srcli):
    done = srcli("upscale", "in", "-o", "out", "-v", "--model", "asdn-fast")
    assert "chosen" not in done.stderr
    assert " with " not in done.stderr
    told = events(srcli("upscale", "in", "-o", "other", "--model", "asdn-fast", "--json"))
    assert all(event["choice"] is None for event in told if event["event"] == "done")
    assert told[-1]["models"] == {}


def darkest(path):
    return int(np.asarray(Image.open(path).convert("RGB")).min())


@pytest.mark.parametrize("tile", ["512", "32"])
def test_lines_of_a_screen_keep_their_level(srcli, tile, pictures):
    options = ("--tile", tile, "--scale", "2.3")
    source = pictures / "screen.png"
    srcli("upscale", source, "-o", "auto.png", *options)
    srcli("upscale", source, "-o", "bare.png", "--no-guard", *options)
    srcli("upscale", source, "-o", "named.png", "--model", "asdn-fast", *options)
    srcli("upscale", source, "-o", "asked.png", "--model", "asdn-fast", "--guard", *options)
    assert darkest("auto.png") == darkest("asked.png") == 200
    assert darkest("bare.png") == darkest("named.png") < 190
    assert np.array_equal(np.asarray(Image.open("auto.png")), np.asarray(Image.open("asked.png")))
    assert np.asarray(Image.open("auto.png"))[:10, :44].min() == 255  # flat stays flat


def test_guarded_and_weakened_results_do_not_depend_on_tiles():
    halos = np.full((30, 36, 3), 60, np.uint8)
    halos[:, 18:] = 160
    halos[:, 17], halos[:, 18] = 45, 175
    for pixels in (np.asarray(screen())[:30, :36], halos):
        small, large = (Upscaler(tile=tile)(pixels, 2.3) for tile in (32, 512))
        assert np.array_equal(small, large)


def test_one_model_makes_all_frames(srcli, tmp_path):
    frames = [picture(90), picture(), picture()]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    told = events(srcli("upscale", "a.webp", "--json"))
    assert [e["choice"]["model"] for e in told if e["event"] == "done"] == ["asdn-noisy"]


@pytest.mark.usefixtures("pictures")
def test_what_is_not_enlarged_needs_no_choice(srcli):
    told = events(srcli("upscale", "in/noisy.png", "--scale", "0.5", "--json"))
    assert [e["choice"] for e in told if e["event"] == "done"] == [None]


def test_a_pipe_chooses_too(python, pictures):
    command = [python, "-m", "srcli", "upscale", "-", "-o", "-", "-v"]
    content = (pictures / "old.jpg").read_bytes()
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    assert b"asdn-noisy: its file is compressed like JPEG of quality 80" in done.stderr


def test_an_array_gets_its_model(pictures):
    noisy = np.asarray(Image.open(pictures / "noisy.png"))
    assert np.array_equal(Upscaler()(noisy), Upscaler("asdn-noisy")(noisy))
    lines = np.asarray(screen())
    assert Upscaler()(lines).min() == 200
    assert Upscaler(guard=False)(lines).min() < 190


@pytest.mark.parametrize("name", ["nearest", "bicubic", "lanczos"])
def test_plain_resizing_stands_in_the_place_of_a_model(srcli, pictures, name):
    done = srcli(
        "upscale", pictures / "screen.png", "--model", name, "--scale", "2.7x1.5",
        "-v", "--name", "{stem}_{model}",
    )  # fmt: skip
    assert f": {name}\n" in done.stderr
    result = Image.open(pictures / f"screen_{name}.png")
    assert result.size == (173, 72)
    values = set(np.asarray(result).ravel().tolist())
    assert (values == {200, 255}) == (name == "nearest")


@pytest.mark.usefixtures("pictures")
def test_the_quality_of_the_source_is_told(srcli):
    told = events(srcli("upscale", "in/old.jpg", "in/clean.png", "--json"))
    found = [e["source_jpeg_quality"] for e in told if e["event"] == "done"]
    assert found == [80, None]


@pytest.mark.usefixtures("pictures")
def test_a_damaged_picture_fails_in_a_plan_as_in_a_run(srcli, pictures):
    content = (pictures / "clean.png").read_bytes()
    (pictures / "clean.png").write_bytes(content[: len(content) // 2])
    plan = events(srcli("upscale", "in", "-o", "out", "--dry-run", "--json"))
    assert [e["action"] for e in plan] == ["fail", "make", "make", "make"]


def test_denoise_says_how_much_of_the_noise_is_removed(srcli, pictures):
    left = {}
    for share in (0, 50, 100):
        done = srcli("upscale", pictures / "noisy.png", "-o", f"{share}.png", "--denoise", share)
        assert done.returncode == 0
        samples = np.asarray(Image.open(f"{share}.png")).astype(float)
        left[share] = np.abs(np.diff(samples, axis=1)).mean()
    assert left[100] < left[50] < left[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--denoise", "50", "--model", "asdn-fast"), "Only the model auto"),
        (("--denoise", "101"), "--denoise"),
    ],
)
def test_only_auto_denoises_and_from_0_to_100(srcli, pictures, options, told):
    done = srcli("upscale", pictures / "noisy.png", *options)
    assert done.returncode == 2
    assert told in done.stderr
