"""Which blocks each format holds, and hence what a result leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from srcli.images.formats import AVIF, BMP, GIF, JPEG, JXL, PNG, TIFF, WEBP, Format
from srcli.images.metadata import exif, photoshop
from srcli.images.picture.photo import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of block.

    Attributes:
        name: what warnings call it.
        is_in: whether metadata hold such a block.
        formats: those that hold it as well.
        adapted: what is changed in it, as a phrase; empty where it is carried as it is.

    """

    name: str
    is_in: Callable[[Metadata], bool]
    formats: tuple[Format, ...]
    adapted: str = ""


def _has_iptc(metadata: Metadata) -> bool:
    return photoshop.IPTC in (photoshop.resources(metadata.resources) or {})


def _has_resources(metadata: Metadata) -> bool:
    return bool(set(photoshop.resources(metadata.resources) or {}) - {photoshop.IPTC})


KINDS = (
    Kind(
        name="EXIF",
        is_in=lambda metadata: bool(metadata.exif),
        formats=(PNG, JPEG, WEBP, TIFF, AVIF, JXL),
        adapted="orientation, sizes and place of the subject",
    ),
    Kind(
        name="thumbnail",
        is_in=lambda metadata: bool(metadata.exif) and exif.has_preview(metadata.exif or b""),
        formats=(PNG, JPEG, WEBP, AVIF, JXL),
        adapted="turned with its picture",
    ),
    Kind(
        name="XMP",
        is_in=lambda metadata: bool(metadata.xmp),
        formats=(PNG, JPEG, WEBP, TIFF, AVIF, JXL),
        adapted="sizes, panoramas; without what tells of crops, retouching and companions",
    ),
    Kind(
        name="IPTC",
        is_in=_has_iptc,
        formats=(PNG, JPEG, TIFF),
    ),
    Kind(
        name="Photoshop resources",
        is_in=_has_resources,
        formats=(PNG, JPEG, TIFF),
        adapted="paths and rights stay; thumbnails, guides and slices go",
    ),
    Kind(
        name="comment",
        is_in=lambda metadata: bool(metadata.comment),
        formats=(PNG, JPEG, GIF),
    ),
    Kind(
        name="texts",
        is_in=lambda metadata: bool(metadata.text_chunks),
        formats=(PNG,),
    ),
    Kind(
        name="position on earth",
        is_in=lambda metadata: bool(metadata.geo),
        formats=(TIFF,),
        adapted="scale, tie points and matrix follow the size",
    ),
)
"""All blocks that are carried. Colour profiles and codes are refused, never left behind."""


def left_behind(metadata: Metadata, known: Format) -> tuple[str, ...]:
    """Name what a source held that a file of a format made of it does not."""
    lost = (kind.name for kind in KINDS if kind.is_in(metadata) and known not in kind.formats)
    return tuple(dict.fromkeys([*metadata.left, *lost]))


def table() -> str:
    """Return a Markdown table of what each format holds."""
    formats = (PNG, JPEG, WEBP, TIFF, AVIF, JXL, GIF, BMP)
    lines = ["| block | " + " | ".join(known.name for known in formats) + " | what changes in it |"]
    lines.append("|---" * (len(formats) + 2) + "|")
    for kind in KINDS:
        word = "adapted" if kind.adapted else "kept"
        cells = [word if known in kind.formats else "warning" for known in formats]
        lines.append(f"| {kind.name} | {' | '.join(cells)} | {kind.adapted or 'nothing'} |")
    profiles = ["kept" if known.profile else "refused" for known in formats]
    profiles[formats.index(JXL)] = "sRGB"
    lines.append(f"| colour profile | {' | '.join(profiles)} | see below |")
    codes = ["kept" if known is PNG else "refused" for known in formats]
    lines.append(f"| colour space told by chunks or codes | {' | '.join(codes)} | nothing |")
    return "\n".join(lines)
