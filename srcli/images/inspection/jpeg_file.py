"""Tell whether a JPEG file (ITU-T T.81) holds all the data of its pixels.

Pillow passes over what libjpeg warns of: where data end early, it paints grey. simplejpeg tells.
"""

from __future__ import annotations

from collections.abc import Iterator

from srcli.images.decode_errors import UnsupportedImage, check_size
from srcli.images.inspection.flaws import (
    CUT_SHORT,
    Flaw,
    Inspected,
    check_worth,
    damaged,
    wrapped_badly,
)
from srcli.images.metadata.jpeg_segments import END, NEXT_MARKER, SCAN, Segment, walk
from srcli.images.read_rules import ReadRules

_START, _END = b"\xff\xd8", b"\xff\xd9"
_TABLES = {0xC4, 0xCC, 0xDB, 0xDD}  # Huffman and arithmetic coding, quantisation, restarts
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = {0xC0, 0xC1, 0xC9}
_HUFFMAN = {0xC0, 0xC1, 0xC2}
_MOST_SCANS = 500
"""Every scan goes over the whole picture; encoders write about ten."""
_COEFFICIENTS = 64
_AFTER_ALL = " extraneous bytes before marker 0xd9"
"""How libjpeg warns of bytes between the data and the end mark."""
_OF_DATA = ("Corrupt JPEG data", "Premature end")
_CMYK = 4


def inspect_jpeg(data: bytes, rules: ReadRules) -> Inspected:
    """Look through the first picture of a file; an end mark is added where there is none.

    Raises:
        UnsupportedImage: it has more pixels than the limit, or far more scans than any encoder
            writes.

    """
    segments = list(walk(data))
    ended = bool(segments) and segments[-1].marker == END
    segments = segments[:-1] if ended else segments
    frame = next((one for one in segments if one.marker in _FRAMES and _is_frame(one)), None)
    scans = [one for one in segments if one.marker == SCAN]
    if frame is None or not scans:
        return Inspected(content=data, flaws=() if ended else (CUT_SHORT,))
    height, width = int.from_bytes(frame.body[1:3]), int.from_bytes(frame.body[3:5])
    check_size(height, width, pixel_limit=rules.pixel_limit)
    if len(scans) > _MOST_SCANS:
        message = f"holds more than {_MOST_SCANS} scans of one picture"
        raise UnsupportedImage(message, hint="Save it as a JPEG file that is not progressive.")
    if frame.marker in _HUFFMAN:  # which takes a bit for each of 64 samples at least
        check_worth(data, height * width)
    flaw = _flaw(frame, scans, segments, ended=ended)
    if ended and flaw is None:
        return Inspected(content=data)
    content = b"".join([_START, *(one.content for one in segments), _END])
    return Inspected(content=content, flaws=(flaw or wrapped_badly("has no end mark"),))


def head_parts(data: bytes) -> Iterator[int]:
    """Yield, for each segment up to the first scan, one and the bytes that fill up before it."""
    at = len(_START)
    while marker := NEXT_MARKER.search(data, at):
        kind, start = data[marker.end() - 1], marker.end()
        yield start - marker.start() - 1
        if kind in {SCAN, END}:
            return
        at = start + int.from_bytes(data[start : start + 2])


def _is_frame(segment: Segment) -> bool:
    return len(segment.body) >= 6 and len(segment.body) >= 6 + 3 * segment.body[5]  # noqa: PLR2004


def _flaw(
    frame: Segment, scans: list[Segment], segments: list[Segment], *, ended: bool
) -> Flaw | None:
    """Return what is wrong with the data of a picture, whatever is around them."""
    found = _warning(frame, segments)
    if found.endswith(_AFTER_ALL):
        return wrapped_badly("has extra bytes after its last pixel")
    lacks = found.startswith(_OF_DATA) or not _all_sent(frame, scans)
    if not lacks:
        return None
    early = "premature" in found.lower() or not found
    why = damaged("its data end before its last pixel" if early else "its data make no sense")
    return why if ended else CUT_SHORT


def _warning(frame: Segment, segments: list[Segment]) -> str:
    """Return libjpeg's first warning about the coded data alone; empty if there is none.

    A picture of a kind that it does not take has none: whoever decodes it says so.
    """
    import simplejpeg

    kept = []
    for one in segments:
        if one.marker == SCAN and frame.marker in _SEQUENTIAL:
            kept.append(_plain_scan(one))
        elif one.marker == SCAN or one.marker in _TABLES or one.marker in _FRAMES:
            kept.append(one.content)
    colors = "CMYK" if frame.body[5] == _CMYK else "GRAY"
    content = b"".join([_START, *kept, _END])
    try:  # at an eighth of its size, which takes all of the data and little time
        simplejpeg.decode_jpeg(content, colors, min_height=1, min_width=1, min_factor=1)
    except ValueError as error:
        return str(error)
    return ""


def _plain_scan(scan: Segment) -> bytes:
    """A scan of a sequential picture with the three bytes that it has no use for as they must be.

    Some cameras set them at will, and libjpeg warns of it before it looks at the data.
    """
    body = scan.body[:-3] + b"\x00\x3f\x00"
    return Segment(marker=scan.marker, body=body, scanned=scan.scanned).content


def _all_sent(frame: Segment, scans: list[Segment]) -> bool:
    """Tell whether scans tell of every coefficient of every component to the last bit."""
    components = frame.body[6::3][: frame.body[5]]
    missing = {name: [True] * _COEFFICIENTS for name in components}
    for scan in scans:
        count = scan.body[0] if scan.body else 0
        first, last, low = 0, _COEFFICIENTS - 1, 0
        if frame.marker not in _SEQUENTIAL and len(scan.body) >= 4 + 2 * count:
            first, last, low = (*scan.body[-3:-1], scan.body[-1] & 15)
        for name in scan.body[1 : 1 + 2 * count : 2]:
            if low == 0 and name in missing:
                missing[name][first : last + 1] = [False] * len(missing[name][first : last + 1])
    return not any(map(any, missing.values()))
