"""What a user can leave out of results."""

import json

import numpy as np
import pytest
from PIL import Image

SOFT = (0, 255, 0, 0)


@pytest.fixture
def located(tmp_path):
    """A photo that says where it was taken."""
    tags = Image.Exif()
    tags[0x010F] = "maker"
    tags.get_ifd(0x8825)[1] = "N"
    image = Image.fromarray(np.full((8, 12, 3), 90, np.uint8))
    xmp = b'<x exif:GPSLatitude="48"/>'
    image.save(tmp_path / "in.jpg", exif=tags, xmp=xmp, dpi=(300, 300))
    return tmp_path / "in.jpg"


@pytest.mark.parametrize(
    ("option", "maker", "place", "xmp"),
    [
        ([], "maker", {1: "N"}, b'<x exif:GPSLatitude="48"/>'),
        (["--strip-gps"], "maker", {}, b"<x/>"),
        (["--strip-metadata"], None, {}, None),
    ],
)
def test_metadata_is_kept_or_left_behind(srcli, located, option, maker, place, xmp):
    assert srcli("upscale", "in.jpg", "-o", "out.jpg", *option).returncode == 0
    with Image.open(located.with_name("out.jpg")) as image:
        tags = image.getexif()
        assert (tags.get(0x010F), tags.get_ifd(0x8825)) == (maker, place)
        assert image.info.get("xmp") == xmp
        assert image.info["dpi"] == (300, 300)


def test_copies_leave_the_place_behind_too(srcli, located):
    options = ("--width", "12", "--if-large-enough", "copy", "--strip-gps")
    assert srcli("upscale", "in.jpg", "-o", "out.jpg", *options).returncode == 0
    with Image.open(located.with_name("out.jpg")) as image:
        assert image.getexif().get_ifd(0x8825) == {}


def test_transparency_goes_on_a_background(srcli, tmp_path):
    Image.new("RGBA", (8, 8), SOFT).save(tmp_path / "soft.png")
    refused = srcli("upscale", "soft.png", "-o", "out.bmp")
    assert refused.returncode == 3
    assert "--background" in refused.stderr
    done = srcli("upscale", "soft.png", "-o", "out.bmp", "--background", "#804020")
    assert done.returncode == 0
    with Image.open(tmp_path / "out.bmp") as image:
        assert np.abs(np.asarray(image).astype(int) - (128, 64, 32)).max() <= 2


def test_the_depth_of_results_can_be_chosen(srcli, tmp_path):
    Image.new("I;16", (8, 8), 40_000).save(tmp_path / "deep.png")
    refused = srcli("upscale", "deep.png", "-o", "out.jpg")
    assert refused.returncode == 3
    assert "JPEG cannot hold 16 bits" in refused.stderr
    assert srcli("upscale", "deep.png", "-o", "out.jpg", "--depth", "8").returncode == 0
    assert srcli("upscale", "out.jpg", "-o", "deeper.png", "--depth", "16").returncode == 0
    with Image.open(tmp_path / "deeper.png") as image:
        assert image.mode == "I;16"
    assert srcli("upscale", "deep.png", "--depth", "12").returncode == 2


def test_other_wishes_are_other_settings(srcli, tmp_path):
    Image.new("RGBA", (8, 8), SOFT).save(tmp_path / "soft.png")
    assert srcli("upscale", "soft.png", "-o", "out").returncode == 0
    again = srcli("upscale", "soft.png", "-o", "out", "--background", "red", "--json")
    assert again.returncode == 3
    assert "other settings" in json.loads(again.stdout.splitlines()[1])["message"]
