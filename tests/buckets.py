"""An object store on this machine, for tests: moto's server, which speaks the protocol of S3."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket, as a client sees it that is none of ours."""

    name: str
    client: Any

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def names(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return sorted(one["Key"] for one in found)

    def versions(self) -> dict[str, tuple[str, object]]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {one["Key"]: (one["ETag"], one["LastModified"]) for one in found}


def small_picture(seed: int = 0, width: int = 20, height: int = 16, kind: str = "png") -> bytes:
    """Return the file of a picture of noise."""
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind)
    return file.getvalue()


@contextmanager
def store_server() -> Iterator[str]:
    """Serve an empty store at a free port, and yield its address."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def make_bucket(endpoint: str, name: str) -> Bucket:
    """Return a new bucket of a store."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="tests",
        aws_secret_access_key="tests",  # noqa: S106 - no secret
    )
    client.create_bucket(Bucket=name)
    return Bucket(name=name, client=client)


Fate = Literal["answered", "lost", "carried out"]
"""What becomes of a request; one that is lost or only carried out has no answer, ever."""
FateOf = Callable[[str], Fate]
"""Gets ``PUT /bucket/key``, and may wait."""


class Between(ThreadingHTTPServer):
    """Passes requests on to a store, and some answers back."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: str, fate_of: FateOf) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.store, self.fate_of = urlsplit(store).netloc, fate_of
        self.over = threading.Event()


class Passing(BaseHTTPRequestHandler):
    """Passes the requests of one connection on."""

    protocol_version = "HTTP/1.1"
    server: Between

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fate = self.server.fate_of(f"{self.command} {self.path}")
        if fate != "lost":
            asked = HTTPConnection(self.server.store)
            asked.request(self.command, self.path, body, dict(self.headers.items()))
            answer = asked.getresponse()
            content = answer.read()
            asked.close()
        if fate != "answered":
            self.server.over.wait()
            self.close_connection = True
            return
        self.send_response(answer.status)
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in OWN}
        for name, value in {"Content-Length": str(len(content)), **kept}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = pass_on  # noqa: N815 - names of the library

    def log_message(self, *_: object) -> None:
        """Say nothing."""


OWN = {"connection", "date", "server", "transfer-encoding"}
"""Headers that a server writes itself."""


@contextmanager
def store_behind(store: str, fate_of: FateOf) -> Iterator[str]:
    """Serve what is between us and a store, and yield its address."""
    server = Between(store, fate_of)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        serving.join()
