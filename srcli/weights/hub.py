"""Files of Hugging Face hub repositories, through the hub's own client and its cache.

The client reads ``HF_HOME``, ``HF_ENDPOINT``, ``HF_TOKEN`` and its other variables itself.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from huggingface_hub import (
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
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.logging import set_verbosity

from srcli.errors import CorruptWeights, DiskFull, WeightsError, WeightsUnavailable
from srcli.weights.digest import check_archive, check_digest, check_safetensors
from srcli.weights.download import unwritable
from srcli.weights.reference import HubFile

SHA256 = re.compile(r"[0-9a-f]{64}")
FORBIDDEN = (401, 403)
MISSING = 404


def hub_folder() -> Path:
    """Return the hub's cache on this machine; it need not exist."""
    return Path(constants.HF_HUB_CACHE)


def cached_copy(file: HubFile) -> Path | None:
    """Return the file if it is on this machine; asks no one."""
    found = try_to_load_from_cache(file.repo, file.file, revision=file.revision)
    return Path(found) if isinstance(found, str) else None


def fetch(file: HubFile) -> Path:
    """Download a file into the hub's cache, and check it.

    Raises:
        CorruptWeights: it is not the one that was asked for, or no weights file at all.
        WeightsUnavailable: it cannot be had, or cannot be kept.
        DiskFull: there is no room for it.

    """
    set_verbosity(logging.ERROR)
    try:
        _check_offer(file)
        found = Path(hf_hub_download(file.repo, file.file, revision=file.revision))
    except WeightsError:
        raise
    except Exception as error:  # the client's transport, and its classes, change with its version
        raise _explained(file, error) from error
    try:
        check(found, file)
    except CorruptWeights:
        forget(found)
        raise
    return found


def check(path: Path, file: HubFile) -> None:
    """Compare a file of the cache with what is known of it.

    Where nothing else is known, the hub's own name of a large file is its sha256.

    Raises:
        CorruptWeights: it differs, or is no weights file.

    """
    name = path.resolve().name
    known = file.sha256 or (name if SHA256.fullmatch(name) else "")
    if known:
        check_digest(path, known)
    if file.file.endswith(".safetensors"):
        check_safetensors(path)
    else:
        check_archive(path)


def forget(path: Path) -> None:
    """Delete a file from the hub's cache: its name and, where that is a link, its content."""
    content = path.resolve()
    path.unlink(missing_ok=True)
    content.unlink(missing_ok=True)


def _check_offer(file: HubFile) -> None:
    """Ask once, without the client's patience, whether the hub has the file, and the right one."""
    url = hf_hub_url(file.repo, file.file, revision=file.revision)
    offer = get_hf_file_metadata(url)
    if not (offer.commit_hash and offer.etag):
        msg = f"what answers for {file} is not a hub"
        raise WeightsUnavailable(msg, hint="check HF_ENDPOINT, and any proxy in between")
    sha256 = offer.etag if SHA256.fullmatch(offer.etag) else file.sha256
    if file.sha256 and (sha256 != file.sha256 or offer.size not in (None, file.size)):
        msg = f"{file} is another file than the one that was measured, of sha256 {file.sha256}"
        raise CorruptWeights(msg, hint="SRCLI_HUB_REPO may name a repository of older models")


def _explained(file: HubFile, error: Exception) -> WeightsUnavailable | DiskFull:
    if isinstance(error, HfHubHTTPError):
        return _refused(file, error)
    if isinstance(error, OSError) and error.errno is not None:
        return unwritable("the hub's cache", error, hint="choose another folder with HF_HOME")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    hint = "check the network and HF_ENDPOINT, then try again"
    return WeightsUnavailable(f"{file} cannot be downloaded: {reason}", hint=hint)


def _refused(file: HubFile, error: HfHubHTTPError) -> WeightsUnavailable:
    status = error.response.status_code
    if isinstance(error, GatedRepoError) or status in FORBIDDEN:
        msg = f"the hub does not let you read {file.repo}"
        hint = "it may be private, gated or missing; with access, set HF_TOKEN"
        return WeightsUnavailable(msg, hint=hint)
    if isinstance(error, RevisionNotFoundError):
        msg = f"{file.repo} has no revision {file.revision}"
    elif isinstance(error, RepositoryNotFoundError):
        msg = f"there is no repository {file.repo} on the hub"
    elif isinstance(error, EntryNotFoundError) or status == MISSING:
        msg = f"there is no {file} on the hub"
    else:
        msg = f"the hub answers {status} for {file}"
        return WeightsUnavailable(msg, hint="try again later")
    return WeightsUnavailable(msg, hint="check the spelling; or set HF_TOKEN if it is private")
