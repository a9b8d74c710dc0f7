"""GIF: its blocks, and its frames as layers (GIF89a, CompuServe 1990).

Browsers agree on what the standard leaves open: an area that is disposed of becomes transparent,
whatever the background colour says, and the canvas is as large as the first frame needs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from srcli.images.compositing import Disposal, Layer, compose
from srcli.images.refusal import Refused
from srcli.images.samples import Samples

_SCREEN = struct.Struct("<2H3B")
_PLACE = struct.Struct("<4HB")
_SCREEN_AT, _BLOCKS_AT = 6, 13
_EXTENSION, _PICTURE, _END = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION, _COMMENT = 0xF9, 0xFF, 0xFE
_HAS_TABLE, _INTERLACED, _HAS_TRANSPARENT = 0x80, 0x40, 1
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE, 4: Disposal.RESTORE}
_CENTISECOND = 10
_NONE = bytes(4)
_OVERSIZE = 16
"""How many times the pixels of the canvas a frame may have."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """A GIF file taken apart.

    Attributes:
        size: height and width of the canvas.
        plays: how often all frames are shown; 0 for ever.
        durations: milliseconds that each frame is shown.
        comments: what comment extensions say.
        applications: names of application extensions, 11 bytes each, and their content with the
            length before each of its blocks.

    """

    size: tuple[int, int]
    plays: int
    durations: tuple[float, ...]
    comments: tuple[bytes, ...]
    applications: tuple[tuple[bytes, bytes], ...]
    _parts: tuple[_Part, ...]

    def seen(self) -> Iterator[Samples]:
        """Decode the frames in turn, as uint8 (height, width, 4)."""
        return compose(self.size, map(_layer, self._parts))


class _Reader:
    """Walks the bytes of a file."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        self._at += count
        if len(taken) < count:
            message = "is cut short"
            raise Refused(message)
        return taken

    def introducer(self) -> int:
        """Return the next byte; the end mark where the file just ends."""
        at, self._at = self._at, self._at + 1
        return self._data[at] if at < len(self._data) else _END

    def table(self, flags: int) -> bytes:
        return self.take(3 << (flags & 7) + 1) if flags & _HAS_TABLE else b""

    def blocks(self) -> list[bytes]:
        found = []
        while size := self.take(1)[0]:
            found.append(self.take(size))
        return found


def read_frames(data: bytes) -> Frames:
    """Take a file apart.

    Raises:
        Refused: it ends within a block, or holds no frame.

    """
    width, height, flags, _, _ = _SCREEN.unpack_from(data.ljust(_BLOCKS_AT, b"\0"), _SCREEN_AT)
    reader = _Reader(data, _BLOCKS_AT)
    shared = reader.table(flags)
    parts, durations, told = list[_Part](), list[float](), list[tuple[int, list[bytes]]]()
    control = _NONE
    while (kind := reader.introducer()) != _END:
        if kind == _PICTURE:
            parts.append(_part(reader, control, shared))
            durations.append(_CENTISECOND * int.from_bytes(control[1:3], "little"))
            control = _NONE
        elif kind == _EXTENSION:
            label = reader.introducer()
            blocks = reader.blocks()
            if label == _CONTROL and blocks:
                control = blocks[0].ljust(4, b"\0")
            told.append((label, blocks))
    if not parts:
        message = "holds no picture"
        raise Refused(message)
    applications = tuple(
        (blocks[0], b"".join(bytes([len(block)]) + block for block in blocks[1:]))
        for label, blocks in told
        if label == _APPLICATION and blocks
    )
    first = parts[0]
    size = max(height, first.top + first.height), max(width, first.left + first.width)
    _check_sizes(parts, size)
    return Frames(
        size=size,
        plays=_plays(applications),
        durations=tuple(durations),
        comments=tuple(b"".join(blocks) for label, blocks in told if label == _COMMENT),
        applications=tuple(one for one in applications if one[0] not in _LOOPS),
        _parts=tuple(parts),
    )


def _part(reader: _Reader, control: bytes, shared: bytes) -> _Part:
    left, top, width, height, flags = _PLACE.unpack(reader.take(_PLACE.size))
    table = reader.table(flags) or shared
    least = reader.take(1)
    codes = b"".join(bytes([len(block)]) + block for block in reader.blocks())
    return _Part(
        top=top,
        left=left,
        height=height,
        width=width,
        interlaced=bool(flags & _INTERLACED),
        table=table,
        transparent=control[3] if control[0] & _HAS_TRANSPARENT else None,
        disposal=_DISPOSALS.get(control[0] >> 2 & 7, Disposal.KEEP),
        codes=least + codes + b"\0",
    )


def _check_sizes(parts: Sequence[_Part], size: tuple[int, int]) -> None:
    """Refuse frames that would fill far more memory than what is seen of them."""
    if max(part.height * part.width for part in parts) > _OVERSIZE * size[0] * size[1]:
        message = "is damaged: a frame is far larger than its canvas"
        raise Refused(message)


def _plays(applications: tuple[tuple[bytes, bytes], ...]) -> int:
    """A file counts repetitions, and none without a count."""
    repeats = [
        int.from_bytes(content[2:4], "little") for name, content in applications if name in _LOOPS
    ]
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
    body = bytes([_PICTURE]) + place + part.codes + bytes([_END])
    image = Image.open(io.BytesIO(b"GIF89a" + screen + gray + body), formats=("GIF",))
    indices: Samples = np.asarray(image)
    return indices
