"""The Hugging Face hub: what it has of a file, and the file itself, in the cache of its client.

Addresses, tokens and the cache are those of the hub's own client, which reads ``HF_HOME``,
``HF_ENDPOINT``, ``HF_TOKEN`` and its other variables. The requests are not: that client takes
whatever a server says for a path, reads answers to their end, and begins anew after a kill.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import constants, get_token, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError

from srcli import __version__
from srcli.errors import DataError, DiskFull, SrcliError, WeightsUnavailable, is_disk_full, sentence
from srcli.weights.providers.download import Listener, Wanted, fill, silent
from srcli.weights.providers.hub_cache import COMMIT, ETAG, CacheEntry
from srcli.weights.providers.web import Refusal, Response, ask, patiently

SHA256 = re.compile(r"[0-9a-f]{64}")
COMMIT_HEADER = "X-Repo-Commit"
SIZE = re.compile(r"[0-9]{1,18}")
FORBIDDEN = (401, 403)
MISSING = 404
LARGEST = 20_000_000_000
"""Bytes; many times what the largest model and the largest data set here have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the hub says that it has.

    Attributes:
        commit: which the revision is at present, 40 hexadecimal digits.
        etag: its name of the content: the sha256 of a large file, git's name of another.
        size: in bytes.

    """

    commit: str
    etag: str
    size: int


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
        msg = f"The hub has no repository {place.repo}."
        raise place.refusal(msg, sentence(str(error))) from error
    return Path(found) if isinstance(found, str) else None


def accept(_: Offer) -> None:
    """Accept every file that the hub offers."""


def download(
    place: HubPlace,
    check: Callable[[Offer], None] = accept,
    *,
    anew: bool = False,
    listen: Listener = silent,
) -> Path:
    """Bring a file into the hub's cache.

    A fetch that was stopped is gone on with.

    Args:
        place: where it is.
        check: refuses what is offered, before it is fetched.
        anew: replace what the cache has of it.
        listen: told of progress.

    Raises:
        WeightsUnavailable: of a model: it cannot be had, or cannot be kept.
        DataError: of a data set: the same.
        DiskFull: there is no room for it.

    """
    try:
        offer = patiently(lambda: _offered(place))
        check(offer)
        return _obtain(place, offer, anew=anew, listen=listen)
    except Refusal as refusal:
        raise _refused(place, refusal) from refusal
    except OSError as error:
        raise _unwritable(place, error) from error


def known_sha256(path: Path) -> str:
    """Return the sha256 by which the cache names a large file, or nothing."""
    name = path.resolve().name
    return name if SHA256.fullmatch(name) else ""


def forget(path: Path) -> None:
    """Delete a file from the hub's cache: its name and, where that is a link, its content."""
    content = path.resolve()
    path.unlink(missing_ok=True)
    content.unlink(missing_ok=True)


def _offered(place: HubPlace) -> Offer:
    """Ask the hub what it has, without the content."""
    address = _address(place, place.revision)
    with ask(address, headers=_headers(), method="HEAD", sought=COMMIT_HEADER) as response:
        return _checked(place, response)


def _checked(place: HubPlace, response: Response) -> Offer:
    """Refuse what no hub says, before any of it is taken for a path or a size."""
    commit, size = (_header(response, name) for name in (COMMIT_HEADER, "X-Linked-Size"))
    etag = _header(response, "X-Linked-Etag") or _header(response, "ETag")
    etag, size = etag.removeprefix("W/").strip('"'), size or _header(response, "Content-Length")
    if not (COMMIT.fullmatch(commit) and ETAG.fullmatch(etag) and SIZE.fullmatch(size)):
        msg = f"What answers for {place.title} is not a hub."
        raise place.refusal(msg, "check HF_ENDPOINT, and any proxy in between")
    if int(size) > LARGEST:
        msg = f"{place.title} has {int(size):,} bytes, and at most {LARGEST:,} are fetched."
        raise place.refusal(msg, "download it by itself, and name the file")
    return Offer(commit=commit, etag=etag, size=int(size))


def _header(response: Response, name: str) -> str:
    return response.headers.get(name) or ""


def _obtain(place: HubPlace, offer: Offer, *, anew: bool, listen: Listener) -> Path:
    entry = CacheEntry(
        root=hub_folder(),
        repo=place.repo,
        kind=place.kind,
        revision=place.revision,
        commit=offer.commit,
        file=place.file,
        etag=offer.etag,
    )
    if anew or not entry.path.exists():
        with entry.locked():
            entry.drop_stale_parts()
            if anew or not entry.blob.exists():
                wanted = Wanted(
                    part=entry.part,
                    size=offer.size,
                    digest=offer.etag,
                    listen=listen,
                    headers=_headers(),
                )
                fill([_address(place, offer.commit)], wanted)
                entry.keep()
            else:
                entry.link()
    entry.note_revision()
    return entry.path


def _address(place: HubPlace, revision: str) -> str:
    return hf_hub_url(place.repo, place.file, revision=revision, repo_type=place.kind)


def _headers() -> dict[str, str]:
    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return {"User-Agent": f"srcli/{__version__}", **given}


def _unwritable(place: HubPlace, error: OSError) -> SrcliError:
    hint = "Choose another folder with HF_HOME."
    if is_disk_full(error):
        return DiskFull("There is no room left in the hub's cache.", hint=hint)
    reason = error.strerror or error
    return place.refusal(f"The hub's cache cannot be written: {reason}.", hint)


def _refused(place: HubPlace, refusal: Refusal) -> SrcliError:
    status, code = refusal.status, refusal.code
    if status in FORBIDDEN:
        msg = f"The hub does not let you read {place.repo}."
        return place.refusal(
            msg, "It may be private, gated or missing. If you have access, set HF_TOKEN."
        )
    if status != MISSING:
        return place.refusal(*_failed(place, refusal))
    msg = {
        "RevisionNotFound": f"{place.repo} has no revision {place.revision}.",
        "RepoNotFound": f"There is no repository {place.repo} on the hub.",
    }.get(code, f"There is no {place.title} on the hub.")
    return place.refusal(msg, "Check the spelling. Set HF_TOKEN if it is private.")


def _failed(place: HubPlace, refusal: Refusal) -> tuple[str, str]:
    """Return what to say of a hub that fails, or that is not there, and what to do."""
    if refusal.status:
        return f"The hub answers {refusal.status} for {place.title}.", "Try again later."
    hint = "Check the network and HF_ENDPOINT, then try again."
    return f"{place.title} cannot be downloaded: {refusal}.", hint
