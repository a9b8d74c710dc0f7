"""The tree of expected failures. Anything else that is raised is a bug.

::

    SrcliError
    ├── UsageError            the request itself makes no sense
    ├── ImageError            one picture cannot be read, enlarged or written
    │   ├── UnreadableImage
    │   ├── UnwritableImage
    │   └── BadTile
    ├── WeightsError          a model is unknown, missing or corrupt
    │   ├── UnknownModel
    │   ├── WeightsUnavailable
    │   └── CorruptWeights
    ├── DataError             a training or benchmark folder does not hold what it should
    │   └── ForeignManifest   a folder's record of results is damaged, or not one of ours
    └── ResourceError         the machine has not enough memory or disk
        ├── OutOfMemory
        ├── DiskFull
        └── OutputLost        the folder of results was removed or replaced during a run
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from itertools import islice
from typing import ClassVar

LONGEST_NAME = 200
"""Characters of one name in a list; more than any sensible file or tensor is called by."""
LONGEST_TEXT = 8192
"""Characters of a message or a hint; more than the longest path and a sentence around it."""


class SrcliError(Exception):
    """An expected failure.

    ``message`` is one sentence saying what failed, with the path; ``hint``, where there is
    one, says what to do about it. ``exit_code`` is what a command ends with. Text without end,
    which files and servers may hold, is cut.
    """

    exit_code: ClassVar[int]

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = _shortened(message, LONGEST_TEXT)
        self.hint = _shortened(hint, LONGEST_TEXT)
        super().__init__(self.message)


class UsageError(SrcliError):
    """The request makes no sense."""

    exit_code = 2


class ImageError(SrcliError):
    """A picture cannot be used."""

    exit_code = 3


class UnreadableImage(ImageError):
    """A file is missing, forbidden or not a picture."""


class UnwritableImage(ImageError):
    """A picture cannot be written where or how it was asked for."""


class BadTile(ImageError):
    """A network produced something that is not a number; no picture is made of it."""


class WeightsError(SrcliError):
    """A model cannot be used."""

    exit_code = 4


class UnknownModel(WeightsError):
    """No model of that name is in the catalogue."""


class WeightsUnavailable(WeightsError):
    """A weights file is not on this machine and cannot be had, or cannot be kept."""


class CorruptWeights(WeightsError):
    """A weights file is not what it claims to be."""


class DataError(SrcliError):
    """A folder of training or benchmark pictures cannot be used."""

    exit_code = 3


class ForeignManifest(DataError):
    """A file with the name of a manifest is damaged, or srcli did not write it."""


class ResourceError(SrcliError):
    """The machine has not enough of something."""

    exit_code = 5


class OutOfMemory(ResourceError):
    """Memory ran out, even with the smallest tile."""


class DiskFull(ResourceError):
    """The disk is full."""


class OutputLost(ResourceError):
    """The folder of results, or its manifest, was removed or replaced during a run."""


def is_disk_full(error: OSError) -> bool:
    """Tell whether there was no room, on the disk or in what its user may take of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def listed(names: Iterable[str], most: int = 10, *, between: str = ", ") -> str:
    """Join names for a message, which stays short however many and however long they are.

    Args:
        names: what to list, in the order to list it in.
        most: how many are written out; the others are counted.
        between: what separates two names.

    Returns:
        ``"a, b"``, or ``"a, b and 1,998 more"``.

    """
    rest = iter(names)
    shown = between.join(_shortened(name, LONGEST_NAME) for name in islice(rest, most))
    more = sum(1 for _ in rest)
    return f"{shown} and {more:,} more" if more else shown


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
