"""Every block of every format is kept, adapted or named."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs.png import make_chunk
from srcli.images.decode import decode_photo
from srcli.images.encode import encode_photo
from srcli.images.formats import AVIF, BMP, GIF, JPEG, JXL, PNG, TIFF, WEBP, Format
from srcli.images.metadata import ifd, photoshop
from srcli.images.metadata.exif import has_preview
from srcli.images.metadata.inventory import KINDS, left_behind
from srcli.images.output_options import OutputOptions
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import to_photo

WRITTEN = (PNG, JPEG, WEBP, TIFF, AVIF, JXL, GIF, BMP)
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    'syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'dc:source="Łódź"/></rdf:RDF></x:xmpmeta>'
).encode()
RECORD = b"\x1c\x02\x78\0\x07K\xc3\xb6ln :"


def exif_block(order: str = "<") -> bytes:
    entry = ifd.opaque(0x013B, "Łukasz Żółć\0".encode(), kind=2)
    flash = ifd.numbers(0x9209, (16,), order)
    inner = {ifd.EXIF: ifd.Tree(entries=(flash, ifd.opaque(0x927C, b"maker's note")))}
    return ifd.pack(ifd.Tree(entries=(entry,), inner=inner), order)


def doubles(tag: int, *values: float) -> ifd.Entry:
    value = struct.pack(f"<{len(values)}d", *values)
    return ifd.Entry(tag=tag, kind=ifd.DOUBLE, count=len(values), value=value)


def with_thumbnail(order: str = "<", orientation: int = 1) -> bytes:
    """An EXIF block whose second directory holds a JPEG picture, red on its left."""
    red = np.zeros((8, 16, 3), np.uint8)
    red[:, :8, 0] = 255
    file = io.BytesIO()
    Image.fromarray(red).save(file, "JPEG")
    jpeg = file.getvalue()
    turned = ifd.numbers(0x0112, (orientation,), order)
    main = bytearray(ifd.pack(ifd.Tree(entries=(turned,)), order))
    main += bytes(len(main) % 2)
    start = len(main)
    place = [ifd.numbers(0x0201, (70_000,), order), ifd.numbers(0x0202, (len(jpeg),), order)]
    second = ifd.lay_out(ifd.Tree(entries=tuple(place)), start, order)
    struct.pack_into(order + "I", main, ifd.read(bytes(main), 8).end, start)
    at = struct.pack(order + "I", start + len(second))
    return bytes(main) + second.replace(struct.pack(order + "I", 70_000), at) + jpeg


BLOCKS = {
    "thumbnail": Metadata(exif=with_thumbnail()),
    "EXIF": Metadata(exif=exif_block()),
    "XMP": Metadata(xmp=PACKET),
    "IPTC": Metadata(resources=photoshop.join({photoshop.IPTC: RECORD})),
    "Photoshop resources": Metadata(resources=photoshop.join({0x040B: b"https://example.org"})),
    "comment": Metadata(comment="Grüße".encode()),
    "texts": Metadata(text_chunks=make_chunk(b"tEXt", b"Title\0a title")),
    "position on earth": Metadata(geo=(doubles(33550, 10, 10, 0),)),
}
FIELDS = {
    "thumbnail": "exif",
    "EXIF": "exif",
    "XMP": "xmp",
    "IPTC": "resources",
    "Photoshop resources": "resources",
    "comment": "comment",
    "texts": "text_chunks",
    "position on earth": "geo",
}


def photo(metadata: Metadata) -> Photo:
    return to_photo(np.full((8, 8, 3), 90, np.uint8), metadata, source_format="")


def recoded(metadata: Metadata, known: Format) -> Metadata:
    return decode_photo(encode_photo(photo(metadata), known, name="it"), name="it").metadata


def test_there_is_an_example_of_every_block():
    assert set(BLOCKS) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("known", WRITTEN, ids=lambda known: known.name)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_block_is_kept_or_named(kind, known):
    given = BLOCKS[kind.name]
    back, named = recoded(given, known), left_behind(given, known)
    stays = known in kind.formats
    alone = (kind.name,)
    if kind.name == "thumbnail" and known in {GIF, BMP}:
        alone = ("EXIF", "thumbnail")
    assert named == (() if stays else alone)
    if (kind.name, known) == ("comment", PNG):
        assert "Grüße".encode() in back.text_chunks
    elif kind.name == "thumbnail":
        assert (b"\xff\xd8\xff" in (back.exif or b"")) == stays
    elif kind.name == "EXIF" and stays:
        assert "Łukasz Żółć".encode() in back.exif
        assert b"maker's note" in back.exif
    else:
        assert getattr(back, FIELDS[kind.name]) == (
            getattr(given, FIELDS[kind.name]) if stays else getattr(Metadata(), FIELDS[kind.name])
        )


@pytest.mark.parametrize("known", WRITTEN, ids=lambda known: known.name)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_block_can_be_stripped(kind, known):
    bare = OutputOptions(strip_metadata=True).apply(photo(BLOCKS[kind.name])).metadata
    assert left_behind(bare, known) == ()
    assert recoded(bare, known) == recoded(Metadata(), known)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("known", [PNG, JPEG, WEBP, TIFF, AVIF], ids=lambda known: known.name)
def test_exif_of_either_byte_order_is_carried_and_read_by_others(order, known, tmp_path):
    data = encode_photo(photo(Metadata(exif=exif_block(order))), known, name="it")
    (tmp_path / "it").write_bytes(data)
    with Image.open(tmp_path / "it") as image:
        tags = image.getexif()
        assert tags[0x013B].encode("latin-1").decode() in {"Łukasz Żółć", "Łukasz Żółć\0"}
        assert tags.get_ifd(ifd.EXIF)[0x9209] == 16
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - 90).max() <= 2


def test_all_blocks_together_go_round_through_every_format_that_holds_them():
    everything = Metadata()
    for block in (BLOCKS[name] for name in FIELDS if name != "thumbnail"):
        given = {name: getattr(block, name) for name in FIELDS.values() if getattr(block, name)}
        everything = replace(everything, **given)
    once = recoded(everything, TIFF)
    assert once == recoded(replace(once, size=None), TIFF)


def test_places_are_taken_out_of_iptc_and_geotiff():
    city = b"\x1c\x02\x5a\0\x06Lisboa"
    blocks = photoshop.join({photoshop.IPTC: RECORD + city, 0x0425: bytes(16)})
    told = Metadata(resources=blocks, geo=BLOCKS["position on earth"].geo)
    kept = OutputOptions(strip_gps=True).apply(photo(told)).metadata
    assert photoshop.resources(kept.resources) == {photoshop.IPTC: RECORD}
    assert kept.geo == ()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("known", [PNG, JPEG, WEBP], ids=lambda known: known.name)
def test_the_thumbnail_of_a_turned_picture_is_turned_with_it(order, known):
    block = recoded(Metadata(exif=with_thumbnail(order, 6)), known).exif
    assert has_preview(block)
    inside = ifd.read(block, ifd.read(block, 8).following)
    at, size = (inside.pointer(tag, order) for tag in (0x0201, 0x0202))
    with Image.open(io.BytesIO(block[at : at + size])) as image:
        assert image.size == (8, 16)
        assert image.getpixel((4, 2))[0] > 200
        assert image.getpixel((4, 13))[0] < 50
