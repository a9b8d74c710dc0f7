"""Fetch one file of known size from a list of addresses, and go on with what is there of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from srcli.errors import DiskFull, WeightsUnavailable, is_disk_full
from srcli.files.digest import begins_as_page, digest_kind, has_digest
from srcli.weights.providers.web import USER, Refusal, Response, ask, line, patiently

CHUNK = 1 << 16
PARTIAL = 206
PROGRESS = 1 << 20
"""A try that brings at least this many bytes is followed by another one."""
WEB_PAGE = "gives a web page instead of the file"

Listener = Callable[[int, int], None]
"""Told how many bytes are there, and of how many."""


class _Misfit(Refusal):
    """What an address gave does not go with the bytes that were there before."""


def silent(done: int, total: int) -> None:
    """Ignore how far a download is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file that is asked for.

    Attributes:
        part: where it grows, and where what a broken connection left is gone on with.
        size: in bytes; no more than that is ever written.
        digest: its sha256 or git's name of it, hexadecimal; empty if neither is known.
        listen: told of progress.
        headers: sent to the address, and to no other host.

    """

    part: Path
    size: int
    digest: str
    listen: Listener = silent
    headers: Mapping[str, str] = field(default_factory=dict)

    def have(self) -> int:
        """Return how many bytes are there."""
        return self.part.stat().st_size if self.part.exists() else 0


def download(
    addresses: Iterable[str], target: Path, *, size: int, sha256: str, listen: Listener = silent
) -> None:
    """Write the file to ``target``, from the first address that has it.

    What a broken connection left is gone on with by the next address, or the next time. Two
    processes must not ask for one ``target`` at once.

    Args:
        addresses: of equal files; the hash makes any of them as good as another.
        target: appears whole or not at all; one that is there is kept if it is the file.
        size: in bytes; no more than that is ever written.
        sha256: hexadecimal.
        listen: told of progress.

    Raises:
        WeightsUnavailable: no address gave the file, or it cannot be kept.
        DiskFull: there is no room for it.

    """
    wanted = Wanted(part=part_of(target), size=size, digest=sha256, listen=listen)
    try:
        if target.exists():
            target.replace(wanted.part)
        fill(tuple(addresses), wanted)
        wanted.part.replace(target)
    except Refusal as refusal:
        msg = f"{target.name} cannot be downloaded: {refusal}."
        hint = "Run it again to go on from there." if wanted.have() else "Try again later."
        raise WeightsUnavailable(msg, hint=hint) from refusal
    except OSError as error:
        raise unwritable(target.parent, error) from error


def part_of(target: Path) -> Path:
    """Return the path of a file while it is being downloaded."""
    return target.with_name(f"{target.name}.part")


def unwritable(
    place: object, error: OSError, *, hint: str = "Choose another folder with SRCLI_CACHE_DIR."
) -> WeightsUnavailable | DiskFull:
    """Return what to raise where a folder of weights takes no more."""
    if is_disk_full(error):
        return DiskFull(f"There is no room left in {place}.", hint=hint)
    return WeightsUnavailable(f"{place} cannot be written: {error.strerror or error}.", hint=hint)


def fill(addresses: Sequence[str], wanted: Wanted) -> None:
    """Make the part of a wanted file the whole, trying again as long as there is hope.

    Raises:
        Refusal: no address gave the file.
        DiskFull: there is no room for it.
        OSError: the part cannot be written.

    """
    while True:
        before = wanted.have()
        try:
            patiently(lambda: _round(addresses, wanted))
        except Refusal as refusal:
            if not refusal.is_passing or wanted.have() < before + PROGRESS:
                raise
        else:
            return


def _round(addresses: Sequence[str], wanted: Wanted) -> None:
    """Try one address after the other until the part is the whole file."""
    refusals = []
    for address in addresses:
        try:
            _complete(address, wanted)
        except Refusal as refusal:
            refusals.append((address, refusal))
        else:
            return
    reasons = [f"{USER.sub('', address)} {refusal}" for address, refusal in refusals]
    passing = [refusal.wait for _, refusal in refusals if refusal.is_passing]
    raise Refusal(
        "; ".join(reasons),
        status=max((refusal.status for _, refusal in refusals), default=0),
        is_passing=bool(passing),
        wait=min(passing, default=0.0),
    )


def _complete(address: str, wanted: Wanted) -> None:
    """Make the part whole; where what was there does not fit, ask once more for all of it."""
    have = wanted.have()
    start = have if have <= wanted.size else 0
    try:
        _fetch(address, wanted, start)
    except _Misfit:
        if not start:
            raise
        _fetch(address, wanted, 0)


def _fetch(address: str, wanted: Wanted, start: int) -> None:
    """Write what comes behind the first ``start`` bytes, and check the whole."""
    if start < wanted.size or not wanted.part.exists():
        ranged = {"Range": f"bytes={start}-"} if start else {}
        with ask(address, headers={**wanted.headers, **ranged}) as response:
            if response.status != PARTIAL:
                start = 0
            _check_answer(response, start, wanted.size)
            _check_room(wanted, start)
            _copy(response, wanted, start)
    if not has_digest(wanted.part, wanted.digest):
        wanted.part.unlink()
        msg = f"has another file, whose {digest_kind(wanted.digest)} is not {wanted.digest}"
        raise _Misfit(msg)


def _check_answer(response: Response, start: int, size: int) -> None:
    """Refuse an answer that cannot be the rest of the file."""
    if response.headers.get_content_type() == "text/html":
        raise Refusal(WEB_PAGE)
    given = response.headers.get("Content-Range", "")
    if start and not given.startswith(f"bytes {start}-"):
        msg = f"gives {line(given) or 'bytes of nowhere'} instead of those from {start}"
        raise _Misfit(msg)
    length = response.headers.get("Content-Length", str(size - start))
    if length != str(size - start):
        msg = f"gives {line(length)} bytes instead of {size - start}"
        raise Refusal(msg)


def _check_room(wanted: Wanted, start: int) -> None:
    """Refuse what the disk has no room for, before it is full."""
    folder = wanted.part.parent
    if shutil.disk_usage(folder).free < wanted.size - start:
        msg = f"There is no room left in {folder}: the file has {wanted.size:,} bytes."
        raise DiskFull(msg, hint="Free some space or choose another folder.")


def _copy(response: Response, wanted: Wanted, start: int) -> None:
    """Write an answer behind the first ``start`` bytes, never beyond the size."""
    response.expect(wanted.size - start)
    chunk = _read(response, wanted.size - start)
    if not start and begins_as_page(chunk):
        raise Refusal(WEB_PAGE)
    done = start
    with wanted.part.open("ab" if start else "wb") as file:
        while chunk:
            file.write(chunk)
            done += len(chunk)
            wanted.listen(done, wanted.size)
            chunk = _read(response, wanted.size - done)
    if done < wanted.size:
        msg = f"broke off after {done} of {wanted.size} bytes"
        raise Refusal(msg, is_passing=True)


def _read(response: Response, missing: int) -> bytes:
    """Take the next bytes of an answer; only those of the disk may fail otherwise."""
    try:
        return response.read(min(CHUNK, missing))
    except (OSError, HTTPException) as error:
        msg = f"broke off: {line(error)}"
        raise Refusal(msg, is_passing=True) from error
