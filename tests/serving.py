"""A server that runs in a thread of the tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

from srcli.serve.limits import Limits
from srcli.serve.server import Running, ServeRequest, serve


@contextmanager
def server(limits: Limits | None = None, **options: object) -> Iterator[str]:
    """Serve at a free port, and yield the address of the page."""
    request = ServeRequest(port=0, device="cpu", limits=limits or Limits(), **options)
    started: Queue[Running] = Queue()
    thread = threading.Thread(target=serve, args=(request, started.put))
    thread.start()
    running = started.get(timeout=60)
    try:
        yield running.address
    finally:
        running.stop()
        thread.join(timeout=60)
        assert not thread.is_alive()
