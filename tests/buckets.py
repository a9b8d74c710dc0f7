"""An object store on this machine, for tests: moto's server, which speaks the protocol of S3."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


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
