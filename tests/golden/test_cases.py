"""Files that were once enlarged wrongly or lost something; see cases/README.md."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from srcli.batch.outcome import Upscaled
from srcli.errors import UnreadableImage
from srcli.images.decode import decode_picture
from srcli.images.output_options import OutputOptions
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import UpscaleRequest, read_list

STRIPPED = OutputOptions(strip_metadata=True)
FOLDER = Path(__file__).parent / "cases"


@pytest.fixture
def enlarged(tmp_path):
    """Enlarge a file of a case by two; returns the outcome."""

    def run(name: str, suffix: str = "", **options: object) -> Upscaled:
        request = UpscaleRequest(
            inputs=(str(FOLDER / name),),
            size=SizeRequest(scale=(2, 2)),
            output=str(tmp_path / "out"),
            suffix=suffix,
            **options,
        )
        (outcome,) = upscale(request)
        assert isinstance(outcome, Upscaled), outcome.error.message
        return outcome

    return run


def frames(outcome: Upscaled):
    picture = decode_picture(outcome.output.read_bytes(), name="it")
    return [np.asarray(frame) for frame in picture.frames]


def test_half_transparent_white_over_red_is_opaque(enlarged):
    _, second = frames(enlarged("apng-over-alpha/over.png"))
    assert second.shape[2] == 3
    assert np.abs(second[32, 32].astype(int) - [228, 128, 128]).max() <= 4


@pytest.mark.parametrize(
    "name", ["apng-dispose-background/background.png", "gif-dispose-background/background.gif"]
)
def test_an_area_that_is_disposed_of_becomes_transparent(enlarged, name):
    source = decode_picture((FOLDER / name).read_bytes(), name=name).frames
    for before, after in zip(source, frames(enlarged(name)), strict=True):
        assert before.shape[2] == after.shape[2]
        if before.shape[2] == 4:
            wide = before[..., 3].repeat(2, 0).repeat(2, 1)
            inside = np.abs(wide.astype(int) - after[..., 3]) < 64
            assert inside.mean() > 0.9
    assert any(frame.shape[2] == 4 and not frame[..., 3].all() for frame in source)


NAMES = {
    "Artist": "Łukasz Żółć",
    "Copyright": "© 2026 Ana Núñez",
    "ImageDescription": "Köln, Straße",
}


@pytest.mark.parametrize(
    ("name", "suffix", "texts"),
    [
        ("tiff-text-utf8/names.tif", ".tif", ["Artist", "Copyright", "ImageDescription"]),
        ("tiff-text-utf8/names.tif", ".jpg", ["Artist", "Copyright", "ImageDescription"]),
        ("tiff-text-utf8/names.tif", ".avif", ["Artist", "Copyright", "ImageDescription"]),
        ("tiff-text-utf8/names.jpg", ".tiff", ["Artist", "Copyright"]),
        ("tiff-text-utf8/names.jpg", ".avif", ["Artist", "Copyright"]),
        ("avif-text-utf8/names.avif", ".jpg", ["Artist", "Copyright"]),
        ("avif-text-utf8/names.avif", ".avif", ["Artist", "Copyright"]),
        ("avif-text-utf8/names.avif", ".tif", ["Artist", "Copyright"]),
    ],
)
def test_texts_beyond_ascii_stay_the_same_bytes(enlarged, name, suffix, texts):
    outcome = enlarged(name, suffix)
    content = outcome.output.read_bytes()
    assert all(NAMES[text].encode() in content for text in texts)
    assert not outcome.left_behind


def metadata(outcome: Upscaled):
    return decode_picture(outcome.output.read_bytes(), name="it").metadata


def test_the_scale_of_a_map_follows_its_size(enlarged):
    told = {entry.tag: entry for entry in metadata(enlarged("geotiff-tags/geo.tif")).geo}
    assert struct.unpack("<3d", told[33550].value) == (5, 5, 0)
    assert struct.unpack("<6d", told[33922].value) == (0, 0, 0, 500_000, 5_000_000, 0)
    assert 34735 in told
    assert enlarged("geotiff-tags/geo.tif", ".png").left_behind == ("position on earth",)


def test_a_panorama_is_placed_by_its_new_pixels(enlarged):
    packet = metadata(enlarged("gpano-xmp/pano.jpg")).xmp
    for name, value in {
        "FullPanoWidthPixels": 192,
        "FullPanoHeightPixels": 96,
        "CroppedAreaImageWidthPixels": 128,
        "CroppedAreaImageHeightPixels": 96,
        "CroppedAreaLeftPixels": 32,
        "CroppedAreaTopPixels": 0,
        "PixelXDimension": 128,
        "PixelYDimension": 96,
    }.items():
        assert re.search(rb'%s[>="]+%d\b' % (name.encode(), value), packet), name


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_extended_xmp_is_kept(enlarged, suffix):
    outcome = enlarged("jpeg-extended-xmp/ext.jpg", suffix)
    assert b"dc:source" in metadata(outcome).xmp
    assert b"HasExtendedXMP" not in outcome.output.read_bytes()
    assert not outcome.left_behind


@pytest.mark.parametrize(
    ("name", "suffix", "texts"),
    [
        ("jpeg-iptc/iptc.jpg", ".jpg", [b"A caption", b"alpha", b"beta"]),
        ("jpeg-iptc/iptc.jpg", ".tif", [b"A caption", b"alpha", b"beta"]),
        ("png-raw-profiles/raw_iptc.png", ".png", [b"Caption"]),
        ("png-raw-profiles/raw_iptc.png", ".jpg", [b"Caption"]),
    ],
)
def test_iptc_is_kept(enlarged, name, suffix, texts):
    outcome = enlarged(name, suffix)
    assert all(text in metadata(outcome).resources for text in texts)
    assert not outcome.left_behind
    assert not metadata(enlarged(name, suffix, template="bare", options=STRIPPED)).resources
    assert enlarged(name, ".webp").left_behind == ("IPTC",)


def test_raw_profiles_are_read(enlarged):
    assert b"MakerX" in metadata(enlarged("png-raw-profiles/raw_app1.png")).exif
    assert b"archive 12" in metadata(enlarged("png-raw-profiles/raw_xmp.png")).xmp


def test_a_video_that_stays_behind_is_not_announced(enlarged):
    outcome = enlarged("motion-photo-xmp/motion.jpg")
    packet = metadata(outcome).xmp or b""
    assert b"MotionPhoto" not in packet
    assert b"MicroVideo" not in packet
    assert outcome.left_behind == ("embedded video",)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_thumbnail_is_no_page(enlarged, suffix):
    outcome = enlarged("tiff-thumbnail-page/thumb.tif", suffix)
    assert outcome.size == (96, 128)
    assert outcome.left_behind == ("preview",)


def shown(path: Path) -> np.ndarray:
    """The picture in sRGB, through its own profile."""
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert profile.profile.xcolor_space.strip() == {"L": "GRAY"}.get(image.mode, "RGB")
        srgb = ImageCms.createProfile("sRGB")
        return np.asarray(ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB"))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_cmyk_with_alpha_is_converted_by_its_profile_and_stays_transparent(enlarged, suffix):
    outcome = enlarged("cmyk-alpha/print.tif", suffix)
    photo = decode_picture(outcome.output.read_bytes(), name="it")
    seen = photo.pixels[0, :, 8, [8, 32, 56]].T  # cyan, which prints nothing, magenta and black
    lab = (255, 255, 255), (250, 105, 160), (39, 39, 39)
    assert np.abs(seen.numpy().astype(int) - lab).max() <= (8 if suffix == ".webp" else 1)
    assert photo.alpha[0, 0, [8, 40]].unique(dim=1).tolist() == [[255], [96]]
    assert photo.metadata.icc_profile is None
    assert not outcome.left_behind


def test_a_grey_profile_shows_the_same_greys_in_colour(enlarged):
    source = shown(FOLDER / "gray-icc-webp/gray.png")
    result = shown(enlarged("gray-icc-webp/gray.png", ".webp", quality=100).output)
    flat = [16, 64, 112]
    small = source[16, [column // 2 for column in flat]].astype(int)
    assert np.abs(result[32, flat] - small).max() <= 5
    assert result[32, 64].max() >= 180


def test_a_grey_picture_with_a_profile_of_colours_is_written_in_colour(enlarged):
    result = shown(enlarged("gray-jpeg-rgb-icc/gray.jpg", ".png").output)
    with Image.open(FOLDER / "gray-jpeg-rgb-icc/gray.jpg") as image:
        stored = np.asarray(image)[16, 40] / 255
    expected = stored**1.8
    srgb = 255 * (1.055 * expected ** (1 / 2.4) - 0.055)
    assert abs(int(result[32, 80, 0]) - srgb) <= 8


def test_a_background_is_stored_as_the_picture_is(enlarged):
    outcome = enlarged(
        "background-gama/linear.png", options=OutputOptions(background=(128, 128, 128))
    )
    photo = decode_picture(outcome.output.read_bytes(), name="it")
    source = decode_picture((FOLDER / "background-gama/linear.png").read_bytes(), name="it")
    bare = (source.alpha[0, 0] == 0).nonzero()[0]
    level = int(photo.pixels[0, 0, 2 * bare[0], 2 * bare[1]])
    assert abs(level - 55) <= 1


def test_a_jpeg_without_its_end_mark_is_whole(enlarged, tmp_path):
    outcome = enlarged("jpeg-no-eoi/no_eoi.jpg")
    (warning,) = outcome.warnings
    assert warning.endswith("no_eoi.jpg has no end mark; all its pixels are there.")
    content = (FOLDER / "jpeg-no-eoi/no_eoi.jpg").read_bytes()
    (tmp_path / "whole.jpg").write_bytes(content + b"\xff\xd9")
    whole = enlarged(str(tmp_path / "whole.jpg"))
    assert whole.output.read_bytes() == outcome.output.read_bytes()
    with pytest.raises(UnreadableImage, match="is cut short"):
        decode_picture(content[:-40], name="it")


def test_a_list_with_a_byte_order_mark_is_read(monkeypatch):
    monkeypatch.chdir(FOLDER / "list-bom")
    (name,) = read_list(Path("list.txt"))
    assert Path(name).is_file()
