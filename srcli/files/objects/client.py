"""Read, look at, list and write objects; the only module that speaks to object stores."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from srcli.errors import (
    NoCredentials,
    UnknownBucket,
    UnreadableImage,
    UnwritableImage,
    UsageError,
)
from srcli.files.content import Content
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.failures import check_installed, persistent, told

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

PAGE = 1000
"""Keys of one page of a listing, which is the most that S3 gives."""
LARGEST = 5 * 2**30
"""Bytes of the largest object that stores take in one piece, as a create-only put has it."""
CONNECT_TIMEOUT = timedelta(seconds=10)
SILENCE = timedelta(seconds=30)
"""A request that nothing comes of for this long is given up, and made again."""
SLOWEST = 2**17
"""Bytes a second of a transfer that is not given up, one megabit: several go on at once."""
_REPEATED = {"max_retries": 3, "retry_timeout": timedelta(minutes=20)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectState:
    """What a store says of an object.

    Attributes:
        size: in bytes.
        mtime_ns: when it was written, in nanoseconds; stores count whole seconds.
        version: hash of its ETag, which changes with its content.
        notes: its metadata, where that was asked for: what its writer noted.

    """

    size: int
    mtime_ns: int
    version: str
    notes: Mapping[str, str] = field(default_factory=dict)


def read_object(path: ObjectPath) -> tuple[bytes, ObjectState]:
    """Return the content of an object and its state.

    Raises:
        MissingImage: there is none; for the other errors see ``told``.

    """
    import obstore

    def attempt() -> tuple[bytes, ObjectState]:
        result = obstore.get(_store(path), path.key)
        return bytes(result.bytes()), _state(result.meta)

    with told(path, "read"):
        return persistent(attempt)


def look_at(path: ObjectPath) -> ObjectState | None:
    """Return the state of an object with its notes; None if there is none.

    Raises:
        UnreadableImage: the store does not tell; for the other errors see ``told``.

    """
    import obstore

    def attempt() -> ObjectState | None:
        try:
            result = obstore.get(_store(path), path.key, options={"head": True})
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
            return None
        return _state(result.meta, {str(key): value for key, value in result.attributes.items()})

    with told(path, "read"):
        return persistent(attempt)


def list_objects(folder: ObjectPath, *, after: str = "") -> Iterator[tuple[str, ObjectState]]:
    """Yield the keys below a folder and what they hold, in order; a page at a time is in memory.

    Args:
        folder: the bucket, or the address that the keys go on from after a slash.
        after: only keys that come after this one.

    Raises:
        UnreadableImage: it cannot be listed; for the other errors see ``told``.

    """
    last = after
    while True:
        page = _page(folder, last)
        for meta in page:
            yield meta["path"], _state(meta)
        if len(page) < PAGE:
            return
        last = page[-1]["path"]


def check_bucket(folder: ObjectPath) -> None:
    """Make sure that a bucket is there, before much is done for it.

    Raises:
        UnknownBucket: it is not.
        NoCredentials: nothing says who is asking.

    """
    try:
        _page(folder, "")
    except (UnknownBucket, NoCredentials):
        raise
    except UnreadableImage:  # who may write need not be allowed to list
        return


def _page(folder: ObjectPath, after: str) -> list[ObjectMeta]:
    import obstore

    def attempt() -> list[ObjectMeta]:
        prefix, offset = folder.key or None, after or None
        stream = obstore.list(_store(folder), prefix=prefix, offset=offset, chunk_size=PAGE)
        return list(next(iter(stream), ()))

    with told(folder, "listed"):
        return persistent(attempt)


def put_object(
    path: ObjectPath, content: Content, notes: Mapping[str, str], *, overwrite: bool
) -> None:
    """Write an object, whole or not at all.

    A request that was lost on its way may be made again after it was carried out. What is there
    then with the same ``sha256`` among its notes is what was to be written.

    Args:
        path: its address.
        content: what it holds.
        notes: kept as its metadata; ``sha256`` is added.
        overwrite: replace one that is there.

    Raises:
        AlreadyExists: there is another one, and ``overwrite`` is not set; also when it came in
            the meantime. For the other errors see ``told``.

    """
    import obstore
    from obstore.exceptions import AlreadyExistsError

    size, sha256 = len(content), content.sha256
    if size > LARGEST:
        msg = f"{path} cannot be written: it has more than the 5 GiB that one request carries."
        raise UnwritableImage(msg, hint="Write to a local folder, or choose a smaller file format.")
    attributes: Any = {**_noted(notes), f"{_NOTE}sha256": sha256}

    def attempt() -> None:
        with content.view() as view:
            obstore.put(
                _store(path, writes=size),
                path.key,
                view,
                mode="overwrite" if overwrite else "create",
                attributes=attributes,
                use_multipart=False,
            )

    with told(path, "written"):
        try:
            persistent(attempt)
        except AlreadyExistsError:
            found = look_at(path)
            if found is None or found.notes.get("sha256") != sha256 or found.size != size:
                raise


_NOTE = "srcli"
"""What our metadata begin with; no hyphen, as Azure allows none."""


def _noted(notes: Mapping[str, str]) -> dict[str, str]:
    return {f"{_NOTE}{name}": value for name, value in notes.items()}


def _state(meta: ObjectMeta, attributes: Mapping[str, str] | None = None) -> ObjectState:
    version = meta.get("e_tag") or meta.get("version") or str(meta["last_modified"])
    return ObjectState(
        size=meta["size"],
        mtime_ns=int(meta["last_modified"].timestamp()) * 10**9,
        version=hashlib.sha256(version.encode()).hexdigest(),
        notes={
            name.lower().removeprefix(_NOTE): value
            for name, value in (attributes or {}).items()
            if name.lower().startswith(_NOTE)
        },
    )


def _store(path: ObjectPath, *, writes: int | None = None) -> ObjectStore:
    """Return what speaks to the bucket of a path; ``writes`` are the bytes to be written."""
    if not path.bucket:
        msg = f"{path} names no bucket."
        raise UsageError(msg, hint=f"Write it as {path.scheme}://bucket/folder/.")
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    longest = None if writes is None else _longest(writes)
    return _client(path.scheme, path.bucket, longest, endpoint.startswith("http://"))


def _longest(size: int) -> timedelta:
    """Return how long a write may take, its answer included; one of few, as each has a client.

    What is sent counts as no sign of life, so that only the whole can be limited.
    """
    longest = SILENCE
    while longest.total_seconds() * SLOWEST < size:
        longest *= 2
    return longest


@lru_cache(maxsize=32)
def _client(scheme: str, bucket: str, write: timedelta | None, plain: bool) -> ObjectStore:  # noqa: FBT001 - keys of the cache
    """Return what speaks to one bucket; settings and credentials are those of the environment."""
    check_installed()
    from obstore.store import from_url

    options: Any = {"connect_timeout": CONNECT_TIMEOUT, "timeout": write or _longest(LARGEST)}
    if not write:
        options["read_timeout"] = SILENCE
    if plain:
        options["allow_http"] = True
    retries: Any = _REPEATED
    return from_url(f"{scheme}://{bucket}", client_options=options, retry_config=retries)


def forget_clients() -> None:
    """Look at the settings and credentials of the environment anew."""
    _client.cache_clear()
