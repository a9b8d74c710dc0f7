"""The folders that an agent may read pictures from and write results to."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from srcli.errors import MissingImage, UnreadableImage, UsageError, listed
from srcli.files.mistyped import missing_file_hint
from srcli.serve.limits import MEGA

_CAREFULLY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class Folders:
    """Folders, and what is below them. Links that lead out of them are not followed.

    Args:
        allowed: the folders.

    Raises:
        UsageError: none are named, or one is no folder.

    """

    def __init__(self, allowed: Sequence[Path]) -> None:
        for folder in allowed:
            if not folder.is_dir():
                msg = f"{folder} is not a folder."
                raise UsageError(msg, hint="Name a folder that exists with --allow.")
        if not allowed:
            msg = "No folder is allowed."
            raise UsageError(msg, hint="Name one with --allow.")
        self.roots = tuple(folder.resolve(strict=True) for folder in allowed)

    def read(self, given: str, *, most: int) -> bytes:
        """Return the content of a file of at most ``most`` bytes.

        Raises:
            UsageError: it is in none of the folders.
            MissingImage: there is none.
            UnreadableImage: it is no file, is too large, or may not be read.

        """
        path = self.inside(given)
        try:
            handle = self._open(path)
        except FileNotFoundError as error:
            msg = f"{given} does not exist."
            raise MissingImage(msg, hint=missing_file_hint(path)) from error
        except OSError as error:
            msg = f"{given} cannot be read: {(error.strerror or str(error)).lower()}."
            raise UnreadableImage(msg) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            msg = f"{given} is not a regular file."
            raise UnreadableImage(msg)
        with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor, no path
            content = file.read(most + 1)
        if len(content) > most:
            msg = f"{given} is larger than the {most / MEGA:g} MB that are allowed."
            raise UnreadableImage(msg)
        return content

    def inside(self, given: str) -> Path:
        """Return where a name leads once all links are followed; it need not exist.

        Names that are not absolute count from the first folder.

        Raises:
            UsageError: it leads out of the folders, or nowhere.

        """
        try:
            path = (self.roots[0] / given).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            msg = f"{given!r} leads nowhere."
            raise UsageError(msg) from error
        if not any(path.is_relative_to(root) for root in self.roots):
            msg = f"{given} is not in a folder that is allowed."
            raise UsageError(msg, hint=f"These are allowed: {listed(self.roots)}.")
        return path

    def _open(self, path: Path) -> int:
        """Open a file whose path has no links; one that came since is not followed."""
        root = next(root for root in self.roots if path.is_relative_to(root))
        if os.open not in os.supports_dir_fd:
            return os.open(path, _CAREFULLY)
        *folders, name = path.relative_to(root).parts or (".",)
        place = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, _CAREFULLY | os.O_DIRECTORY, dir_fd=place)
                os.close(place)
                place = below
            return os.open(name, _CAREFULLY, dir_fd=place)
        finally:
            os.close(place)
