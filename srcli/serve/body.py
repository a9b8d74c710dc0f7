"""The body of a request, which may be answered before all of it has arrived.

Most senders look for an answer only when they have sent all. If the server closes the connection
before that, they see a reset instead of the answer. So what is still on its way is read, for a
while, and thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Message, Receive

from srcli.serve.limits import Limits

READ_ON = 3
"""Times the largest file that is read of a request that was refused."""


class Body:
    """The body of a request. It notes whether all of it was read.

    Args:
        receive: returns the next piece of the request.
        limits: how much is read on, and for how long.

    """

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self.is_over = False

    async def receive(self) -> Message:
        """Return the next piece."""
        message = await self._receive()
        self.is_over = self.is_over or not message.get("more_body", False)
        return message

    async def read_on(self) -> None:
        """Read what is left and throw it away, until it is too much or takes too long."""
        left = READ_ON * self._limits.file_bytes
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.idle_seconds):
                while not self.is_over and left >= 0:
                    left -= len((await self.receive()).get("body", b""))
