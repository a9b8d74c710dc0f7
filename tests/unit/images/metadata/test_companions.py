"""What lies beside a picture is named, and what its format calls metadata is found."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage
from srcli.images.codecs.png import make_chunk
from srcli.images.decode import decode_photo
from srcli.images.encode import encode_photo
from srcli.images.formats import JPEG, PNG, TIFF, WEBP, Format
from srcli.images.metadata import bmff, ifd, jpeg_segments, photoshop, raw_profiles
from srcli.images.metadata.jpeg_segments import Segment
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import to_photo

SAMPLES = np.full((8, 8, 3), 90, np.uint8)
RECORD = b"\x1c\x02\x78\0\x03abc"


def file(known: Format, metadata: Metadata | None = None) -> bytes:
    photo = to_photo(SAMPLES, metadata or Metadata(), source_format="")
    return encode_photo(photo, known, name="it")


def read(data: bytes) -> Metadata:
    return decode_photo(data, name="it").metadata


def jpeg(marker: int, body: bytes) -> bytes:
    return jpeg_segments.with_segments(file(JPEG), [Segment(marker=marker, body=body)])


def png(kind: bytes, body: bytes) -> bytes:
    data = file(PNG)
    return data[:33] + make_chunk(kind, body) + data[33:]


def webp(kind: bytes) -> bytes:
    plain = io.BytesIO()
    Image.fromarray(SAMPLES).save(plain, "WEBP", lossless=True, exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    body = plain.getvalue()[8:] + kind + struct.pack("<I", 3) + b"abc\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (jpeg(0xEB, b"JP\0\1"), "content credentials"),
        (jpeg(0xE0, b"JFXX\0\x10"), "preview"),
        (jpeg(0xE1, b"FLIR\0\1"), "APP1 segment FLIR"),
        (jpeg(0xE4, b"\0\1"), "APP4 segment"),
        (jpeg(0xE2, b"urn:iso:std:iso:ts:21496:-1\0"), "gain map"),
        (jpeg(0xED, b"Photoshop 3.0\x008BIM broken"), "Photoshop resources"),
        (file(JPEG) + b"\0\0\0\x18ftypmp42", "embedded video"),
        (file(JPEG) + b"MotionPhoto_Data", "embedded video"),
        (file(JPEG) + file(JPEG), "further pictures"),
        (file(JPEG) + b"\xff\xd8\xff http://ns.adobe.com/hdr-gain-map/1.0/", "gain map"),
        (file(JPEG) + b"anything", "data behind the picture"),
        (png(b"caBX", b"1"), "content credentials"),
        (png(b"sCAL", b"1"), "sCAL chunk"),
        (file(PNG) + b"anything", "data behind the picture"),
        (webp(b"C2PA"), "content credentials"),
        (webp(b"abCD"), "abCD chunk"),
    ],
)
def test_what_is_not_carried_is_named(data, named):
    assert read(data).left == (named,)


@pytest.mark.parametrize(
    "data",
    [
        file(JPEG),
        file(JPEG) + b"\0\0\r\n",
        jpeg(0xEC, b"Ducky\0"),
        png(b"tIME", bytes([7, 234, 1, 1, 0, 0, 0])),
        file(WEBP),
        webp(b"XMP "),
    ],
)
def test_what_belongs_to_the_storage_is_not_named(data):
    assert read(data).left == ()


def raw_text(kind: bytes, name: bytes, content: bytes) -> tuple[bytes, bytes]:
    text = b"\n%s\n%8d\n%s\n" % (name, len(content), content.hex().encode())
    keyword = raw_profiles.KEYWORD + name.split()[0] + b"\0"
    bodies = {
        b"tEXt": text,
        b"zTXt": b"\0" + zlib.compress(text),
        b"iTXt": b"\1\0\0\0" + zlib.compress(text),
    }
    return kind, keyword + bodies[kind]


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
@pytest.mark.parametrize(
    ("content", "resources"),
    [
        (RECORD, photoshop.join({photoshop.IPTC: RECORD})),
        (photoshop.join({photoshop.IPTC: RECORD}), photoshop.join({photoshop.IPTC: RECORD})),
        (
            photoshop.PREFIX + photoshop.join({photoshop.IPTC: RECORD}),
            photoshop.join({photoshop.IPTC: RECORD}),
        ),
    ],
)
@pytest.mark.parametrize("name", [b"iptc", b"8bim", b"IPTC profile"])
def test_iptc_is_read_from_texts_of_png(kind, content, resources, name):
    metadata = read(png(*raw_text(kind, name, content)))
    assert metadata.resources == resources
    assert metadata.text_chunks == b""


def test_raw_profiles_that_cannot_be_read_are_named():
    assert read(png(*raw_text(b"tEXt", b"iptc", b"nonsense"))).left == ("raw profile",)
    broken = raw_profiles.KEYWORD + b"iptc\0\0not deflated"
    assert read(png(b"zTXt", broken)).left == ("raw profile",)
    assert read(png(b"tEXt", raw_profiles.KEYWORD + b"iptc\0\niptc\nx\nzz")).left == (
        "raw profile",
    )


def test_resources_may_take_several_segments():
    record = b"".join(b"\x1c\x02\x19\x04\0" + b"x" * 1024 for _ in range(80))
    resources = photoshop.join({photoshop.IPTC: record})
    data = file(JPEG, Metadata(resources=resources))
    assert len(jpeg_segments.read_segments(data)[0]) > 5
    assert read(data).resources == resources


def test_a_packet_too_long_for_a_segment_is_extended():
    described = b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="%s"/>'
    packet = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">%s</rdf:RDF>'
    given = packet % (described % (b"x" * 200_000))
    back = read(file(JPEG, Metadata(xmp=given)))
    assert b"x" * 200_000 in back.xmp
    assert b"HasExtendedXMP" not in back.xmp
    assert back.left == ()


@pytest.mark.parametrize("missing", [0, 1])
def test_an_extended_packet_that_is_not_whole_is_named(missing):
    data = file(JPEG, Metadata(xmp=b"<rdf:RDF xmlns:rdf='x'>" + b" " * 200_000 + b"</rdf:RDF>"))
    segments, _ = jpeg_segments.read_segments(data)
    parts = [one for one in segments if one.body.startswith(jpeg_segments.EXTENDED_XMP)]
    assert len(parts) == 4
    start = data.index(parts[missing].body) - 4
    cut = data[:start] + data[start + 4 + len(parts[missing].body) :]
    assert read(cut).left == ("extended XMP",)
    assert b"HasExtendedXMP" not in read(cut).xmp


def iptc_tiff(order: str, kind: int, record: bytes) -> bytes:
    """A TIFF file of one pixel with an IPTC tag, of bytes or of numbers of 32 bits."""
    if kind == ifd.LONG:
        record = record.ljust(-(-len(record) // 4) * 4, b"\0")
    entry = ifd.Entry(
        tag=33723, kind=kind, count=len(record) // (4 if kind == ifd.LONG else 1), value=record
    )
    tags = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 1}
    entries = [ifd.numbers(tag, (value,), order) for tag, value in tags.items()]
    return ifd.pack(ifd.Tree(entries=(*entries, entry)), order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [ifd.BYTE, ifd.LONG, 7])
@pytest.mark.parametrize("swapped", [False, True])
def test_iptc_of_tiff_is_read_in_every_type(order, kind, swapped):
    stored = RECORD
    if swapped:
        wide = RECORD.ljust(12, b"\0")
        stored = b"".join(wide[at : at + 4][::-1] for at in range(0, 12, 4))
    metadata = read(iptc_tiff(order, kind, stored))
    assert photoshop.resources(metadata.resources) == {photoshop.IPTC: RECORD}


def pages(*kinds: tuple[int, int], order: str = "<") -> bytes:
    """A TIFF file of directories, each a picture of one pixel with a subfile type."""
    data = ifd.MAIN_MARKS[0 if order == "<" else 1] + bytes(4)
    link = 4
    for tag, value in kinds:
        tags = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 1, tag: value}
        entries = tuple(ifd.numbers(name, (number,), order) for name, number in tags.items())
        at = len(data)
        data = data[:link] + struct.pack(order + "I", at) + data[link + 4 :]
        data += ifd.lay_out(ifd.Tree(entries=entries), at, order)
        link = ifd.read(data, at).end
    return data


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        ([(254, 0)], ()),
        ([(254, 0), (254, 1)], ("preview",)),
        ([(254, 1), (254, 0)], ("preview",)),
        ([(254, 0), (255, 2)], ("preview",)),
        ([(254, 0), (254, 4)], ("mask",)),
        ([(254, 0), (254, 1), (254, 5)], ("preview",)),
        ([(254, 1)], ()),
        ([(254, 2)], ()),
    ],
)
def test_pictures_of_reduced_size_are_no_pages(order, kinds, named):
    assert read(pages(*kinds, order=order)).left == named


@pytest.mark.parametrize(
    "kinds", [[(254, 0), (254, 0)], [(254, 2), (254, 2)], [(254, 0), (255, 3)]]
)
def test_other_pages_are_refused(kinds):
    with pytest.raises(UnreadableImage, match="several frames or pages"):
        read(pages(*kinds))


def test_tags_that_are_not_known_are_named_and_those_that_are_stay():
    entries = [ifd.numbers(50_000, (7,), "<"), ifd.opaque(37_724, b"layers")]
    known = ifd.opaque(0x010E, b"a description\0", kind=2)
    data = pages((254, 0))
    told = ifd.read(data, 8).entries.values()
    data = ifd.pack(ifd.Tree(entries=(*told, *entries, known)), "<")
    metadata = read(data)
    assert metadata.left == ("Photoshop layers", "TIFF tag 50000")
    assert b"a description" in metadata.exif
    assert b"a description" in file(TIFF, metadata)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.parametrize("version", [0, 1, 2])
def test_items_of_avif_are_found_by_their_places(version):
    wide = ">I" if version == 2 else ">H"
    entry = bytes([3 if version == 2 else 2, 0, 0, 0]) + struct.pack(wide, 1) + bytes(2) + b"Exif\0"
    content = bytes(4) + b"II*\0block"
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", 1) + box(b"infe", entry))

    def meta(offset: int) -> bytes:
        place = struct.pack(wide, 1) + (bytes(2) if version else b"") + bytes(2)
        place += struct.pack(">HII", 1, offset, len(content))
        count = struct.pack(wide, 1)
        return box(
            b"meta",
            bytes(4) + iinf + box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0]) + count + place),
        )

    data = meta(len(meta(0)) + 8) + box(b"mdat", content)
    assert bmff.exif_block(data) == b"II*\0block"
    assert bmff.exif_block(data[: len(meta(0)) - 9]) is None


@pytest.mark.parametrize(
    ("boxes", "named"),
    [
        (box(b"meta", b"urn:com:apple:photo:2020:aux:hdrgainmap\0"), ("gain map",)),
        (box(b"meta", b"urn:mpeg:hevc:2015:auxid:2\0"), ("depth map",)),
        (box(b"meta", b"urn:com:apple:photo:2018:aux:portraiteffectsmatte\0"), ("mattes",)),
        (box(b"meta", b"thmb"), ("preview",)),
        (box(b"moov", b"vide"), ("embedded video",)),
        (box(b"moov", b"pict"), ()),
        (box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481")), ("content credentials",)),
        (struct.pack(">I4sQ", 1, b"meta", 20) + b"thmb", ("preview",)),
        (struct.pack(">I4s", 0, b"meta") + b"thmb", ("preview",)),
        (struct.pack(">I4s", 3, b"meta") + b"thmb", ()),
    ],
)
def test_companions_of_avif_and_heif_are_named(boxes, named):
    assert bmff.companions(box(b"ftyp", b"heic") + boxes) == named


def test_items_without_end_are_not_followed():
    entry = bytes([2, 0, 0, 0, 0, 1, 0, 0]) + b"Exif\0"
    iinf = box(b"iinf", bytes(4) + struct.pack(">H", 1) + box(b"infe", entry))
    whole = struct.pack(">HHH", 1, 0, 0xFFFF) * 3
    for places in (whole, struct.pack(">HHH", 1, 0, 0xFFFF)):
        iloc = box(b"iloc", bytes(6) + struct.pack(">H", len(places) // 6) + places)
        data = box(b"meta", bytes(4) + iinf + iloc) + bytes(4096)
        assert bmff.exif_block(data) is None
    assert bmff.items(box(b"meta", bytes(4) + iinf)) == []
    assert bmff.items(b"") == []
