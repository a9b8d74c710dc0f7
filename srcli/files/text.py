"""Text files as people have them: from any editor, of any system."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, the longer of two that begin alike first."""


def decode_text(content: bytes, *, errors: str = "strict") -> str:
    r"""Decode UTF-8 or UTF-16, with a byte order mark or without, and end lines with ``\n``.

    Args:
        content: of the file.
        errors: what becomes of bytes that are no text, as ``bytes.decode`` has it.

    Raises:
        UnicodeDecodeError: it is in another encoding, and ``errors`` is ``strict``.

    """
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", _guess(content))
    )
    text = content.removeprefix(mark).decode(encoding, errors)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _guess(content: bytes) -> str:
    """UTF-16 is told by its zeros: every other byte of plain Latin text, none of UTF-8."""
    if b"\0" not in content:
        return "utf-8"
    return "utf-16-be" if content[0] == 0 else "utf-16-le"
