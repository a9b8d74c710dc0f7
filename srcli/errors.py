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
    └── ResourceError         the machine has not enough memory or disk
        ├── OutOfMemory
        └── DiskFull
"""

from __future__ import annotations

import errno
from typing import ClassVar


class SrcliError(Exception):
    """An expected failure.

    ``message`` is one sentence saying what failed, with the path; ``hint``, where there is
    one, says what to do about it. ``exit_code`` is what a command ends with.
    """

    exit_code: ClassVar[int]

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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


class ResourceError(SrcliError):
    """The machine has not enough of something."""

    exit_code = 5


class OutOfMemory(ResourceError):
    """Memory ran out, even with the smallest tile."""


class DiskFull(ResourceError):
    """The disk is full."""


def is_disk_full(error: OSError) -> bool:
    """Tell whether there was no room, on the disk or in what its user may take of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
