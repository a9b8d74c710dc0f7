"""How hard an AVIF picture was compressed, which the header of its AV1 frame says.

Source: AV1 Bitstream & Decoding Process Specification, 5.3 (units), 5.5 (sequence header) and 5.9
(frame header, up to its base quantiser). Names of fields are the specification's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE, _FRAME_HEADER, _FRAME = 1, 3, 6
"""Kinds of units."""
_KEY_FRAME = 0
_SELECT = 2
"""Each frame says for itself."""
_WIDEST_TILE, _LARGEST_TILE = 4096, 4096 * 2304
_MOST_TILES = 64


class Bits:
    """Reads numbers from the front of some bytes, the highest bit first.

    Raises:
        EOFError: by every reader, beyond the end.

    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, bits: int) -> int:
        """Read a number of so many bits."""
        start, self._at = self._at, self._at + bits
        if self._at > 8 * len(self._data):
            raise EOFError
        piece = int.from_bytes(self._data[start // 8 : (self._at + 7) // 8])
        return piece >> -self._at % 8 & (1 << bits) - 1

    def flag(self) -> bool:
        """Read one bit."""
        return bool(self.number(1))

    def below(self, limit: int) -> int:
        """Read a number below a limit (``ns(n)``)."""
        bits = limit.bit_length()
        short = (1 << bits) - limit
        value = self.number(bits - 1)
        return value if value < short else (value << 1) - short + self.number(1)

    def skip_exponential(self) -> None:
        """Pass over a number that says its own length (``uvlc()``)."""
        zeros = 0
        while not self.flag():
            zeros += 1
        self.number(min(zeros, 32))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sequence:
    """What a sequence header says that a frame header needs."""

    reduced: bool
    size_bits: tuple[int, int]
    size: tuple[int, int]
    frame_id_bits: int
    large_blocks: bool
    screen_tools: int
    integer_motion: int
    order_bits: int
    superres: bool
    timed: bool


def quantizer_of_stream(data: bytes) -> int | None:
    """Return the base quantiser (``base_q_idx``) of the first picture, 0 (lossless) to 255.

    Args:
        data: AV1 units, as an item ``av01`` of an AVIF file holds them. The end may be missing.

    Returns:
        None if the first frame is no key frame, or its header cannot be followed.

    """
    sequence = None
    try:
        for kind, content in _units(data):
            if kind == _SEQUENCE:
                sequence = _read_sequence(Bits(content))
            elif kind in (_FRAME_HEADER, _FRAME) and sequence:
                return _read_quantizer(Bits(content), sequence)
    except EOFError:
        pass
    return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the content of each unit."""
    at = 0
    while at < len(data):
        head = data[at]
        at += 2 if head & 4 else 1
        size = len(data) - at
        if head & 2:
            size = shift = 0
            for shift in range(0, 56, 7):
                if at >= len(data):
                    return
                byte, at = data[at], at + 1
                size |= (byte & 127) << shift
                if byte < 128:  # noqa: PLR2004 - the last byte of a number
                    break
        yield head >> 3 & 15, data[at : at + size]
        at += size


def _read_sequence(bits: Bits) -> _Sequence:
    bits.number(3)  # seq_profile
    bits.number(1)  # still_picture
    reduced = bits.flag()
    timed = False
    if reduced:
        bits.number(5)  # seq_level_idx
    else:
        timed = _skip_timing(bits)
    width_bits, height_bits = bits.number(4) + 1, bits.number(4) + 1
    size = bits.number(width_bits) + 1, bits.number(height_bits) + 1
    frame_id_bits = 0
    if not reduced and bits.flag():
        frame_id_bits = bits.number(4) + 2
        frame_id_bits += bits.number(3) + 1
    large_blocks = bits.flag()
    bits.number(2)  # enable_filter_intra, enable_intra_edge_filter
    tools = (_SELECT, _SELECT, 0) if reduced else _read_tools(bits)
    return _Sequence(
        reduced=reduced,
        size_bits=(width_bits, height_bits),
        size=size,
        frame_id_bits=frame_id_bits,
        large_blocks=large_blocks,
        screen_tools=tools[0],
        integer_motion=tools[1],
        order_bits=tools[2],
        superres=bits.flag(),
        timed=timed,
    )


def _skip_timing(bits: Bits) -> bool:
    """Pass over times and operating points; tell whether frames say when they are shown."""
    model, delay_bits = False, 0
    if bits.flag():  # timing_info_present_flag
        bits.number(64)
        if bits.flag():  # equal_picture_interval
            bits.skip_exponential()
        model = bits.flag()
        if model:
            delay_bits = bits.number(5) + 1
            bits.number(42)
    delayed = bits.flag()  # initial_display_delay_present_flag
    for _ in range(bits.number(5) + 1):
        bits.number(12)
        if bits.number(5) > 7:  # noqa: PLR2004 - levels that have tiers
            bits.number(1)
        if model and bits.flag():
            bits.number(2 * delay_bits + 1)
        if delayed and bits.flag():
            bits.number(4)
    return model


def _read_tools(bits: Bits) -> tuple[int, int, int]:
    """Return the tools for screens, whole motion vectors, and the bits of the order of frames."""
    bits.number(4)  # enable_interintra_compound to enable_dual_filter
    ordered = bits.flag()
    if ordered:
        bits.number(2)  # enable_jnt_comp, enable_ref_frame_mvs
    screen = _SELECT if bits.flag() else bits.number(1)
    motion = _SELECT
    if screen and not bits.flag():
        motion = bits.number(1)
    return screen, motion, bits.number(3) + 1 if ordered else 0


def _read_quantizer(bits: Bits, sequence: _Sequence) -> int | None:
    """Read a frame header up to its quantiser, if it is a key frame that is shown."""
    if sequence.timed:
        return None
    if not sequence.reduced and (bits.flag() or bits.number(2) != _KEY_FRAME or not bits.flag()):
        return None
    fixed = bits.flag()  # disable_cdf_update
    screen = bits.flag() if sequence.screen_tools == _SELECT else bool(sequence.screen_tools)
    if screen and sequence.integer_motion == _SELECT:
        bits.number(1)  # force_integer_mv
    bits.number(sequence.frame_id_bits)
    resized = not sequence.reduced and bits.flag()  # frame_size_override_flag
    bits.number(sequence.order_bits)
    width, height, narrower = _read_size(bits, sequence, resized=resized)
    if screen and not narrower:
        bits.number(1)  # allow_intrabc
    if not (sequence.reduced or fixed):
        bits.number(1)  # disable_frame_end_update_cdf
    _skip_tiles(bits, width, height, large_blocks=sequence.large_blocks)
    return bits.number(8)


def _read_size(bits: Bits, sequence: _Sequence, *, resized: bool) -> tuple[int, int, bool]:
    """Return width and height that are coded, and whether the width is less than the picture's."""
    width, height = sequence.size
    if resized:
        width, height = (bits.number(side) + 1 for side in sequence.size_bits)
    coded = width
    if sequence.superres and bits.flag():
        denominator = bits.number(3) + 9
        coded = (width * 8 + denominator // 2) // denominator
    if bits.flag():  # render_and_frame_size_different
        bits.number(32)
    return coded, height, coded < width


def _skip_tiles(bits: Bits, width: int, height: int, *, large_blocks: bool) -> None:
    """Pass over how a frame of so many pixels is cut into tiles (``tile_info()``)."""
    block = 7 if large_blocks else 6
    columns, rows = (((side + 7) // 8 * 8 + (1 << block) - 1) >> block for side in (width, height))
    widest = _WIDEST_TILE >> block
    fewest = _doublings(widest, columns)
    least = max(fewest, _doublings(_LARGEST_TILE >> 2 * block, rows * columns))
    if bits.flag():  # uniform_tile_spacing_flag
        across = _read_doublings(bits, fewest, columns)
        down = _read_doublings(bits, max(least - across, 0), rows)
    else:
        widths = _read_lengths(bits, columns, widest)
        area = rows * columns >> least + 1 if least else rows * columns
        heights = _read_lengths(bits, rows, max(area // max(widths), 1))
        across, down = _doublings(1, len(widths)), _doublings(1, len(heights))
    if across or down:
        bits.number(across + down + 2)  # context_update_tile_id, tile_size_bytes_minus_1


def _doublings(length: int, target: int) -> int:
    """How often a length is doubled until it reaches its target (``tile_log2()``)."""
    return (-(-target // length) - 1).bit_length()


def _read_doublings(bits: Bits, least: int, blocks: int) -> int:
    most = _doublings(1, min(blocks, _MOST_TILES))
    while least < most and bits.flag():
        least += 1
    return least


def _read_lengths(bits: Bits, blocks: int, longest: int) -> list[int]:
    """Return the length of each tile along one side, in blocks."""
    lengths = list[int]()
    while (left := blocks - sum(lengths)) > 0:
        lengths.append(bits.below(min(left, longest)) + 1)
    return lengths
