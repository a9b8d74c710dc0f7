"""Lets in only those requests that come from the server's own page, or from no page at all.

Pages of other sites may send requests to addresses of this machine, and may give their own name
an address of this machine (DNS rebinding). Both are told by what browsers say of each request:
the name that they asked for (``Host``), and where the request comes from (``Origin`` and
``Sec-Fetch-Site``). Programs that are no browsers say nothing of the latter.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from dataclasses import asdict, dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from srcli.serve.body import Body
from srcli.serve.job import Failure
from srcli.serve.limits import Limits

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}
UNKNOWN_HOST, FOREIGN, WRONG_TOKEN = 421, 403, 401
FAILED, TOO_SLOW = 400, 408
"""The least status of an answer that says that something failed, and that of a slow sender."""
OWN_SITE = ("same-origin", "none")
"""Where requests come from that a page of ours sends, or the user by typing the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who is let in.

    Attributes:
        names: hosts that the server is reached by, in lower case, beside addresses.
        loopback: only programs on this machine reach it.
        token: what every request must show; empty for none.
        page: paths of the page, which holds no secret: it asks for the token.

    """

    names: frozenset[str] = frozenset()
    loopback: bool = True
    token: str = ""
    page: Collection[str] = ()

    def refusal(self, path: str, method: str, headers: Headers) -> tuple[int, Failure] | None:
        """Return the status and the reason if a request is refused."""
        if not self._knows(_host_name(headers.get("host", ""))):
            message = "This server is not known by that name."
            hint = "Use the address that it printed, or name the host with --allow-host."
            return UNKNOWN_HOST, Failure(error="UnknownHost", message=message, hint=hint)
        if not self._is_from_here(path, method, headers):
            message = "Requests of other sites are refused."
            return FOREIGN, Failure(error="ForeignSite", message=message)
        if self.token and path not in self.page and not self._shows_token(headers):
            message = "The token is missing or wrong."
            hint = "Open the address that the server printed, or send the token as a bearer token."
            return WRONG_TOKEN, Failure(error="WrongToken", message=message, hint=hint)
        return None

    def _knows(self, host: str) -> bool:
        if host in self.names or host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or not self.loopback

    def _is_from_here(self, path: str, method: str, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host"):
            return False
        site = headers.get("sec-fetch-site", "none")
        followed = headers.get("sec-fetch-mode") == "navigate" and method == "GET"
        return site in OWN_SITE or (followed and path in self.page)

    def _shows_token(self, headers: Headers) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(
            shown.strip().encode(), self.token.encode()
        )


class Guard:
    """Refuses requests at the door, and adds the headers of every answer.

    A request that is refused is read to its end first, whoever refuses it.

    Args:
        app: answers requests that are let in.
        door: who is let in.
        limits: how much is read of a request that is refused.

    """

    def __init__(self, app: ASGIApp, door: Door, limits: Limits) -> None:
        self.app = app
        self.door = door
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        body = Body(receive, self.limits)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                await _complete(message, body)
            await send(message)

        headers = Headers(scope=scope)
        refused = self.door.refusal(scope["path"], scope["method"], headers)
        if refused is None:
            await self.app(scope, body.receive, send_guarded)
            return
        status, failure = refused
        answer = JSONResponse(asdict(failure), status_code=status)
        if status == WRONG_TOKEN:
            answer.headers["WWW-Authenticate"] = "Bearer"
        await answer(scope, body.receive, send_guarded)


async def _complete(start: Message, body: Body) -> None:
    """Add the headers to the start of an answer, and read the rest of a refused request."""
    headers = MutableHeaders(scope=start)
    headers.update(HEADERS)
    if start["status"] < FAILED:
        return
    if start["status"] != TOO_SLOW:
        await body.read_on()
    headers["Connection"] = "close"  # what comes after that is not read


def _host_name(host: str) -> str:
    """Return a host without its port, as ``localhost`` of ``LocalHost:8000``; empty for none."""
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        return name.lower() if port[:1] in {"", ":"} else ""
    return host.partition(":")[0].lower().removesuffix(".")
