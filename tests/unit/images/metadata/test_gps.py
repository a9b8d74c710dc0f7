"""Where a picture was taken can be left behind, whole."""

from __future__ import annotations

import struct

import pytest
from PIL import Image

from srcli.images.metadata.gps import exif_without_gps, xmp_without_gps

PLACE = {1: "N", 2: (48.0, 51.0, 29.5), 3: "E", 4: (2.0, 17.0, 40.0), 29: "2001:02:03"}


def block(*, place: bool = True) -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "A maker of cameras"
    tags.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
    if place:
        tags.get_ifd(0x8825).update(PLACE)
    tags[0x0131] = "software"
    return tags.tobytes().removeprefix(b"Exif\0\0")


def tags(data: bytes) -> Image.Exif:
    read = Image.Exif()
    read.load(data)
    return read


def in_big_endian(data: bytes) -> bytes:
    """One directory with a place and a following directory that has one as well."""
    value = struct.pack(">II", 48, 1)

    def directory(at: int, following: int) -> bytes:
        gps = at + 30
        entries = struct.pack(">HHII", 0x8825, 4, 1, gps) + struct.pack(">HHII", 0x0100, 4, 1, 7)
        inner = struct.pack(">HHHIII", 1, 2, 5, 1, gps + 18, 0) + value
        return struct.pack(">H", 2) + entries + struct.pack(">I", following) + inner

    first = directory(8, 64)
    return data + struct.pack(">I", 8) + first + directory(8 + len(first), 0)


def test_the_place_is_gone_and_everything_else_stands_where_it_stood() -> None:
    with_place = block()
    kept = exif_without_gps(with_place)
    assert kept is not None
    assert len(kept) == len(with_place)
    read = tags(kept)
    assert read.get_ifd(0x8825) == {}
    assert 0x8825 not in read
    assert (read[0x010F], read[0x0131]) == ("A maker of cameras", "software")
    assert read.get_ifd(0x8769)[0x9003] == "2001:02:03 04:05:06"
    assert b"2001:02:03\0" in with_place
    assert b"2001:02:03\0" not in kept
    assert struct.pack("<I", 48) not in kept[8:]


def test_every_directory_of_the_chain_is_looked_at() -> None:
    data = in_big_endian(b"MM\0*")
    assert data.count(struct.pack(">II", 48, 1)) == 2
    kept = exif_without_gps(data)
    assert kept is not None
    assert struct.pack(">II", 48, 1) not in kept
    assert struct.pack(">H", 0x8825) not in kept
    assert kept.count(struct.pack(">HHII", 0x0100, 4, 1, 7)) == 2


def test_a_block_without_a_place_stays_the_same() -> None:
    assert exif_without_gps(block(place=False)) == block(place=False)


@pytest.mark.parametrize(
    "broken", [b"nonsense", b"II*\0", b"MM\0*\0\0\0\xff", block()[:60], block()[:-40]]
)
def test_a_block_that_cannot_be_followed_is_dropped(broken: bytes) -> None:
    kept = exif_without_gps(broken)
    assert kept is None or struct.pack("<I", 48) not in kept[8:]


def test_directories_that_go_round_in_circles_end() -> None:
    data = b"II*\0" + struct.pack("<IHI", 8, 0, 8)
    assert exif_without_gps(data) == data


@pytest.mark.parametrize(
    ("packet", "kept"),
    [
        (b'<a exif:GPSLatitude="48,51N" exif:Flash="1">', b'<a exif:Flash="1">'),
        (b"<a exif:GPSAltitude = '7'\n b='c'/>", b"<a\n b='c'/>"),
        (b"<e:GPSLatitude>48,51N</e:GPSLatitude><b/>", b"<b/>"),
        (b'<e:GPSLatitude x="y" /><b/>', b"<b/>"),
        (b"<nothing/>", b"<nothing/>"),
        (b"<e:GPSx><deeper>48</deeper></e:GPSx>", None),
        ('<e:GPSx a="48"/>'.encode("utf-16-le"), None),
    ],
)
def test_xmp_loses_the_place_or_is_dropped(packet: bytes, kept: bytes | None) -> None:
    assert xmp_without_gps(packet) == kept
