"""HTTP connections that are dropped if no whole request comes for long."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class PatientProtocol(H11Protocol):
    """Waits for the head of a request for ``seconds``; uvicorn would wait without end."""

    seconds = 15.0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on, unless that was the end of a head."""
        super().data_received(data)
        cycle = vars(self)["cycle"]  # None before the first request, whatever its type says
        if cycle is not None and not cycle.response_complete:
            self._be_content()
        elif self._limit is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._be_content()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._limit = self.loop.call_later(self.seconds, self.transport.close)

    def _be_content(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def patient(seconds: float) -> type[PatientProtocol]:
    """Return the protocol that waits for some seconds."""
    return type("PatientProtocol", (PatientProtocol,), {"seconds": seconds})
