"""The folder that results go below: still the same one, and reached without links."""

from __future__ import annotations

import os
from pathlib import Path

from srcli.batch.naming import Job
from srcli.errors import OutputLost, UnwritableImage
from srcli.files.atomic import disk_errors
from srcli.files.objects.address import ObjectPath
from srcli.images.encode import writable_format
from srcli.pipeline.output_spec import Output
from srcli.pipeline.preflight import check_place

Identity = tuple[int, int]
"""Device and inode of a file."""


class ResultFolder:
    """A folder of results that a run has begun to use.

    Somebody may remove it or put another folder in its place while the run goes on. A run that
    went on then would write results that no manifest knows.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity: Identity | None = None

    def enter(self) -> None:
        """Create the folder if it is missing; if it was entered before, only check it.

        Raises:
            OSError: it cannot be created.
            OutputLost: it was entered before and is not the same folder any more.

        """
        if self._identity is not None:
            self.check()
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._identity = identity_of(self.path)

    def check(self) -> None:
        """Make sure that the folder is the one that was entered.

        Raises:
            OutputLost: it is gone, or another folder or file has its name.

        """
        found = identity_of(self.path)
        if found == self._identity:
            return
        change = "removed" if found is None else "replaced"
        msg = f"{self.path} was {change} while results were written to it."
        raise OutputLost(msg, hint="Put the folder back and run the same command again.")


def identity_of(path: Path) -> Identity | None:
    """Return what tells a file from any other that gets its name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_links(job: Job) -> None:
    """Refuse a result that a link below the named folder would lead elsewhere.

    The folder that the user named may itself be a link, or lie behind one.

    Raises:
        UnwritableImage: a folder on the way from the named one to the result is a link.

    """
    for folder in _folders_below_root(job):
        if folder.is_symlink():
            msg = f"{job.output} cannot be written: {folder} is a link to another folder."
            raise UnwritableImage(msg, hint="Name that folder with -o, or remove the link.")


def output_of(job: Job) -> Output:
    """Return what the pipeline must know of the file that a picture becomes.

    Raises:
        UnwritableImage: its folder cannot be written to, or no format has that suffix.

    """
    if isinstance(job.output, Path):
        check_links(job)
        check_place(job.output)
    return Output(format=writable_format(job.output), name=str(job.output))


def make_folder(job: Job) -> None:
    """Create the folder of a result; below a named folder, which must be there, without links.

    Buckets do without folders.

    Raises:
        UnwritableImage: as ``check_links``, or a folder cannot be created.
        DiskFull: the disk is full.

    """
    if isinstance(job.output, ObjectPath):
        return
    with disk_errors(job.output, UnwritableImage):
        if job.root is None:
            job.output.parent.mkdir(parents=True, exist_ok=True)
            return
        check_links(job)
        for folder in _folders_below_root(job):
            folder.mkdir(exist_ok=True)


def _folders_below_root(job: Job) -> list[Path]:
    """Return the folders from below the named one to that of the result, from the top."""
    if not isinstance(job.root, Path):
        return []
    parts = Path(os.path.relpath(job.output.parent, job.root)).parts
    return [job.root.joinpath(*parts[: count + 1]) for count in range(len(parts))]
