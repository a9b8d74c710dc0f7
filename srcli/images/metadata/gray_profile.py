"""Grey ICC profiles, and the RGB profile that shows equal channels as a grey one does.

Source: ICC.1:2022, sections 7, 8.4 and 9.2.
"""

from __future__ import annotations

import struct

_HEADER_BYTES, _ENTRY_BYTES = 128, 12
_CURVE = b"kTRC"
_WHITE = (0.9642, 1.0, 0.8249)
_PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
"""Those of sRGB, seen under D50; between equal channels they make no difference."""


def space_of(profile: bytes) -> str:
    """Return the colour space of a profile's samples, such as RGB or GRAY; empty if it is none."""
    if len(profile) <= _HEADER_BYTES or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("latin-1").strip()


def as_rgb(profile: bytes) -> bytes | None:
    """Return an RGB profile with the curve of a grey one; None where it has no plain curve."""
    curve = _tags(profile).get(_CURVE)
    if curve is None or profile[20:24] != b"XYZ ":
        return None
    bodies = {
        b"desc": _text("Grey with three equal channels"),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _xyz(_WHITE),
        **{name: _xyz(point) for name, point in _PRIMARIES.items()},
    }
    names = [*bodies, b"rTRC", b"gTRC", b"bTRC"]
    start = _HEADER_BYTES + 4 + _ENTRY_BYTES * len(names)
    table, content = struct.pack(">I", len(names)), b""
    for name, body in bodies.items():
        table += struct.pack(">4sII", name, start + len(content), len(body))
        content += body + bytes(-len(body) % 4)
    for name in names[-3:]:
        table += struct.pack(">4sII", name, start + len(content), len(curve))
    content += curve + bytes(-len(curve) % 4)
    return _header(start + len(content)) + table + content


def _tags(profile: bytes) -> dict[bytes, bytes]:
    try:
        (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
        entries = [
            struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + _ENTRY_BYTES * number)
            for number in range(min(count, 100))
        ]
    except struct.error:
        return {}
    return {name: profile[at : at + size] for name, at, size in entries}


def _header(size: int) -> bytes:
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    return (head + _numbers(_WHITE)).ljust(_HEADER_BYTES, b"\0")


def _xyz(point: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(point)


def _numbers(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(text: str) -> bytes:
    body = text.encode("utf-16-be")
    return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(body), 28) + body
