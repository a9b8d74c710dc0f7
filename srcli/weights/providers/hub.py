"""Weights files of hub repositories: in the hub's cache, and checked."""

from __future__ import annotations

from pathlib import Path

from srcli.errors import CorruptWeights
from srcli.files.digest import check_archive, check_digest, check_safetensors
from srcli.weights.providers import hub_client
from srcli.weights.providers.download import Listener, silent
from srcli.weights.providers.hub_client import SHA256, HubPlace, Offer, forget, known_sha256
from srcli.weights.providers.hub_reference import HubFile


def cached_copy(file: HubFile) -> Path | None:
    """Return the file if it is on this machine; asks no one."""
    return hub_client.cached(_place(file))


def fetch(file: HubFile, listen: Listener = silent) -> Path:
    """Download a file into the hub's cache, and check it; a damaged copy is replaced.

    ``listen`` is told of progress.

    Raises:
        CorruptWeights: it is not the one that was asked for, or no weights file at all.
        WeightsUnavailable: it cannot be had, or cannot be kept.
        DiskFull: there is no room for it.

    """
    found = hub_client.download(
        _place(file),
        lambda offer: _check_offer(file, offer),
        anew=_is_damaged(file),
        listen=listen,
    )
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
    known = file.sha256 or known_sha256(path)
    if known:
        check_digest(path, known)
    if file.file.endswith(".safetensors"):
        check_safetensors(path)
    else:
        check_archive(path)


def _is_damaged(file: HubFile) -> bool:
    path = cached_copy(file)
    try:
        if path is not None:
            check(path, file)
    except CorruptWeights:
        return True
    return False


def _place(file: HubFile) -> HubPlace:
    return HubPlace(
        repo=file.repo, file=file.file, revision=file.revision, kind="model", title=str(file)
    )


def _check_offer(file: HubFile, offer: Offer) -> None:
    """Refuse another file than the one that was measured, before it is fetched."""
    offered = offer.etag if SHA256.fullmatch(offer.etag) else file.sha256
    if file.sha256 and (offered != file.sha256 or offer.size != file.size):
        msg = f"{file} is another file than the one that was measured, of sha256 {file.sha256}."
        raise CorruptWeights(msg, hint="SRCLI_HUB_REPO may name a repository of older models.")
