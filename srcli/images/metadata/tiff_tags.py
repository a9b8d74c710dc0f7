"""Which tags of a TIFF file describe the picture, and how they are carried, byte for byte."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

from PIL import ExifTags

from srcli.images.decode_errors import damaged_exif
from srcli.images.metadata import geo, ifd, photoshop
from srcli.images.metadata.ifd import Directory, Entry, Tree
from srcli.images.picture.photo import Metadata

Tag = ExifTags.Base

_XMP, _PROFILE, _IPTC, _RESOURCES = 700, 34675, 33723, 34377
_SUB_DIRECTORIES, _PHOTOSHOP_LAYERS, _SUBFILE_TYPE = 330, 37724, 254
_DESCRIPTIVE = frozenset(
    (
        *(Tag.DocumentName, Tag.ImageDescription, Tag.Make, Tag.Model, Tag.PageName, Tag.Software),
        *(Tag.DateTime, Tag.Artist, Tag.HostComputer, Tag.Rating, Tag.RatingPercent),
        *(Tag.Copyright, Tag.XPTitle, Tag.XPComment, Tag.XPAuthor, Tag.XPKeywords, Tag.XPSubject),
        *(0x829A, 0x829D, 0x8822, 0x8827, Tag.WhitePoint, Tag.PrimaryChromaticities),
    )
)
_DIGITAL_CAMERA = (range(0x9000, 0x9300), range(0xA000, 0xA500))
"""Where EXIF has its own tags, which some writers put into the first directory."""
_STORAGE = frozenset(
    (
        *range(254, 269),
        *(273, 274, *range(277, 285), *range(286, 294), 296, 297, 317, *range(320, 328)),
        *(332, 333, 334, *range(336, 348), *range(512, 522), *range(529, 533), 559),
        *(_XMP, _PROFILE, _IPTC, _RESOURCES, ifd.EXIF, ifd.GPS, ifd.INTEROPERABILITY),
    )
)
"""How the pixels were stored, and what is carried on its own."""
_ARRAY_SHAPE = b'{"shape": ['
"""How descriptions begin that libraries for arrays write for themselves."""
_REDUCED, _MASK = 1, 4
_OLD_SUBFILE_TYPE, _OLD_REDUCED = 255, 2
_SHORT = 8
"""Bytes of the longest number."""


def read(data: bytes) -> tuple[Metadata, Directory]:
    """Return what the first directory of a file tells beside its pixels, as it stands there.

    Density and profile are left to the caller, who knows what becomes of the pixels.

    Raises:
        struct.error: the file has no such directory.

    """
    order = ifd.byte_order(data)
    main = ifd.read(data, first_page(data))
    told = main.entries
    blocks = dict[int, bytes]()
    left = list(_left(data, main))
    if _RESOURCES in told:
        found = photoshop.resources(told[_RESOURCES].value)
        left += ["Photoshop resources"] * (found is None)
        blocks = photoshop.lasting(found or {})
    if _IPTC in told:
        blocks.setdefault(photoshop.IPTC, photoshop.tidy_iptc(told[_IPTC].value))
    tree = _described(data, main)
    metadata = Metadata(
        icc_profile=told[_PROFILE].value if _PROFILE in told else None,
        exif=ifd.pack(tree, order) if tree.entries or tree.inner else None,
        xmp=told[_XMP].value if _XMP in told else None,
        resources=photoshop.join(blocks),
        geo=tuple(ifd.reordered(told[tag], order, "<") for tag in geo.TAGS if tag in told),
        left=tuple(dict.fromkeys(left)),
    )
    return metadata, main


def pages(data: bytes) -> int:
    """Return how many pages a file has; pictures of reduced size and masks are none.

    Raises:
        struct.error: a directory lies beyond the end of the file.

    """
    return sum(_is_page(data, directory) for _, directory in _chain(data)) or 1


def first_page(data: bytes) -> int:
    """Return where the directory of the first page starts, or the first one if there is none.

    Raises:
        struct.error: the file has no directory.

    """
    start = ifd.first(data)
    try:
        return next((at for at, one in _chain(data) if _is_page(data, one)), start)
    except struct.error:
        return start


def described(block: bytes) -> Iterator[Entry]:
    """Yield the tags of an EXIF block's first directory that a TIFF file holds as well.

    Raises:
        UnsupportedImage: the block is damaged.

    """
    for entry in _main(block).entries.values():
        if entry.tag not in _STORAGE or entry.tag in {ifd.EXIF, ifd.GPS}:
            yield entry


def inner_directories(block: bytes) -> Mapping[int, Tree]:
    """Return the directories of EXIF and GPS in an EXIF block by the tags that point to them.

    Raises:
        UnsupportedImage: the block is damaged.

    """
    return _inner_trees(block, _main(block))


def _main(block: bytes) -> Directory:
    try:
        if not block.startswith(ifd.MAIN_MARKS):
            raise damaged_exif()
        return ifd.read(block, ifd.first(block))
    except struct.error as error:
        raise damaged_exif() from error


def beside(metadata: Metadata, order: str) -> Iterator[Entry]:
    """Yield the tags that hold profile, XMP, Photoshop's resources, IPTC and GeoTIFF."""
    if metadata.icc_profile:
        yield ifd.opaque(_PROFILE, metadata.icc_profile)
    if metadata.xmp:
        yield ifd.opaque(_XMP, metadata.xmp, kind=ifd.BYTE)
    blocks = photoshop.resources(metadata.resources) or {}
    record = blocks.pop(photoshop.IPTC, b"")
    if record:
        yield ifd.opaque(_IPTC, record)
    if blocks:
        yield ifd.opaque(_RESOURCES, photoshop.join(blocks), kind=ifd.BYTE)
    for entry in metadata.geo:
        yield ifd.reordered(entry, "<", order)


def _describes(tag: int) -> bool:
    return tag in _DESCRIPTIVE or any(tag in tags for tags in _DIGITAL_CAMERA)


def _described(data: bytes, main: Directory) -> Tree:
    """Return the tags that describe the picture, with the directories of EXIF and GPS."""
    kept = (
        entry
        for entry in main.entries.values()
        if _describes(entry.tag) and not entry.value.startswith(_ARRAY_SHAPE)
    )
    return Tree(entries=_all(kept), inner=_inner_trees(data, main))


def _inner_trees(data: bytes, main: Directory) -> Mapping[int, Tree]:
    order, inner = ifd.byte_order(data), dict[int, Tree]()
    for tag in (ifd.EXIF, ifd.GPS):
        found = _inner(data, main.pointer(tag, order))
        if found is not None:
            deeper = _inner(data, found.pointer(ifd.INTEROPERABILITY, order))
            more = (
                {ifd.INTEROPERABILITY: Tree(entries=_all(deeper.entries.values()))}
                if deeper
                else {}
            )
            own = (entry for entry in found.entries.values() if entry.tag != ifd.INTEROPERABILITY)
            inner[tag] = Tree(entries=_all(own), inner=more)
    return inner


def _all(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries of the kinds that a classic file has."""
    return tuple(entry for entry in entries if entry.kind <= ifd.LARGEST_KIND)


def _inner(data: bytes, start: int) -> Directory | None:
    try:
        return ifd.read(data, start) if start else None
    except struct.error:
        return None


def _left(data: bytes, main: Directory) -> Iterator[str]:
    """Name what is not carried."""
    order = ifd.byte_order(data)
    if _SUB_DIRECTORIES in main.entries:
        yield "preview"
    try:
        others = [directory for _, directory in _chain(data)]
    except struct.error:
        others = []
    others = [one for one in others if one.end != main.end and not _is_page(data, one)]
    yield from ("preview" if _is_reduced(data, one) else "mask" for one in others)
    for tag in main.entries:
        known = tag in _STORAGE | geo.TAGS | {_SUB_DIRECTORIES} or _describes(tag)
        if tag == _PHOTOSHOP_LAYERS:
            yield "Photoshop layers"
        elif not known and main.entries[tag].integers(order) != (0,):
            yield f"TIFF tag {tag}"


def _is_page(data: bytes, directory: Directory) -> bool:
    kind = directory.pointer(_SUBFILE_TYPE, ifd.byte_order(data))
    return not (_is_reduced(data, directory) or kind & _MASK)


def _is_reduced(data: bytes, directory: Directory) -> bool:
    order = ifd.byte_order(data)
    kind, old = (directory.pointer(tag, order) for tag in (_SUBFILE_TYPE, _OLD_SUBFILE_TYPE))
    return bool(kind & _REDUCED) or old == _OLD_REDUCED


def _chain(data: bytes) -> Iterator[tuple[int, Directory]]:
    """Yield start and short tags of the directories that follow each other, each once."""
    for start in ifd.chain(data):
        yield start, ifd.read(data, start, longest=_SHORT)
