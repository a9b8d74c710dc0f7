"""JPEG XL files through pillow-jxl-plugin, the extra ``jxl``.

The plugin's coder is called without Pillow, which has no grey of 16 bits with alpha. It reads
colours of more than eight bits as eight, which is refused here. It writes no profile, and calls
what it writes with 16 bits linear: pictures are written with eight, as sRGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from srcli.images.codecs import pillow_codec
from srcli.images.codecs.jxl_header import Header, read_header
from srcli.images.decode_errors import UnsupportedImage, check_frames, check_size
from srcli.images.formats import JPEG
from srcli.images.metadata import bmff, companions, exif
from srcli.images.metadata.reading import Blocks, upright
from srcli.images.picture.photo import SIDES_SWAPPED, Metadata
from srcli.images.picture.samples import Samples, turn_upright

if TYPE_CHECKING:
    from pillow_jxl import ImageInfo

_EIGHT, _SIXTEEN = 8, 16
_BLACK = 4
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""The plugin's names of samples by their channels."""
_EXIF, _XMP, _PACKED, _CREDENTIALS, _GAIN_MAP = b"Exif", b"xml ", b"brob", b"jumb", b"jhgm"
_STRUCTURE = frozenset(b"JXL ,ftyp,jxll,jxlc,jxlp,jxli,jbrd,free,skip".split(b","))
_EXIF_HEAD = bytes(4)
"""Before a block of EXIF stands how many bytes are to be skipped."""
_LARGEST_BLOCK = 1 << 26
"""Bytes of a packed block that is unpacked."""


def read_size(data: bytes, *, pixel_limit: int) -> tuple[int, int]:
    """Return height and width of the upright picture, without decoding it.

    Raises:
        UnsupportedImage: it is too large, an animation, or stored in a way that the plugin does
            not read.
        ValueError: the head is damaged.

    """
    header = _checked(data, pixel_limit)
    size = header.height, header.width
    return size[::-1] if header.orientation in SIDES_SWAPPED else size


def read(data: bytes, *, pixel_limit: int) -> tuple[Samples, Metadata]:
    """Decode to uint8, or to uint16 if there are more than eight bits; with what is said beside.

    A JPEG file that was packed without loss is unpacked, and read as such.

    Raises:
        UnsupportedImage: as ``read_size``.

    """
    from pillow_jxl import Decoder

    header = _checked(data, pixel_limit)
    decoder: Any = Decoder()  # the plugin's types are those of an earlier release
    is_jpeg, info, content, profile, _ = decoder(data)
    if is_jpeg:
        return _read_jpeg(content, pixel_limit=pixel_limit)
    samples = _samples(content, info, header)
    metadata, _ = upright(_blocks(data, header), profile=_profile(header, profile), dpi=(0, 0))
    return samples, replace(metadata, lossless=not header.xyb)


def encode(samples: Samples, metadata: Metadata, *, quality: int, lossless: bool) -> bytes:
    """Encode samples of sRGB, or grey with its curve, with EXIF and XMP.

    Args:
        samples: uint8.
        metadata: what is written beside them.
        quality: 1 to 100.
        lossless: lose nothing, whatever the quality.

    Raises:
        UnsupportedImage: the encoder fails.

    """
    from pillow_jxl import Encoder

    height, width, channels = samples.shape
    create: Any = Encoder
    encoder = create(mode=_MODES[channels], lossless=lossless, quality=quality)
    options: dict[str, Any] = {"exif": None, "xmp": metadata.xmp}
    if metadata.exif:
        options["exif"] = _EXIF_HEAD + metadata.exif
    content = np.ascontiguousarray(samples).tobytes()
    try:
        return bytes(encoder(content, width, height, jpeg_encode=False, **options))
    except RuntimeError as error:
        message = f"JXL cannot hold it ({error})"
        raise UnsupportedImage(message, hint="Choose PNG or TIFF.") from error


def _checked(data: bytes, pixel_limit: int) -> Header:
    header = read_header(data)
    check_size(header.height, header.width, pixel_limit=pixel_limit)
    check_frames(several=header.moves)
    alpha = [extra for extra in header.extras if extra.is_alpha]
    if any(extra.associated for extra in alpha):
        message = "is a JXL file whose colours are multiplied by its alpha"
        raise UnsupportedImage(message, hint="Save it as PNG.")
    if any(extra.kind == _BLACK for extra in header.extras) or len(alpha) > 1:
        message = "is a JXL file of a rare kind, with channels of black or several of opacity"
        raise UnsupportedImage(message, hint="Save it as PNG.")
    room = _SIXTEEN if header.gray and header.bits > _EIGHT else _EIGHT
    if header.floating or max(header.bits, *(extra.bits for extra in alpha), 0) > room:
        message = "is a JXL file of colours with more than 8 bits, which would be read as 8"
        if header.gray:
            message = "is a JXL file of grey with more bits than are read, or in floating point"
        raise UnsupportedImage(message, hint="Save it as PNG or TIFF.")
    return header


def _read_jpeg(content: bytes, *, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = pillow_codec.open_picture(content, JPEG, pixel_limit=pixel_limit)
    samples = pillow_codec.read_samples(image)
    metadata, orientation = pillow_codec.read_metadata(image, content)
    return turn_upright(samples, orientation), metadata


def _samples(content: bytes, info: ImageInfo, header: Header) -> Samples:
    """Return what the plugin decoded, which is upright, as an array."""
    channels = info.num_channels + info.has_alpha_channel
    dtype = np.uint8 if header.bits <= _EIGHT else np.uint16
    samples = np.frombuffer(content, dtype)
    if samples.size != info.height * info.width * channels:
        message = "is damaged: its header and its picture differ in size"
        raise UnsupportedImage(message)
    return samples.reshape(info.height, info.width, channels)


def _profile(header: Header, profile: bytes) -> bytes | None:
    """Return the profile of what was decoded, which the decoder makes where a code tells it."""
    if header.srgb:
        return None
    if not profile:
        message = "is a JXL file in a colour space that is not supported"
        raise UnsupportedImage(message, hint="Save it as PNG.")
    return profile


def _blocks(data: bytes, header: Header) -> Blocks:
    found, left = dict[bytes, bytes](), dict[str, None]()
    for kind, body in _boxes(data):
        if kind in {_EXIF, _XMP} and body is not None:
            found.setdefault(kind, body)
        elif kind not in _STRUCTURE:
            left[_name(kind)] = None
    if any(not extra.is_alpha for extra in header.extras):
        left["further channels"] = None
    if header.preview:
        left[companions.PREVIEW] = None
    block = _bare_exif(found.get(_EXIF, b""))
    return Blocks(
        exif=exif.make_upright(block) if block else None,
        xmp=found.get(_XMP),
        left=tuple(left),
        turned=exif.UPRIGHT,
    )


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Yield kind and content of the outermost boxes, unpacked; None where that is not possible."""
    for kind, start, end in bmff.boxes(data):
        if kind == _PACKED:
            yield data[start : start + 4], _unpacked(data[start + 4 : end])
        elif kind not in _STRUCTURE:
            yield kind, data[start:end]


def _unpacked(body: bytes) -> bytes | None:
    try:
        import brotli
    except ImportError:  # the plugin may be there without the extra
        return None
    unpacker = brotli.Decompressor()
    try:
        content: bytes = unpacker.process(body, output_buffer_limit=_LARGEST_BLOCK)
    except brotli.error:
        return None
    return content if unpacker.is_finished() else None


def _name(kind: bytes) -> str:
    known = {
        _EXIF: "EXIF",
        _XMP: "XMP",
        _CREDENTIALS: companions.CREDENTIALS,
        _GAIN_MAP: companions.GAIN_MAP,
    }
    return known.get(kind) or f"{kind.decode('latin-1').strip()} box"


def _bare_exif(body: bytes) -> bytes:
    """Return a block from its TIFF header on; some writers leave out the number before it."""
    if not body.startswith((b"II*\0", b"MM\0*")):
        body = body[4 + int.from_bytes(body[:4]) :]
    return body.removeprefix(exif.PREFIX)
