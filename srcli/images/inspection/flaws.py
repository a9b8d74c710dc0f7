"""What inspections of all formats find."""

from __future__ import annotations

from dataclasses import dataclass

from srcli.images.decode_errors import UnsupportedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with a file.

    Attributes:
        predicate: goes on after the file's name ("is cut short").
        lacks_data: coded data of its pixels are missing or damaged, so that some pixels are not
            known; without it, only what surrounds them is damaged.

    """

    predicate: str
    lacks_data: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """A file that was looked through.

    Attributes:
        content: what decoders get: the file, or the file with what is damaged left out or
            made up.
        flaws: what is wrong with the file.

    """

    content: bytes
    flaws: tuple[Flaw, ...] = ()


MOST_PER_BYTE = 1_000
"""Pixels that a byte stands for in a picture that lacks data and is still worth making."""

CUT_SHORT = Flaw(predicate="is cut short", lacks_data=True)


def damaged(what: str) -> Flaw:
    """Return the flaw of a file whose coded data are damaged; ``what`` says where."""
    return Flaw(predicate=f"is damaged: {what}", lacks_data=True)


def wrapped_badly(predicate: str) -> Flaw:
    """Return the flaw of a file that has all its pixels, but not all around them."""
    return Flaw(predicate=f"{predicate}; all its pixels are there", lacks_data=False)


def check_worth(data: bytes, pixels: int) -> None:
    """Refuse a picture that lacks data if next to none of it is there, whatever is allowed.

    A few bytes may claim any size; making that up would take much time and memory for nothing.

    Raises:
        UnsupportedImage: that is so.

    """
    if pixels > MOST_PER_BYTE * len(data):
        message = "is damaged: it holds far too little data for its size"
        raise UnsupportedImage(message)
