"""Of a damaged file, the pixels come from what is sound, and the rest from the file itself."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage
from srcli.images.codecs import png, tiff
from srcli.images.decode import decode_photo, decode_picture
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.encode import encode_picture
from srcli.images.formats import GIF, PNG, TIFF
from srcli.images.inspection.limits import check_limits
from srcli.images.metadata import ifd
from srcli.images.picture.animation import Animation, frame_count
from srcli.images.picture.photo import Metadata
from srcli.images.probe import probe_image
from srcli.images.read_rules import DEFAULT_RULES, ReadRules

CASES = Path(__file__).parents[1] / "golden" / "cases"
ALLOWED = ReadRules(allow_damaged=True)
DEEP = np.random.default_rng(0).integers(1, 65_536, (3, 12, 16, 4), dtype=np.uint16)
DEEP[..., 3] = 65_535


def read(data: bytes, rules: ReadRules = DEFAULT_RULES):
    warned: list[str] = []
    return decode_picture(data, name="it", rules=rules, warn=warned.append), warned


def moving(told: Metadata | None = None) -> bytes:
    given = Animation(
        frames=tuple(DEEP), durations=(50, 50, 50), plays=0, metadata=told or Metadata()
    )
    return encode_picture(given, PNG, name="it")


def with_damaged_text(data: bytes) -> bytes:
    text = png.make_chunk(b"tEXt", b"a\0b")
    return data[:33] + text[:-1] + b"?" + data[33:]


def test_what_lies_behind_a_png_is_named_where_the_file_is_damaged():
    data = with_damaged_text((CASES / "background-gama/linear.png").read_bytes()) + b"more"
    photo, warned = read(data)
    assert photo.metadata.left == ("data behind the picture",)
    assert photo.metadata.text_chunks == b""
    assert warned == ["it has a damaged tEXt chunk, which is left out; all its pixels are there."]


def test_damaged_metadata_of_a_png_are_left_out():
    told = Metadata(exif=b"MM\0*" + struct.pack(">IH", 8, 0) + bytes(4), xmp=b"<x/>")
    data = encode_picture(decode_photo(moving_still(), name="it"), PNG, name="it")
    for metadata, kind in ((Metadata(exif=told.exif), b"eXIf"), (Metadata(xmp=told.xmp), b"iTXt")):
        whole = png.with_metadata(data, metadata)
        assert read(whole)[0].metadata.exif == metadata.exif
        assert read(whole)[0].metadata.xmp == metadata.xmp
        at = whole.index(kind) - 4
        end = at + 12 + int.from_bytes(whole[at : at + 4])
        broken = whole[: end - 1] + bytes([whole[end - 1] ^ 1]) + whole[end:]
        photo, warned = read(broken)
        assert (photo.metadata.exif, photo.metadata.xmp) == (None, None)
        assert len(warned) == 1


def moving_still() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


def test_long_texts_do_not_stop_an_animation():
    text = png.make_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2_000_000)))
    data = moving()
    data = data[:33] + text + data[33:]
    picture, warned = read(data)
    assert (frame_count(picture), picture.metadata.text_chunks, warned) == (3, text, [])
    assert probe_image(data, name="it").frames == 3


@pytest.mark.parametrize("place", ["fcTL", "fdAT", "middle"])
def test_a_deep_animation_that_is_cut_is_made_of_what_there_is(place):
    data = moving()
    control = data.rindex(b"fcTL")
    first = data.index(b"fdAT", control)
    cut = data[: {"fcTL": control - 4, "fdAT": first - 4, "middle": first + 200}[place]]
    with pytest.raises(UnreadableImage, match="it is cut short"):
        read(cut)
    picture, warned = read(cut, ALLOWED)
    whole = 3 if place == "middle" else 2
    assert (frame_count(picture), picture.bits) == (whole, 16)
    assert all(np.array_equal(picture.frames[one], DEEP[one][..., :3]) for one in range(2))
    assert "it is cut short." in warned
    assert probe_image(cut, name="it", rules=ALLOWED).frames == whole


def test_the_frame_that_lacks_data_is_counted_as_it_is_shown():
    data = moving()
    at = data.rindex(b"fdAT") - 4
    short = png.make_chunk(b"fdAT", data[at + 8 : at + 40])
    with pytest.raises(UnreadableImage, match="frame 3 lacks data"):
        read(data[:at] + short + png.make_chunk(b"IEND", b""))


def test_all_frames_of_a_deep_animation_are_limited():
    data = moving()
    assert frame_count(read(data, ReadRules(pixel_limit=3 * 192))[0]) == 3
    with pytest.raises(UnreadableImage, match="more pixels"):
        read(data, ReadRules(pixel_limit=3 * 192 - 1))
    with pytest.raises(UnreadableImage, match="more than 2 frames"):
        read(data, ReadRules(frame_limit=2))


def test_a_comment_of_a_gif_without_its_end_mark_is_kept():
    file = io.BytesIO()
    Image.new("L", (8, 8), 7).save(file, "GIF", comment=b"a comment")
    photo, warned = read(file.getvalue()[:-1])
    assert photo.metadata.comment == b"a comment"
    assert warned == ["it has no end mark; all its pixels are there."]
    encode_picture(photo, GIF, name="it")


def test_of_a_tiff_file_the_first_page_must_be_whole():
    data = (CASES / "tiff-thumbnail-page/thumb.tif").read_bytes()
    photo, warned = read(data)
    assert (photo.metadata.left, warned) == (("preview",), [])
    page = ifd.read(data, ifd.first(tiff.first_page(data)))
    (place,) = page.entries[273].integers("<")
    entry = page.entries[273]
    beyond = data[: entry.value_at] + struct.pack("<I", len(data) - 40) + data[entry.value_at + 4 :]
    assert place
    with pytest.raises(UnreadableImage, match="it is cut short"):
        read(beyond)
    assert read(beyond, ALLOWED)[1] == ["it is cut short."]


def test_a_tiff_file_of_too_many_directories_is_refused():
    empty = b"".join(struct.pack("<HI", 0, 8 + 6 * (one + 1)) for one in range(1000))
    data = b"II*\0" + struct.pack("<I", 8) + empty + bytes(6)
    with pytest.raises(UnsupportedImage, match="more than 999 strips, tiles and entries"):
        check_limits(data, TIFF, ReadRules(part_limit=999))


def test_values_that_many_tags_share_are_read_within_reason():
    size = 100_000
    entries = b"".join(struct.pack("<HHII", tag, 7, size, 0) for tag in range(1, 1001))
    data = b"II*\0" + struct.pack("<IH", 8, 1000) + entries + bytes(4) + bytes(size)
    told = ifd.read(data, 8).entries.values()
    assert sum(len(entry.value) for entry in told) <= 4 * len(data)
    assert len(told) >= 3
