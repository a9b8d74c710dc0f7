"""Data sets of the Hugging Face hub, through the hub's own client and its cache.

The client reads ``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and its other variables itself, and
shows the progress on a terminal.
"""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError
from huggingface_hub.utils.logging import set_verbosity

from srcli.errors import DataError, DiskFull
from srcli.weights.digest import is_web_page, sha256_of
from srcli.weights.hub import SHA256

KIND = "dataset"
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file of a data set's repository.

    Attributes:
        repo: ``owner/name``.
        file: path within the repository.
        revision: a commit, a branch or a tag.

    """

    repo: str
    file: str
    revision: str

    def __str__(self) -> str:
        """Write it for messages."""
        return f"{self.file} of {self.repo}@{self.revision}"


def cached_archive(archive: Archive) -> Path | None:
    """Return the archive if the hub's cache has it; asks no one."""
    found = try_to_load_from_cache(
        archive.repo, archive.file, revision=archive.revision, repo_type=KIND
    )
    return Path(found) if isinstance(found, str) else None


def download_archive(archive: Archive) -> Path:
    """Bring an archive into the hub's cache, and compare it with the hash that the hub gives.

    Raises:
        DataError: it cannot be had, cannot be kept, or is another file.
        DiskFull: there is no room for it.

    """
    set_verbosity(logging.ERROR)
    try:
        _check_offer(archive)
        path = hf_hub_download(
            archive.repo, archive.file, revision=archive.revision, repo_type=KIND
        )
    except DataError:
        raise
    except Exception as error:  # the client's transport, and its classes, change with its version
        raise _explained(archive, error) from error
    return Path(path)


def check_archive(archive: Archive, path: Path) -> str:
    """Return the sha256 of a file of the hub's cache, where a large file is named by it.

    Raises:
        DataError: the file is not what its name says.

    """
    sha256 = sha256_of(path)
    name = path.resolve().name
    if SHA256.fullmatch(name) and name != sha256:
        what = "a web page came instead of it" if is_web_page(path) else f"its sha256 is not {name}"
        msg = f"{archive} is damaged: {what}"
        raise DataError(msg, hint="try again; check HF_ENDPOINT, and any proxy in between")
    return sha256


def _check_offer(archive: Archive) -> None:
    """Ask once, without the client's patience, whether the hub has the file."""
    url = hf_hub_url(archive.repo, archive.file, revision=archive.revision, repo_type=KIND)
    offer = get_hf_file_metadata(url)
    if not (offer.commit_hash and offer.etag):
        msg = f"what answers for {archive} is not a hub"
        raise DataError(msg, hint="check HF_ENDPOINT, and any proxy in between")


def _explained(archive: Archive, error: Exception) -> DataError | DiskFull:
    if isinstance(error, RevisionNotFoundError):
        return DataError(f"{archive.repo} has no revision {archive.revision}")
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return DataError(f"the hub answers {status} for {archive}", hint="try again later")
    if isinstance(error, OSError) and error.errno in FULL:
        return DiskFull("there is no room left in the hub's cache", hint="choose another HF_HOME")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(
        f"{archive} cannot be downloaded: {reason}",
        hint="check the network and HF_ENDPOINT, then try again",
    )
