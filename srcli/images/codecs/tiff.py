"""TIFF below the level of pixels: directories, and the encoder.

Source: TIFF 6.0 (Adobe, 1992), its Technical Note 2 for Deflate. Pillow writes neither 16-bit
nor floating-point colour and OpenCV writes no metadata, hence this module.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from srcli.images.metadata import exif, ifd, tiff_tags
from srcli.images.metadata.ifd import Entry, Tree
from srcli.images.metadata.reading import Blocks, upright
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import GRAY_ALPHA, Samples, depth, has_alpha

Tag = ExifTags.Base

BLACK_IS_ZERO = 1
RGB = 2
SEPARATED = 5
CIE_LAB = (8, 9, 10)
UNSIGNED = 1
FLOATING_POINT = 3
UNSPECIFIED_EXTRA = 0
PREMULTIPLIED_ALPHA = 1
UNASSOCIATED_ALPHA = 2
OPACITY = (PREMULTIPLIED_ALPHA, UNASSOCIATED_ALPHA)
NO_PREDICTOR, HORIZONTAL_DIFFERENCES = 1, 2
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
JPEG_TABLES = 347

_DEFLATE = 8
_CHUNKY, _APART = 1, 2
_LARGEST = 2**32 - 2**24  # less than 4 GB by enough room for the directory
_STRIP_BYTES = 1 << 18
_RATIONAL = 5
_BIG_HEAD = 16
"""Bytes of the head of a BigTIFF file."""
_EXPANSION = 1.01
"""How many times its size Deflate may make of what it cannot compress, and the EXIF block."""
_INCH = 2
_PER_INCH = {_INCH: 1.0, 3: 2.54}  # inches and centimetres
_EMPTY = b"II*\0" + struct.pack("<IHI", 8, 0, 0)
"""A file of one directory without tags."""
_DENSITY_UNIT = 1 << 16
"""The largest denominator of a density."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the samples of the first picture of a file are stored, in TIFF's own codes.

    Attributes:
        height: in pixels.
        width: in pixels.
        channels: of colours, and those beside them.
        bits: of a sample of the first channel.
        sample_format: of the first channel.
        photometric: what the colours are.
        extras: what each channel beside the colours is.
        apart: the channels are stored one after the other, not interleaved.
        part: height and width of a strip or a tile.
        predictor: what was done to the samples before they were compressed.
        orientation: 1 to 8.

    """

    height: int
    width: int
    channels: int
    bits: int
    sample_format: int
    photometric: int
    extras: tuple[int, ...]
    apart: bool
    part: tuple[int, int]
    predictor: int
    orientation: int

    @property
    def extra(self) -> int:
        """What the first channel beside the colours is: opacity if the file does not say."""
        return self.extras[0] if self.extras else UNASSOCIATED_ALPHA

    @property
    def opacity(self) -> int | None:
        """Return the index of the opacity among the channels beside the colours."""
        return next((at for at, extra in enumerate(self.extras) if extra in OPACITY), None)

    @property
    def parts(self) -> int:
        """How many strips or tiles cover the picture, or each plane where they are apart."""
        height, width = self.part
        return -(-self.height // height) * -(-self.width // width)


def read_directory(data: bytes) -> Image.Exif:
    """Tags of the first directory, also of files whose pixels Pillow does not read."""
    if ifd.is_big(data):
        entries = ifd.read(data, ifd.first(data)).entries
        data = ifd.pack(Tree(entries=tuple(entries.values())), ifd.byte_order(data))
    tags = Image.Exif()
    tags.load(data)
    return tags


def read_layout(tags: Image.Exif) -> Layout:
    """Tags of the layout, with the defaults of the standard."""

    def first(tag: int, default: int) -> int:
        value = tags.get(tag, default)
        return int(value[0] if isinstance(value, tuple) else value)

    orientation = first(Tag.Orientation, exif.UPRIGHT)
    height, width = tags[Tag.ImageLength], tags[Tag.ImageWidth]
    rows = min(int(tags.get(Tag.RowsPerStrip, height)), height)
    tile = int(tags.get(TILE_HEIGHT, 0)), int(tags.get(TILE_WIDTH, 0))
    return Layout(
        height=height,
        width=width,
        channels=first(Tag.SamplesPerPixel, 1),
        bits=first(Tag.BitsPerSample, 1),
        sample_format=first(Tag.SampleFormat, UNSIGNED),
        photometric=tags[Tag.PhotometricInterpretation],
        extras=numbers(tags.get(Tag.ExtraSamples)),
        apart=first(Tag.PlanarConfiguration, _CHUNKY) == _APART,
        part=tile if TILE_OFFSETS in tags else (rows, width),
        predictor=first(Tag.Predictor, NO_PREDICTOR),
        orientation=orientation if orientation in exif.ORIENTATIONS else exif.UPRIGHT,
    )


def numbers(value: object) -> tuple[int, ...]:
    """Return the values of a tag of integers, which is one of them where it has one."""
    if isinstance(value, tuple | bytes):
        return tuple(value)
    return (value,) if isinstance(value, int) else ()


def first_page(data: bytes) -> bytes:
    """The file beginning with its first page, where a picture of reduced size stands before it."""
    start = tiff_tags.first_page(data)
    if start == ifd.first(data):
        return data
    order, big = exif.byte_order(data), ifd.is_big(data)
    number, at = ("Q", 8) if big else ("I", 4)
    where = struct.pack(order + number, start)
    return b"".join([data[:at], where, data[at + len(where) :]])


def has_more_pages(data: bytes) -> bool:
    """Tell whether a file has another page; pictures of reduced size and masks are none.

    Raises:
        struct.error: a directory lies beyond the end of the file.

    """
    return tiff_tags.pages(data) > 1


def read_metadata(data: bytes, tags: Image.Exif, layout: Layout) -> Metadata:
    """What the tags say beside the pixels; TIFF files are turned upright by their decoders."""
    told, _ = tiff_tags.read(data)
    blocks = Blocks(exif=told.exif, xmp=told.xmp, left=told.left, turned=layout.orientation)
    in_srgb = layout.photometric in {SEPARATED, *CIE_LAB}
    profile = None if in_srgb else told.icc_profile
    metadata, turned = upright(blocks, profile=profile, dpi=_dpi(tags))
    lost = ("position on earth",) if told.geo and turned != exif.UPRIGHT else ()
    unread = len(layout.extras) - (layout.opacity is not None)
    further = ("channels beyond colour and opacity",) if unread else ()
    return replace(
        metadata,
        resources=told.resources,
        geo=() if lost else told.geo,
        left=(*metadata.left, *lost, *further),
    )


def _dpi(tags: Image.Exif) -> tuple[float, float]:
    per_inch = _PER_INCH.get(tags.get(Tag.ResolutionUnit, _INCH), 0)
    horizontal = float(tags.get(Tag.XResolution, 0)) * per_inch
    vertical = float(tags.get(Tag.YResolution, 0)) * per_inch
    return horizontal, vertical


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """Encode as ``write`` does."""
    file = io.BytesIO()
    write(file, samples, metadata)
    return file.getvalue()


def write(file: BinaryIO, samples: Samples, metadata: Metadata) -> None:
    """Write samples as a file in strips under Deflate, losslessly, with all metadata.

    The file begins with the EXIF block, so that whatever points into it still does. It is a
    classic TIFF file unless it becomes too large for one; then it is BigTIFF. Nothing but the
    samples is held in memory.

    Raises:
        UnsupportedImage: the EXIF block is damaged.

    """
    height, width, channels = samples.shape
    integers = samples.dtype.kind == "u"
    differences = integers and channels != GRAY_ALPHA
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    may_be_big = _EXPANSION * samples.nbytes > _LARGEST
    carrier, kept = _carried(metadata.exif or _EMPTY, may_be_big=may_be_big)
    order = exif.byte_order(carrier)
    file.write(carrier)
    ends = [len(carrier)]
    for top in range(0, height, rows):
        strip = _strip(samples[top : top + rows], order, differences=differences)
        ends.append(ends[-1] + file.write(zlib.compress(strip)))
    counts = tuple(end - start for start, end in itertools.pairwise(ends))
    layout: dict[int, tuple[int, ...]] = {
        Tag.ImageWidth: (width,),
        Tag.ImageLength: (height,),
        Tag.BitsPerSample: (depth(samples),) * channels,
        Tag.Compression: (_DEFLATE,),
        Tag.PhotometricInterpretation: (BLACK_IS_ZERO if channels <= GRAY_ALPHA else RGB,),
        Tag.StripOffsets: tuple(ends[:-1]),
        Tag.SamplesPerPixel: (channels,),
        Tag.RowsPerStrip: (rows,),
        Tag.StripByteCounts: counts,
        Tag.Predictor: (HORIZONTAL_DIFFERENCES if differences else NO_PREDICTOR,),
        Tag.ExtraSamples: (UNASSOCIATED_ALPHA,) if has_alpha(samples) else (),
        Tag.SampleFormat: (UNSIGNED if integers else FLOATING_POINT,) * channels,
    }
    stored = [ifd.numbers(tag, values, order) for tag, values in layout.items() if values]
    stored += [*_density(metadata, order), *tiff_tags.beside(metadata, order)]
    own = [replace(entry, value_at=0) for entry in stored]
    tree = replace(kept, entries=(*own, *kept.entries))
    head, directory = _directory(ends[-1], tree, order, in_place=may_be_big)
    file.write(directory)
    file.seek(0)
    file.write(head)


def with_directory(data: bytes, entries: Iterable[Entry]) -> bytes:
    """The file, as a classic one, with a new first directory at its end.

    Raises:
        struct.error: it is larger than a classic file can be.

    """
    order = exif.byte_order(data)
    head, directory = _directory(len(data), Tree(entries=tuple(entries)), order)
    return b"".join([head, data[len(head) :], directory])


def _directory(end: int, tree: Tree, order: str, *, in_place: bool = False) -> tuple[bytes, bytes]:
    """Return the first bytes of a file, and what follows its ``end``: its first directory."""
    known = {entry.tag: entry for entry in reversed(tree.entries)}  # the first of a kind stays
    tree = replace(tree, entries=tuple(known.values()))
    at, big = end + end % 2, in_place and end > _LARGEST
    directory = ifd.lay_out(tree, at, order, big=big, in_place=in_place)
    return ifd.head(at, order, big=big), bytes(at - end) + directory


def _carried(block: bytes, *, may_be_big: bool) -> tuple[bytes, Tree]:
    """Return how a file begins that holds an EXIF block, and the tags of the block.

    Where it may become BigTIFF, the tags are in the byte order in which Pillow reads BigTIFF, and
    their long values stay where they stand in the block.
    """
    kept = Tree(entries=tuple(tiff_tags.described(block)))
    if not may_be_big:
        return block + bytes(len(block) % 2), kept
    inner = tiff_tags.inner_directories(block)
    entries = (entry for entry in kept.entries if entry.tag not in inner)
    tree = _moved(Tree(entries=tuple(entries), inner=inner), exif.byte_order(block))
    block = ifd.mark("<") + block[4:].ljust(_BIG_HEAD, b"\0")
    return block + bytes(len(block) % 2), tree


def _moved(tree: Tree, order: str) -> Tree:
    """Tags of an EXIF block, which stay where they stand unless the head or the order forbids."""
    kept = []
    for before in tree.entries:
        after = ifd.reordered(before, order, "<")
        stays = after.value_at >= _BIG_HEAD and after.value == before.value
        kept.append(after if stays else replace(after, value_at=0))
    inner = {tag: _moved(one, order) for tag, one in tree.inner.items()}
    return Tree(entries=tuple(kept), inner=inner)


def _strip(rows: Samples, order: str, *, differences: bool) -> bytes:
    """Bytes of some rows in a byte order, as differences to the left neighbour if asked for."""
    if differences:
        rows = np.concatenate([rows[:, :1], rows[:, 1:] - rows[:, :-1]], axis=1)
    return rows.astype(rows.dtype.newbyteorder("<" if order == "<" else ">"), copy=False).tobytes()


def _density(metadata: Metadata, order: str) -> Iterator[Entry]:
    if metadata.dpi:
        for tag, dpi in zip((Tag.XResolution, Tag.YResolution), metadata.dpi, strict=True):
            exact = Fraction(dpi).limit_denominator(_DENSITY_UNIT)
            value = struct.pack(order + "II", exact.numerator, exact.denominator)
            yield Entry(tag=tag, kind=_RATIONAL, count=1, value=value)
        yield ifd.numbers(Tag.ResolutionUnit, (_INCH,), order)
