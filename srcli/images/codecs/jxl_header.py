"""What the head of a JPEG XL codestream says of its picture (ISO/IEC 18181-1, annex D).

The plugin tells it only after it has decoded all pixels, which a picture that is too large must
not come to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from srcli.images.metadata import bmff

SIGNATURE = b"\xff\x0a"
"""How a bare codestream begins."""
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"
"""How a codestream in boxes begins."""

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_HEAD_BYTES = 1 << 16
"""More than a head takes: names of channels are the only long things in it."""
_ALPHA, _SPOT, _CFA = 0, 2, 5
_GRAY = 1
_CUSTOM = 2
_SPOT_BITS = 4 * 16

Choice = tuple[int, int]
"""A value, and the number of bits to be read and added to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A channel beside the colours: its kind in the standard's code, and what else is said of it.

    Attributes:
        kind: 0 for opacity; black is 4.
        bits: bits per sample.
        associated: the colours are multiplied by it.

    """

    kind: int
    bits: int
    associated: bool = False

    @property
    def is_alpha(self) -> bool:
        """Tell whether it is opacity."""
        return self.kind == _ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The head of a codestream.

    Attributes:
        height: rows as they are stored.
        width: columns as they are stored.
        orientation: 1 to 8, as EXIF has it; decoders apply it.
        moves: it is an animation.
        preview: a small version stands before the picture.
        bits: bits per sample of the colours.
        floating: their samples are floating-point numbers.
        gray: there is one channel of colour.
        srgb: a code says that the colours are sRGB, or grey with the curve of sRGB.
        xyb: colours were converted to XYB, which is never without loss.
        extras: further channels.

    """

    height: int
    width: int
    orientation: int = 1
    moves: bool = False
    preview: bool = False
    bits: int = 8
    floating: bool = False
    gray: bool = False
    srgb: bool = True
    xyb: bool = True
    extras: tuple[Extra, ...] = ()


def read_header(data: bytes) -> Header:
    """Read the head of a file.

    Raises:
        ValueError: it ends early, or is no JPEG XL file.

    """
    bits = _Bits(_codestream(data))
    height, width = _size(bits)
    if bits.flag():
        return Header(height=height, width=width)
    orientation, moves, preview = 1, False, False
    extra_fields = bits.flag()
    if extra_fields:
        orientation = bits.take(3) + 1
        if bits.flag():
            _size(bits)
        preview = bits.flag()
        if preview:
            _skip_preview(bits)
        moves = bits.flag()
        if moves:
            _skip_animation(bits)
    floating, depth = _depth(bits)
    bits.flag()  # whether 16 bits are enough to decode
    count = bits.choose((0, 0), (1, 0), (2, 4), (1, 12))
    extras = tuple(_extra(bits) for _ in range(count))
    xyb = bits.flag()
    gray, srgb = _colors(bits, xyb=xyb)
    return Header(
        height=height,
        width=width,
        orientation=orientation,
        moves=moves,
        preview=preview,
        bits=depth,
        floating=floating,
        gray=gray,
        srgb=srgb,
        xyb=xyb,
        extras=extras,
    )


class _Bits:
    """Reads the bits of a codestream, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Return a number of so many bits."""
        self._left -= count
        if self._left < 0:
            message = "truncated header"
            raise ValueError(message)
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value

    def flag(self) -> bool:
        """Return one bit."""
        return bool(self.take(1))

    def choose(self, *choices: Choice) -> int:
        """Return a number that is coded in one of four ways."""
        base, count = choices[self.take(2)]
        return base + self.take(count)

    def code(self) -> int:
        """Return one of the standard's codes."""
        return self.choose((0, 0), (1, 0), (2, 4), (18, 6))


def _codestream(data: bytes) -> bytes:
    """Return the beginning of the codestream, which a container may hold in pieces."""
    if data.startswith(SIGNATURE):
        return data[len(SIGNATURE) : _HEAD_BYTES]
    stream = b""
    for kind, start, end in bmff.boxes(data):
        if kind in {b"jxlc", b"jxlp"}:
            first = start + 4 if kind == b"jxlp" else start
            stream += data[first : min(end, first + _HEAD_BYTES)]
        if len(stream) >= _HEAD_BYTES:
            break
    if not stream.startswith(SIGNATURE):
        message = "truncated: it has no codestream"
        raise ValueError(message)
    return stream[len(SIGNATURE) :]


def _size(bits: _Bits) -> tuple[int, int]:
    """Return height and width."""
    small = bits.flag()

    def side() -> int:
        if small:
            return (bits.take(5) + 1) * 8
        return bits.choose((1, 9), (1, 13), (1, 18), (1, 30))

    return _sides(bits, side)


def _skip_preview(bits: _Bits) -> None:
    eighths = bits.flag()

    def side() -> int:
        if eighths:
            return bits.choose((16, 0), (32, 0), (1, 5), (33, 9)) * 8
        return bits.choose((1, 6), (65, 8), (321, 10), (1345, 12))

    _sides(bits, side)


def _sides(bits: _Bits, side: Callable[[], int]) -> tuple[int, int]:
    height, ratio = side(), bits.take(3)
    if ratio == 0:
        return height, side()
    across, down = _RATIOS[ratio - 1]
    return height, height * across // down


def _skip_animation(bits: _Bits) -> None:
    bits.choose((100, 0), (1000, 0), (1, 10), (1, 30))
    bits.choose((1, 0), (1001, 0), (1, 8), (1, 10))
    bits.choose((0, 0), (0, 3), (0, 16), (0, 32))
    bits.flag()


def _depth(bits: _Bits) -> tuple[bool, int]:
    """Return whether samples are floating-point numbers, and their bits."""
    if not bits.flag():
        return False, bits.choose((8, 0), (10, 0), (12, 0), (1, 6))
    depth = bits.choose((32, 0), (16, 0), (24, 0), (1, 6))
    bits.take(4)
    return True, depth


def _extra(bits: _Bits) -> Extra:
    if bits.flag():
        return Extra(kind=_ALPHA, bits=8)
    kind, (_, depth) = bits.code(), _depth(bits)
    bits.choose((0, 0), (3, 0), (4, 0), (1, 3))
    bits.take(8 * bits.choose((0, 0), (0, 4), (16, 5), (48, 10)))
    associated = kind == _ALPHA and bits.flag()
    if kind == _SPOT:
        bits.take(_SPOT_BITS)
    elif kind == _CFA:
        bits.choose((1, 0), (0, 2), (3, 4), (19, 8))
    return Extra(kind=kind, bits=depth, associated=associated)


def _colors(bits: _Bits, *, xyb: bool) -> tuple[bool, bool]:
    """Return whether there is one channel, and whether a code tells sRGB."""
    if bits.flag():
        return False, True
    profile, space = bits.flag(), bits.code()
    gray = space == _GRAY
    if profile or space not in {0, _GRAY}:
        return gray, False
    white = 1 if xyb and gray else bits.code()
    return gray, _tells_srgb(bits, white, gray=gray)


def _tells_srgb(bits: _Bits, white: int, *, gray: bool) -> bool:
    if white != 1:
        return False
    primaries = 1 if gray else bits.code()
    if primaries != 1:
        return False
    curve_is_power = bits.flag()
    return not curve_is_power and bits.code() == 13  # noqa: PLR2004 - the code of sRGB in H.273
