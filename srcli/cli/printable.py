"""Escape text so that a terminal shows it and does not obey it."""

from __future__ import annotations

import re

BIDI = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn round the order in which others are shown."""
HOSTILE = re.compile(f"[\x00-\x1f\x7f-\x9f{BIDI}\ud800-\udfff]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BETWEEN_BARS = re.compile(r"(\n|\x1b\[A)*")
"""How other libraries go from one of their progress bars to another: lines down, and up."""
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
LINE = ""
DOCUMENT = "\n\t"


def printable(text: str, *, keep: str = LINE) -> str:
    r"""Spell out the characters that a terminal would obey.

    These are the control characters (C0, DEL and C1), those that change the direction of
    writing, and the bytes of names that are not in the encoding of the system. A line feed
    becomes ``\n``, an escape ``\x1b``.

    Args:
        text: what is to be shown.
        keep: characters that stay as they are, such as those of ``DOCUMENT``.

    """
    return HOSTILE.sub(lambda found: _spelled(found[0], keep), text)


def printable_foreign(text: str) -> str:
    """Spell out as ``printable`` does what other libraries print of their own accord.

    Colours stay, and so does what progress bars need: a carriage return where a write begins
    with it, and a write that does nothing but move from line to line.
    """
    if BETWEEN_BARS.fullmatch(text):
        return text
    start = "\r" if text.startswith("\r") else ""
    shown, end = [start], len(start)
    for colour in COLOUR.finditer(text):
        shown += [printable(text[end : colour.start()], keep=DOCUMENT), colour[0]]
        end = colour.end()
    return "".join((*shown, printable(text[end:], keep=DOCUMENT)))


def _spelled(character: str, keep: str) -> str:
    code = ord(character)
    if character in keep:
        return character
    if character in NAMED:
        return NAMED[character]
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - how Python holds a byte it cannot decode
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004 - the end of ASCII
