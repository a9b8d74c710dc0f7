"""Animated PNG: its frames as layers, and its encoder (PNG, Third Edition, W3C 2025, 11.3.6)."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from PIL import Image

from srcli.images.codecs import png, png_samples
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.compositing import Disposal, Layer, LayeredFrames
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples, with_alpha

_CONTROL = struct.Struct(">5I2H2B")
_DISPOSALS = (Disposal.KEEP, Disposal.CLEAR, Disposal.RESTORE)
_OVER = 1
_HUNDREDTHS = 100
_PEAK = 0xFFFF
_NEEDED = (b"PLTE", b"tRNS")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Control:
    """An fcTL chunk: where a frame lies, for how long, and what becomes of it."""

    height: int
    width: int
    top: int
    left: int
    milliseconds: float
    disposal: Disposal
    over: bool


def read_frames(data: bytes) -> LayeredFrames:
    """Take a file apart; a still picture that is no frame is left out.

    Raises:
        UnsupportedImage: frames are missing, out of order or outside the canvas.

    """
    header, needed, parts, count, plays = b"", b"", list[tuple[_Control, list[bytes]]](), 0, 0
    order = itertools.count()
    for chunk in png.walk(data):
        kind, body = chunk.kind, chunk.body
        if kind == b"IHDR":
            header = body
        elif kind in _NEEDED:
            needed += png.make_chunk(kind, body)
        elif kind == b"acTL":
            count, plays = struct.unpack(">2I", body)
        elif kind == b"fcTL":
            _check_order(body, next(order))
            parts.append((_control(body, header), []))
        elif kind == b"IDAT" and parts:
            parts[0][1].append(body)
        elif kind == b"fdAT" and parts:
            _check_order(body, next(order))
            parts[-1][1].append(body[4:])
    _check_count(count, [pieces for _, pieces in parts])
    files = [(part[0], _as_file(part[0], header, needed, part[1])) for part in parts]
    width, height = struct.unpack_from(">2I", header)
    return LayeredFrames(
        size=(height, width),
        plays=plays,
        durations=tuple(control.milliseconds for control, _ in parts),
        layers=lambda: (_layer(control, file) for control, file in files),
    )


def encode(
    frames: Sequence[Samples], durations: Sequence[float], plays: int, told: Metadata
) -> bytes:
    """Encode frames (H, W, C) of one size, depth and C; each holds what differs from the last.

    Args:
        frames: uint8 or uint16 samples.
        durations: milliseconds that each is shown, at most 65,535 seconds.
        plays: how often all are shown; 0 for ever.
        told: what the file says beside its pixels.

    """
    order = itertools.count()
    file = [png.SIGNATURE]
    for number, frame in enumerate(frames):
        area = (0, 0, *frame.shape[:2]) if number == 0 else _changed(frames[number - 1], frame)
        top, left, bottom, right = area
        control = struct.pack(
            ">5I2H2B",
            next(order),
            right - left,
            bottom - top,
            left,
            top,
            *_delay(durations[number]),
            0,
            0,
        )
        picture = png.encode(frame[top:bottom, left:right], told if number == 0 else Metadata())
        for chunk in png.walk(picture):
            kind, body = chunk.kind, chunk.body
            if kind == b"IDAT" and control:
                file.append(png.make_chunk(b"fcTL", control))
                control = b""
            if kind == b"IDAT" and number:
                file.append(png.make_chunk(b"fdAT", struct.pack(">I", next(order)) + body))
            elif number == 0 and kind != b"IEND":
                file.append(png.make_chunk(kind, body))
            if kind == b"IHDR" and number == 0:
                file.append(png.make_chunk(b"acTL", struct.pack(">2I", len(frames), plays)))
    return b"".join([*file, png.make_chunk(b"IEND", b"")])


def _check_count(count: int, parts: Sequence[Sequence[bytes]]) -> None:
    if len(parts) != count or not all(parts):
        message = f"is damaged: it announces {count} frames and holds {sum(map(bool, parts))}"
        raise UnsupportedImage(message)


def _check_order(body: bytes, number: int) -> None:
    if body[:4] != struct.pack(">I", number):
        message = "is damaged: its frames are out of order"
        raise UnsupportedImage(message)


def _control(body: bytes, header: bytes) -> _Control:
    _, width, height, left, top, delay, parts, disposal, blend = _CONTROL.unpack(body)
    across, down = struct.unpack_from(">2I", header)
    inside = left + width <= across and top + height <= down
    if not (inside and width and height and disposal < len(_DISPOSALS)):
        message = "is damaged: a frame lies outside its canvas"
        raise UnsupportedImage(message)
    return _Control(
        height=height,
        width=width,
        top=top,
        left=left,
        milliseconds=1000 * delay / (parts or _HUNDREDTHS),
        disposal=_DISPOSALS[disposal],
        over=blend == _OVER,
    )


def _as_file(control: _Control, header: bytes, needed: bytes, pieces: list[bytes]) -> bytes:
    """One frame as a PNG file of its own."""
    size = struct.pack(">2I", control.width, control.height)
    body = png.make_chunk(b"IHDR", size + header[8:]) + needed
    body += png.make_chunk(b"IDAT", b"".join(pieces))
    return png.SIGNATURE + body + png.make_chunk(b"IEND", b"")


def _layer(control: _Control, file: bytes) -> Layer:
    image = Image.open(io.BytesIO(file), formats=("PNG",))
    samples = png_samples.read_samples(file, image, png.read_header(file))
    return Layer(
        samples=with_alpha(samples),
        top=control.top,
        left=control.left,
        over=control.over,
        disposal=control.disposal,
    )


def _changed(before: Samples, after: Samples) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of what differs; one pixel where nothing does."""
    differs = (before != after).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _delay(milliseconds: float) -> tuple[int, int]:
    """Numerator and denominator of seconds, both of 16 bits."""
    seconds = Fraction(milliseconds / 1000)
    for limit in (_PEAK, 1000, 1):
        close = seconds.limit_denominator(limit)
        if close.numerator <= _PEAK:
            return close.numerator, close.denominator
    return _PEAK, 1
