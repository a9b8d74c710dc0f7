"""How hard a lossy WebP picture was compressed, which the header of its VP8 frame says.

Source: RFC 6386, sections 7 (the boolean decoder), 9.2 to 9.6 and 19.2 (the frame header). The
quality that a quantiser belongs to is libwebp's: linear up to 3/4, steeper above, then the cube
root.
"""

from __future__ import annotations

START_CODE = b"\x9d\x01\x2a"
"""What follows the three bytes of the frame tag, of key frames alone."""
_HEAD = 10
_SEGMENTS = 4
_LARGEST_QUANTIZER = 127
_KINK = 0.5
"""The linear quality at which libwebp's curve becomes steeper."""


class BoolDecoder:
    """Reads bits that were coded arithmetically; beyond the end of the data there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 2
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._range = 255
        self._shifted = 0

    def bit(self) -> int:
        """Read a bit that is as often 0 as 1."""
        split = 1 + ((self._range - 1) * 128 >> 8)
        found = int(self._value >= split << 8)
        self._range = self._range - split if found else split
        self._value -= split << 8 if found else 0
        while self._range < 128:  # noqa: PLR2004 - RFC 6386, 7.3
            self._shift()
        return found

    def number(self, bits: int) -> int:
        """Read a number, its highest bit first."""
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bit()
        return value

    def optional(self, bits: int) -> int:
        """Read a flag and, if it is set, a number and its sign; else 0."""
        if not self.bit():
            return 0
        value = self.number(bits)
        return -value if self.bit() else value

    def _shift(self) -> None:
        self._value <<= 1
        self._range <<= 1
        self._shifted += 1
        if self._shifted == 8:  # noqa: PLR2004 - bits of a byte
            self._shifted = 0
            self._value |= self._data[self._at] if self._at < len(self._data) else 0
            self._at += 1


def quality_of_frame(data: bytes) -> int | None:
    """Return about the quality, 0 to 100, that libwebp would have been asked for.

    Args:
        data: a VP8 frame, as the chunk ``VP8 `` holds it.

    Returns:
        None if it is no key frame.

    """
    if len(data) <= _HEAD or data[0] & 1 or data[3:6] != START_CODE:
        return None
    quantizers = _quantizers(BoolDecoder(data[_HEAD:]))
    quantizer = min(max(sum(quantizers) / len(quantizers), 0), _LARGEST_QUANTIZER)
    linear = (1 - quantizer / _LARGEST_QUANTIZER) ** 3
    return round(100 * (1.5 * linear if linear < _KINK else (1 + linear) / 2))


def _quantizers(bits: BoolDecoder) -> list[int]:
    """Read the header up to its quantisers, and return that of each segment, or the only one."""
    bits.number(2)  # colour space and clamping
    segments, absolute = _segments(bits) if bits.bit() else ([0], False)
    bits.number(10)  # filter: type, level and sharpness
    if bits.bit() and bits.bit():
        for _ in range(8):
            bits.optional(6)  # changes of the filter
    bits.number(2)  # partitions
    base = bits.number(7)
    return segments if absolute else [base + segment for segment in segments]


def _segments(bits: BoolDecoder) -> tuple[list[int], bool]:
    """Return the quantiser of each segment, and whether it stands for itself."""
    segments, absolute = [0], False
    has_map = bits.bit()
    if bits.bit():
        absolute = bool(bits.bit())
        segments = [bits.optional(7) for _ in range(_SEGMENTS)]
        for _ in range(_SEGMENTS):
            bits.optional(6)  # filter
    if has_map:
        for _ in range(3):
            bits.number(8 * bits.bit())  # probability
    return segments, absolute
