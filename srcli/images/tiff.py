"""TIFF below the level of pixels: directories, and the encoder.

Source: TIFF 6.0 (Adobe, 1992), its Technical Note 2 for Deflate. Pillow writes neither 16-bit
nor floating-point colour and OpenCV writes no metadata, hence this module.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image

from srcli.images import exif
from srcli.images.photo import Metadata, upright_dpi
from srcli.images.refusal import Refused, damaged_exif
from srcli.images.samples import GRAY_ALPHA, Samples, depth, has_alpha

Tag = ExifTags.Base

BLACK_IS_ZERO = 1
RGB = 2
SEPARATED = 5
CIE_LAB = (8, 9, 10)
UNSIGNED = 1
FLOATING_POINT = 3
UNSPECIFIED_EXTRA = 0
PREMULTIPLIED_ALPHA = 1

_DEFLATE = 8
_NO_PREDICTOR = 1
_HORIZONTAL_DIFFERENCES = 2
_UNASSOCIATED_ALPHA = 2
_CHUNKY = 1
_LARGEST = 2**32 - 2**24  # less than 4 GB by enough room for the directory
_STRIP_BYTES = 1 << 18
_ENTRY_BYTES = 12
_SHORT, _LONG, _SHORT_PEAK = 3, 4, 0xFFFF
_INCH = 2
_PER_INCH = {_INCH: 1.0, 3: 2.54}  # inches and centimetres
_INTEROPERABILITY = 0xA005
_DESCRIPTIVE = (
    *(Tag.DocumentName, Tag.ImageDescription, Tag.Make, Tag.Model, Tag.PageName, Tag.Software),
    *(Tag.DateTime, Tag.Artist, Tag.HostComputer, Tag.Rating, Tag.RatingPercent, Tag.Copyright),
    *(Tag.IPTCNAA, Tag.XPTitle, Tag.XPComment, Tag.XPAuthor, Tag.XPKeywords, Tag.XPSubject),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the samples of the first picture of a file are stored, in TIFF's own codes."""

    height: int
    width: int
    channels: int
    bits: int
    sample_format: int
    photometric: int
    extra: int
    planes: int
    predictor: int
    orientation: int


def read_directory(data: bytes) -> Image.Exif:
    """Tags of the first directory, also of classic files whose pixels Pillow does not read."""
    if not _is_classic(data):
        return Image.open(io.BytesIO(data), formats=("TIFF",)).getexif()
    tags = Image.Exif()
    tags.load(data)
    return tags


def entry_counts(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the tag of each entry of the first directory, and how many values it has.

    Raises:
        struct.error: the directory goes beyond the file.

    """
    order, classic = _byte_order(data), _is_classic(data)
    start = struct.unpack_from(f"{order}{'4xI' if classic else '8xQ'}", data)[0]
    counter = struct.Struct(f"{order}{'H' if classic else 'Q'}")
    entry = struct.Struct(f"{order}{'H2xI4x' if classic else 'H2xQ8x'}")
    for number in range(counter.unpack_from(data, start)[0]):
        yield entry.unpack_from(data, start + counter.size + number * entry.size)


def read_layout(tags: Image.Exif) -> Layout:
    """Tags of the layout, with the defaults of the standard."""

    def first(tag: int, default: int) -> int:
        value = tags.get(tag, default)
        return int(value[0] if isinstance(value, tuple) else value)

    orientation = first(Tag.Orientation, exif.UPRIGHT)
    return Layout(
        height=tags[Tag.ImageLength],
        width=tags[Tag.ImageWidth],
        channels=first(Tag.SamplesPerPixel, 1),
        bits=first(Tag.BitsPerSample, 1),
        sample_format=first(Tag.SampleFormat, UNSIGNED),
        photometric=tags[Tag.PhotometricInterpretation],
        extra=first(Tag.ExtraSamples, _UNASSOCIATED_ALPHA),
        planes=first(Tag.PlanarConfiguration, _CHUNKY),
        predictor=first(Tag.Predictor, _NO_PREDICTOR),
        orientation=orientation if orientation in exif.ORIENTATIONS else exif.UPRIGHT,
    )


def has_more_pages(tags: Image.Exif) -> bool:
    """Whether another directory follows the first."""
    return bool(tags.get_ifd(ExifTags.IFD.IFD1))


def read_metadata(tags: Image.Exif, layout: Layout) -> Metadata:
    """What the tags say beside the pixels; TIFF files are turned upright by their decoders."""
    described = descriptive(tags)
    turned = layout.orientation != exif.UPRIGHT
    in_srgb = layout.photometric in {SEPARATED, *CIE_LAB}
    xmp = tags.get(Tag.XMLPacket)
    return Metadata(
        icc_profile=None if in_srgb else tags.get(Tag.InterColorProfile),
        exif=described.tobytes().removeprefix(exif.PREFIX) if len(described) else None,
        xmp=exif.upright_xmp(xmp) if xmp and turned else xmp,
        dpi=_dpi(tags, layout.orientation),
    )


def _dpi(tags: Image.Exif, orientation: int) -> tuple[float, float] | None:
    per_inch = _PER_INCH.get(tags.get(Tag.ResolutionUnit, _INCH), 0)
    horizontal = float(tags.get(Tag.XResolution, 0)) * per_inch
    vertical = float(tags.get(Tag.YResolution, 0)) * per_inch
    return upright_dpi(horizontal, vertical, orientation=orientation)


def descriptive(tags: Image.Exif) -> Image.Exif:
    """The tags that describe the picture, not how it is stored, with EXIF and GPS directories."""
    kept = Image.Exif()
    for tag in _DESCRIPTIVE:
        if tag in tags:
            kept[tag] = tags[tag]
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        entries = {**tags.get_ifd(directory)}
        entries.pop(_INTEROPERABILITY, None)  # an offset into the old file
        if entries:
            kept.get_ifd(directory).update(entries)
            kept[directory] = 0  # stands for the offset, which Pillow finds on writing
    return kept


def as_one_channel(data: bytes, layout: Layout) -> bytes:
    """The same file described as grey and upright, ``channels`` times as wide.

    Raises:
        Refused: where the description alone cannot be changed.

    """
    plain = layout.planes == _CHUNKY and layout.predictor == _NO_PREDICTOR
    if not plain or not _is_classic(data):
        msg = "is a TIFF file of a rare kind: deep grey with alpha, not stored plainly"
        raise Refused(msg)
    changes: dict[int, tuple[int, ...]] = {
        Tag.ImageWidth: (layout.width * layout.channels,),
        Tag.BitsPerSample: (layout.bits,),
        Tag.SamplesPerPixel: (1,),
        Tag.SampleFormat: (layout.sample_format,),
        Tag.ExtraSamples: (),
        Tag.Orientation: (),
    }
    return _with_directory(data, changes)


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """Encode samples in strips under Deflate, losslessly, with all metadata.

    Raises:
        Refused: if the file would be larger than TIFF's 4 GB.

    """
    height, width, channels = samples.shape
    integers = samples.dtype.kind == "u"
    differences = integers and channels != GRAY_ALPHA
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [
        zlib.compress(_strip(samples[top : top + rows], differences=differences))
        for top in range(0, height, rows)
    ]
    carrier = _carrier(metadata)
    ends = list(itertools.accumulate(map(len, strips), initial=len(carrier)))
    if ends[-1] > _LARGEST:
        msg = "would be larger than the 4 GB that a TIFF file can be"
        raise Refused(msg, hint="Choose PNG.")
    layout: dict[int, tuple[int, ...]] = {
        Tag.ImageWidth: (width,),
        Tag.ImageLength: (height,),
        Tag.BitsPerSample: (depth(samples),) * channels,
        Tag.Compression: (_DEFLATE,),
        Tag.PhotometricInterpretation: (BLACK_IS_ZERO if channels <= GRAY_ALPHA else RGB,),
        Tag.StripOffsets: tuple(ends[:-1]),
        Tag.SamplesPerPixel: (channels,),
        Tag.RowsPerStrip: (rows,),
        Tag.StripByteCounts: tuple(map(len, strips)),
        Tag.Predictor: (_HORIZONTAL_DIFFERENCES if differences else _NO_PREDICTOR,),
        Tag.ExtraSamples: (_UNASSOCIATED_ALPHA,) if has_alpha(samples) else (),
        Tag.SampleFormat: (UNSIGNED if integers else FLOATING_POINT,) * channels,
    }
    return _with_directory(b"".join([carrier, *strips]), layout)


def _strip(rows: Samples, *, differences: bool) -> bytes:
    """Little-endian bytes of some rows, as differences to the left neighbour if asked for."""
    if differences:
        rows = np.concatenate([rows[:, :1], rows[:, 1:] - rows[:, :-1]], axis=1)
    return rows.astype(rows.dtype.newbyteorder("<"), copy=False).tobytes()


def _carrier(metadata: Metadata) -> bytes:
    """A TIFF file of one pixel that holds the metadata, written by Pillow."""
    tags = Image.Exif()
    try:
        if metadata.exif:
            tags.load(metadata.exif)
        tags = descriptive(tags)
    except (ValueError, SyntaxError, KeyError, struct.error) as error:
        raise damaged_exif() from error
    if metadata.xmp:
        tags[Tag.XMLPacket] = metadata.xmp
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(
        file, "TIFF", exif=tags, icc_profile=metadata.icc_profile, dpi=metadata.dpi
    )
    return file.getvalue()


def _with_directory(data: bytes, changes: Mapping[int, tuple[int, ...]]) -> bytes:
    """The file with a new first directory at its end: integer tags set, or removed by ()."""
    order = _byte_order(data)
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    entries = {}
    for at in range(start + 2, start + 2 + count * _ENTRY_BYTES, _ENTRY_BYTES):
        entries[struct.unpack_from(order + "H", data, at)[0]] = data[at : at + _ENTRY_BYTES]
    tail = bytes(len(data) % 2)
    for tag, values in changes.items():
        entries.pop(tag, None)
        if not values:
            continue
        kind = _SHORT if max(values) <= _SHORT_PEAK else _LONG
        body = struct.pack(f"{order}{len(values)}{'H' if kind == _SHORT else 'I'}", *values)
        field = body.ljust(4, b"\0")
        if len(body) > 4:  # noqa: PLR2004 - bytes of a LONG: longer values stand elsewhere
            field = struct.pack(order + "I", len(data) + len(tail))
            tail += body + bytes(len(body) % 2)
        entries[tag] = struct.pack(order + "HHI", tag, kind, len(values)) + field
    directory = struct.pack(order + "H", len(entries))
    directory += b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    where = struct.pack(order + "I", len(data) + len(tail))
    return b"".join([data[:4], where, data[8:], tail, directory])


def _is_classic(data: bytes) -> bool:
    return data[2:4] in {b"*\0", b"\0*"}  # else BigTIFF


def _byte_order(data: bytes) -> str:
    return "<" if data.startswith(b"II") else ">"
