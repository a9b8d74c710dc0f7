"""Fetch one file of known size and sha256 from a list of addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from ssl import SSLError
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from srcli.errors import CorruptWeights, DiskFull, WeightsUnavailable, is_disk_full
from srcli.weights.digest import check_digest

TIMEOUT = 30
"""Seconds without an answer, or without more of it."""
CHUNK = 1 << 16
PARTIAL = 206

Listener = Callable[[int, int], None]
"""Told how many bytes are there, and of how many."""


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
        target: appears whole or not at all.
        size: in bytes; no more than that is ever written.
        sha256: hexadecimal.
        listen: told of progress.

    Raises:
        WeightsUnavailable: no address gave the file, or it cannot be kept.
        DiskFull: there is no room for it.

    """
    part = target.with_name(f"{target.name}.part")
    try:
        _fill(addresses, part, size=size, sha256=sha256, listen=listen)
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


def _fill(
    addresses: Iterable[str], part: Path, *, size: int, sha256: str, listen: Listener
) -> None:
    """Try one address after the other until ``part`` is the whole file."""
    reasons = []
    for address in addresses:
        reason = _fetch(address, part, size=size, listen=listen)
        if reason:
            reasons.append(f"{address} {reason}")
            continue
        try:
            check_digest(part, sha256)
        except CorruptWeights:
            part.unlink()
            reasons.append(f"{address} has another file, whose sha256 is not {sha256}")
            continue
        return
    msg = f"{part.stem} cannot be downloaded: {'; '.join(reasons)}"
    hint = "run it again to go on from there" if part.exists() else "try again later"
    raise WeightsUnavailable(msg, hint=hint)


def _fetch(address: str, part: Path, *, size: int, listen: Listener) -> str:
    """Complete ``part`` from one address; return why that failed, or nothing."""
    if not address.startswith(("http://", "https://")):
        return "is not an address of the web"
    have = part.stat().st_size if part.exists() else 0
    if have == size:
        return ""
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = Request(address, headers=headers)  # noqa: S310 - the scheme is checked above
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - the same
            start = have if response.status == PARTIAL else 0
            return _refusal(response, size - start) or _copy(
                response, part, start=start, size=size, listen=listen
            )
    except HTTPError as error:
        error.close()
        return f"answers {error.code} {error.reason}"
    except URLError as error:
        return f"cannot be reached: {error.reason}"
    except (ConnectionError, TimeoutError, HTTPException, SSLError) as error:
        return f"broke off: {error}"


def _refusal(response: HTTPResponse, expected: int) -> str:
    """Say why an answer cannot be the file, or nothing."""
    if response.headers.get_content_type() == "text/html":
        return "gives a web page instead of the file"
    length = response.headers.get("Content-Length", str(expected))
    if length != str(expected):
        return f"gives {length} bytes instead of {expected}"
    return ""


def _copy(response: HTTPResponse, part: Path, *, start: int, size: int, listen: Listener) -> str:
    """Write what comes behind the first ``start`` bytes, never beyond ``size``."""
    done = start
    with part.open("ab" if start else "wb") as file:
        while done < size and (chunk := response.read(min(CHUNK, size - done))):
            file.write(chunk)
            done += len(chunk)
            listen(done, size)
    return "" if done == size else f"broke off after {done} of {size} bytes"
