"""Find the pictures that a user's arguments mean."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from srcli.errors import UnreadableImage, UsageError
from srcli.images.formats import by_suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture to be read.

    Attributes:
        path: where it is.
        relative: where it is below the folder it was found through; its name alone if it was
            given itself. Outputs keep this tree.

    """

    path: Path
    relative: Path


def find_sources(inputs: Sequence[str], *, allow_none: bool = False) -> list[Source]:
    """Turn files, folders and glob patterns into pictures, in that order, each one once.

    A file is taken whatever its name, and even if it is missing, so that reading it can say
    so. A folder gives the files below it that have a picture's suffix, sorted; hidden files
    and folders are left out, links to folders are not followed. A pattern (``*``, ``?``,
    ``[...]``, and ``**`` for any depth) that is no file's name gives the pictures it matches,
    below the part of it without wildcards.

    Raises:
        UsageError: if a folder or pattern gives no picture and that is not allowed, or nothing
            was given.
        UnreadableImage: if a folder may not be listed.

    """
    if not inputs:
        message = "no pictures were given"
        raise UsageError(message)
    found: dict[str, Source] = {}
    for given in inputs:
        sources = list(_expand(given))
        if not sources and not allow_none:
            message = f"{given} holds no pictures"
            raise UsageError(message)
        for source in sources:
            found.setdefault(os.path.realpath(source.path), source)
    return list(found.values())


def _expand(given: str) -> Iterator[Source]:
    path = Path(given)
    if path.is_dir():
        yield from _walk(path)
    elif glob.has_magic(given) and not os.path.lexists(given):
        yield from _match(given)
    else:
        yield Source(path=path, relative=Path(path.name))


def _walk(root: Path) -> Iterator[Source]:
    for folder, below, names in os.walk(root, onerror=_refuse_folder):
        below[:] = sorted(name for name in below if not _is_hidden(name))
        for name in sorted(names):
            if not _is_hidden(name) and by_suffix(Path(name)):
                path = Path(folder, name)
                yield Source(path=path, relative=path.relative_to(root))


def _match(pattern: str) -> Iterator[Source]:
    fixed = Path(pattern)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - any anchor
        path = Path(match)
        if by_suffix(path) and not path.is_dir():
            yield Source(path=path, relative=path.relative_to(fixed))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _refuse_folder(error: OSError) -> NoReturn:
    message = f"{error.filename} cannot be listed: {(error.strerror or str(error)).lower()}"
    raise UnreadableImage(message) from error
