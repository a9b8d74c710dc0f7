"""Takes a picture from a request, no faster, no slower and no larger than is allowed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from srcli.serve.limits import MEGA, Limits
from srcli.serve.spool import Spool


class Uploads:
    """Takes pictures in, a few at a time.

    Args:
        limits: what is accepted.

    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.arriving = 0

    async def receive(self, request: Request) -> Spool:
        """Return what a request sends.

        Raises:
            HTTPException: it is too large, too slow or empty, or too many arrive at once.

        """
        told = request.headers.get("content-length", "")
        if told.isdecimal() and int(told[:20]) > self.limits.file_bytes:
            raise self._too_large()
        if self.arriving >= self.limits.uploads:
            detail = "Too many pictures arrive at once."
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})
        self.arriving += 1
        spool = Spool()
        try:
            await self._fill(spool, request.stream())
        except BaseException:
            spool.drop()
            raise
        finally:
            self.arriving -= 1
        return spool

    async def _fill(self, spool: Spool, stream: AsyncIterator[bytes]) -> None:
        began = time.monotonic()
        try:
            while True:
                piece = await asyncio.wait_for(anext(stream, None), self.limits.idle_seconds)
                if piece is None:
                    break
                if spool.size + len(piece) > self.limits.file_bytes:
                    raise self._too_large()
                spool.append(piece)
                self._check_pace(spool.size, time.monotonic() - began)
        except TimeoutError as error:
            detail = "The picture did not arrive in time."
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, detail) from error
        except ClientDisconnect as error:
            detail = "The picture did not arrive whole."
            raise HTTPException(HTTPStatus.BAD_REQUEST, detail) from error
        if not spool.size:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The request holds no picture.")

    def _check_pace(self, size: int, seconds: float) -> None:
        if seconds > self.limits.grace_seconds + size / self.limits.slowest_bytes:
            raise TimeoutError

    def _too_large(self) -> HTTPException:
        most = f"{self.limits.file_bytes / MEGA:g} MB"
        detail = f"The file is larger than the {most} that are allowed here."
        return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
