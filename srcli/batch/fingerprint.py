"""Hash of the settings and the source file's state: a result is kept while both are unchanged."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from srcli.files.digest import sha256_of
from srcli.files.objects.address import Location, ObjectPath
from srcli.files.objects.client import look_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """Size, time and hash of a file at one moment.

    Of an object, the hash is that of its ETag, which stores tell without its content; of a result
    that is being written, whose ETag is not known yet, it is that of its content.
    """

    size: int
    mtime_ns: int
    sha256: str

    def still_holds(self, path: Location) -> bool:
        """Tell whether a file is as it was: same size, and same time or else same content.

        Raises:
            UnreadableImage: it is an object, and its store does not tell.

        """
        if isinstance(path, ObjectPath):
            seen = look_at(path)
            hashes = (seen.version, seen.notes.get("sha256")) if seen else ()
            return seen is not None and seen.size == self.size and self.sha256 in hashes
        try:
            found = path.stat()
            if found.st_size != self.size or not stat.S_ISREG(found.st_mode):
                return False
            return found.st_mtime_ns == self.mtime_ns or sha256_of(path) == self.sha256
        except OSError:
            return False


def settings_fingerprint(settings: Mapping[str, object]) -> str:
    """Return a hash of all that the pixels of results depend on, beside their sources."""
    return hashlib.sha256(canonical(settings).encode()).hexdigest()


def canonical(settings: Mapping[str, object]) -> str:
    """Return the same text for equal settings."""
    return json.dumps(settings, sort_keys=True)
