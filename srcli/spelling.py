"""Guess which known word a user meant by an unknown one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from srcli.errors import listed

CLOSEST = 0.7
"""The least likeness of two words, of which one may be mistyped; 1 is the same word."""
MOST = 3
"""Words that are offered at once."""
LONGEST_QUESTION = 10
"""Words that a question writes out; of more, the others are counted."""


def alike(word: str, known: Iterable[str], *, closest: float = CLOSEST) -> tuple[str, ...]:
    """Return the known words that ``word`` may stand for, the likeliest first.

    Case and the difference between ``-`` and ``_`` do not count.

    Args:
        word: what the user typed.
        known: the words that mean something.
        closest: the least likeness, from 0 to 1.

    """
    plain: dict[str, list[str]] = {}
    for one in known:
        plain.setdefault(_plain(one), []).append(one)
    found = get_close_matches(_plain(word), plain, n=MOST, cutoff=closest)
    return tuple(one for match in found for one in plain[match])


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return the hint about a mistyped word, ``otherwise`` where no known word is like it."""
    return question(alike(word, known)) or otherwise


def question(found: Collection[object]) -> str:
    """Ask whether the user meant one of these; nothing if there are none."""
    first, last = list(found)[:-1], list(found)[-1:]
    few = 0 < len(first) < LONGEST_QUESTION
    words = f"{listed(first)} or {listed(last)}" if few else listed(found)
    return f"Did you mean {words}?" if found else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-")
