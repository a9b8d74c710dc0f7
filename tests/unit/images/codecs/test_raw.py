"""Camera raw files: DNG files made here, which LibRaw develops."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnknownFormat, UnreadableImage
from srcli.images import formats
from srcli.images.codecs import raw
from srcli.images.decode import decode_photo
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.encode import encode_photo, writable_format
from srcli.images.formats import PNG, RAW, TIFF, sniff
from srcli.images.inspection.raw_file import inspect_raw
from srcli.images.metadata import ifd, raw_blocks
from srcli.images.metadata.exif import orientation
from srcli.images.picture.samples import Samples, from_photo
from srcli.images.probe import probe_image
from srcli.images.read_rules import ReadRules
from srcli.images.recognition import recognise

FOLDER = Path(__file__).parents[3] / "golden" / "raw"
XYZ_TO_SRGB = (3.1339, -1.6169, -0.4906, -0.9788, 1.9161, 0.0335, 0.0719, -0.2290, 1.4052)
"""From XYZ under D50, to the colours of a camera that sees as sRGB has it."""
PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
CFA, LINEAR = 32803, 34892
ROWS, COLUMNS = np.mgrid[0:48, 0:64]
BAYER = (COLUMNS * 900 + ROWS * 100).astype(np.uint16)


def number(tag: int, *values: int) -> ifd.Entry:
    return ifd.numbers(tag, values, "<")


def text(tag: int, value: str) -> ifd.Entry:
    return ifd.opaque(tag, value.encode() + b"\0", kind=2)


def ratios(tag: int, *values: float, kind: int = 5) -> ifd.Entry:
    value = b"".join(struct.pack("<iI", round(one * 10_000), 10_000) for one in values)
    return ifd.Entry(tag=tag, kind=kind, count=len(values), value=value)


def dng(
    samples: Samples,
    *more: ifd.Entry,
    turned: int = 1,
    neutral: tuple[float, ...] = (1, 1, 1),
    shown: int = 0,
    payload: bytes | None = None,
) -> bytes:
    """A DNG file: of a Bayer sensor (H, W), or linear (H, W, 3).

    Args:
        samples: of the sensor.
        more: further tags.
        turned: its orientation.
        neutral: what the sensor makes of white.
        shown: photometric code of a directory inside; 0 for none.
        payload: what the file holds instead of the samples.

    """
    height, width = samples.shape[:2]
    channels = samples[0, 0].size
    entries = [
        *(number(254, 0), number(256, width), number(257, height), number(258, *[16] * channels)),
        *(number(259, 1), number(262, CFA if channels == 1 else LINEAR), text(271, "Acme")),
        *(text(272, "Camera"), number(274, turned), number(277, channels), number(278, height)),
        *(number(279, samples.nbytes), number(284, 1), ifd.opaque(50706, b"\1\4\0\0", kind=1)),
        *(text(50708, "Acme Camera"), number(50717, *[65_535] * channels)),
        *(ratios(50721, *XYZ_TO_SRGB, kind=10), ratios(50728, *neutral), number(50778, 21), *more),
    ]
    if channels == 1:
        entries += [number(33421, 2, 2), ifd.opaque(33422, b"\0\1\1\2", kind=1)]
    taken = ifd.Tree(entries=(ratios(0x829A, 0.01), number(0x8827, 200)))
    inner = {ifd.EXIF: taken}
    if shown:
        inner[330] = ifd.Tree(entries=(number(254, 1), number(262, shown)))

    def head(place: int) -> bytes:
        tree = ifd.Tree(entries=(*entries, number(273, place)), inner=inner)
        return b"II*\0" + struct.pack("<I", 8) + ifd.lay_out(tree, 8, "<")

    place = len(head(1)) + 1 & ~1
    return head(place).ljust(place, b"\0") + (samples.tobytes() if payload is None else payload)


def developed(data: bytes) -> Samples:
    return from_photo(decode_photo(data, name="it.dng"), bits=16)


def curve(linear: float) -> float:
    """The curve of sRGB (IEC 61966-2-1), to 16 bits."""
    return 65_535 * (1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_grey_comes_out_as_bright_as_it_was_exposed(level):
    sensor = np.full((48, 64, 3), round(65_535 * level), np.uint16)
    sensor[0, 0] = 65_535
    samples = developed(dng(sensor))
    assert samples.shape == (48, 64, 3)
    assert np.abs(samples[24] - curve(level)).max() < 0.01 * 65_535


def test_the_white_balance_is_the_camera_s():
    neutral = 0.5, 1, 0.25
    sensor = np.full((48, 64, 3), [round(0.8 * 65_535 * one) for one in neutral], np.uint16)
    samples = developed(dng(sensor, neutral=neutral))
    assert np.ptp(samples[24, 32].astype(int)) < 0.01 * 65_535
    assert samples[24, 32].mean() > 0.7 * curve(0.8)


def test_a_bayer_sensor_is_developed_to_all_its_pixels():
    photo = decode_photo(dng(BAYER), name="it.dng")
    assert (photo.bits, photo.gray, photo.alpha) == (16, False, None)
    assert (photo.height, photo.width) == BAYER.shape
    assert photo.source_format == "RAW"
    columns = from_photo(photo, bits=16)[24].mean(-1)
    assert (np.diff(columns[4:-4:2]) > 0).all()


@pytest.mark.parametrize("turned", [3, 5, 6, 8])
def test_a_turned_picture_comes_out_upright(turned):
    sensor = np.zeros((48, 64, 3), np.uint16)
    sensor[:12, :12] = 60_000  # the first row and column as they are stored
    data = dng(sensor, turned=turned)
    photo = decode_photo(data, name="it.dng")
    size = (64, 48) if turned > 4 else (48, 64)
    assert (photo.height, photo.width) == probe_image(data, name="it.dng").size == size
    samples = from_photo(photo, bits=16)[..., 0]
    corner = {3: (-1, -1), 5: (0, 0), 6: (0, -1), 8: (-1, 0)}
    bright = [(row, column) for row in (0, -1) for column in (0, -1) if samples[row, column]]
    assert bright == [corner[turned]]
    assert orientation(photo.metadata.exif) == 1


@pytest.mark.parametrize(("scale", "size"), [((1, 2), (96, 64)), ((2, 1), (48, 128))])
def test_oblong_pixels_become_square(scale, size):
    data = dng(BAYER, ratios(50718, *scale))
    assert probe_image(data, name="it.dng").size == size
    assert developed(data).shape[:2] == size


def test_exif_and_xmp_are_kept():
    data = dng(BAYER, text(315, "Zoë"), ifd.opaque(700, PACKET, kind=1))
    metadata = decode_photo(data, name="it.dng").metadata
    with Image.open(io.BytesIO(encode_photo(decode_photo(data, name="it"), PNG, name="it"))) as png:
        tags = png.getexif()
        assert (tags[271], tags[272], tags.get_ifd(ifd.EXIF)[0x8827]) == ("Acme", "Camera", 200)
    assert "Zoë".encode() in metadata.exif
    assert (metadata.xmp, metadata.icc_profile, metadata.left) == (PACKET, None, ())


@pytest.mark.parametrize(
    ("more", "shown", "left"),
    [
        ((), LINEAR, ()),
        ((), 6, ("preview",)),
        ((ifd.opaque(50740, b"Adobe\0MakN", kind=1),), 0, ("private data of the maker",)),
    ],
)
def test_what_is_not_carried_is_named(more, shown, left):
    assert decode_photo(dng(BAYER, *more, shown=shown), name="it.dng").metadata.left == left


def test_a_file_is_known_by_its_content():
    data = dng(BAYER)
    assert sniff(data[:64]) is TIFF
    assert recognise(data) is RAW
    tiff = encode_photo(decode_photo(data, name="it.dng"), TIFF, name="it.tif")
    assert recognise(tiff) is TIFF
    assert recognise(data[:20]) is TIFF


@pytest.mark.parametrize(
    "head",
    [
        *(b"II*\0\x10\0\0\0CR\2\0", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", b"IIU\0", b"IIRO\x08"),
        *(b"MMOR", b"FUJIFILMCCD-RAW 0201", b"II\x1a\0\0\0HEAPCCDR", b"\0MRM", b"FOVb"),
    ],
)
def test_makers_signatures_are_known(head):
    data = head.ljust(200, b"\0")
    assert sniff(data[:64]) is RAW
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match=r"^it\.raw "):
            read(data, name="it.raw")


@pytest.mark.parametrize("mark", [b"IIRO", b"IIU\0"])
def test_exif_is_read_from_tiff_files_with_makers_signatures(mark):
    data = dng(BAYER, shown=6)
    own = raw_blocks.read_blocks(mark + data[4:])
    assert own == raw_blocks.read_blocks(data)
    assert b"Acme" in own.exif


def test_exif_of_fuji_is_that_of_its_preview():
    tags = Image.Exif()
    tags[271], tags[274] = "Fuji", 6
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", exif=tags, xmp=PACKET)
    jpeg = file.getvalue()
    data = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">II", 92, len(jpeg)) + jpeg
    found = raw_blocks.read_blocks(data)
    assert b"Fuji" in found.exif
    assert (orientation(found.exif), found.xmp, found.left) == (6, PACKET, ("preview",))


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def test_exif_of_canon_is_put_together_from_its_boxes():
    parts = {
        b"CMT1": (text(271, "Canon"), number(274, 8), number(256, 64)),
        b"CMT2": (number(0x8827, 200),),
        b"CMT3": (number(1, 1),),
        b"CMT4": (text(1, "N"),),
    }
    inside = b"".join(
        box(name, ifd.pack(ifd.Tree(entries=entries), "<")) for name, entries in parts.items()
    )
    own = box(b"uuid", bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + inside)
    packet = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + PACKET + bytes(9))
    data = box(b"ftyp", b"crx \0\0\0\1") + box(b"moov", box(b"free", b"") + own) + packet
    found = raw_blocks.read_blocks(data)
    tags = Image.Exif()
    tags.load(found.exif)
    assert (tags[271], dict(tags.get_ifd(ifd.EXIF))) == ("Canon", {0x8827: 200})
    assert dict(tags.get_ifd(ifd.GPS)) == {1: "N"}
    assert 256 not in tags
    assert (found.turned, found.xmp, found.left) == (8, PACKET, ("preview", "maker's notes"))


@pytest.mark.parametrize(
    "data", [b"FOVb", b"\0MRM", b"FUJIFILMCCD-RAW", b"\0\0\0\x10ftypcrx \0\0\0\1", b"II*\0"]
)
def test_exif_that_is_not_readable_is_named(data):
    assert raw_blocks.read_blocks(data).left == ("EXIF",)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_developed():
    data = dng(BAYER)
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="more pixels than the limit of 3,071"):
            read(data, name="it.dng", rules=ReadRules(pixel_limit=3071))
    with pytest.raises(UnsupportedImage, match="more pixels"):
        raw.read(data[:-6000], pixel_limit=3071)


def test_a_picture_that_does_not_fit_in_memory_is_said_to_be_too_large():
    big = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint16), (40_000, 40_000), (0, 0))
    with pytest.raises(MemoryError):
        raw.read(dng(big, payload=b""), pixel_limit=10**12)


@pytest.mark.parametrize("name", ["bayer", "packed"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_a_file_that_is_cut_short_is_refused_in_silence(name, share, capfd):
    data = (FOLDER / f"{name}.dng").read_bytes()
    data = data[: int(share * len(data))]
    for rules in (ReadRules(), ReadRules(allow_damaged=True)):
        with pytest.raises(UnreadableImage, match=r"^it\.dng is cut short"):
            decode_photo(data, name="it.dng", rules=rules)
    with pytest.raises(UnsupportedImage, match="LibRaw misses data"):
        raw.read(data, pixel_limit=9999)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x10ftypcrx \0\0\0\1" + struct.pack(">I4s", 99, b"mdat"),
        dng(BAYER)[:-1],
        dng(np.zeros((48, 64, 3), np.uint16))[:9000],
    ],
)
def test_a_file_is_known_to_be_cut_short_before_it_is_developed(data):
    with pytest.raises(UnsupportedImage, match="is cut short"):
        inspect_raw(data)


@pytest.mark.parametrize("data", [dng(BAYER), b"FOVb", b"IIU\0", b"II*\0"])
def test_a_file_that_says_nothing_of_its_end_is_left_to_libraw(data):
    assert inspect_raw(data).flaws == ()


def test_a_developer_that_dies_is_an_error_of_the_file(monkeypatch, tmp_path):
    program = tmp_path / "dies.py"
    program.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", encoding="utf-8")
    monkeypatch.setattr(raw, "_PROGRAM", program)
    with pytest.raises(UnreadableImage, match="its RAW data is damaged"):
        decode_photo(dng(BAYER), name="it.dng")


def test_it_is_read_alone():
    assert not RAW.writable
    with pytest.raises(UnknownFormat):
        writable_format(Path("it.dng"))


def test_without_the_package_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    with pytest.raises(UnreadableImage, match="is a RAW file") as caught:
        decode_photo(dng(BAYER), name="it.dng")
    assert caught.value.hint == "RAW needs an extra: `pip install 'srcli[raw]'`."
