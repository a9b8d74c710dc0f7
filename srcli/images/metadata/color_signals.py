"""Colours in the spaces that chunks of PNG, or codes in AVIF and HEIF, tell.

Source: PNG (Third Edition), W3C 2025, 11.3.2; ITU-T H.273, tables 2 and 3; ITU-R BT.2100-2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from srcli.images.codecs import png
from srcli.images.metadata.color_profile import Color

Numbers = NDArray[np.float64]

_D65 = (0.3127, 0.3290)
_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
_PRIMARIES: Mapping[int, tuple[float, ...]] = {
    1: _SRGB,
    2: _SRGB,
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    12: _P3,
}
"""x and y of red, green and blue by code, where white is D65."""
_WHITE_NITS, _PQ_NITS = 203, 10_000
"""Brightness of white beside HDR (ITU-R BT.2408), and of the largest PQ level."""
_PARTS = 100_000


def stored_color(color: Color, chunks: bytes) -> tuple[float, float, float] | None:
    """Return an sRGB colour as a picture stores it whose chunks tell another space.

    Args:
        color: red, green and blue, 0 to 255.
        chunks: gAMA, cHRM, sRGB and cICP chunks, as ``Metadata`` has them.

    Returns:
        Red, green and blue in [0, 1]; None where the space is none that is known here.

    """
    told = png.told_by(chunks)
    codes = told.get(b"cICP")
    if codes:
        points, encode = _PRIMARIES.get(codes[0]), _TRANSFERS.get(codes[1])
        if points is None or encode is None or codes[2] != 0:
            return None
        white = _D65
    else:
        numbers = struct.unpack(">8I", told[b"cHRM"]) if len(told.get(b"cHRM", b"")) == 32 else ()  # noqa: PLR2004 - eight numbers
        scaled = tuple(number / _PARTS for number in numbers)
        white = (scaled[0], scaled[1]) if scaled else _D65
        points, encode = scaled[2:] or _SRGB, _gamma(told.get(b"gAMA", b""))
    light = _linear(np.array(color, np.float64) / 255)
    try:
        wanted = np.linalg.solve(_to_xyz(points, white), _to_xyz(_SRGB, _D65) @ light)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    red, green, blue = np.clip(encode(np.clip(wanted, 0, 1)), 0, 1).tolist()
    return red, green, blue


def _linear(levels: Numbers) -> Numbers:
    bent: Numbers = np.where(
        levels <= 0.04045,  # noqa: PLR2004 - IEC 61966-2-1
        levels / 12.92,
        ((levels + 0.055) / 1.055) ** 2.4,
    )
    return bent


def _srgb(light: Numbers) -> Numbers:
    bent: Numbers = np.where(
        light <= 0.0031308,  # noqa: PLR2004 - IEC 61966-2-1
        light * 12.92,
        1.055 * light ** (1 / 2.4) - 0.055,
    )
    return bent


def _pq(light: Numbers) -> Numbers:
    """BT.2100's perceptual quantizer of light whose white is that of graphics."""
    power = (light * _WHITE_NITS / _PQ_NITS) ** (2610 / 16384)
    share: Numbers = (3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)
    result: Numbers = share ** (2523 / 32)
    return result


def _power(exponent: float) -> Callable[[Numbers], Numbers]:
    return lambda light: light**exponent


def _gamma(body: bytes) -> Callable[[Numbers], Numbers]:
    """Return what a gAMA chunk tells; sRGB's own curve without one."""
    stored = int.from_bytes(body) / _PARTS if len(body) == 4 else 0  # noqa: PLR2004 - one number
    return _power(stored) if stored else _srgb


_TRANSFERS: Mapping[int, Callable[[Numbers], Numbers]] = {
    **dict.fromkeys((1, 2, 6, 13, 14, 15), _srgb),  # browsers show video's curve as sRGB's
    4: _power(1 / 2.2),
    5: _power(1 / 2.8),
    8: _power(1),
    16: _pq,
}


def _to_xyz(points: tuple[float, ...], white: tuple[float, float]) -> Numbers:
    """Return the matrix from linear RGB to XYZ, relative to the white of the space."""
    columns = np.array(
        [[x / y, 1, (1 - x - y) / y] for x, y in zip(points[::2], points[1::2], strict=True)]
    ).T
    x, y = white
    scale = np.linalg.solve(columns, np.array([x / y, 1, (1 - x - y) / y]))
    matrix: Numbers = columns * scale
    return matrix
