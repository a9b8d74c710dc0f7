"""A profile goes only into a file with the channels that it is for."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from srcli.errors import UnwritableImage
from srcli.images.decode import decode_photo, decode_picture
from srcli.images.encode import encode_photo, encode_picture
from srcli.images.formats import AVIF, JPEG, PNG, TIFF, WEBP, Format
from srcli.images.metadata import gray_profile
from srcli.images.picture.animation import Animation
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import to_photo

RGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
HOLDING = (PNG, JPEG, WEBP, TIFF, AVIF)


def gray(gamma: float, space: bytes = b"XYZ ") -> bytes:
    """A grey profile whose curve is a power."""
    curve = struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256)).ljust(16, b"\0")
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63_190, 65_536, 54_061)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78)
    text = text.ljust(92, b"\0")
    bodies = {b"desc": text, b"wtpt": white, b"kTRC": curve}
    table, at = struct.pack(">I", len(bodies)), 128 + 4 + 12 * len(bodies)
    for name, body in bodies.items():
        table += struct.pack(">4sII", name, at, len(body))
        at += len(body)
    head = struct.pack(">I4sI4s4s4s", at, b"", 0x02400000, b"mntr", b"GRAY", space)
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63_190, 65_536, 54_061)
    return head.ljust(128, b"\0") + table + b"".join(bodies.values())


def photo(channels: int, profile: bytes):
    levels = np.linspace(0, 255, 8).astype(np.uint8)
    samples = np.broadcast_to(levels[None, :, None], (8, 8, channels))
    return to_photo(samples, Metadata(icc_profile=profile), source_format="")


def shown(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        expected = {"L": "GRAY", "RGB": "RGB", "RGBA": "RGB"}[image.mode]
        assert profile.profile.xcolor_space.strip() == expected
        srgb = ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
        return np.asarray(found)[4, :, 0]


@pytest.mark.parametrize("known", HOLDING, ids=lambda known: known.name)
@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_greys_are_shown_as_their_profile_says(known: Format, gamma: float) -> None:
    found = shown(encode_photo(photo(1, gray(gamma)), known, name="it", quality=100))
    light = (np.linspace(0, 255, 8).astype(np.uint8) / 255) ** gamma
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(found - 255 * srgb).max() <= 3


@pytest.mark.parametrize("known", HOLDING, ids=lambda known: known.name)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_profile_of_colours_goes_into_files_of_colours(known: Format, channels: int) -> None:
    data = encode_photo(photo(channels, RGB), known, name="it", quality=100)
    assert np.abs(shown(data).astype(int) - np.linspace(0, 255, 8)).max() <= 3


@pytest.mark.parametrize("profile", [gray(1.0, b"Lab "), gray(1.0).replace(b"kTRC", b"A2B0")])
def test_a_grey_profile_without_a_plain_curve_is_refused_for_colour(profile: bytes) -> None:
    with pytest.raises(UnwritableImage, match="its colour profile is for one"):
        encode_photo(photo(1, profile), WEBP, name="it")
    assert encode_photo(photo(1, profile), PNG, name="it")


@pytest.mark.parametrize("known", [PNG, WEBP], ids=lambda known: known.name)
def test_grey_animations_show_the_same_greys(known: Format) -> None:
    frames = (np.full((8, 8, 1), 60, np.uint8), np.full((8, 8, 1), 128, np.uint8))
    told = Metadata(icc_profile=gray(1.0))
    given = Animation(frames=frames, durations=(50, 50), plays=0, metadata=told)
    data = encode_picture(given, known, name="it", quality=100)
    assert decode_picture(data, name="it").frames[1].shape[2] == 3
    assert np.abs(shown(data).astype(int) - 132).max() <= 3


def pillow(mode: str, name: str, profile: bytes) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (4, 4), 90 if mode == "L" else (10, 200, 30)).save(
        file, name, icc_profile=profile
    )
    return file.getvalue()


@pytest.mark.parametrize(
    ("mode", "name", "profile", "stays"),
    [
        ("L", "PNG", RGB, False),
        ("L", "JPEG", RGB, True),
        ("L", "PNG", gray(1.0), True),
        ("RGB", "PNG", gray(1.0), False),
        ("RGB", "TIFF", gray(1.0), False),
        ("RGB", "JPEG", RGB[:16] + b"CMYK" + RGB[20:], False),
        ("RGB", "JPEG", b"no profile", True),
    ],
)
def test_profiles_for_other_channels_are_named(mode, name, profile, stays) -> None:
    metadata = decode_photo(pillow(mode, name, profile), name="it").metadata
    assert metadata.icc_profile == (profile if stays else None)
    assert metadata.left == (() if stays else ("colour profile for other channels",))


def test_what_is_no_profile_has_no_space() -> None:
    assert gray_profile.space_of(b"nothing") == ""
    assert gray_profile.as_rgb(gray(1.0)[:140]) is None
