"""A picture in memory, with what a file says beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from srcli.images.formats import Bits
from srcli.images.metadata.ifd import Entry

SIDES_SWAPPED = range(5, 9)
"""EXIF orientations of pictures that are stored with rows for columns."""

_DENSEST = 65_535  # what JPEG can say


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a file says beside its pixels, as bytes that are carried over untouched.

    Attributes:
        icc_profile: colour profile of the pixels; without one they are sRGB.
        exif: an EXIF block from its TIFF header on, saying that the picture is upright.
        xmp: an XMP packet.
        dpi: horizontal and vertical pixels per inch.
        color_chunks: the gAMA, cHRM, sRGB and cICP chunks of a PNG file, or what codes in an
            AVIF or HEIF file tell; no format but PNG holds them.
        text_chunks: the text chunks of a PNG file, but for those that hold EXIF, XMP and
            Photoshop's resources; other formats do without them.
        resources: Photoshop's image resources, IPTC among them.
        comment: of a JPEG or GIF file.
        geo: GeoTIFF tags, their bytes in little-endian order.
        left: what the file held beside these, by the names that warnings use.
        size: height and width of the upright picture that all this tells of; None if unknown.
        lossless: it came as WebP or JPEG XL that lost nothing, and leaves so if it leaves as one
            of them, unless a quality is asked for.

    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    color_chunks: bytes = b""
    text_chunks: bytes = b""
    resources: bytes = b""
    comment: bytes = b""
    geo: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    lossless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photo:
    """An upright picture.

    Attributes:
        pixels: RGB (1, 3, H, W) in the encoding of the file: levels, uint8 or uint16, or float32
            in [0, 1]; see ``from_levels``.
        alpha: opacity (1, 1, H, W), the same way, or None where all is opaque. The colours are
            not multiplied by it.
        gray: the three channels are equal, may share their memory, and are written as one.
        bits: depth of the file, hence of the picture when it is written.
        metadata: what is carried over from file to file.
        source_format: name of the format it was read from, empty if from none.

    """

    pixels: Tensor
    alpha: Tensor | None = None
    gray: bool = False
    bits: Bits = 8
    metadata: Metadata = field(default_factory=Metadata)
    source_format: str = ""

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.pixels.shape[-2]

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.pixels.shape[-1]


def upright_dpi(
    horizontal: float, vertical: float, *, orientation: int
) -> tuple[float, float] | None:
    """The density of a picture after it was turned upright, None where it makes no sense."""
    dpi = float(horizontal), float(vertical)
    if not all(0 < density <= _DENSEST for density in dpi):
        return None
    return dpi[::-1] if orientation in SIDES_SWAPPED else dpi
