from __future__ import annotations

import struct

import pytest
from PIL import Image

from srcli.images.metadata import ifd
from srcli.images.metadata.exif import (
    make_upright,
    orientation,
    upright_xmp,
    with_size,
    without_orientation,
    xmp_orientation,
)


def block(order: str, *, thumbnail: bool = False) -> bytes:
    """Orientation 6, size 40 x 30 here and in the EXIF directory, one maker's byte string."""
    start, inner = 8, 62
    entries = [(0x0100, 3, 40), (0x0101, 3, 30), (0x0112, 3, 6), (0x8769, 4, inner)]
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    body = struct.pack(order + "H", len(entries))
    for tag, kind, value in entries:
        field = struct.pack(order + ("H" if kind == 3 else "I"), value).ljust(4, b"\0")
        body += struct.pack(order + "HHI", tag, kind, 1) + field
    body += struct.pack(order + "I", 200 if thumbnail else 0)
    exif = struct.pack(order + "HHHIIHHII", 2, 0xA002, 4, 1, 40, 0xA003, 4, 1, 30) + bytes(4)
    return head + body + exif + b"maker's note"


def tags(data: bytes) -> Image.Exif:
    read = Image.Exif()
    read.load(data)
    return read


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_block_is_made_upright_and_nothing_else_in_it_changes(order: str) -> None:
    turned = block(order)
    upright = make_upright(turned)
    assert orientation(turned) == 6
    assert tags(upright)[0x0112] == 1
    assert sum(a != b for a, b in zip(turned, upright, strict=True)) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_thumbnail_of_a_turned_picture_is_cut_off(order: str) -> None:
    turned = block(order, thumbnail=True)
    assert tags(turned)._info.next == 200
    assert tags(make_upright(turned))._info.next == 0


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("width", [7, 70_000])
def test_a_new_size_goes_into_the_tags_that_are_there(order: str, width: int) -> None:
    sized = tags(with_size(block(order), height=9, width=width))
    inner = sized.get_ifd(0x8769)
    assert (sized[0x0100], sized[0x0101], inner[0xA002], inner[0xA003]) == (width, 9, width, 9)


@pytest.mark.parametrize("broken", [b"", b"II*\0", b"MM\0*\0\0\0\xff", block("<")[:40], b"x" * 99])
def test_broken_blocks_are_left_alone(broken: bytes) -> None:
    assert orientation(broken) == 1
    assert make_upright(broken) == broken
    assert with_size(broken, height=1, width=1) == broken


def test_an_orientation_that_does_not_exist_counts_as_upright() -> None:
    stored = struct.pack("<HHIH", 0x0112, 3, 1, 6)
    assert stored in block("<")
    assert orientation(block("<").replace(stored, stored[:-2] + b"\x09\0")) == 1


@pytest.mark.parametrize(
    ("turned", "upright"),
    [
        (b'<a tiff:Orientation="6" b="6">', b'<a tiff:Orientation="1" b="6">'),
        (b"<tiff:Orientation>8</tiff:Orientation>", b"<tiff:Orientation>1</tiff:Orientation>"),
        (b"<nothing/>", b"<nothing/>"),
    ],
)
def test_xmp_is_made_upright(turned: bytes, upright: bytes) -> None:
    assert upright_xmp(turned) == upright


def with_subject(order: str, *numbers: int, orientation: int = 1) -> bytes:
    """An EXIF block that says where the subject is."""
    subject = ifd.numbers(0x9214, numbers, order)
    inner = {ifd.EXIF: ifd.Tree(entries=(subject, ifd.numbers(0x9209, (1,), order)))}
    main = (ifd.numbers(0x0112, (orientation,), order),)
    return ifd.pack(ifd.Tree(entries=main, inner=inner), order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((10, 20), (30, 40)),
        ((10, 20, 4), (30, 40, 12)),
        ((10, 20, 4, 5), (30, 40, 12, 10)),
        ((60_000, 1), (65_535, 2)),
    ],
)
def test_the_place_of_the_subject_follows_the_size(order, numbers, expected) -> None:
    sized = with_size(with_subject(order, *numbers), height=20, width=30, before=(10, 10))
    assert tags(sized).get_ifd(ifd.EXIF)[0x9214] == expected


def test_the_place_of_the_subject_goes_with_the_turn() -> None:
    inner = tags(make_upright(with_subject("<", 1, 2, orientation=6))).get_ifd(ifd.EXIF)
    assert set(inner) == {0x9209}


def test_the_orientation_can_be_told_elsewhere() -> None:
    upright = make_upright(with_subject("<", 1, 2), 6)
    assert set(tags(upright).get_ifd(ifd.EXIF)) == {0x9209}
    assert 0x0112 not in tags(without_orientation(upright))
    assert without_orientation(b"nonsense") == b"nonsense"
    assert make_upright(b"nonsense", 6) == b"nonsense"
    assert xmp_orientation(b'<a tiff:Orientation="6"/>') == 6
    assert xmp_orientation(b"<a/>") == 1
