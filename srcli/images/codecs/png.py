"""PNG below the level of pixels: chunks, and encoders.

Source: PNG (Third Edition), W3C 2025. Pillow writes no 16-bit colour, OpenCV no grey with alpha,
and neither embeds everything that a file can carry, hence this module.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from srcli.images.metadata import raw_profiles
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_GRAY, _TRUECOLOR, _PALETTE, _GRAY_ALPHA, _TRUECOLOR_ALPHA = 0, 2, 3, 4, 6
_COLOR_TYPES = {1: _GRAY, 2: _GRAY_ALPHA, 3: _TRUECOLOR, 4: _TRUECOLOR_ALPHA}
_COLOR_CHUNKS = (b"cHRM", b"gAMA", b"sRGB", b"cICP", b"mDCV", b"cLLI")
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
XMP_TEXT = b"XML:com.adobe.xmp\0"
"""How a text that holds an XMP packet begins."""
_SRGB_CODES = (1, 13)
"""Of the primaries and the transfer function, in cICP (ITU-T H.273)."""
_PRIMARIES_LIKE_SRGB = (1, 2, 5, 6)
_TRANSFERS_LIKE_SRGB = (1, 2, 6, 13, 14, 15)
"""Codes of sRGB, of what is shown as if it were, and of nothing said."""
_SRGB_GAMMA = (45_455,)
_SRGB_POINTS = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
_ROUNDED = 500
"""What numbers that stand for sRGB's may differ by; 100,000 is one."""
_METERS_PER_INCH = 0.0254
_HEADER_END = len(SIGNATURE) + 25
_LONGEST_CHUNK = 2**31 - 1
_BLOCK_BYTES = 1 << 20  # what a core's cache holds with its residues
_LEVEL = 3  # of level 6, 0.4 of the time; photos of 16 bits get smaller, of 8 bits 1 to 3 % larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One chunk of a file.

    Attributes:
        kind: four letters.
        body: what it holds.
        sound: it is all there and its checksum matches.
        cut: the file ends before it does.

    """

    kind: bytes
    body: bytes
    sound: bool
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PngHeader:
    """What the chunks say that the decoders do not pass on.

    Attributes:
        depth: bits per stored sample, 1 to 16.
        channels: 1 to 4 as samples have them; 3 for a palette.
        color_key: the grey level, or the three levels, that stand for full transparency, on
            the scale of the decoded samples; None without one.
        color_chunks: see ``Metadata``.
        text_chunks: see ``Metadata``.

    """

    depth: int
    channels: int
    color_key: tuple[int, ...] | None
    color_chunks: bytes
    text_chunks: bytes


def read_header(data: bytes) -> PngHeader:
    """Walk all chunks of a file up to its end mark; those that are damaged are passed over."""
    depth, color_type, transparency = 8, _PALETTE, b""
    colors, texts = [], []
    for chunk in walk(data):
        kind, body = chunk.kind, chunk.body
        if kind == b"IHDR":
            depth, color_type = body[8], body[9]
        elif kind == b"tRNS":
            transparency = body
        elif chunk.sound and kind in _COLOR_CHUNKS:
            colors.append(make_chunk(kind, body))
        elif chunk.sound and kind in TEXT_CHUNKS and not _is_metadata(body):
            texts.append(make_chunk(kind, body))
    channels = {code: count for count, code in _COLOR_TYPES.items()}.get(color_type, 3)
    key = None
    if transparency and color_type in {_GRAY, _TRUECOLOR}:
        key = _color_key(struct.unpack(f">{channels}H", transparency), depth)
    return PngHeader(
        depth=depth,
        channels=channels,
        color_key=key,
        color_chunks=b"".join(colors),
        text_chunks=b"".join(texts),
    )


def for_pillow(data: bytes) -> bytes:
    """The file without its texts, which are read elsewhere.

    Pillow refuses files whose texts are long, and takes its time over many.
    """
    if not any(kind in data for kind in TEXT_CHUNKS):
        return data
    kept = [
        make_chunk(chunk.kind, chunk.body) for chunk in walk(data) if chunk.kind not in TEXT_CHUNKS
    ]
    return SIGNATURE + b"".join(kept)


def _is_metadata(body: bytes) -> bool:
    """Tell whether a text is EXIF, XMP or IPTC, which are read from it."""
    return body.startswith(XMP_TEXT) or raw_profiles.is_known(body)


def _color_key(stored: tuple[int, ...], depth: int) -> tuple[int, ...]:
    """Levels of the key as decoders scale them: up to 8 bits in steps of 255 / peak."""
    peak = (1 << depth) - 1
    scale = max(1, 255 // peak)
    return tuple((level & peak) * scale for level in stored)


def pixels_only(data: bytes) -> bytes:
    """The file without its ancillary chunks, which some decoders act upon."""
    kept = (b"IHDR", b"IDAT", b"IEND")
    chunks = [chunk for chunk in walk(data) if chunk.kind in kept]
    return SIGNATURE + b"".join(make_chunk(chunk.kind, chunk.body) for chunk in chunks)


def with_metadata(data: bytes, metadata: Metadata) -> bytes:
    """A PNG file with metadata chunks put in after its header."""
    return data[:_HEADER_END] + _metadata(metadata) + data[_HEADER_END:]


def _metadata(metadata: Metadata) -> bytes:
    chunks = metadata.color_chunks + metadata.text_chunks
    if metadata.icc_profile:
        chunks += make_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc_profile))
    if metadata.dpi:
        per_meter = [round(dpi / _METERS_PER_INCH) for dpi in metadata.dpi]
        chunks += make_chunk(b"pHYs", struct.pack(">IIB", *per_meter, 1))
    if metadata.exif:
        chunks += make_chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        chunks += make_chunk(b"iTXt", XMP_TEXT + b"\0\0\0\0" + metadata.xmp)
    if metadata.resources:
        chunks += make_chunk(b"zTXt", raw_profiles.resources_text(metadata.resources))
    if metadata.comment:
        chunks += _comment(metadata.comment)
    return chunks


def _comment(comment: bytes) -> bytes:
    """A text chunk of a comment, which is UTF-8 if it can be."""
    try:
        comment.decode()
    except UnicodeError:
        return make_chunk(b"tEXt", b"Comment\0" + comment.replace(b"\0", b""))
    return make_chunk(b"iTXt", b"Comment\0\0\0\0\0" + comment.replace(b"\0", b""))


def tells_srgb(metadata: Metadata) -> bool:
    """Tell whether colour chunks, if there are any, say no more than that the picture is in sRGB.

    As the standard has it, cICP goes before a profile, that before sRGB, and that before the
    numbers of gAMA and cHRM.
    """
    told = told_by(metadata.color_chunks)
    if b"cICP" in told:
        return tuple(told[b"cICP"][:2]) == _SRGB_CODES
    if metadata.icc_profile or b"sRGB" in told:
        return True
    gamma, points = told.get(b"gAMA", b""), told.get(b"cHRM", b"")
    return _are_near(gamma, _SRGB_GAMMA) and _are_near(points, _SRGB_POINTS)


def told_by(chunks: bytes) -> dict[bytes, bytes]:
    """Bodies by kind of chunks that are laid one behind the other."""
    return dict(_listed(chunks))


def coding_chunk(primaries: int, transfer: int) -> bytes:
    """The cICP chunk of RGB in full range, from codes of ITU-T H.273; none for sRGB's."""
    if primaries in _PRIMARIES_LIKE_SRGB and transfer in _TRANSFERS_LIKE_SRGB:
        return b""
    return make_chunk(b"cICP", bytes([primaries, transfer, 0, 1]))


def text_without_gps(chunks: bytes) -> bytes:
    """Text chunks without those whose keyword, up to its zero byte, speaks of GPS."""
    kept = ((kind, body) for kind, body in _listed(chunks) if b"gps" not in _keyword(body))
    return b"".join(make_chunk(kind, body) for kind, body in kept)


def _keyword(body: bytes) -> bytes:
    return body.partition(b"\0")[0].lower()


def _listed(chunks: bytes) -> list[tuple[bytes, bytes]]:
    """Kinds and bodies of chunks that are laid one behind the other."""
    return [(chunk.kind, chunk.body) for chunk in walk(SIGNATURE + chunks)]


def _are_near(body: bytes, numbers: tuple[int, ...]) -> bool:
    """Tell whether a chunk says about these numbers, or is not there or damaged."""
    if len(body) != 4 * len(numbers):
        return True
    found = struct.unpack(f">{len(numbers)}I", body)
    return all(abs(a - b) <= _ROUNDED for a, b in zip(found, numbers, strict=True))


def encode(samples: Samples, metadata: Metadata) -> bytes:
    """Encode as ``write`` does."""
    file = io.BytesIO()
    write(file, samples, metadata)
    return file.getvalue()


def write(file: BinaryIO, samples: Samples, metadata: Metadata) -> None:
    """Write uint8 or uint16 samples (H, W, C), C = 1 to 4, as a file, a block of rows at a time.

    Each row gets the filter that suits it. Nothing but the samples is held in memory, and other
    threads run meanwhile: Pillow holds Python's lock as long as it compresses.
    """
    height, width, channels = samples.shape
    step = channels * samples.itemsize
    header = struct.pack(">II2B3x", width, height, 8 * samples.itemsize, _COLOR_TYPES[channels])
    file.write(SIGNATURE + make_chunk(b"IHDR", header) + _metadata(metadata))
    compressor = zlib.compressobj(level=_LEVEL, strategy=zlib.Z_FILTERED)
    rows = max(1, _BLOCK_BYTES // (width * step))
    above = np.zeros((1, width * step), np.uint8)
    for top in range(0, height, rows):
        block = np.ascontiguousarray(samples[top : top + rows], dtype=f">u{samples.itemsize}")
        block = block.view(np.uint8).reshape(-1, above.shape[1])
        if piece := compressor.compress(_filtered(block, above, step).tobytes()):
            file.write(make_chunk(b"IDAT", piece))
        above = block[-1:].copy()
    file.write(make_chunk(b"IDAT", compressor.flush()) + make_chunk(b"IEND", b""))


def _filtered(rows: Samples, above: Samples, step: int) -> Samples:
    """Rows of bytes under filter none, sub, up or Paeth, whichever sums up smallest."""
    up = np.concatenate([above, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    slope = up.astype(np.int16) - corner
    tilt = left.astype(np.int16) - corner
    paeth = np.where(np.abs(tilt) <= np.abs(slope + tilt), up, corner)
    nearest_left = (np.abs(slope) <= np.abs(tilt)) & (np.abs(slope) <= np.abs(slope + tilt))
    paeth = np.where(nearest_left, left, paeth)
    residues = {0: rows, 1: rows - left, 2: rows - up, 4: rows - paeth}
    kinds = np.array(list(residues), np.uint8)
    sums = [np.abs(residue.view(np.int8).astype(np.int16)).sum(1) for residue in residues.values()]
    best = np.argmin(np.stack(sums), axis=0)
    chosen = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    chosen[:, 0] = kinds[best]
    for index, residue in enumerate(residues.values()):
        chosen[best == index, 1:] = residue[best == index]
    return chosen


def walk(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a file up to its end mark, or to where it is no more a PNG file."""
    for kind, start, end in walk_heads(data):
        body, check = data[start:end], data[end : end + 4]
        sound = zlib.crc32(body, zlib.crc32(kind)).to_bytes(4) == check
        yield Chunk(kind=kind, body=body, sound=sound, cut=end + 4 > len(data))


def walk_heads(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk and where its body starts and ends, even beyond the file."""
    at = len(SIGNATURE)
    kind = b""
    while kind != b"IEND" and at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if not kind.isalpha() or length > _LONGEST_CHUNK:
            return
        yield kind, at + 8, at + 8 + length
        at += 12 + length


def make_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk as it stands in a file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
