"""Small files that would keep a decoder busy, or fill the memory, for long."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_picture
from srcli.images.probe import probe_image
from srcli.images.read_rules import ReadRules

RED = Image.new("RGB", (8, 8), "red")
MANY = 100_001


def saved(name: str, **options: object) -> bytes:
    file = io.BytesIO()
    RED.save(file, name, **options)
    return file.getvalue()


def moving(name: str, count: int) -> bytes:
    frames = [Image.new("RGB", (4, 4), (60 * number, 0, 0)) for number in range(count)]
    file = io.BytesIO()
    frames[0].save(file, name, save_all=True, append_images=frames[1:], duration=10)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(extra: bytes) -> bytes:
    data = saved("PNG")
    at = data.index(b"IDAT") - 4
    return data[:at] + extra + data[at:]


def jpeg(extra: bytes) -> bytes:
    data = saved("JPEG")
    return data[:2] + extra + data[2:]


def gif(extra: bytes) -> bytes:
    """A GIF with a comment, or any other block, before its frame."""
    data = saved("GIF")
    at = 13 + (3 << ((data[10] & 7) + 1))
    return data[:at] + extra + data[at:]


def tiff(*entries: tuple[int, int, int, int]) -> bytes:
    listed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + listed + bytes(4)


def bigtiff(count: int) -> bytes:
    head = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, count)
    return head + struct.pack("<HHQQ", 1000, 4, 1, 8) * count + bytes(8)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (png(chunk(b"tEXt", b"a\0b") * MANY), "chunks"),
        (png(chunk(b"IDAT", b"") * MANY), "chunks"),
        (jpeg(b"\xff\xfe\0\3a" * MANY), "segments"),
        (jpeg(b"\xff\xe1\0\3a" * MANY), "segments"),
        (jpeg(b"\xff" * MANY), "segments"),
        (gif(b"!\xfe\1a\0" * MANY), "blocks"),
        (gif(b"!\xfe" + b"\1a" * 2 * MANY + b"\0"), "blocks"),
        (b"RIFF\xff\xff\xff\0WEBP" + b"ABCD\0\0\0\0" * MANY, "chunks"),
        (tiff((256, 4, 1, 1), (257, 4, 1, MANY), (273, 4, MANY, 8)), "strips, tiles and entries"),
        (bigtiff(MANY), "strips, tiles and entries"),
    ],
    ids=["texts", "IDAT", "comments", "APP1", "fill", "GIF", "pieces", "WebP", "strips", "BigTIFF"],
)
def test_a_file_of_too_many_parts_is_refused_with_the_flag_that_allows_them(
    data: bytes, what: str
) -> None:
    for read in (probe_image, decode_picture):
        with pytest.raises(UnreadableImage, match=f"it holds more than 100,000 {what}") as caught:
            read(data, name="it")
        assert caught.value.hint == "Raise the limit with --max-parts."


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_an_animation_of_too_many_frames_is_refused_with_the_flag_that_allows_them(
    name: str,
) -> None:
    data = moving(name, 4)
    for read in (probe_image, decode_picture):
        read(data, name="it", rules=ReadRules(frame_limit=4))
        with pytest.raises(UnreadableImage, match="it holds more than 3 frames") as caught:
            read(data, name="it", rules=ReadRules(frame_limit=3))
        assert caught.value.hint == "Raise the limit with --max-frames."


def test_an_animation_that_lies_about_its_frames_is_refused() -> None:
    data = moving("PNG", 3)
    at = data.index(b"acTL")
    lie = data[: at - 4] + chunk(b"acTL", struct.pack(">II", 10**6, 0)) + data[at + 16 :]
    with pytest.raises(UnreadableImage, match="more than 5,000 frames"):
        probe_image(lie, name="it")
    with pytest.raises(
        UnreadableImage, match="is damaged: it announces 1000000 frames and holds 3"
    ):
        decode_picture(lie, name="it", rules=ReadRules(frame_limit=10**7))


def test_the_flag_that_allows_more_pixels_is_told() -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode_picture(saved("PNG"), name="it", rules=ReadRules(pixel_limit=63))
    assert caught.value.hint.endswith("Raise the limit with --max-pixels.")


def test_a_progressive_jpeg_of_far_too_many_scans_is_refused() -> None:
    data = saved("JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(UnreadableImage, match="it holds more than 500 scans"):
        decode_picture(data[:-2] + data[scan:-2] * 500 + data[-2:], name="it")


@pytest.mark.parametrize("kind", ["text", "XMP", "EXIF", "profile"])
def test_texts_and_profiles_that_unpack_to_very_much_are_not_unpacked(kind: str) -> None:
    packed = zlib.compress(bytes(50_000_000))
    hidden = {
        "text": chunk(b"zTXt", b"a\0\0" + packed),
        "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
        "EXIF": chunk(b"zTXt", b"Raw profile type exif\0\0" + packed),
        "profile": chunk(b"iCCP", b"a\0\0" + packed),
    }
    data = png(hidden[kind])
    if kind == "text":  # which is carried over as it is
        assert hidden[kind] in decode_picture(data, name="it").metadata.text_chunks
        assert probe_image(data, name="it").size == (8, 8)
        return
    if kind == "profile":
        with pytest.raises(UnreadableImage, match="it cannot be decoded"):
            decode_picture(data, name="it")
        return
    told = decode_picture(data, name="it").metadata
    assert (told.exif, told.xmp) == (None, None)
    assert told.left == ({"XMP": "XMP", "EXIF": "raw profile"}[kind],)
    assert probe_image(data, name="it").size == (8, 8)


def test_data_that_unpack_to_more_than_the_picture_are_left_alone() -> None:
    data = saved("PNG")
    at = data.index(b"IDAT") - 4
    rows = (b"\0" + b"\xff\0\0" * 8) * 8
    bomb = data[:at] + chunk(b"IDAT", zlib.compress(rows + bytes(50_000_000))) + data[-12:]
    whole = decode_picture(data, name="it").pixels
    assert np.array_equal(decode_picture(bomb, name="it").pixels, whole)
