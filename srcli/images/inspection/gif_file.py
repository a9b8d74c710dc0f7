"""Whether a GIF file (GIF89a, CompuServe 1990) holds all the data of its pixels.

Pillow stops at the end of a frame's data, wherever that is, and leaves the rest of it empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from srcli.images.inspection.flaws import (
    CUT_SHORT,
    Flaw,
    Inspected,
    check_worth,
    damaged,
    wrapped_badly,
)
from srcli.images.refusal import check_size
from srcli.images.rules import ReadRules

_SCREEN_END = 13
_HAS_TABLE, _TABLE_BITS, _INTERLACED = 0x80, 0x07, 0x40
_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_FRAME_HEAD = 10
_MOST_BITS = 8
_MOST_PER_BYTE = 4096  # codes of 9 bits and more stand for strings of no more pixels
SMALL_PIECE = 64
"""Bytes of data; encoders write up to 255 in a piece."""
_FILLS = (0, 255)
"""What a frame is decoded over: where the two differ, it has no data."""


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
        """Whether it is a frame."""
        return self.kind == _FRAME


def inspect_gif(data: bytes, rules: ReadRules) -> Inspected:
    """Look through a file; a trailer is added where only that is missing.

    Raises:
        Refused: its frames have more pixels than the limit.

    """
    blocks = list(walk(data))
    frames = [block for block in blocks if block.is_frame]
    sizes = [_frame_size(data, frame) for frame in frames]
    check_size(sum(height * width for height, width in sizes), 1, pixel_limit=rules.pixel_limit)
    ended = bool(blocks) and blocks[-1].kind == _TRAILER
    lacks = [
        number
        for number, (frame, size) in enumerate(zip(frames, sizes, strict=True))
        if not _is_whole(data, frame, size)
    ]
    if lacks:
        check_worth(data, sum(height * width for height, width in sizes))
        cut = not ended and lacks[0] == len(frames) - 1
        flaw = CUT_SHORT if cut else damaged(f"frame {lacks[0] + 1} lacks data")
        return Inspected(content=_closed(data, frames[lacks[0]]) if cut else data, flaws=(flaw,))
    if ended:
        return Inspected(content=data)
    return _without_trailer(data, blocks, frames)


def walk(data: bytes) -> Iterator[Block]:
    """Yield what a file holds, to its trailer or to where it is cut or no more a GIF file."""
    at = _SCREEN_END + _table_bytes(data, _SCREEN_END - 3)
    while at + 1 < len(data) and data[at] in {_EXTENSION, _FRAME}:
        kind, label, start = data[at], data[at + 1], at
        body = at + 2
        if kind == _FRAME:
            body = at + _FRAME_HEAD + _table_bytes(data, at + _FRAME_HEAD - 1) + 1
        at, pieces = body, 0
        while at < len(data) and data[at]:
            at += data[at] + 1
            pieces += 1
        at += 1
        yield Block(kind=kind, label=label, start=start, body=body, end=at, pieces=pieces)
    if at < len(data) and data[at] == _TRAILER:
        yield Block(kind=_TRAILER, label=0, start=at, body=at, end=at + 1, pieces=0)


def _table_bytes(data: bytes, at: int) -> int:
    flags = data[at] if at < len(data) else 0
    return 3 << ((flags & _TABLE_BITS) + 1) if flags & _HAS_TABLE else 0


def _frame_size(data: bytes, frame: Block) -> tuple[int, int]:
    head = data[frame.start + 5 : frame.start + 9].ljust(4, b"\0")
    return int.from_bytes(head[2:], "little"), int.from_bytes(head[:2], "little")


def _is_whole(data: bytes, frame: Block, size: tuple[int, int]) -> bool:
    """Whether the data of a frame give every one of its pixels."""
    height, width = size
    if not (frame.body <= len(data) and height and width):
        return False
    bits = data[frame.body - 1]
    if bits > _MOST_BITS:
        return False
    interlaced = int(bool(data[frame.start + _FRAME_HEAD - 1] & _INTERLACED))
    coded = data[frame.body : frame.end]
    if height * width > _MOST_PER_BYTE * len(coded):
        return False
    seen = set()
    for fill in _FILLS:
        image = Image.new("L", (width, height), fill)
        try:
            image.frombytes(coded, "gif", (bits, interlaced, -1))
        except ValueError:
            return False
        seen.add(image.tobytes())
    return len(seen) == 1


def _closed(data: bytes, frame: Block) -> bytes:
    """The file up to where a frame's data are cut, the last block as long as it is, and an end."""
    at = frame.body
    while at < len(data) and at + data[at] < len(data):
        at += data[at] + 1
    rest = data[at + 1 :]
    return b"".join([data[:at], bytes([len(rest)]) if rest else b"", rest, bytes([0, _TRAILER])])


def _without_trailer(data: bytes, blocks: list[Block], frames: list[Block]) -> Inspected:
    """Judge a file that ends without a trailer, though every frame that it has is whole."""
    if len(frames) != 1 or _may_move(data, blocks):
        return Inspected(content=data, flaws=(CUT_SHORT,))
    flaw: Flaw = wrapped_badly("has no end mark")
    return Inspected(content=data[: frames[0].end] + bytes([_TRAILER]), flaws=(flaw,))


def _may_move(data: bytes, blocks: list[Block]) -> bool:
    """Whether a file says that it is an animation, by a time or by an application's block."""
    for block in blocks:
        if block.label == _APPLICATION and block.kind == _EXTENSION:
            return True
        if block.label == _CONTROL and block.kind == _EXTENSION:
            return any(data[block.start + 4 : block.start + 6])
    return False
