"""Tell whether a PNG file (Third Edition, W3C 2025) holds all the data of its pixels."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from srcli.images.codecs.png import SIGNATURE, Chunk, make_chunk, walk
from srcli.images.decode_errors import check_size
from srcli.images.inspection.flaws import (
    CUT_SHORT,
    Flaw,
    Inspected,
    check_worth,
    damaged,
    wrapped_badly,
)
from srcli.images.read_rules import ReadRules

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_HEADER = struct.Struct(">IIBBBBB")
_PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
_LAST_PASS = (1, 0, 2, 1)
"""Of interlaced pictures: first row and column, and steps between rows and columns."""
_CODED = {b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"acTL", b"fcTL", b"fdAT"}
"""Chunks that pixels depend on; damage in any other leaves the pixels as they are."""
_FILTERS = 5
_PIECE = 1 << 20  # bytes that are unpacked at a time
_SEQUENCE = 4  # bytes before the data of an fdAT chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """The header of a file."""

    width: int
    height: int
    depth: int
    color_type: int
    interlaced: int

    def holds(self, frame: _Frame) -> bool:
        """Tell whether a frame has pixels, and no more rows or columns than the canvas."""
        return 0 < frame.height <= self.height and 0 < frame.width <= self.width

    def rows(self, height: int, width: int) -> Iterator[tuple[int, int]]:
        """Yield, for each pass over a frame, its rows and the bytes of one with its filter."""
        bits = self.depth * _CHANNELS[self.color_type]
        passes = (*_PASSES, _LAST_PASS) if self.interlaced else ((0, 0, 1, 1),)
        for top, left, down, right in passes:
            rows, columns = -(-(height - top) // down), -(-(width - left) // right)
            if rows > 0 and columns > 0:
                yield rows, 1 + -(-columns * bits // 8)


@dataclass(slots=True, kw_only=True)
class _Frame:
    """Coded data of one frame, the still picture being one."""

    height: int
    width: int
    pieces: list[bytes] = field(default_factory=list)


def inspect_png(data: bytes, rules: ReadRules) -> Inspected:
    """Look through a file; damaged chunks that no pixel depends on are left out.

    Raises:
        UnsupportedImage: it has more pixels than the limit.

    """
    chunks = list(walk(data))
    layout = _layout(chunks)
    if layout is None:
        cut = not chunks or chunks[-1].cut
        flaw = CUT_SHORT if cut else damaged("its header makes no sense")
        return Inspected(content=data, flaws=(flaw,))
    still, moving = _frames(chunks, layout)
    pixels = layout.height * layout.width * max(1, len(moving))
    check_size(pixels, 1, pixel_limit=rules.pixel_limit)
    flaws = [_checksum(chunk) for chunk in chunks if not (chunk.sound or chunk.cut)]
    whole = _is_whole(still, layout)
    lacks = [number for number, frame in enumerate(moving) if not _is_whole(frame, layout)]
    cut = chunks[-1].kind != b"IEND" and lacks == [len(moving) - 1]
    number = int(_shows_still(chunks)) + 1
    flaws += [damaged(f"frame {lacks[0] + number} lacks data")] if lacks and not cut else []
    lost = _lost_frames(chunks, moving)
    flaws += _ending(chunks, whole=whole and not cut, lost=lost)
    extra = whole and _has_extra(still, layout)
    if extra:
        flaws.append(wrapped_badly("has extra data after its last pixel"))
    if not flaws:
        return Inspected(content=data)
    if not whole or lacks:
        check_worth(data, pixels)
    filling = rules.allow_damaged or not (not whole or lacks or lost)
    if filling and (not whole or lacks or lost or extra):
        chunks = list(_filled_chunks([*_kept(chunks)], still, moving, layout))
    return Inspected(content=_rebuilt(chunks), flaws=tuple(flaws))


def _layout(chunks: list[Chunk]) -> _Layout | None:
    first = chunks[0] if chunks else None
    if first is None or first.kind != b"IHDR" or len(first.body) != _HEADER.size:
        return None
    width, height, depth, color_type, compression, filtering, interlaced = _HEADER.unpack(
        first.body
    )
    known = depth in _DEPTHS.get(color_type, ()) and interlaced <= 1
    if not (known and width and height) or compression or filtering:
        return None
    return _Layout(
        width=width, height=height, depth=depth, color_type=color_type, interlaced=interlaced
    )


def _checksum(chunk: Chunk) -> Flaw:
    if chunk.kind in _CODED:
        return damaged("a checksum in it does not match")
    name = chunk.kind.decode("ascii", "replace")
    return wrapped_badly(f"has a damaged {name} chunk, which is left out")


def _ending(chunks: list[Chunk], *, whole: bool, lost: str) -> list[Flaw]:
    ended = chunks[-1].kind == b"IEND"
    if whole and not lost:
        return [] if ended else [wrapped_badly("has no end mark")]
    return [damaged(lost or "its data end before its last pixel") if ended else CUT_SHORT]


def _frames(chunks: list[Chunk], layout: _Layout) -> tuple[_Frame, list[_Frame]]:
    """Collect the coded data of the still picture, and of each frame of an animation after it."""
    still, moving = _Frame(height=layout.height, width=layout.width), []
    for chunk in chunks:
        if chunk.kind == b"IDAT":
            still.pieces.append(chunk.body)
        elif chunk.kind == b"fcTL" and len(chunk.body) > 12 and still.pieces:  # noqa: PLR2004
            width, height = struct.unpack_from(">II", chunk.body, 4)
            moving.append(_Frame(height=height, width=width))
        elif chunk.kind == b"fdAT" and moving:
            moving[-1].pieces.append(chunk.body[_SEQUENCE:])
    return still, moving


def _shows_still(chunks: list[Chunk]) -> bool:
    """Tell whether the still picture is the first frame of an animation."""
    kinds = (chunk.kind for chunk in chunks)
    return next((kind for kind in kinds if kind in {b"fcTL", b"IDAT"}), b"") == b"fcTL"


def _lost_frames(chunks: list[Chunk], moving: list[_Frame]) -> str:
    """Say whether an animation announces more frames than it has; empty if it does not."""
    body = next((chunk.body for chunk in chunks if chunk.kind == b"acTL"), b"")
    said, held = int.from_bytes(body[:4]), len(moving) + _shows_still(chunks)
    return f"it announces {said} frames and holds {held}" if said > held else ""


def _is_whole(frame: _Frame, layout: _Layout) -> bool:
    """Tell whether the data of a frame unpack to all its rows, each with a filter that there is."""
    unpacked = filter(None, _unpacked(frame.pieces))
    held = bytearray()
    for rows, row_bytes in layout.rows(frame.height, frame.width):
        missing = rows * row_bytes
        at = 0  # bytes since the start of a row
        while missing:
            if not held:
                held += next(unpacked, b"")
            if not held:
                return False
            taken = held[:missing]
            del held[:missing]
            missing -= len(taken)
            first = -at % row_bytes
            if any(kind >= _FILTERS for kind in taken[first::row_bytes]):
                return False
            at = (at + len(taken)) % row_bytes
    return True


def _has_extra(frame: _Frame, layout: _Layout) -> bool:
    """Tell whether data unpack to more than a frame's rows; some decoders print about it."""
    left = sum(rows * row_bytes for rows, row_bytes in layout.rows(frame.height, frame.width))
    for piece in _unpacked(frame.pieces):
        left -= len(piece)
        if left < 0:
            return True
    return False


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack data a little at a time, as far as they are sound."""
    unpacker = zlib.decompressobj()
    try:
        for piece in pieces:
            while piece and not unpacker.eof:
                yield unpacker.decompress(piece, _PIECE)
                piece = unpacker.unconsumed_tail  # noqa: PLW2901 - what is left of it
        yield unpacker.flush()
    except zlib.error:
        return


def _filled(frame: _Frame, layout: _Layout) -> bytes:
    """Return the data of a frame with zeros for what is missing, packed anew."""
    size = sum(rows * row_bytes for rows, row_bytes in layout.rows(frame.height, frame.width))
    held = bytearray()
    for piece in _unpacked(frame.pieces):
        held += piece
        if len(held) >= size:
            break
    held = held[:size].ljust(size, b"\0")
    at = 0
    for rows, row_bytes in layout.rows(frame.height, frame.width):
        end = at + rows * row_bytes
        held[at:end:row_bytes] = bytes(min(kind, _FILTERS - 1) for kind in held[at:end:row_bytes])
        at = end
    return zlib.compress(bytes(held), 1)


def _filled_chunks(
    chunks: list[Chunk], still: _Frame, moving: list[_Frame], layout: _Layout
) -> Iterator[Chunk]:
    """Yield the chunks with all data of each frame in one, and without frames that have none."""
    kept = list(_filled_frames(chunks, still, moving, layout))
    count = sum(kind == b"fcTL" for kind, _ in kept)
    order = itertools.count()
    for kind, body in kept:
        if kind in {b"fcTL", b"fdAT"}:
            body = next(order).to_bytes(_SEQUENCE) + body[_SEQUENCE:]  # noqa: PLW2901 - anew
        elif kind == b"acTL":
            body = count.to_bytes(4) + body[4:]  # noqa: PLW2901 - anew
        if count or kind != b"acTL":
            yield Chunk(kind=kind, body=body, sound=True, cut=False)


def _filled_frames(
    chunks: list[Chunk], still: _Frame, moving: list[_Frame], layout: _Layout
) -> Iterator[tuple[bytes, bytes]]:
    """Yield kinds and bodies of what ``_filled_chunks`` keeps, still counted as they were."""
    frames, began = iter(moving), False
    for chunk in chunks:
        if chunk.kind == b"IDAT" and not began:
            began = True
            yield b"IDAT", _filled(still, layout)
        elif chunk.kind == b"fcTL" and began:
            frame = next(frames, None)
            if frame and frame.pieces and layout.holds(frame):
                yield b"fcTL", chunk.body
                yield b"fdAT", bytes(_SEQUENCE) + _filled(frame, layout)
        elif chunk.kind not in {b"IDAT", b"fdAT"}:
            yield chunk.kind, chunk.body
    if not began:
        yield b"IDAT", _filled(still, layout)


def _kept(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Yield the sound chunks and the coded ones."""
    return (chunk for chunk in chunks if chunk.sound or chunk.kind in _CODED)


def _rebuilt(chunks: Iterable[Chunk]) -> bytes:
    """Return a file of the sound chunks and the coded ones."""
    kept = (chunk for chunk in _kept(chunks) if chunk.kind != b"IEND")
    file = [make_chunk(chunk.kind, chunk.body) for chunk in kept]
    return b"".join([SIGNATURE, *file, make_chunk(b"IEND", b"")])
