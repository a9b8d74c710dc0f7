"""The picture formats: how files are recognised and named, and what each can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePath
from typing import Literal

from srcli.errors import listed
from srcli.spelling import did_you_mean

Bits = Literal[8, 16, 32]
"""Bits per sample: 8 and 16 are integers, 32 is floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file format.

    Attributes:
        name: its name, which is also Pillow's.
        suffixes: lower-case file suffixes, the usual one first.
        signatures: pairs of an offset and the bytes found there.
        brands: what ISO base media files of this format call themselves.
        writable: whether pictures can be written in it.
        alpha: whether it holds transparency.
        profile: whether it holds a colour profile.
        animates: whether it holds animations.
        depths: bits per sample it can hold.
        longest_side: largest width or height in pixels.
        package: what reads and writes it, where that is not installed with srcli itself.

    """

    name: str
    suffixes: tuple[str, ...]
    signatures: tuple[tuple[int, bytes], ...] = ()
    brands: tuple[bytes, ...] = ()
    writable: bool = True
    alpha: bool = True
    profile: bool = True
    animates: bool = False
    depths: tuple[Bits, ...] = (8,)
    longest_side: int
    package: str = ""

    @property
    def readable(self) -> bool:
        """Tell whether it can be read here."""
        return not self.package or find_spec(self.package) is not None

    @property
    def remedy(self) -> str:
        """The sentence that says how to make it readable, and writable if it ever is."""
        return f"{self.name} needs an extra: `pip install 'srcli[{self.name.lower()}]'`."

    def depth_for(self, bits: Bits) -> Bits:
        """The depth it holds ``bits`` per sample with: the next it has, else its largest."""
        return min((depth for depth in self.depths if depth >= bits), default=self.depths[-1])


PNG = Format(
    name="PNG",
    suffixes=(".png",),
    signatures=((0, b"\x89PNG\r\n\x1a\n"),),
    animates=True,
    depths=(8, 16),
    longest_side=2**31 - 1,
)
JPEG = Format(
    name="JPEG",
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    signatures=((0, b"\xff\xd8\xff"),),
    alpha=False,
    longest_side=65_500,  # libjpeg's own limit; the format's is 65,535
)
WEBP = Format(
    name="WEBP",
    suffixes=(".webp",),
    signatures=((8, b"WEBP"),),
    animates=True,
    longest_side=16_383,
)
TIFF = Format(
    name="TIFF",
    suffixes=(".tif", ".tiff"),
    signatures=((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
    depths=(8, 16, 32),
    longest_side=2**31 - 1,
)
BMP = Format(
    name="BMP",
    suffixes=(".bmp", ".dib"),
    signatures=((0, b"BM"),),
    alpha=False,
    profile=False,
    longest_side=2**31 - 1,
)
AVIF = Format(
    name="AVIF",
    suffixes=(".avif",),
    brands=(b"avif", b"avis"),
    longest_side=32_768,  # what libavif reads back
)
HEIF = Format(
    name="HEIF",
    suffixes=(".heic", ".heif", ".hif"),
    brands=(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
    writable=False,
    longest_side=2**31 - 1,
    package="pillow_heif",
)
GIF = Format(
    name="GIF",
    suffixes=(".gif",),
    signatures=((0, b"GIF87a"), (0, b"GIF89a")),
    profile=False,
    animates=True,
    longest_side=65_535,
)

JXL = Format(
    name="JXL",
    suffixes=(".jxl",),
    signatures=((0, b"\xff\x0a"), (0, b"\0\0\0\x0cJXL \r\n\x87\n")),
    profile=False,
    longest_side=2**30,
    package="pillow_jxl",
)
_RAW_SUFFIXES = (
    ".dng .3fr .arw .cr2 .cr3 .crw .dcr .erf .fff .iiq .kdc .mef .mos .mrw .nef .nrw .orf .pef "
    ".raf .raw .rw2 .rwl .sr2 .srf .srw .x3f"
)
RAW = Format(
    name="RAW",
    suffixes=tuple(_RAW_SUFFIXES.split()),
    signatures=(
        *((8, b"CR\x02\0"), (6, b"HEAPCCDR"), (0, b"FUJIFILMCCD-RAW"), (0, b"FOVb"), (0, b"\0MRM")),
        *((0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR"), (0, b"IIU\0")),
    ),
    brands=(b"crx ",),
    writable=False,
    depths=(16,),
    longest_side=2**31 - 1,
    package="rawpy",
)
"""What cameras store of their sensors. Most such files begin as TIFF files do."""

FORMATS = (PNG, JPEG, WEBP, RAW, TIFF, BMP, AVIF, GIF, HEIF, JXL)
_UNREAD = (
    ".dds .eps .exr .fits .hdr .icns .ico .j2k .jp2 .jpf .jxr "
    ".pbm .pcx .pfm .pgm .pnm .ppm .psb .psd .qoi .svg .tga .xcf"
)
UNREAD = frozenset(_UNREAD.split())
"""Lower-case suffixes of pictures that are never read."""
SIGNATURE_LENGTH = 64
"""Leading bytes that suffice to recognise any of the formats."""
_BOXES = (4, b"ftyp")
_ANY_PICTURE = (b"mif1", b"msf1")


def sniff(head: bytes) -> Format | None:
    """The format of a file by its first ``SIGNATURE_LENGTH`` bytes, whatever its name says.

    Raw files of most cameras begin as TIFF files do, and are taken for such.
    """
    for known in FORMATS:
        if any(head.startswith(mark, at) for at, mark in known.signatures):
            return known
    for brand in _brands(head):
        for known in FORMATS:
            if brand in known.brands:
                return known
    return None


def may_begin_picture(head: bytes | bytearray) -> bool:
    """Tell whether more bytes after these, which are fewer than suffice, could make a picture."""
    marks = [mark for known in FORMATS for mark in known.signatures]
    return any(mark.startswith(bytes(head[at : at + len(mark)])) for at, mark in (*marks, _BOXES))


def _brands(head: bytes) -> Iterator[bytes]:
    """The brands of an ISO base media file, those of a coding before those of any picture."""
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4]), len(head) - 3)
        brands = [head[at : at + 4] for at in (8, *range(16, end, 4))]
        yield from sorted(brands, key=_ANY_PICTURE.__contains__)


def by_suffix(path: PurePath) -> Format | None:
    """The format of a file by the suffix of its name, in any case."""
    suffix = path.suffix.lower()
    return next((known for known in FORMATS if suffix in known.suffixes), None)


def is_readable(path: PurePath) -> bool:
    """Tell whether the suffix of a name stands for a format that can be read here."""
    known = by_suffix(path)
    return known is not None and known.readable


def remedies(paths: Iterable[PurePath]) -> str:
    """What to do about files that cannot be read here, empty if nothing helps."""
    known = dict.fromkeys(by_suffix(path) for path in paths)
    return listed((one.remedy for one in known if one), between=" ")


def readable_names() -> str:
    """The formats that can be read, for messages."""
    return ", ".join(known.name for known in FORMATS if known.readable)


def unwritten_hint(suffix: str) -> str:
    """Return the hint about a suffix that stands for no format that is written."""
    written = [known for known in FORMATS if known.writable and known.readable]
    otherwise = f"Choose one of {writable_suffixes()}."
    return did_you_mean(
        suffix, [one for known in written for one in known.suffixes], otherwise=otherwise
    )


def writable_suffixes() -> str:
    """The usual suffixes that can be written, for messages."""
    written = (known for known in FORMATS if known.writable and known.readable)
    return ", ".join(known.suffixes[0] for known in written)
