"""Guess which file a user meant by the name of one that does not exist."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

from srcli.spelling import alike, question

MOST_NAMES = 10_000
"""The largest number of names in a folder that are compared with a mistyped one."""


def missing_file_hint(path: Path, *, otherwise: str = "Check its name.") -> str:
    """Return the hint about a file that does not exist.

    Args:
        path: of the file.
        otherwise: the hint where no file beside it has a name like it.

    """
    try:
        with os.scandir(path.parent) as entries:
            names = sorted(entry.name for entry in islice(entries, MOST_NAMES))
    except (OSError, ValueError):
        names = []
    found = [path.with_name(name) for name in alike(path.name, names)]
    return question(found) or otherwise
