import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_photo
from srcli.images.formats import SIGNATURE_LENGTH
from srcli.images.metadata import ifd
from srcli.images.probe import probe_image, read_content

CASES = Path(__file__).parents[2] / "golden" / "cases"
NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def encoded(name: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, name, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", [0, 1, 3, 6, 8, 9])
def test_the_size_is_that_of_the_upright_picture(name, orientation):
    data = encoded(name, orientation)
    photo = decode_photo(data, name="it")
    assert probe_image(data, name="it").size == (photo.height, photo.width)


def test_only_the_head_is_looked_at():
    data = encoded("JPEG", 1)
    assert probe_image(data[:-100], name="it").size == (20, 30)


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "text.png").write_text("no picture " * 1000)
    (tmp_path / "empty.png").touch()
    for name, words in (("text.png", "not a picture"), ("empty.png", "is empty")):
        content, _ = read_content(tmp_path / name)
        assert len(content) <= SIGNATURE_LENGTH
        with pytest.raises(UnreadableImage, match=words):
            probe_image(content, name=name)


def test_what_cannot_be_read_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "fifo.png")
    for path, words in (
        (tmp_path / "fifo.png", "not a regular file"),
        (tmp_path / "none.png", "does not exist"),
    ):
        with pytest.raises(UnreadableImage, match=words):
            read_content(path)


@pytest.mark.parametrize(
    "text",
    [
        ("XML:com.adobe.xmp", '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'),
        ("Raw profile type exif", None),
    ],
    ids=lambda text: text[0],
)
def test_a_png_may_be_turned_by_a_text(text):
    key, content = text
    if content is None:
        exif = Image.Exif()
        exif[0x0112] = 6
        block = exif.tobytes()
        content = f"\nexif\n{len(block):8}\n{block.hex()}\n"
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt(key, content) if key.startswith("XML") else texts.add_text(key, content)
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "PNG", pnginfo=texts)
    photo = decode_photo(file.getvalue(), name="it")
    assert (photo.height, photo.width) == (30, 20)
    assert probe_image(file.getvalue(), name="it").size == (30, 20)


def test_the_size_is_that_of_the_first_page_not_of_a_preview_before_it() -> None:
    data = (CASES / "tiff-thumbnail-page" / "thumb.tif").read_bytes()
    first = ifd.first(data)
    second = ifd.read(data, first).following
    end = ifd.read(data, first).end
    swapped = bytearray(data)
    swapped[4:8] = struct.pack("<I", second)
    struct.pack_into("<I", swapped, ifd.read(data, second).end, first)
    struct.pack_into("<I", swapped, end, 0)
    given = bytes(swapped)
    assert probe_image(given, name="it").size == probe_image(data, name="it").size == (48, 64)
    photo = decode_photo(given, name="it")
    assert (photo.height, photo.width) == (48, 64)
    assert photo.metadata.left == ("preview",)
