"""The Hugging Face hub, through its own client and that client's cache.

The client reads ``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and its other variables itself, and
shows its progress on a terminal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import (
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.logging import set_verbosity

from srcli.errors import DataError, DiskFull, SrcliError, WeightsUnavailable, is_disk_full

SHA256 = re.compile(r"[0-9a-f]{64}")
FORBIDDEN = (401, 403)
MISSING = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlace:
    """Where a file of the hub is.

    Attributes:
        repo: ``owner/name``.
        file: path within the repository.
        revision: a commit, a branch or a tag.
        kind: of the repository.
        title: what messages call the file.

    """

    repo: str
    file: str
    revision: str
    kind: Literal["model", "dataset"]
    title: str

    def refusal(self, message: str, hint: str) -> WeightsUnavailable | DataError:
        """Return what is raised where the file cannot be had."""
        kind = WeightsUnavailable if self.kind == "model" else DataError
        return kind(message, hint=hint)


def hub_folder() -> Path:
    """Return the hub's cache on this machine; it need not exist."""
    return Path(constants.HF_HUB_CACHE)


def cached(place: HubPlace) -> Path | None:
    """Return the file if it is in the hub's cache; asks no one.

    Raises:
        WeightsUnavailable, DataError: no repository can have that name.

    """
    try:
        found = try_to_load_from_cache(
            place.repo, place.file, revision=place.revision, repo_type=place.kind
        )
    except HFValidationError as error:
        msg = f"the hub has no repository {place.repo}"
        raise place.refusal(msg, str(error)) from error
    return Path(found) if isinstance(found, str) else None


def accept(_: HfFileMetadata) -> None:
    """Take whatever the hub offers."""


def download(
    place: HubPlace, check: Callable[[HfFileMetadata], None] = accept, *, anew: bool = False
) -> Path:
    """Bring a file into the hub's cache.

    The hub is asked once, without the client's patience, whether it has the file.

    Args:
        place: where it is.
        check: refuses what is offered, before it is fetched.
        anew: replace what the cache has of it.

    Raises:
        WeightsUnavailable: of a model: it cannot be had, or cannot be kept.
        DataError: of a data set: the same.
        DiskFull: there is no room for it.

    """
    set_verbosity(logging.ERROR)
    repo, file, revision, kind = place.repo, place.file, place.revision, place.kind
    try:
        offer = get_hf_file_metadata(hf_hub_url(repo, file, revision=revision, repo_type=kind))
        _check_hub(place, offer)
        check(offer)
        return Path(
            hf_hub_download(repo, file, revision=revision, repo_type=kind, force_download=anew)
        )
    except SrcliError:
        raise
    except Exception as error:  # the client's transport, and its classes, change with its version
        raise _explained(place, error) from error


def known_sha256(path: Path) -> str:
    """Return the sha256 by which the cache names a large file, or nothing."""
    name = path.resolve().name
    return name if SHA256.fullmatch(name) else ""


def forget(path: Path) -> None:
    """Delete a file from the hub's cache: its name and, where that is a link, its content."""
    content = path.resolve()
    path.unlink(missing_ok=True)
    content.unlink(missing_ok=True)


def _check_hub(place: HubPlace, offer: HfFileMetadata) -> None:
    if not (offer.commit_hash and offer.etag):
        msg = f"what answers for {place.title} is not a hub"
        raise place.refusal(msg, "check HF_ENDPOINT, and any proxy in between")


def _explained(place: HubPlace, error: Exception) -> SrcliError:
    if isinstance(error, HfHubHTTPError):
        return _refused(place, error)
    if isinstance(error, OSError) and error.errno is not None:
        hint = "choose another folder with HF_HOME"
        if is_disk_full(error):
            return DiskFull("there is no room left in the hub's cache", hint=hint)
        reason = error.strerror or error
        return place.refusal(f"the hub's cache cannot be written: {reason}", hint)
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    hint = "check the network and HF_ENDPOINT, then try again"
    return place.refusal(f"{place.title} cannot be downloaded: {reason}", hint)


def _refused(place: HubPlace, error: HfHubHTTPError) -> SrcliError:
    status = error.response.status_code
    if isinstance(error, GatedRepoError) or status in FORBIDDEN:
        msg = f"the hub does not let you read {place.repo}"
        return place.refusal(msg, "it may be private, gated or missing; with access, set HF_TOKEN")
    if isinstance(error, RevisionNotFoundError):
        msg = f"{place.repo} has no revision {place.revision}"
    elif isinstance(error, RepositoryNotFoundError):
        msg = f"there is no repository {place.repo} on the hub"
    elif isinstance(error, EntryNotFoundError) or status == MISSING:
        msg = f"there is no {place.title} on the hub"
    else:
        return place.refusal(f"the hub answers {status} for {place.title}", "try again later")
    return place.refusal(msg, "check the spelling; or set HF_TOKEN if it is private")
