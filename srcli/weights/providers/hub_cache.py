"""The hub's cache on this machine, laid out as its own client lays it out.

A repository's folder has the content of files in ``blobs``, by the name that the hub gives it,
links to them in ``snapshots/<commit>``, and the commit of each branch in ``refs``. What a server
says becomes a path only here, and only where it is a plain name.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from srcli.weights.providers.cache import drop_stale

COMMIT = re.compile(r"[0-9a-f]{40}")
ETAG = re.compile(r"[0-9A-Za-z_-]{1,128}")
"""The hub's are the sha256 of large files, and git's names of the others."""
PART = ".incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """Where one file of one commit is kept.

    Attributes:
        root: the hub's cache.
        repo: ``owner/name``.
        kind: of the repository, ``model`` or ``dataset``.
        revision: what was asked for: a commit, a branch or a tag.
        commit: which that is at present.
        file: path within the repository.
        etag: the hub's name of the content.

    Raises:
        ValueError: the commit or the etag is no plain name.

    """

    root: Path
    repo: str
    kind: str
    revision: str
    commit: str
    file: str
    etag: str

    def __post_init__(self) -> None:
        if not (COMMIT.fullmatch(self.commit) and ETAG.fullmatch(self.etag)):
            msg = f"{self.commit!r:.60} or {self.etag!r:.60} is no name of the hub"
            raise ValueError(msg)

    @property
    def path(self) -> Path:
        """The file, by its name."""
        return self._folder() / "snapshots" / self.commit / self.file

    @property
    def blob(self) -> Path:
        """The content of the file."""
        return self._folder() / "blobs" / self.etag

    @property
    def part(self) -> Path:
        """The content that has come so far."""
        return self.blob.with_name(f"{self.etag}{PART}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only process that brings the content, be it the hub's own client."""
        lock = self.root / ".locks" / self._folder().name / f"{self.etag}.lock"
        for folder in (lock.parent, self.blob.parent, self.path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            yield

    def keep(self) -> None:
        """Give the whole part its names, in steps that each leave a cache that can be read."""
        self.part.replace(self.blob)
        self.link()

    def link(self) -> None:
        """Let the file's name lead to its content; where there are no links, copy it."""
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}{PART}")
        try:
            try:
                fresh.symlink_to(os.path.relpath(self.blob, self.path.parent))
            except OSError:
                shutil.copyfile(self.blob, fresh)
            fresh.replace(self.path)
        finally:
            fresh.unlink(missing_ok=True)

    def note_revision(self) -> None:
        """Write down which commit the branch or the tag is, if there is a place to write to."""
        if self.revision == self.commit:
            return
        note = self._folder() / "refs" / self.revision
        with suppress(OSError):
            if not note.is_file() or note.read_text(encoding="utf-8") != self.commit:
                note.parent.mkdir(parents=True, exist_ok=True)
                fresh = note.with_name(f".{note.name}.{os.getpid()}{PART}")
                fresh.write_text(self.commit, encoding="utf-8")
                fresh.replace(note)

    def drop_stale_parts(self) -> None:
        """Delete what fetches of other files left behind long ago."""
        for folder in (self.blob.parent, self.path.parent):
            drop_stale(folder, f"*{PART}", but=self.part)

    def _folder(self) -> Path:
        return self.root / f"{self.kind}s--{self.repo.replace('/', '--')}"
