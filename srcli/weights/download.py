"""Fetch one file of known size and sha256 from a list of addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, InvalidURL
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from srcli.errors import DiskFull, WeightsUnavailable, is_disk_full
from srcli.weights.digest import begins_as_page, sha256_of

TIMEOUT = 30
"""Seconds without an answer, or without more of it."""
CHUNK = 1 << 16
PARTIAL = 206
USER = re.compile(r"(?<=://)[^/?#]*@")
WEB_PAGE = "gives a web page instead of the file"

Listener = Callable[[int, int], None]
"""Told how many bytes are there, and of how many."""


class _Refusal(Exception):
    """Why an address did not give the file."""


class _Misfit(_Refusal):
    """What an address gave does not go with the bytes that were there before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The file that is asked for, as far as it is there, and who hears of its progress."""

    part: Path
    size: int
    sha256: str
    listen: Listener


def silent(done: int, total: int) -> None:
    """Hear of progress and say nothing."""


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
    part = target.with_name(f"{target.name}.part")
    try:
        if target.exists():
            target.replace(part)
        _fill(addresses, _Wanted(part=part, size=size, sha256=sha256, listen=listen))
        part.replace(target)
    except OSError as error:
        raise unwritable(target.parent, error) from error


def unwritable(
    place: object, error: OSError, *, hint: str = "choose another folder with SRCLI_CACHE_DIR"
) -> WeightsUnavailable | DiskFull:
    """Return what to raise where a folder of weights takes no more."""
    if is_disk_full(error):
        return DiskFull(f"there is no room left in {place}", hint=hint)
    return WeightsUnavailable(f"{place} cannot be written: {error.strerror or error}", hint=hint)


def _fill(addresses: Iterable[str], wanted: _Wanted) -> None:
    """Try one address after the other until the part is the whole file."""
    reasons = []
    for address in addresses:
        try:
            _complete(address, wanted)
        except _Refusal as refusal:
            reasons.append(f"{USER.sub('', address)} {refusal}")
        else:
            return
    msg = f"{wanted.part.stem} cannot be downloaded: {'; '.join(reasons)}"
    hint = "run it again to go on from there" if wanted.part.exists() else "try again later"
    raise WeightsUnavailable(msg, hint=hint)


def _complete(address: str, wanted: _Wanted) -> None:
    """Make the part whole; where what was there does not fit, ask once more for all of it."""
    have = wanted.part.stat().st_size if wanted.part.exists() else 0
    start = have if have <= wanted.size else 0
    try:
        _fetch(address, wanted, start)
    except _Misfit:
        if not start:
            raise
        _fetch(address, wanted, 0)


def _fetch(address: str, wanted: _Wanted, start: int) -> None:
    """Write what comes behind the first ``start`` bytes, and check the whole."""
    if start < wanted.size:
        with _open(address, start) as response:
            if response.status != PARTIAL:
                start = 0
            _check_answer(response, start, wanted.size)
            _copy(response, wanted, start)
    if sha256_of(wanted.part) != wanted.sha256:
        wanted.part.unlink()
        msg = f"has another file, whose sha256 is not {wanted.sha256}"
        raise _Misfit(msg)


def _open(address: str, start: int) -> HTTPResponse:
    """Ask an address for what comes behind the first ``start`` bytes."""
    if not address.startswith(("http://", "https://")):
        msg = "is not an address of the web"
        raise _Refusal(msg)
    if USER.search(address):
        msg = "was given with the name of a user, which is not supported"
        raise _Refusal(msg)
    headers = {"Range": f"bytes={start}-"} if start else {}
    try:
        request = Request(address, headers=headers)  # noqa: S310 - the scheme is checked above
        response: HTTPResponse = urlopen(request, timeout=TIMEOUT)  # noqa: S310 - the same
    except HTTPError as error:
        error.close()
        msg = f"answers {error.code} {_line(error.reason)}"
    except URLError as error:
        msg = f"cannot be reached: {_line(error.reason)}"
    except (InvalidURL, ValueError) as error:  # its own, or one that it sends to
        msg = f"leads to no address that can be asked: {_line(error)}"
    except (OSError, HTTPException) as error:
        msg = f"broke off: {_line(error)}"
    else:
        return response
    raise _Refusal(msg)


def _check_answer(response: HTTPResponse, start: int, size: int) -> None:
    """Refuse an answer that cannot be the rest of the file."""
    if response.headers.get_content_type() == "text/html":
        raise _Refusal(WEB_PAGE)
    given = response.headers.get("Content-Range", "")
    if start and not given.startswith(f"bytes {start}-"):
        msg = f"gives {_line(given) or 'bytes of nowhere'} instead of those from {start}"
        raise _Misfit(msg)
    length = response.headers.get("Content-Length", str(size - start))
    if length != str(size - start):
        msg = f"gives {_line(length)} bytes instead of {size - start}"
        raise _Refusal(msg)


def _copy(response: HTTPResponse, wanted: _Wanted, start: int) -> None:
    """Write an answer behind the first ``start`` bytes, never beyond the size."""
    chunk = _read(response, wanted.size - start)
    if not start and begins_as_page(chunk):
        raise _Refusal(WEB_PAGE)
    done = start
    with wanted.part.open("ab" if start else "wb") as file:
        while chunk:
            file.write(chunk)
            done += len(chunk)
            wanted.listen(done, wanted.size)
            chunk = _read(response, wanted.size - done)
    if done < wanted.size:
        msg = f"broke off after {done} of {wanted.size} bytes"
        raise _Refusal(msg)


def _read(response: HTTPResponse, missing: int) -> bytes:
    """Take the next bytes of an answer; only those of the disk may fail otherwise."""
    try:
        return response.read(min(CHUNK, missing))
    except (OSError, HTTPException) as error:
        msg = f"broke off: {_line(error)}"
        raise _Refusal(msg) from error


def _line(reason: object) -> str:
    """Return the first line of what a server or the system says, as it can be printed."""
    first = str(reason).partition("\n")[0]
    return "".join(letter for letter in first if letter.isprintable())
