"""JPEG XL; the vectors in ``golden/jxl`` were made by cjxl from ``source.png`` there."""

import io
import sys
from pathlib import Path

import numpy as np
import pillow_jxl
import pytest
from PIL import Image, ImageCms

from srcli.batch.naming import Naming
from srcli.batch.outputs import plan_outputs
from srcli.errors import UnknownFormat, UnreadableImage, UnwritableImage
from srcli.images import formats
from srcli.images.codecs import jxl, jxl_header
from srcli.images.decode import decode_photo
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.encode import encode_photo, writable_format
from srcli.images.formats import JPEG, JXL, PNG, WEBP, sniff
from srcli.images.metadata import ifd
from srcli.images.metadata.exif import make_upright, orientation
from srcli.images.metadata.inventory import left_behind
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples, from_photo, to_photo
from srcli.images.probe import probe_image
from srcli.images.read_rules import ReadRules

FOLDER = Path(__file__).parents[3] / "golden" / "jxl"
SOURCE = np.asarray(Image.open(FOLDER / "source.png"))
PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
EXIF = ifd.pack(ifd.Tree(entries=(ifd.opaque(0x010F, b"Maker\0", kind=2),)), ">")


def vector(name: str) -> bytes:
    return (FOLDER / f"{name}.jxl").read_bytes()


def encoded(samples: Samples, metadata: Metadata | None = None, **options: int) -> bytes:
    photo = to_photo(samples, metadata or Metadata(), source_format="")
    return encode_photo(photo, JXL, name="it.jxl", **options)


def packed(**blocks: bytes) -> bytes:
    """The source with boxes that are compressed."""
    encoder = pillow_jxl.Encoder(mode="RGB", lossless=True, quality=100)
    return bytes(encoder(SOURCE.tobytes(), 30, 18, jpeg_encode=False, compress=True, **blocks))


def noise(channels: int, dtype: type) -> Samples:
    rng = np.random.default_rng(channels)
    return rng.integers(0, np.iinfo(dtype).max, (18, 30, channels), dtype, endpoint=True)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_at_quality_100_every_bit_comes_back(channels):
    samples = noise(channels, np.uint8)
    data = encoded(samples, quality=100)
    photo = decode_photo(data, name="it.jxl")
    assert sniff(data) is JXL
    assert (photo.bits, photo.gray) == (8, channels <= 2)
    assert photo.metadata.lossless
    assert photo.metadata.icc_profile is None
    np.testing.assert_array_equal(from_photo(photo, bits=8), samples)


def test_a_quality_is_heeded():
    sizes = [len(encoded(SOURCE, quality=quality)) for quality in (30, 95)]
    assert sizes[0] < sizes[1]
    photo = decode_photo(encoded(SOURCE), name="it.jxl")
    assert not photo.metadata.lossless
    assert np.abs(from_photo(photo, bits=8).astype(int) - SOURCE).max() < 40
    assert encoded(SOURCE) == encoded(SOURCE, quality=95)


def test_what_the_encoder_does_not_take_is_refused():
    with pytest.raises(UnsupportedImage, match="JXL cannot hold it"):
        jxl.encode(noise(4, np.uint8), Metadata(), quality=100, lossless=False)


@pytest.mark.parametrize("known", [JXL, WEBP])
def test_what_lost_nothing_goes_on_losing_nothing_unless_a_quality_is_asked_for(known):
    photo = decode_photo(encoded(SOURCE, quality=100), name="it.jxl")
    again = decode_photo(encode_photo(photo, known, name="it"), name="it")
    assert again.metadata.lossless
    np.testing.assert_array_equal(from_photo(again, bits=8), SOURCE)
    coarse = decode_photo(encode_photo(photo, known, name="it", quality=60), name="it")
    assert not coarse.metadata.lossless


def test_exif_and_xmp_are_kept_and_found_by_others():
    told = Metadata(exif=EXIF, xmp=PACKET)
    data = encoded(SOURCE, told)
    assert b"Exif\0\0\0\0" + EXIF in data  # with the number that the standard puts before it
    metadata = decode_photo(data, name="it.jxl").metadata
    assert (metadata.exif, metadata.xmp, metadata.left) == (EXIF, PACKET, ())


@pytest.mark.parametrize("head", [b"", bytes(4), b"\0\0\0\2ab", b"\0\0\0\0Exif\0\0"])
def test_packed_blocks_are_read_however_exif_begins(head):
    metadata = decode_photo(packed(exif=head + EXIF, xmp=PACKET), name="it.jxl").metadata
    assert (metadata.exif, metadata.xmp, metadata.left) == (EXIF, PACKET, ())


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


@pytest.mark.parametrize(
    ("added", "named"),
    [
        (box(b"jumb", b"c2pa"), "content credentials"),
        (box(b"jhgm", bytes(9)), "gain map"),
        (box(b"abcd", bytes(9)), "abcd box"),
        (box(b"brob", b"Exif" + bytes(9)), "EXIF"),
        (box(b"brob", b"jumb\x0b\x02\x80c2pa\x03"), "content credentials"),
    ],
)
def test_boxes_that_are_not_carried_are_named(added, named):
    photo = decode_photo(packed(xmp=PACKET) + added, name="it.jxl")
    assert left_behind(photo.metadata, JXL) == (named,)


def test_further_channels_and_a_preview_are_named():
    extra = jxl_header.Extra(kind=3, bits=8)
    header = jxl_header.Header(height=1, width=1, preview=True, extras=(extra,))
    assert jxl._blocks(vector("p3"), header).left == ("further channels", "preview")


def test_packed_blocks_are_named_where_nothing_unpacks_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    metadata = decode_photo(packed(exif=EXIF), name="it.jxl").metadata
    assert (metadata.exif, metadata.left) == (None, ("EXIF",))


@pytest.mark.parametrize(("name", "channels"), [("grey16", 1), ("grey16-alpha", 2)])
def test_grey_of_sixteen_bits_is_read_as_it_is(name, channels):
    photo = decode_photo(vector(name), name="it.jxl")
    samples = from_photo(photo, bits=16)
    assert (photo.bits, photo.gray, samples.shape[2]) == (16, True, channels)
    np.testing.assert_array_equal(samples[..., 0], SOURCE[..., 0].astype(int) * 257 + 3)


@pytest.mark.parametrize("name", ["deep", "ten-bits"])
def test_deep_colours_are_refused_and_not_rounded(name):
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="more than 8 bits") as caught:
            read(vector(name), name="it.jxl")
        assert caught.value.hint == "Save it as PNG or TIFF."


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_are_not_written(channels):
    with pytest.raises(UnwritableImage, match="cannot hold 16 bits per sample") as caught:
        encoded(noise(channels, np.uint16))
    assert "--depth 8" in caught.value.hint


def test_an_animation_is_refused():
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="holds several frames"):
            read(vector("animation"), name="it.jxl")


def test_a_turned_picture_comes_out_upright():
    photo = decode_photo(vector("turned"), name="it.jxl")
    assert probe_image(vector("turned"), name="it.jxl").size == (30, 18)
    np.testing.assert_array_equal(from_photo(photo, bits=8), np.rot90(SOURCE, -1))


def test_exif_of_a_picture_says_that_it_is_upright():
    turned = ifd.pack(ifd.Tree(entries=(ifd.numbers(0x0112, (6,), "<"),)), "<")
    photo = decode_photo(packed(exif=bytes(4) + turned), name="it.jxl")
    assert photo.metadata.exif == make_upright(turned)
    assert orientation(photo.metadata.exif) == 1
    assert (photo.height, photo.width) == SOURCE.shape[:2]  # the codestream counts, not EXIF


def test_a_packed_jpeg_file_is_read_as_it_was():
    jpeg = decode_photo((FOLDER / "turned.jpg").read_bytes(), name="it.jpg")
    photo = decode_photo(vector("turned-jpeg"), name="it.jxl")
    assert probe_image(vector("turned-jpeg"), name="it.jxl").size == (30, 18)
    np.testing.assert_array_equal(photo.pixels, jpeg.pixels)
    assert photo.metadata == jpeg.metadata
    assert not photo.metadata.lossless
    assert photo.source_format == "JXL"


def as_srgb(samples: Samples, profile: bytes) -> Samples:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image = Image.fromarray(samples)
    return np.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")))


@pytest.mark.parametrize(
    ("name", "profile"), [("profile", "srgb.icc"), ("lossy-profile", "odd.icc"), ("p3", None)]
)
def test_a_profile_fits_the_samples(name, profile):
    photo = decode_photo(vector(name), name="it.jxl")
    own = photo.metadata.icc_profile
    assert own is not None
    seen = as_srgb(from_photo(photo, bits=8), own).astype(int)
    if profile:
        meant = as_srgb(SOURCE, (FOLDER / profile).read_bytes())
        assert np.abs(seen - meant).mean() < 2
    assert own in encode_photo(photo, JPEG, name="it.jpg")


def test_a_colour_space_without_a_profile_is_refused():
    header = jxl_header.Header(height=1, width=1, srgb=False)
    assert jxl._profile(header, b"profile") == b"profile"
    with pytest.raises(UnsupportedImage, match="colour space"):
        jxl._profile(header, b"")


def test_a_profile_for_srgb_is_told_by_a_code_and_any_other_is_refused():
    own = (FOLDER / "srgb.icc").read_bytes()
    for samples in (SOURCE, SOURCE[..., :1]):
        data = encoded(samples, Metadata(icc_profile=own), quality=100)
        again = decode_photo(data, name="it.jxl")
        assert again.metadata.icc_profile is None
        np.testing.assert_array_equal(from_photo(again, bits=8), samples)
    for other in ((FOLDER / "odd.icc").read_bytes(), b"broken"):
        with pytest.raises(UnwritableImage, match="colour profile"):
            encoded(SOURCE, Metadata(icc_profile=other))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="more pixels than the limit of 539"):
            read(vector("p3")[:40], name="it.jxl", rules=ReadRules(pixel_limit=539))


def test_a_file_that_tells_two_sizes_is_refused():
    info = pillow_jxl.Decoder()(vector("p3"))[1]
    with pytest.raises(UnsupportedImage, match="differ in size"):
        jxl._samples(bytes(9), info, jxl_header.Header(height=1, width=1))


def head(*fields: tuple[int, int]) -> bytes:
    """A codestream that begins with numbers of so many bits."""
    value, at = 0, 0
    for number, bits in fields:
        value |= number << at
        at += bits
    return jxl_header.SIGNATURE + value.to_bytes(-(-at // 8), "little") + bytes(8)


SMALL = ((1, 1), (2, 5), (0, 3), (3, 5))
"""24 rows of 32."""
PLAIN_DEPTH = ((0, 1), (0, 2), (1, 1))
GRAY = ((0, 1), (0, 1), (1, 2), (1, 2), (0, 1), (2, 2), (11, 4), (1, 2))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ((*SMALL, (1, 1)), {}),
        (((1, 1), (2, 5), (4, 3), (1, 1)), {"width": 36}),
        (((0, 1), (1, 2), (23, 13), (0, 3), (0, 2), (31, 9), (1, 1)), {}),
        (
            (
                *(*SMALL, (0, 1), (1, 1), (7, 3), (1, 1), *SMALL, (1, 1), (1, 1), (0, 2), (1, 3)),
                *((0, 1), *PLAIN_DEPTH, (0, 2), (1, 1), (1, 1)),
            ),
            {"orientation": 8, "preview": True},
        ),
        (
            (
                *(
                    *SMALL,
                    (0, 1),
                    (1, 1),
                    (0, 3),
                    (0, 1),
                    (1, 1),
                    (0, 1),
                    (0, 2),
                    (4, 6),
                    (1, 3),
                    (1, 1),
                ),
                *((0, 2), (1, 2), (1, 2), (7, 3), (0, 1), *PLAIN_DEPTH, (0, 2), (1, 1), (1, 1)),
            ),
            {"preview": True, "moves": True},
        ),
        (
            (*SMALL, (0, 1), (0, 1), (1, 1), (1, 2), (7, 4), (1, 1), (0, 2), (1, 1), (1, 1)),
            {"bits": 16, "floating": True},
        ),
        (
            (
                *(
                    *SMALL,
                    (0, 1),
                    (0, 1),
                    *PLAIN_DEPTH,
                    (1, 2),
                    (0, 1),
                    (0, 2),
                    (0, 1),
                    (0, 2),
                    (0, 2),
                ),
                *((1, 2), (3, 4), (66, 8), (66, 8), (66, 8), (1, 1), (0, 1), *GRAY),
            ),
            {
                "extras": (jxl_header.Extra(kind=0, bits=8, associated=True),),
                "xyb": False,
                "gray": True,
            },
        ),
        (
            (
                *(*SMALL, (0, 1), (0, 1), *PLAIN_DEPTH, (2, 2), (1, 4), (1, 1)),
                *((0, 1), (2, 2), (0, 4), (0, 1), (0, 2), (0, 2), (0, 2), (0, 64)),
                *((0, 1), (2, 2), (3, 4), (0, 1), (0, 2), (0, 2), (0, 2), (0, 2), (1, 1), (1, 1)),
            ),
            {
                "extras": (
                    jxl_header.Extra(kind=0, bits=8),
                    jxl_header.Extra(kind=2, bits=8),
                    jxl_header.Extra(kind=5, bits=8),
                )
            },
        ),
    ],
)
def test_heads_are_read_as_the_standard_has_them(fields, told):
    header = jxl_header.read_header(head(*fields))
    assert header == jxl_header.Header(**{"height": 24, "width": 32, **told})


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"extras": (jxl_header.Extra(kind=0, bits=8, associated=True),)}, "multiplied"),
        ({"extras": (jxl_header.Extra(kind=4, bits=8),)}, "channels of black"),
        ({"extras": (jxl_header.Extra(kind=0, bits=8),) * 2}, "several of opacity"),
        ({"bits": 32, "floating": True, "gray": True}, "floating point"),
        ({"bits": 24, "gray": True}, "grey with more bits"),
        ({"gray": True, "extras": (jxl_header.Extra(kind=0, bits=16),)}, "grey with more bits"),
        ({"extras": (jxl_header.Extra(kind=0, bits=16),)}, "more than 8 bits"),
    ],
)
def test_what_the_plugin_does_not_read_is_refused(header, said, monkeypatch):
    found = jxl_header.Header(height=2, width=2, **header)
    monkeypatch.setattr(jxl, "read_header", lambda _: found)
    with pytest.raises(UnsupportedImage, match=said):
        jxl.read_size(b"", pixel_limit=9)


@pytest.mark.parametrize(
    "data", [b"", jxl_header.SIGNATURE, jxl_header.CONTAINER + box(b"ftyp", b"jxl ")]
)
def test_a_head_that_ends_early_is_refused(data):
    with pytest.raises(ValueError, match="truncated"):
        jxl_header.read_header(data)


def test_damage_is_refused_or_read_in_silence(capfd):
    chance, refused = np.random.default_rng(3), 0
    for name in ("turned", "lossy-profile", "turned-jpeg", "grey16-alpha"):
        for _ in range(20):
            data = bytearray(vector(name))
            data[chance.integers(len(data))] ^= 1 << chance.integers(8)
            try:
                decode_photo(bytes(data), name="it.jxl", warn=lambda _: None)
            except UnreadableImage:
                refused += 1
    assert 20 < refused < 80
    assert capfd.readouterr() == ("", "")


def test_without_the_package_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    with pytest.raises(UnreadableImage, match="is a JXL file") as caught:
        decode_photo(vector("p3"), name="it.jxl")
    assert caught.value.hint == "JXL needs an extra: `pip install 'srcli[jxl]'`."
    with pytest.raises(UnknownFormat, match="extra package writes JXL") as refused:
        writable_format(Path("it.jxl"))
    assert refused.value.hint == "JXL needs an extra: `pip install 'srcli[jxl]'`."
    with pytest.raises(UnknownFormat, match="extra package writes JXL") as refused:
        plan_outputs([], Naming(suffix=".jxl", template="{stem}", scale="x2", model=""))
    assert refused.value.hint == "JXL needs an extra: `pip install 'srcli[jxl]'`."
    assert ".jxl" not in formats.writable_suffixes()
    assert writable_format(Path("it.png")) is PNG
