"""How many frames a file says or shows that it has, without decoding any."""

from __future__ import annotations

from collections.abc import Callable

from srcli.images import png
from srcli.images.formats import GIF, PNG, WEBP, Format
from srcli.images.inspection import gif_file, webp_file
from srcli.images.refusal import Refused
from srcli.images.rules import ReadRules

_GIF_FRAME = 0x2C


def check_frame_count(data: bytes, known: Format, rules: ReadRules) -> None:
    """Refuse an animation of more frames than the limit.

    Raises:
        Refused: it has more.

    """
    count = _COUNTS[known](data) if known in _COUNTS else 1
    if count > rules.frame_limit:
        message = f"holds {count:,} frames, more than the limit of {rules.frame_limit:,}"
        raise Refused(message, hint="Raise the limit with --max-frames.")


def _gif_frames(data: bytes) -> int:
    return sum(block.kind == _GIF_FRAME for block in gif_file.walk(data))


def _png_frames(data: bytes) -> int:
    if b"acTL" not in data:
        return 1
    said, shown = 0, 0
    for chunk in png.walk(data):
        shown += chunk.kind == b"fcTL"
        if chunk.kind == b"acTL":
            said = int.from_bytes(chunk.body[:4])
    return max(said, shown)


def _webp_frames(data: bytes) -> int:
    return sum(kind == b"ANMF" for kind, _, _ in webp_file.walk(data))


_COUNTS: dict[Format, Callable[[bytes], int]] = {
    GIF: _gif_frames,
    PNG: _png_frames,
    WEBP: _webp_frames,
}
