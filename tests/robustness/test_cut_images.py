"""Every format, cut in many places: what lacks data is refused, or made with a warning if allowed.

A picture that is made without a refusal is the whole one, whatever ends it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pillow_jxl
import pytest
import tifffile
from PIL import Image

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_picture
from srcli.images.picture.animation import Animation, Picture, frame_count
from srcli.images.probe import probe_image
from srcli.images.read_rules import ReadRules

GOLDEN = Path(__file__).parents[1] / "golden"
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (20, 36, 4), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (20, 36, 3), dtype=np.uint16)
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
ENDS = {"PNG": PNG_END, "JPE": b"\xff\xd9", "GIF": b";"}
ALLOWED = ReadRules(allow_damaged=True)


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def moving(name: str) -> bytes:
    frames = [Image.fromarray(NOISE[:, first : first + 12, :3]) for first in (0, 12, 24)]
    return saved(frames[0], name, save_all=True, append_images=frames[1:], duration=50, loop=0)


def still(name: str, mode: str = "RGB", **options: object) -> bytes:
    return saved(Image.fromarray(NOISE).convert(mode), name, **options)


def interlaced(depth: int) -> bytes:
    """A grey PNG of seven passes, stored in one chunk for each 100 bytes."""
    rows = b""
    for top, left, down, right in (
        *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
        *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
    ):
        part = DEEP[top::down, left::right, 0].astype(">u2" if depth == 16 else "u1")
        rows += b"".join(b"\0" + row.tobytes() for row in part)
    packed = zlib.compress(rows, 0)
    header = struct.pack(">IIBBBBB", 36, 20, depth, 0, 0, 0, 1)
    pieces = [packed[at : at + 100] for at in range(0, len(packed), 100)]
    chunks = [(b"IHDR", header), *((b"IDAT", piece) for piece in pieces)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks) + PNG_END


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def coded(suffix: str, samples: np.ndarray) -> bytes:
    return cv2.imencode(suffix, samples)[1].tobytes()


def jpeg_xl(*, lossless: bool, **blocks: bytes) -> bytes:
    encoder = pillow_jxl.Encoder(mode="RGBA", lossless=lossless, quality=100 if lossless else 90)
    return bytes(encoder(NOISE.tobytes(), 36, 20, jpeg_encode=False, **blocks))


def heif() -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(NOISE[..., :3])).save(file)
    return file.getvalue()


def cmyk_with_alpha(*, apart: bool, **options: object) -> bytes:
    file = io.BytesIO()
    samples = np.concatenate([NOISE, NOISE[..., :1]], axis=2)
    samples = np.moveaxis(samples, 2, 0) if apart else samples
    planes = "separate" if apart else "contig"
    options |= {"photometric": "separated", "planarconfig": planes, "extrasamples": [2]}
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


FILES = {
    "PNG": still("PNG"),
    "PNG palette": still("PNG", "P"),
    "PNG grey alpha": still("PNG", "LA"),
    "PNG 16 bits": coded(".png", DEEP),
    "PNG interlaced": interlaced(8),
    "PNG interlaced 16 bits": interlaced(16),
    "PNG animated": moving("PNG"),
    "JPEG": still("JPEG", quality=90),
    "JPEG progressive": still("JPEG", quality=90, progressive=True),
    "JPEG grey": still("JPEG", "L"),
    "JPEG CMYK": still("JPEG", "CMYK"),
    "JPEG restarts": still("JPEG", restart_marker_blocks=2),
    "GIF": still("GIF"),
    "GIF interlaced": still("GIF", "L", interlace=1),
    "GIF animated": moving("GIF"),
    "WebP": still("WEBP"),
    "WebP lossless": still("WEBP", "RGBA", lossless=True),
    "WebP alpha": still("WEBP", "RGBA"),
    "WebP animated": moving("WEBP"),
    "AVIF": still("AVIF"),
    "HEIF": heif(),
    "JXL": jpeg_xl(lossless=False),
    "JXL boxes": jpeg_xl(lossless=True, xmp=b"<x/>"),
    "RAW": (GOLDEN / "raw" / "bayer.dng").read_bytes(),
    "RAW packed": (GOLDEN / "raw" / "packed.dng").read_bytes(),
    "BMP": still("BMP"),
    "BMP grey": still("BMP", "L"),
    "TIFF": still("TIFF"),
    "TIFF LZW": still("TIFF", compression="tiff_lzw"),
    "TIFF Deflate": still("TIFF", compression="tiff_adobe_deflate"),
    "TIFF PackBits": still("TIFF", compression="packbits"),
    "TIFF JPEG": still("TIFF", compression="jpeg"),
    "TIFF fax": still("TIFF", "1", compression="group4"),
    "TIFF 16 bits": coded(".tiff", DEEP),
    "TIFF 32 bits": coded(".tiff", (DEEP / 65_535).astype(np.float32)),
    "TIFF CMYK alpha": cmyk_with_alpha(apart=False, compression="zlib", rowsperstrip=8),
    "TIFF CMYK alpha tiles": cmyk_with_alpha(apart=False, tile=(16, 16)),
    "TIFF CMYK alpha planes": cmyk_with_alpha(apart=True),
}


def cuts(name: str, data: bytes) -> Iterator[bytes]:
    """The file cut every 5 %, bare and with its end mark, or with its sizes set right."""
    for percent in range(5, 100, 5):
        cut = data[: len(data) * percent // 100]
        yield cut
        if name[:3] in ENDS:
            yield cut + ENDS[name[:3]]
        if name.startswith("PNG"):
            yield cut + bytes(len(data) - len(cut))
            yield with_sound_chunks(cut) + PNG_END
        if name.startswith("WebP"):
            yield with_sound_sizes(cut)


def with_sound_chunks(cut: bytes) -> bytes:
    """The last chunk of a PNG file said to be as long as it is, with a checksum that matches."""
    at = 8
    while at + 12 + int.from_bytes(cut[at : at + 4]) <= len(cut):
        at += 12 + int.from_bytes(cut[at : at + 4])
    kind, body = cut[at + 4 : at + 8], cut[at + 8 :]
    return cut[:at] + (chunk(kind, body) if len(kind) == 4 else b"")


def with_sound_sizes(cut: bytes) -> bytes:
    """The file and the last chunk of a WebP file said to be as long as they are."""
    at, cut = 12, cut + bytes(len(cut) % 2)
    while (end := at + 8 + int.from_bytes(cut[at + 4 : at + 8], "little")) < len(cut):
        at = end + end % 2
    sized = cut[: at + 4] + (len(cut) - at - 8).to_bytes(4, "little") + cut[at + 8 :]
    return sized[:4] + (len(sized) - 8).to_bytes(4, "little") + sized[8:]


def samples(picture: Picture) -> list[np.ndarray]:
    if isinstance(picture, Animation):
        return list(picture.frames)
    alpha = [] if picture.alpha is None else [picture.alpha.numpy()]
    return [picture.pixels.numpy(), *alpha]


def same(first: Picture, second: Picture) -> bool:
    ours, theirs = samples(first), samples(second)
    return len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_read_without_a_warning(name: str, capfd) -> None:
    warned: list[str] = []
    assert samples(decode_picture(FILES[name], name="it", warn=warned.append))
    assert warned == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_refused_or_whole_in_its_pixels(name: str, capfd) -> None:
    whole = decode_picture(FILES[name], name="it")
    refused = 0
    for cut in cuts(name, FILES[name]):
        try:
            picture = decode_picture(cut, name="it", warn=lambda _: None)
        except UnreadableImage as error:
            assert error.message.startswith("it ")  # noqa: PT017 - it may also be read
            refused += 1
            continue
        assert same(picture, whole)
    assert refused > 18
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", FILES)
def test_where_damage_is_allowed_a_cut_file_is_refused_warned_of_or_whole(name: str, capfd) -> None:
    whole = decode_picture(FILES[name], name="it")
    for cut in cuts(name, FILES[name]):
        warned: list[str] = []
        try:
            picture = decode_picture(cut, name="it", rules=ALLOWED, warn=warned.append)
        except UnreadableImage:
            continue
        assert warned or same(picture, whole)
        assert all(sentence.startswith("it ") for sentence in warned)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_can_be_made_has_a_head(name: str) -> None:
    for cut in cuts(name, FILES[name]):
        try:
            picture = decode_picture(cut, name="it", rules=ALLOWED, warn=lambda _: None)
        except UnreadableImage:
            continue
        head = probe_image(cut, name="it", rules=ALLOWED)
        assert head.size == (picture.height, picture.width)
        assert head.frames == frame_count(picture)


@pytest.mark.parametrize("name", ["PNG", "PNG 16 bits", "PNG interlaced 16 bits", "JPEG", "GIF"])
def test_where_damage_is_allowed_half_a_picture_is_what_there_is_of_it(name: str) -> None:
    whole = samples(decode_picture(FILES[name], name="it"))[0]
    cut = FILES[name][: len(FILES[name]) * 3 // 5]
    half = samples(decode_picture(cut, name="it", rules=ALLOWED, warn=lambda _: None))[0]
    assert half.shape == whole.shape
    known = (half == whole).mean()
    assert 0.2 < known < 0.8


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (FILES["PNG"][: -len(PNG_END)], "has no end mark"),
        (FILES["PNG 16 bits"][:-5], "has no end mark"),
        (FILES["JPEG"][:-2], "has no end mark"),
        (FILES["JPEG progressive"][:-2], "has no end mark"),
        (FILES["JPEG grey"][:-1], "has no end mark"),
        (FILES["GIF"][:-1], "has no end mark"),
        (FILES["JPEG"][:-2] + bytes(40) + b"\xff\xd9", "has extra bytes after its last pixel"),
        (
            FILES["PNG"][:33] + chunk(b"tEXt", b"a\0b")[:-1] + b"?" + FILES["PNG"][33:],
            "has a damaged tEXt chunk, which is left out",
        ),
    ],
)
def test_damage_around_the_pixels_is_warned_of(data: bytes, said: str) -> None:
    warned: list[str] = []
    picture = decode_picture(data, name="it", warn=warned.append)
    assert warned == [f"it {said}; all its pixels are there."]
    assert any(same(picture, decode_picture(one, name="it")) for one in FILES.values())


def test_a_progressive_jpeg_that_ends_between_two_scans_lacks_data() -> None:
    data = FILES["JPEG progressive"]
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 3
    tables = data.rfind(b"\xff\xc4", 0, scans[-1])
    for end in (tables, scans[-1]):
        with pytest.raises(UnreadableImage, match="its data end before its last pixel"):
            decode_picture(data[:end] + b"\xff\xd9", name="it")


def test_a_camera_that_sets_bytes_of_no_use_in_a_jpeg_is_not_blamed() -> None:
    data = FILES["JPEG"]
    at = data.index(b"\xff\xda") + 2 + int.from_bytes(data[data.index(b"\xff\xda") + 2 :][:2]) - 3
    odd = data[:at] + b"\x00\x00\x00" + data[at + 3 :]
    warned: list[str] = []
    assert same(decode_picture(odd, name="it", warn=warned.append), decode_picture(data, name="it"))
    assert warned == []
