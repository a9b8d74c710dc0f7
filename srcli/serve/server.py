"""Runs the server until it is stopped."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from srcli.errors import UsageError
from srcli.serve.desk import Desk
from srcli.serve.guard import Door
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.patience import patient
from srcli.serve.web import make_app
from srcli.serve.workers import working

if sys.platform != "win32":
    import resource

SHORTEST_TOKEN = 16
CONNECTIONS = 256
"""The server refuses more open connections than this."""
OPEN_FILES = 2048
"""More than all pictures, results and connections that the limits allow by default."""
PATIENCE = 3
"""Seconds that answers have to end when the server is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What ``srcli serve`` is asked to do.

    Attributes:
        host: name or address to listen at.
        port: 0 for any that is free.
        device: auto, cpu, cuda, cuda:1 or mps.
        token_file: holds the token; None to make one up where one is needed.
        names: hosts that the server is reached by, beside its addresses.
        limits: what is accepted.

    """

    host: str = "127.0.0.1"
    port: int = 8000
    device: str = "auto"
    token_file: Path | None = None
    names: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that runs.

    Attributes:
        address: of the page, with the token where one is needed.
        stop: ends it; any thread may call this.

    """

    address: str
    stop: Callable[[], None]


def serve(request: ServeRequest, started: Callable[[Running], None]) -> None:
    """Serve the page until it is stopped, or a signal ends the process.

    Args:
        request: what is wanted.
        started: told once the page can be opened.

    Raises:
        UsageError: the address cannot be used, or the token is too short.

    """
    limits = request.limits
    desk = Desk(limits, Maker(limits, request.device))
    with _listening(request.host, request.port) as listener, working(desk):
        _allow_open_files()
        place = listener.getsockname()
        loopback = ipaddress.ip_address(place[0]).is_loopback
        token = _token(request.token_file, needed=not loopback)
        names = frozenset(
            name.lower() for name in (socket.gethostname(), request.host, *request.names)
        )
        door = Door(names=names, loopback=loopback, token=token)
        config = uvicorn.Config(
            make_app(desk, door),
            http=patient(limits.idle_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=PATIENCE,
        )
        server = _Server(config, desk)
        started(Running(address=_address(request.host, place, token), stop=server.stop))
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends the streams of events when it is stopped; it would wait for them otherwise."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop."""
        self._desk.stop()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """Stop without a signal."""
        self._desk.stop()
        self.should_exit = True


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Open the socket that is listened at."""
    try:
        family, _, _, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(place[:2], family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        msg = f"The address {host}, port {port}, cannot be used: {reason}."
        raise UsageError(msg, hint="Choose another with --host and --port.") from error
    with listener:
        yield listener


def _token(path: Path | None, *, needed: bool) -> str:
    """Return what requests must show, empty for nothing."""
    if path is None:
        return secrets.token_urlsafe(24) if needed else ""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or "it is no plain text").lower()
        msg = f"{path} cannot be read: {reason}."
        raise UsageError(msg) from error
    if len(token) < SHORTEST_TOKEN or not token.isprintable() or " " in token:
        msg = f"{path} holds no token: one line of {SHORTEST_TOKEN} characters or more."
        raise UsageError(msg, hint="Write one with `openssl rand -hex 24`, for example.")
    return token


def _address(host: str, place: tuple[Any, ...], token: str) -> str:
    """Return the address of the page, with the token where only the page sees it."""
    anywhere = ipaddress.ip_address(place[0]).is_unspecified
    name = socket.gethostname() if anywhere else host
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{place[1]}/" + (f"#token={token}" if token else "")


def _allow_open_files() -> None:
    """Let the process open as many files as all pictures and connections need."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
