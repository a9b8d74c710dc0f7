"""Names of files that other people typed, made fit to be shown and offered again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

LONGEST = 120
"""Characters of a name."""
UNNAMED = "picture"
_UNFIT = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows takes for devices."""


def safe_name(given: str) -> str:
    """Return the last part of a name, without what any system could take for more than a name.

    The name is shown, and offered to whoever saves a result. No file of ours is called by it.
    """
    last = re.split(r"[/\\]", given)[-1]
    kept = "".join(one for one in last if unicodedata.category(one)[0] != "C")
    stem = _UNFIT.sub("_", kept).strip(". ")
    if len(stem) > LONGEST:
        suffix = PurePosixPath(stem).suffix[:10]
        stem = stem[: LONGEST - len(suffix)] + suffix
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem or UNNAMED


def result_name(name: str, label: str, suffix: str) -> str:
    """Return what a result is offered as, such as ``photo_x2.png``."""
    return f"{PurePosixPath(name).stem or UNNAMED}_{label}{suffix}"


def distinct(names: list[str]) -> Iterator[str]:
    """Yield each name, with a number where it came before; case does not tell two apart."""
    taken: set[str] = set()
    for name in names:
        path, number, chosen = PurePosixPath(name), 1, name
        while chosen.casefold() in taken:
            number += 1
            chosen = f"{path.stem} ({number}){path.suffix}"
        taken.add(chosen.casefold())
        yield chosen
