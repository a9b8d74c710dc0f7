"""GIF: its blocks, and its frames as layers (GIF89a, CompuServe 1990).

Browsers agree on what the standard leaves open: an area that is disposed of becomes transparent,
whatever the background colour says, and the canvas is as large as the first frame needs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.compositing import Disposal, Layer, LayeredFrames
from srcli.images.picture.samples import Samples

_SCREEN = struct.Struct("<2H3B")
_PLACE = struct.Struct("<4HB")
_SCREEN_AT, _FLAGS_AT, _BLOCKS_AT = 6, 10, 13
EXTENSION, PICTURE, TRAILER = 0x21, 0x2C, 0x3B
CONTROL, APPLICATION, COMMENT = 0xF9, 0xFF, 0xFE
FRAME_HEAD = 10
"""Bytes of a frame before its table."""
_HAS_TABLE, _TABLE_BITS, _INTERLACED, _HAS_TRANSPARENT = 0x80, 0x07, 0x40, 1
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE, 4: Disposal.RESTORE}
_CENTISECOND = 10
_NONE = bytes(4)
_OVERSIZE = 16
"""A frame may have at most so many times the pixels of its canvas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A frame or an extension.

    Attributes:
        kind: its first byte.
        label: an extension's second byte.
        start: where it is in the file.
        body: where the data in blocks begin.
        end: where it ends.
        pieces: into how many its data are divided.

    """

    kind: int
    label: int
    start: int
    body: int
    end: int
    pieces: int

    @property
    def is_frame(self) -> bool:
        """Tell whether it is a frame."""
        return self.kind == PICTURE

    def content(self, data: bytes) -> list[bytes]:
        """Return the pieces of its data."""
        at, found = self.body, list[bytes]()
        while at < min(self.end, len(data)) and (size := data[at]):
            found.append(data[at + 1 : at + 1 + size])
            at += 1 + size
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One frame, still compressed."""

    top: int
    left: int
    height: int
    width: int
    interlaced: bool
    table: bytes
    transparent: int | None
    disposal: Disposal
    codes: bytes


def walk(data: bytes) -> Iterator[Block]:
    """Yield what a file holds, to its trailer or to where it is cut or no more a GIF file."""
    at = _BLOCKS_AT + _table_bytes(int.from_bytes(data[_FLAGS_AT : _FLAGS_AT + 1]))
    while at + 1 < len(data) and data[at] in {EXTENSION, PICTURE}:
        kind, label, start = data[at], data[at + 1], at
        body = at + 2
        if kind == PICTURE:
            flags = int.from_bytes(data[at + FRAME_HEAD - 1 : at + FRAME_HEAD])
            body = at + FRAME_HEAD + _table_bytes(flags) + 1
        at, pieces = body, 0
        while at < len(data) and data[at]:
            at += data[at] + 1
            pieces += 1
        at += 1
        yield Block(kind=kind, label=label, start=start, body=body, end=at, pieces=pieces)
    if at < len(data) and data[at] == TRAILER:
        yield Block(kind=TRAILER, label=0, start=at, body=at, end=at + 1, pieces=0)


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & _TABLE_BITS) + 1) if flags & _HAS_TABLE else 0


def read_frames(data: bytes) -> LayeredFrames:
    """Take a file apart.

    Raises:
        UnsupportedImage: it ends within a block, or holds no frame.

    """
    width, height, flags, _, _ = _SCREEN.unpack_from(data.ljust(_BLOCKS_AT, b"\0"), _SCREEN_AT)
    shared = data[_BLOCKS_AT : _BLOCKS_AT + _table_bytes(flags)]
    parts, durations = list[_Part](), list[float]()
    control = _NONE
    for block in walk(data):
        if block.end > len(data):
            message = "is cut short"
            raise UnsupportedImage(message)
        if block.is_frame:
            parts.append(_part(data, block, control, shared))
            durations.append(_CENTISECOND * int.from_bytes(control[1:3], "little"))
            control = _NONE
        elif block.kind == EXTENSION and block.label == CONTROL and block.pieces:
            control = block.content(data)[0].ljust(4, b"\0")
    if not parts:
        message = "holds no picture"
        raise UnsupportedImage(message)
    first = parts[0]
    size = max(height, first.top + first.height), max(width, first.left + first.width)
    _check_sizes(parts, size)
    plays = _plays(applications(data))
    return LayeredFrames(
        size=size,
        plays=plays,
        durations=tuple(durations),
        layers=lambda: map(_layer, parts),
    )


def applications(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return what applications say in a file, as far as it is whole.

    Returns:
        Names, 11 bytes each, and their content with the length before each of its pieces.

    """
    return [
        (name, b"".join(bytes([len(piece)]) + piece for piece in pieces))
        for name, *pieces in _extensions(data, APPLICATION)
    ]


def further_applications(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return what applications say beside how often an animation is shown."""
    return [one for one in applications(data) if one[0] not in _LOOPS]


def comments(data: bytes) -> list[bytes]:
    """Return what comments say in a file, as far as it is whole."""
    return [b"".join(pieces) for pieces in _extensions(data, COMMENT)]


def _extensions(data: bytes, label: int) -> Iterator[list[bytes]]:
    for block in walk(data):
        wanted = block.kind == EXTENSION and block.label == label
        if wanted and block.pieces and block.end <= len(data):
            yield block.content(data)


def _part(data: bytes, block: Block, control: bytes, shared: bytes) -> _Part:
    place = block.start + 1
    left, top, width, height, flags = _PLACE.unpack_from(data, place)
    return _Part(
        top=top,
        left=left,
        height=height,
        width=width,
        interlaced=bool(flags & _INTERLACED),
        table=data[place + _PLACE.size : block.body - 1] or shared,
        transparent=control[3] if control[0] & _HAS_TRANSPARENT else None,
        disposal=_DISPOSALS.get(control[0] >> 2 & 7, Disposal.KEEP),
        codes=data[block.body - 1 : block.end],
    )


def _check_sizes(parts: Sequence[_Part], size: tuple[int, int]) -> None:
    """Refuse frames that would fill far more memory than what is seen of them."""
    if max(part.height * part.width for part in parts) > _OVERSIZE * size[0] * size[1]:
        message = "is damaged: a frame is far larger than its canvas"
        raise UnsupportedImage(message)


def _plays(told: Iterable[tuple[bytes, bytes]]) -> int:
    """A file counts repetitions, and none without a count."""
    repeats = [int.from_bytes(content[2:4], "little") for name, content in told if name in _LOOPS]
    if not repeats:
        return 1
    return repeats[-1] + 1 if repeats[-1] else 0


def _layer(part: _Part) -> Layer:
    indices = _indices(part)
    colors = np.zeros((256, 4), np.uint8)
    table = np.frombuffer(part.table, np.uint8).reshape(-1, 3)
    colors[: len(table), :3] = table
    colors[:, 3] = 255
    if part.transparent is not None:
        colors[part.transparent] = 0
    return Layer(
        samples=colors[indices], top=part.top, left=part.left, over=True, disposal=part.disposal
    )


def _indices(part: _Part) -> Samples:
    """Decode the codes of one frame (h, w), through Pillow, as the only frame of a file."""
    gray = bytes(level for level in range(256) for _ in range(3))  # an index is its own level
    screen = _SCREEN.pack(part.width, part.height, _HAS_TABLE | 7, 0, 0)
    flags = _INTERLACED if part.interlaced else 0
    place = _PLACE.pack(0, 0, part.width, part.height, flags)
    body = bytes([PICTURE]) + place + part.codes + bytes([TRAILER])
    image = Image.open(io.BytesIO(b"GIF89a" + screen + gray + body), formats=("GIF",))
    indices: Samples = np.asarray(image)
    return indices
