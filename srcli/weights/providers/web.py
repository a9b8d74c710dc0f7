"""One request to a server, bounded in bytes, in seconds and in redirects.

The settings of proxies in the environment are honoured. Nothing of the process is changed.
"""

from __future__ import annotations

import io
import logging
import math
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, HTTPHandler, HTTPSHandler, Request, build_opener

import truststore

TIMEOUT = 30
"""Seconds without an answer, or without more of it."""
LONGEST_HEAD = 60
"""Seconds that a server may take from the first to the last line in front of the content."""
GRACE = 60
"""Seconds that the content may take in any case."""
SLOWEST = 4096
"""The slowest download, in bytes a second, that is waited for."""
REDIRECTS = 8
WAITS: tuple[float, ...] = (1, 4, 15)
"""Seconds before each further try, where a server may have an answer later."""
LONGEST_WAIT = 60
"""Seconds; a server that asks for more patience is not asked again."""
LONGEST_REASON = 200
"""The longest quotation of what a server says, in characters."""

OK = (200, 206)
REDIRECTIONS = (301, 302, 303, 307, 308)
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""What a server answers that may have the file later."""
USER = re.compile(r"(?<=://)[^/?#]*@")

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class Refusal(Exception):
    """Why an address did not give what was asked for.

    Attributes:
        status: what the server answered, 0 if it did not.
        code: what the hub says in short, in its header ``X-Error-Code``.
        is_passing: whether another try may succeed.
        wait: seconds that the server asks to wait until then.

    """

    def __init__(
        self,
        reason: str,
        *,
        status: int = 0,
        code: str = "",
        is_passing: bool = False,
        wait: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.status, self.code = status, code
        self.is_passing, self.wait = is_passing, wait


def patiently(attempt: Callable[[], Result]) -> Result:
    """Return what ``attempt`` does, and try again while its refusals are passing.

    Raises:
        Refusal: the last one.

    """
    for wait in WAITS:
        try:
            return attempt()
        except Refusal as refusal:
            if not refusal.is_passing:
                raise
            pause = max(wait, refusal.wait)
            logger.info("%s. The next try is in %g s.", refusal, pause)
            time.sleep(pause)
    return attempt()


class Response(HTTPResponse):
    """An answer whose head, and then whose content, must come in time."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(sock, *arguments, **named)
        self._clock = _Clock(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._clock)

    def expect(self, size: int) -> None:
        """Set the time until which ``size`` bytes of content have to come, from now on."""
        self._clock.deadline = time.monotonic() + GRACE + size / SLOWEST


class _Clock(io.RawIOBase):
    """What a socket receives until the deadline; a byte now and then does not put it off."""

    def __init__(self, source: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._source, self._sock = source, sock
        self.deadline = time.monotonic() + LONGEST_HEAD

    def readable(self) -> bool:
        """Return true, as the answer is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - typeshed's WriteableBuffer
        """Wait for the next bytes.

        Raises:
            TimeoutError: none came in time.

        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            msg = "the answer takes too long"
            raise TimeoutError(msg)
        if self._sock.fileno() >= 0:
            self._sock.settimeout(min(TIMEOUT, left))
        return self._source.readinto(buffer)

    def close(self) -> None:
        """Close the socket's side as well."""
        self._source.close()
        super().close()


class _Plain(HTTPConnection):
    response_class = Response


class _Secure(HTTPSConnection):
    response_class = Response


class _PlainHandler(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Plain, req)


class _SecureHandler(HTTPSHandler):
    """Trusts the certificates that the system trusts, wherever it keeps them."""

    def https_open(self, req: Request) -> HTTPResponse:
        trusted = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return self.do_open(_Secure, req, context=trusted)


class _AnyStatus(HTTPErrorProcessor):
    """Gives every answer as it is; urllib reads those of redirects to their end, if any."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        del request
        return response

    https_response = http_response


def ask(
    address: str, *, headers: Mapping[str, str], method: str = "GET", sought: str = ""
) -> Response:
    """Return the answer of an address, its content unread, after following redirects.

    A redirect to another host takes no ``Authorization`` along, and none leads from ``https`` to
    ``http``.

    Args:
        address: of the web; without a user's name.
        headers: sent along.
        method: GET or HEAD.
        sought: a header; a redirect to another host that has it is the answer itself.

    Raises:
        Refusal: there was no answer, or one of another status than 200 and 206.

    """
    sent = dict(headers)
    response = _ask_once(address, sent, method)
    for _ in range(REDIRECTS):
        place = response.headers.get("Location", "")
        if response.status not in REDIRECTIONS or not place:
            break
        try:
            target = _target(address, place)
        except Refusal:
            response.close()
            raise
        if urlsplit(target).netloc != urlsplit(address).netloc:
            if response.headers.get(sought):
                return response
            sent.pop("Authorization", None)
        response.close()
        address, response = target, _ask_once(target, sent, method)
    if response.status in OK:
        return response
    with response:
        raise _refusal(response)


def line(reason: object) -> str:
    """Return the first line of what a server or the system says, as it can be printed."""
    first = str(reason).partition("\n")[0][:LONGEST_REASON]
    return "".join(letter for letter in first if letter.isprintable())


def _ask_once(address: str, headers: Mapping[str, str], method: str) -> Response:
    if not address.startswith(("http://", "https://")):
        msg = "is not an address of the web"
        raise Refusal(msg)
    if USER.search(address):
        msg = "was given with the name of a user, which is not supported"
        raise Refusal(msg)
    opener = build_opener(_PlainHandler, _SecureHandler, _AnyStatus)
    try:
        request = Request(address, headers=dict(headers), method=method)  # noqa: S310 - checked above
        response: Response = opener.open(request, timeout=TIMEOUT)
    except URLError as error:
        is_late = isinstance(error.reason, TimeoutError)
        msg = f"cannot be reached: {line(error.reason)}"
        raise Refusal(msg, is_passing=is_late) from error
    except (InvalidURL, ValueError) as error:
        msg = f"leads to no address that can be asked: {line(error)}"
        raise Refusal(msg) from error
    except (OSError, HTTPException) as error:
        msg = f"broke off: {line(error)}"
        raise Refusal(msg, is_passing=True) from error
    return response


def _target(address: str, place: str) -> str:
    """Return where a redirect leads."""
    try:
        target = urljoin(address, place)
        schemes = urlsplit(address).scheme, urlsplit(target).scheme
    except ValueError as error:
        msg = f"leads to no address that can be asked: {line(error)}"
        raise Refusal(msg) from error
    if schemes == ("https", "http"):
        msg = "leads to an address that is not secure"
        raise Refusal(msg)
    if schemes[1] not in {"http", "https"}:
        msg = f"leads to no address that can be asked: {line(target)}"
        raise Refusal(msg)
    return target


def _refusal(response: HTTPResponse) -> Refusal:
    wait = _wait(response.headers.get("Retry-After", ""))
    is_passing = response.status in PASSING and wait <= LONGEST_WAIT
    later = f", and asks to wait {wait:.0f} seconds" if wait > LONGEST_WAIT else ""
    return Refusal(
        f"answers {response.status} {line(response.reason)}{later}",
        status=response.status,
        code=line(response.headers.get("X-Error-Code", "")),
        is_passing=is_passing,
        wait=wait,
    )


def _wait(asked: str) -> float:
    """Return the seconds of a header ``Retry-After``, which has a number or a date; 0 if none."""
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except (ValueError, OverflowError, OSError):
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
