"""Files that are right but rare: depth, mode, alpha, profile and orientation must come out right.

All are made here, mostly by other code than ours, so that what they hold is known.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from srcli.images.decode import decode_photo, read_photo
from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Photo
from srcli.pixels.levels import from_levels

FILES = Path(__file__).parent / "files"
TRANSPARENT = sorted((FILES / "pngsuite" / "transparent").iterdir())
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (6, 9, 4), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (6, 9, 4), dtype=np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def levels(photo: Photo) -> NDArray[np.float64]:
    """Samples of the picture (H, W, 3 or 4) on the scale of its depth."""
    planes = (
        [from_levels(photo.pixels)]
        if photo.alpha is None
        else [from_levels(photo.pixels), from_levels(photo.alpha)]
    )
    samples = torch.cat(planes, 1)[0].permute(1, 2, 0).double().numpy()
    return samples if photo.bits == 32 else (samples * (2**photo.bits - 1)).round()


def read(data: bytes) -> Photo:
    return decode_photo(data, name="it")


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 3), (8, 8), (1, 500), (500, 1)])
@pytest.mark.parametrize("name", ["PNG", "TIFF", "BMP"])
def test_any_size_is_read(size: tuple[int, int], name: str) -> None:
    samples = RANDOM.integers(0, 256, (*size, 3), dtype=np.uint8)
    assert np.array_equal(levels(read(saved(Image.fromarray(samples), name))), samples)


@pytest.mark.parametrize(
    ("mode", "gray"), [("L", True), ("LA", True), ("RGB", False), ("RGBA", False)]
)
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_eight_bit_modes_are_read_as_they_are(mode: str, gray: bool, name: str) -> None:
    image = Image.fromarray(NOISE).convert(mode)
    photo = read(saved(image, name))
    assert (photo.gray, photo.bits) == (gray, 8)
    expected = np.asarray(image.convert("RGBA" if "A" in mode else "RGB"))
    assert np.array_equal(levels(photo), expected)


def test_bilevel_becomes_grey() -> None:
    image = Image.fromarray(NOISE[..., 0] > 127)
    photo = read(saved(image, "PNG"))
    assert (photo.gray, photo.bits) == (True, 8)
    assert np.array_equal(levels(photo)[..., 0], np.asarray(image) * 255)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_that_opencv_wrote_are_kept(channels: int, suffix: str) -> None:
    import cv2

    samples = DEEP[..., :channels]
    swapped = samples[..., [2, 1, 0, 3][:channels]] if channels > 1 else samples
    photo = read(cv2.imencode(suffix, swapped)[1].tobytes())
    expected = samples.repeat(3, axis=2) if channels == 1 else samples
    assert (photo.gray, photo.bits) == (channels == 1, 16)
    assert np.array_equal(levels(photo), expected)


@pytest.mark.parametrize("path", TRANSPARENT, ids=lambda path: path.name)
def test_every_kind_of_png_transparency_is_found(path: Path) -> None:
    photo = read_photo(path)
    assert photo.alpha is not None
    found = set((from_levels(photo.alpha) * 255).flatten().tolist())
    assert found == ({0, 85, 170, 255} if path.name == "tm3n3p02.png" else {0, 255})
    assert photo.gray == ("n0g" in path.name)
    assert photo.bits == (16 if path.stem.endswith("16") else 8)


def test_a_colour_key_is_compared_at_full_depth() -> None:
    import cv2

    samples = DEEP[..., :3].copy()
    samples[0, 0] = [1000, 2000, 3000]
    samples[0, 1] = [1000, 2000, 3001]
    data = cv2.imencode(".png", samples[..., ::-1])[1].tobytes()
    body = b"tRNS" + struct.pack(">HHH", 1000, 2000, 3000)
    key = struct.pack(">I", 6) + body + struct.pack(">I", zlib.crc32(body))
    alpha = from_levels(read(data[:33] + key + data[33:]).alpha)
    assert alpha is not None
    assert alpha[0, 0, 0, :2].tolist() == [0, 1]
    assert alpha.sum() == alpha.numel() - 1


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP"])
def test_palettes_are_resolved_to_grey_or_colour_as_they_are(name: str) -> None:
    color = Image.fromarray(NOISE[..., :3]).quantize(8)
    assert np.array_equal(levels(read(saved(color, name))), np.asarray(color.convert("RGB")))
    gray = Image.fromarray(NOISE[..., 0]).quantize(8)
    photo = read(saved(gray, name))
    assert photo.gray
    assert np.array_equal(levels(photo), np.asarray(gray.convert("RGB")))


def test_a_grey_palette_with_a_profile_of_colour_stays_colour() -> None:
    gray = Image.fromarray(NOISE[..., 0]).quantize(8)
    assert not read(saved(gray, "PNG", icc_profile=SRGB)).gray


@pytest.mark.parametrize("name", ["PNG", "GIF"])
def test_a_transparent_palette_entry_becomes_alpha(name: str) -> None:
    image = Image.fromarray(NOISE[..., :3]).quantize(8)
    photo = read(saved(image, name, transparency=3))
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha[0, 0].numpy() == 0, np.asarray(image) == 3)


def test_partly_transparent_palette_entries_keep_their_opacity() -> None:
    image = Image.fromarray(NOISE[..., :3]).quantize(8)
    opacity = bytes(range(0, 240, 30))
    photo = read(saved(image, "PNG", transparency=opacity))
    assert np.array_equal(
        levels(photo)[..., 3], np.frombuffer(opacity, np.uint8)[np.asarray(image)]
    )


def test_a_palette_with_unused_transparency_is_opaque() -> None:
    image = Image.fromarray(NOISE[..., :3]).quantize(8)
    assert read(saved(image, "PNG", transparency=200)).alpha is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_pictures_come_out_upright_and_say_so(orientation: int, name: str) -> None:
    rows, columns = np.mgrid[:48, :72]
    smooth = np.stack([rows * 5, columns * 3, rows + columns], axis=2).astype(np.uint8)
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "A maker"
    image = Image.fromarray(smooth)
    photo = read(saved(image, name, exif=tags.tobytes()))
    image.info["exif"] = tags.tobytes()
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert levels(photo).shape == expected.shape
    assert np.abs(levels(photo) - expected).mean() < 6
    assert np.abs(levels(read(encode_photo(photo, PNG, name="it"))) - levels(photo)).max() == 0
    again = Image.Exif()
    again.load(photo.metadata.exif or b"")
    assert again[0x010F] == "A maker"
    assert again.get(0x0112, 1) == 1


def test_a_photo_with_an_orientation_that_others_made_comes_out_upright() -> None:
    photo = read_photo(FILES / "image-rs" / "good" / "portrait_2.jpg")
    with Image.open(FILES / "image-rs" / "good" / "portrait_2.jpg") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(levels(photo), expected)
    assert photo.metadata.icc_profile is not None


def cmyk_profile() -> bytes:
    """A CMYK profile (ICC 2.4, lut8) in which ink K alone counts, and white is not paper."""
    corners = itertools.product((0, 1), repeat=4)
    table = bytes(
        v for *_, black in corners for v in ((40, 128, 128) if black else (255, 128, 128))
    )
    ramp = bytes(range(256))
    matrix = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + ramp * 4 + table + ramp * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"none\0"
    desc = b"desc" + bytes(4) + struct.pack(">I", 2) + b"K\0" + bytes(78)
    tags = [(b"desc", desc), (b"cprt", text), (b"wtpt", white), (b"A2B0", lut), (b"A2B1", lut)]
    start = 128 + 4 + 12 * len(tags)
    directory, body = struct.pack(">I", len(tags)), b""
    for signature, data in tags:
        directory += signature + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    head = struct.pack(">I4sI", size, b"none", 0x02400000) + b"prtrCMYKLab " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + directory + body


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile_and_leaves_it_behind(name: str) -> None:
    ink = Image.new("CMYK", (16, 16), (255, 255, 0, 0))
    options = {"quality": 100} if name == "JPEG" else {}
    photo = read(saved(ink, name, icc_profile=cmyk_profile(), **options))
    assert photo.metadata.icc_profile is None
    assert from_levels(photo.pixels).min() > 0.95  # by the profile, cyan and magenta print nothing


@pytest.mark.parametrize("profile", [None, b"not a profile", SRGB])
def test_cmyk_without_a_profile_of_its_own_is_converted_by_the_device_formula(
    profile: bytes | None,
) -> None:
    ink = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    photo = read(saved(ink, "TIFF", icc_profile=profile))
    assert from_levels(photo.pixels)[0, :, 0, 0].tolist() == [0, 1, 1]
    assert photo.metadata.icc_profile is None


def test_cie_lab_becomes_srgb() -> None:
    lab = Image.new("LAB", (4, 4), (255, 128, 128))
    assert from_levels(read(saved(lab, "TIFF")).pixels).min() > 0.98


@pytest.mark.parametrize("depth", [10, 12])
def test_avif_of_more_than_eight_bits_is_kept_deep(depth: int) -> None:
    import cv2

    samples = (DEEP[..., :1] >> (16 - depth)).repeat(3, axis=2)
    options = [cv2.IMWRITE_AVIF_DEPTH, depth, cv2.IMWRITE_AVIF_QUALITY, 100]
    photo = read(cv2.imencode(".avif", samples, options)[1].tobytes())
    assert photo.bits == 16
    assert np.abs(levels(photo) / 65_535 - samples / (2**depth - 1)).max() < 2 / 2**depth


def test_a_jpeg_named_png_is_read_for_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ünï cödé 照片.png"
    path.write_bytes(saved(Image.new("L", (8, 8), 77), "JPEG"))
    photo = read_photo(path)
    assert (photo.source_format, photo.gray) == ("JPEG", True)


def test_a_profile_an_xmp_packet_and_a_density_are_kept() -> None:
    image = Image.fromarray(NOISE[..., :3])
    photo = read(saved(image, "JPEG", icc_profile=SRGB, xmp=b"<x/>", dpi=(300, 150)))
    assert photo.metadata.icc_profile == SRGB
    assert photo.metadata.xmp == b"<x/>"
    assert photo.metadata.dpi == (300, 150)


@pytest.mark.parametrize(("name", "mode"), [("JPEG", "L"), ("TIFF", "L"), ("TIFF", "I;16")])
def test_the_density_turns_with_the_picture(name: str, mode: str) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    options = {"exif": tags.tobytes(), "dpi": (300, 150)}
    if name == "TIFF":
        options = {"tiffinfo": {274: 6}, "dpi": (300, 150)}
    photo = read(saved(Image.new(mode, (8, 16)), name, **options))
    assert (photo.height, photo.width) == (8, 16)
    assert photo.metadata.dpi == (150, 300)


def test_an_orientation_that_only_xmp_knows_is_applied_and_reset() -> None:
    packet = b'<x tiff:Orientation="6"/>'
    photo = read(saved(Image.new("L", (8, 16)), "JPEG", xmp=packet))
    assert (photo.height, photo.width) == (8, 16)
    assert photo.metadata.xmp == packet.replace(b"6", b"1")


def test_exif_that_is_nonsense_does_not_cost_the_picture() -> None:
    photo = read(saved(Image.new("L", (8, 16)), "JPEG", exif=b"Exif\0\0nonsense"))
    assert (photo.height, photo.metadata.exif) == (16, b"nonsense")
