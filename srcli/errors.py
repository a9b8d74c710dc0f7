"""The tree of expected failures. Anything else that is raised is a bug.

::

    SrcliError
    ├── UsageError            the request itself makes no sense
    │   ├── MissingExtra      it needs an optional part that is not installed
    │   ├── NoCredentials     an object store is not told who asks; also as UnknownBucket
    │   └── UnknownName       it names something that there is not
    │       ├── UnknownModel, UnknownDataset, UnknownFormat
    │       ├── MissingFile   also MissingImage, MissingWeights
    │       ├── NoPictures
    │       └── UnknownBucket also UnreadableImage, UnwritableImage
    ├── ImageError            one picture cannot be read, enlarged or written
    │   ├── UnreadableImage   also MissingImage
    │   ├── UnwritableImage   also UnknownFormat, and below UnwritableFile
    │   │   └── AlreadyExists
    │   └── BadTile
    ├── UnwritableFile        a file cannot be written; also UnwritableImage
    ├── WeightsError          a model cannot be used; also UnknownModel, MissingExtra
    │   ├── LicenceNotAccepted
    │   ├── WeightsUnavailable
    │   │   └── MissingWeights
    │   └── CorruptWeights
    ├── DataError             a training or benchmark folder does not hold what it should;
    │   │                     also UnknownDataset, NoPictures
    │   └── ForeignManifest   a folder's record of results is damaged, or not one of ours
    └── ResourceError         the machine has not enough memory or disk
        ├── OutOfMemory
        ├── DiskFull
        ├── OutputLost        the folder of results was removed or replaced during a run
        └── UnwritableOutput

A class below two others has the code of the first one. ``UsageError`` is a ``ValueError`` too,
``MissingFile`` a ``FileNotFoundError``, and ``UnreadableImage`` an ``OSError``.
``docs/exit-codes.md`` lists them all.
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
        self.message = shortened(message)
        self.hint = shortened(hint)
        super().__init__(self.message)


class UsageError(SrcliError, ValueError):
    """The request makes no sense."""

    exit_code = 2


class UnknownName(UsageError):
    """The request names something that there is not: a mistyped name, most often."""


class MissingFile(UnknownName, FileNotFoundError):
    """A file that the request names does not exist."""


class ImageError(SrcliError):
    """A picture cannot be used."""

    exit_code = 3


class UnreadableImage(ImageError, OSError):
    """A file is forbidden or not a picture."""


class MissingImage(MissingFile, UnreadableImage):
    """A picture that the request names does not exist."""


class UnwritableFile(SrcliError):
    """A file, such as a manifest, a report or a checkpoint, cannot be written."""

    exit_code = 3


class UnwritableImage(ImageError, UnwritableFile):
    """A picture cannot be written where or how it was asked for."""


class AlreadyExists(UnwritableImage):
    """A result is not written, because its name is taken and nobody asked to replace that."""


class UnknownFormat(UnknownName, UnwritableImage):
    """The request names a format of pictures or reports that is not written."""


class UnknownBucket(UnknownName, UnreadableImage, UnwritableImage):
    """The request names a bucket that an object store does not have."""


class NoCredentials(UsageError, UnreadableImage, UnwritableImage):
    """An object store is asked for something, and nothing says who is asking."""


class BadTile(ImageError):
    """A network produced something that is not a number; no picture is made of it."""


class WeightsError(SrcliError):
    """A model cannot be used."""

    exit_code = 4


class UnknownModel(UnknownName, WeightsError):
    """No model of that name is in the catalogue."""


class MissingExtra(UsageError, WeightsError):
    """The request needs an optional part of srcli that is not installed."""


class WeightsUnavailable(WeightsError):
    """A weights file is not on this machine and cannot be had, or cannot be kept."""


class LicenceNotAccepted(WeightsError):
    """A model has a licence that restricts its use, and the user has not accepted it."""


class MissingWeights(MissingFile, WeightsUnavailable):
    """A weights file that the request names by its path does not exist."""


class CorruptWeights(WeightsError):
    """A weights file is not what it claims to be."""


class DataError(SrcliError):
    """A folder of training or benchmark pictures cannot be used."""

    exit_code = 3


class ForeignManifest(DataError):
    """A file with the name of a manifest is damaged, or srcli did not write it."""


class UnknownDataset(UnknownName, DataError):
    """No benchmark data set has that name."""


class NoPictures(UnknownName, DataError):
    """A folder or a pattern that the request names gives no pictures."""


class ResourceError(SrcliError):
    """The machine has not enough of something."""

    exit_code = 5


class OutOfMemory(ResourceError):
    """Memory ran out, even with the smallest tile."""


class DiskFull(ResourceError):
    """The disk is full."""


class OutputLost(ResourceError):
    """The folder of results, or its manifest, was removed or replaced during a run."""


class UnwritableOutput(ResourceError):
    """Standard output cannot be written, although something reads it."""


def is_disk_full(error: OSError) -> bool:
    """Tell whether there was no room, on the disk or in what its user may take of it."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def listed(names: Iterable[object], most: int = 10, *, between: str = ", ") -> str:
    """Join names for a message, which stays short however many and however long they are.

    Args:
        names: what to list, in the order to list it in.
        most: how many are written out; the others are counted.
        between: what separates two names.

    Returns:
        ``"a, b"``, or ``"a, b and 1,998 more"``.

    """
    rest = iter(names)
    shown = between.join(shortened(str(name), LONGEST_NAME) for name in islice(rest, most))
    more = sum(1 for _ in rest)
    return f"{shown} and {more:,} more" if more else shown


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    """Cut a text that is longer than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def sentence(text: str) -> str:
    """Make a sentence of what a library said: a capital at the start, a full stop at the end."""
    words = text.strip()
    end = "" if words.endswith((".", "!", "?", "…")) else "."
    return f"{words[:1].upper()}{words[1:]}{end}" if words else ""
