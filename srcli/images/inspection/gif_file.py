"""Tell whether a GIF file (GIF89a, CompuServe 1990) holds all the data of its pixels.

Pillow stops at the end of a frame's data, wherever that is, and leaves the rest of it empty.
"""

from __future__ import annotations

from PIL import Image

from srcli.images.codecs.gif import (
    APPLICATION,
    CONTROL,
    EXTENSION,
    FRAME_HEAD,
    TRAILER,
    Block,
    walk,
)
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

_INTERLACED = 0x40
_MOST_BITS = 8
_MOST_PER_BYTE = 4096  # codes of 9 bits and more stand for strings of no more pixels
SMALL_PIECE = 64
"""Bytes of data; encoders write up to 255 in a piece."""
_FILLS = (0, 255)
"""What a frame is decoded over: where the two differ, it has no data."""


def inspect_gif(data: bytes, rules: ReadRules) -> Inspected:
    """Look through a file; a trailer is added where only that is missing.

    Raises:
        UnsupportedImage: its frames have more pixels than the limit.

    """
    blocks = list(walk(data))
    frames = [block for block in blocks if block.is_frame]
    sizes = [_frame_size(data, frame) for frame in frames]
    check_size(sum(height * width for height, width in sizes), 1, pixel_limit=rules.pixel_limit)
    ended = bool(blocks) and blocks[-1].kind == TRAILER
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


def _frame_size(data: bytes, frame: Block) -> tuple[int, int]:
    head = data[frame.start + 5 : frame.start + 9].ljust(4, b"\0")
    return int.from_bytes(head[2:], "little"), int.from_bytes(head[:2], "little")


def _is_whole(data: bytes, frame: Block, size: tuple[int, int]) -> bool:
    """Tell whether the data of a frame give every one of its pixels."""
    height, width = size
    if not (frame.body <= len(data) and height and width):
        return False
    bits = data[frame.body - 1]
    if bits > _MOST_BITS:
        return False
    interlaced = int(bool(data[frame.start + FRAME_HEAD - 1] & _INTERLACED))
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
    return b"".join([data[:at], bytes([len(rest)]) if rest else b"", rest, bytes([0, TRAILER])])


def _without_trailer(data: bytes, blocks: list[Block], frames: list[Block]) -> Inspected:
    """Judge a file that ends without a trailer, though every frame that it has is whole."""
    if len(frames) != 1 or _may_move(data, blocks):
        return Inspected(content=data, flaws=(CUT_SHORT,))
    flaw: Flaw = wrapped_badly("has no end mark")
    return Inspected(content=data[: frames[0].end] + bytes([TRAILER]), flaws=(flaw,))


def _may_move(data: bytes, blocks: list[Block]) -> bool:
    """Tell whether a file says that it is an animation, by a time or by an application's block."""
    for block in blocks:
        if block.label == APPLICATION and block.kind == EXTENSION:
            return True
        if block.label == CONTROL and block.kind == EXTENSION:
            return any(data[block.start + 4 : block.start + 6])
    return False
