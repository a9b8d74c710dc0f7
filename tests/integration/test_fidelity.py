"""What a file says about itself is kept, adapted or told of, through the command."""

import contextlib
import io
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.stream import upscale_stream
from srcli.usecases.upscale_request import UpscaleRequest

FOLDER = Path(__file__).parents[1] / "golden" / "cases"


def test_configuration_with_a_byte_order_mark_is_read(srcli, tmp_path):
    shutil.copytree(FOLDER / "toml-bom", tmp_path, dirs_exist_ok=True)
    done = srcli("upscale", "a.png", "-o", "out/")
    assert done.returncode == 0
    assert "32x24 to 96x72" in done.stderr


def test_what_stays_behind_is_told_everywhere(srcli, tmp_path):
    shutil.copy(FOLDER / "motion-photo-xmp/motion.jpg", tmp_path)
    done = srcli("upscale", "motion.jpg", "-o", "out/")
    assert done.stderr.count("embedded video") == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "out/.srcli-manifest.sqlite")) as database:
        (message,) = database.execute("SELECT message FROM pictures").fetchone()
    assert message.endswith("Left behind: embedded video.")
    events = srcli("upscale", "motion.jpg", "-o", "two.jpg", "--json").stdout.splitlines()
    (event,) = [one for one in map(json.loads, events) if one["event"] == "done"]
    assert event["left_behind"] == ["embedded video"]
    stripped = srcli("upscale", "motion.jpg", "-o", "three.jpg", "--strip-metadata")
    assert "warning" not in stripped.stderr


def test_colours_under_transparency_are_kept_on_request(srcli, tmp_path):
    samples = np.full((16, 16, 4), (200, 40, 90, 0), np.uint8)
    samples[:, :8] = (20, 160, 60, 255)
    Image.fromarray(samples).save(tmp_path / "texture.png")
    assert srcli("upscale", "texture.png", "-o", "kept.png", "--alpha", "keep").returncode == 0
    assert srcli("upscale", "texture.png", "-o", "bled.png").returncode == 0
    kept, bled = (np.asarray(Image.open(tmp_path / name)) for name in ("kept.png", "bled.png"))
    assert np.abs(kept[16, 26].astype(int) - (200, 40, 90, 0)).max() <= 6
    assert np.abs(bled[16, 26].astype(int) - (20, 160, 60, 0)).max() <= 6
    assert np.array_equal(kept[..., 3], bled[..., 3])


def test_bars_keep_their_opacity(srcli, tmp_path):
    samples = np.full((24, 24, 4), (200, 40, 90, 0), np.uint8)
    samples[:, 6:9, 3] = samples[:, 14:16, 3] = 160
    Image.fromarray(samples).save(tmp_path / "bars.png")
    assert srcli("upscale", "bars.png", "-o", "large.png").returncode == 0
    large = np.asarray(Image.open(tmp_path / "large.png"))
    assert large[..., 3].max() == 160
    assert np.abs(large[large[..., 3] > 0][:, :3].astype(int) - (200, 40, 90)).max() <= 6


def test_what_a_pipe_leaves_behind_is_told():
    content = (FOLDER / "motion-photo-xmp/motion.jpg").read_bytes()
    request = UpscaleRequest(inputs=("-",), size=SizeRequest(scale=(2, 2)))
    assert upscale_stream(request, io.BytesIO(content)).outcome.left_behind == ("embedded video",)


def test_cmyk_with_alpha_goes_through_every_door(srcli, tmp_path):
    source = tmp_path / "in" / "print.tif"
    source.parent.mkdir()
    shutil.copy(FOLDER / "cmyk-alpha/print.tif", source)
    source.with_name("cut.tif").write_bytes(source.read_bytes()[:-200])
    planned = srcli("upscale", "in", "-o", "out", "--dry-run")
    assert planned.returncode == 3
    assert "1 to make" in planned.stdout
    assert "cut.tif is cut short" in planned.stdout
    done = srcli("upscale", "in", "-o", "out", "--scale", "2", "--json")
    assert done.returncode == 3
    events = {one["event"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert events["done"]["warnings"] == events["done"]["left_behind"] == []
    assert events["failed"]["exit_code"] == 3
    with tifffile.TiffFile(tmp_path / events["done"]["output"]) as made:
        samples, extras = made.asarray(), made.pages.first.extrasamples
    assert extras == (tifffile.EXTRASAMPLE.UNASSALPHA,)
    assert np.abs(samples[8, 32].astype(int) - (250, 105, 160, 255)).max() <= 1
    assert (samples[40, :, 3] == 96).all()
    opaque = srcli("upscale", source, "-o", "flat.jpg")
    assert opaque.returncode == 3
    assert "JPEG cannot hold transparency" in opaque.stderr


def test_channels_that_are_neither_colour_nor_opacity_are_told_of(srcli, tmp_path):
    samples = np.full((8, 8, 6), 90, np.uint8)
    kind = {"photometric": "separated", "planarconfig": "contig", "extrasamples": [2, 0]}
    tifffile.imwrite(tmp_path / "spot.tif", samples, **kind)
    done = srcli("upscale", "spot.tif", "-o", "large.png")
    assert done.returncode == 0
    assert done.stderr.count("channels beyond colour and opacity") == 1
