"""What a file says beside its pixels, byte for byte, from every place where its format keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PIL import Image

from srcli.images.codecs import gif, png
from srcli.images.metadata import (
    bmff,
    companions,
    exif,
    jpeg_segments,
    photoshop,
    raw_profiles,
    xmp,
    xmp_rules,
)
from srcli.images.picture.photo import Metadata, upright_dpi

_XMP_TRAILER = b"\x01\xff\xfe\xfd"
"""How the bytes begin that let a reader of GIF pass over an XMP packet."""
_GIF_XMP = b"XMP DataXMP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Blocks of a file as they stand in it.

    Attributes:
        exif: from its TIFF header on.
        xmp: a packet.
        resources: Photoshop's.
        comment: text of an unknown encoding.
        left: names of what is not carried.
        turned: orientation of the picture, 1 to 8, where something but EXIF and XMP tells it.

    """

    exif: bytes | None = None
    xmp: bytes | None = None
    resources: bytes = b""
    comment: bytes = b""
    left: tuple[str, ...] = ()
    turned: int | None = None


def read_blocks(image: Image.Image, data: bytes) -> Blocks:
    """Find the blocks of a file that Pillow has opened."""
    return _READERS.get(str(image.format), _from_pillow)(image, data)


def upright(
    blocks: Blocks, *, profile: bytes | None, dpi: tuple[float, float]
) -> tuple[Metadata, int]:
    """Return blocks as they are for the upright picture, and the orientation to be applied.

    Args:
        blocks: as they stand in a file.
        profile: its colour profile.
        dpi: its density, zeros without one.

    """
    turned, block, packet = _orientation(blocks), blocks.exif, blocks.xmp
    left = list(blocks.left)
    if block and turned != exif.UPRIGHT:
        before, block = block, exif.make_upright(block, turned)
        left += ["preview"] * (exif.has_preview(before) and not exif.has_preview(block))
    if packet:
        packet, missing = with_extension(packet, lambda _: None)
        left += missing
        places = turned != exif.UPRIGHT and xmp_rules.tells_places_in_picture(packet)
        left += ["places in the picture"] * places
        packet = xmp_rules.describing_the_picture(packet, turned=turned != exif.UPRIGHT)
        packet = exif.upright_xmp(packet)
    found = photoshop.resources(blocks.resources)
    left += ["Photoshop resources"] * (found is None)
    metadata = Metadata(
        icc_profile=profile,
        exif=block,
        xmp=packet,
        dpi=upright_dpi(*dpi, orientation=turned),
        resources=photoshop.join(photoshop.lasting(found)) if found else b"",
        comment=blocks.comment,
        left=tuple(dict.fromkeys(left)),
    )
    return metadata, turned


def with_extension(
    packet: bytes, find: Callable[[bytes], bytes | None]
) -> tuple[bytes, tuple[str, ...]]:
    """Return a packet with the extended one that it announces, or with nothing announced.

    Args:
        packet: XMP.
        find: returns the extended packet of a name, None if it is not whole.

    """
    guid = xmp.extension(packet)
    if not guid:
        return packet, ()
    extended = find(guid)
    try:
        if extended is not None:
            return xmp.merged(packet, extended), ()
        return xmp.without_extension(packet), ("extended XMP",)
    except xmp.NotPlain:
        return xmp.without_extension(packet), ("extended XMP",)


def _orientation(blocks: Blocks) -> int:
    if blocks.turned is not None:
        return blocks.turned
    if blocks.exif:
        return exif.orientation(blocks.exif)
    return exif.xmp_orientation(blocks.xmp) if blocks.xmp else exif.UPRIGHT


def _from_pillow(image: Image.Image, _: bytes) -> Blocks:
    return Blocks(exif=_bare_exif(image), xmp=image.info.get("xmp"))


def _from_jpeg(image: Image.Image, data: bytes) -> Blocks:
    segments, tail = jpeg_segments.read_segments(data)
    packet, left = image.info.get("xmp"), tuple[str, ...]()
    if packet:
        packet, left = with_extension(
            packet, lambda guid: jpeg_segments.extended_xmp(segments, guid)
        )
    return Blocks(
        exif=_bare_exif(image),
        xmp=packet,
        resources=jpeg_segments.image_resources(segments),
        comment=jpeg_segments.comments(segments),
        left=(*left, *companions.of_jpeg(segments, tail, packet or b"")),
    )


def _from_png(_: Image.Image, data: bytes) -> Blocks:
    size, kinds, texts = len(png.SIGNATURE), dict[bytes, None](), list[tuple[bytes, bytes]]()
    own = b""
    for chunk in png.walk(data):
        size += 12 + len(chunk.body)
        if not chunk.sound:
            continue
        kinds[chunk.kind] = None
        if chunk.kind in png.TEXT_CHUNKS:
            texts.append((chunk.kind, chunk.body))
        elif chunk.kind == b"eXIf":
            own = own or chunk.body.removeprefix(exif.PREFIX)
    raw = raw_profiles.read(texts)
    packets = [raw_profiles.read_text(*text) for text in texts if text[1].startswith(png.XMP_TEXT)]
    behind = b"IEND" in kinds and bool(data[size:].strip(b"\0"))
    left = ["raw profile"] * raw.unread + ["XMP"] * (b"" in packets)
    return Blocks(
        exif=own or raw.exif,
        xmp=next(filter(None, packets), raw.xmp),
        resources=raw.resources,
        left=(*left, *companions.of_png(kinds, behind=behind)),
    )


def _from_webp(image: Image.Image, data: bytes) -> Blocks:
    left = tuple(companions.of_webp(data))
    return Blocks(exif=_bare_exif(image), xmp=image.info.get("xmp"), left=left)


def _from_gif(_: Image.Image, data: bytes) -> Blocks:
    told = gif.further_applications(data)
    packets = [body for name, body in told if name == _GIF_XMP]
    left = [f"{name.decode('latin-1').strip()} extension" for name, _ in told if name != _GIF_XMP]
    return Blocks(
        xmp=packets[0].partition(_XMP_TRAILER)[0] if packets else None,
        comment=b"\n".join(gif.comments(data)),
        left=tuple(left),
    )


def _from_avif(image: Image.Image, data: bytes) -> Blocks:
    told = image.info.get("exif")  # with what the file's properties say of the orientation
    return Blocks(
        exif=bmff.exif_block(data),
        xmp=image.info.get("xmp"),
        left=bmff.companions(data),
        turned=exif.orientation(told.removeprefix(exif.PREFIX)) if told else exif.UPRIGHT,
    )


def _from_bmp(_: Image.Image, data: bytes) -> Blocks:
    return Blocks(left=tuple(companions.of_bmp(data)))


def _bare_exif(image: Image.Image) -> bytes | None:
    block: bytes = image.info.get("exif") or b""
    return block.removeprefix(exif.PREFIX) or None


_READERS: Mapping[str, Callable[[Image.Image, bytes], Blocks]] = {
    "JPEG": _from_jpeg,
    "MPO": _from_jpeg,
    "PNG": _from_png,
    "WEBP": _from_webp,
    "GIF": _from_gif,
    "AVIF": _from_avif,
    "BMP": _from_bmp,
}
