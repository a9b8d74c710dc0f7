"""A bucket that fails: nothing may be lost, nothing made twice, and two runs share the work.

    python benchmarks/buckets.py 2000 [--apart]
    python benchmarks/buckets.py --list 1000000

The first starts moto's server, which speaks the protocol of S3, and before it a proxy that spoils
every fifth request: it answers 500, waits, resets the connection before the request is carried
out, or carries it out and resets the connection before the answer. Two runs enlarge the same
objects at once, beside each other; ``--apart`` gives each a record of its own, as on two machines.
Then all is counted, without the proxy, and the same command is run once more.

The second starts a server of its own that speaks the pages of ListObjectsV2 and nothing else,
finds all pictures of a bucket that is that large, and says how much memory that takes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

SHARE = 0.2
"""Of the requests, those that fail."""
SLOW = 2.0
"""Seconds that a slow answer takes."""
SIDE = 24


class Spoiler(BaseHTTPRequestHandler):
    """Passes requests on to a store, and spoils some."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    spoilt: ClassVar[Counter[str]] = Counter()
    puts: ClassVar[Counter[str]] = Counter()
    chance = random.Random(1)
    lock = threading.Lock()

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.lock:
            fate = "passed"
            if self.chance.random() < SHARE:
                fate = self.chance.choice(["500", "slow", "reset before", "reset after"])
            self.spoilt[fate] += 1
        if fate == "500":
            self._answer(500, [], b"<Error><Code>InternalError</Code></Error>")
            return
        if fate == "slow":
            time.sleep(SLOW)
        if fate == "reset before":
            self._reset()
            return
        status, headers, content = self._ask(body)
        if self.command == "PUT" and status == 200:  # noqa: PLR2004 - done
            with self.lock:
                self.puts[urlsplit(self.path).path] += 1
        if fate == "reset after":
            self._reset()
            return
        self._answer(status, headers, content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any  # noqa: N815 - names of the library

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = HTTPConnection(self.upstream, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        kept = [pair for pair in headers if pair[0].lower() != "transfer-encoding"]
        for name, value in kept:
            if name.lower() not in {"connection", "date", "server"}:
                self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in kept):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _reset(self) -> None:
        """Close so that the other side gets a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.rfile, self.wfile = io.BytesIO(), io.BytesIO()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Pages(BaseHTTPRequestHandler):
    """Speaks ListObjectsV2 of a bucket with numbered keys, and nothing else."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        token = asked.get("continuation-token", asked.get("start-after", [""]))[0]
        first = int("".join(filter(str.isdigit, token.rpartition("/")[2])) or -1) + 1
        numbers = range(first, min(first + 1000, self.count))
        more = numbers.stop < self.count
        rows = "".join(
            f"<Contents><Key>in/{number // 1000:05}/photo-{number:09}.jpg</Key>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{number:032x}&quot;</ETag><Size>{number + 1}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for number in numbers
        )
        following = f"<NextContinuationToken>{numbers.stop - 1}</NextContinuationToken>"
        content = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
            f"<Name>b</Name><KeyCount>{len(numbers)}</KeyCount><MaxKeys>1000</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{following if more else ''}{rows}"
            "</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def served(handler: type[BaseHTTPRequestHandler]) -> tuple[ThreadingHTTPServer, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"


def settings(address: str, cache: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "SRCLI_CACHE_DIR": cache,
        "OMP_NUM_THREADS": "1",
    }


def picture(number: int) -> bytes:
    levels = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3))
    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, "png")
    return file.getvalue()


def fill(address: str, count: int) -> Any:  # noqa: ANN401 - a client of boto3
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=f"http://{address}",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",  # noqa: S106 - no secret
    )
    client.create_bucket(Bucket="load")
    for number in range(count):
        client.put_object(Bucket="load", Key=f"in/{number:05}.png", Body=picture(number))
    return client


def keys(client: Any, prefix: str) -> list[str]:  # noqa: ANN401 - the same
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="load", Prefix=prefix)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def load(count: int, *, apart: bool) -> None:
    store = subprocess.Popen(  # noqa: S603 - moto
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port := free_port())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cache = tempfile.mkdtemp(prefix="srcli-buckets-")
    try:
        Spoiler.upstream = f"127.0.0.1:{port}"
        await_port(port)
        client = fill(Spoiler.upstream, count)
        _, address = served(Spoiler)
        command = [
            sys.executable,
            "-m",
            "srcli",
            "upscale",
            "s3://load/in/",
            "-o",
            "s3://load/out/",
        ]
        command += ["--model", "bicubic", "--json"]
        began = time.monotonic()
        runs = [
            subprocess.Popen(  # noqa: S603 - srcli
                command,
                env=settings(address, f"{cache}/{number}" if apart else cache),
                stdout=subprocess.PIPE,
            )
            for number in range(2)
        ]
        with ThreadPoolExecutor(len(runs)) as pool:  # a run whose pipe is full stands still
            told = list(pool.map(lambda run: run.communicate(timeout=3600)[0], runs))
        seconds = time.monotonic() - began
        report(client, count, [parsed(one) for one in told], [run.returncode for run in runs])
        print(f"{seconds:.0f} s; requests: {dict(Spoiler.spoilt)}")
        again = subprocess.run(  # noqa: S603 - srcli
            command, env=settings(Spoiler.upstream, cache), capture_output=True, check=False
        )
        summary = parsed(again.stdout)[-1]
        print(
            f"again, nothing spoilt: {summary['done']} done, {summary['skipped']} skipped,"
            f" {summary['failed']} failed in {summary['seconds']} s"
        )
    finally:
        store.terminate()
        store.wait(timeout=30)
        shutil.rmtree(cache, ignore_errors=True)


def parsed(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def report(
    client: Any,  # noqa: ANN401 - the same
    count: int,
    told: list[list[dict[str, Any]]],
    codes: list[int],
) -> None:
    for code, events in zip(codes, told, strict=True):
        last = events[-1]
        kept = {name: last[name] for name in ("found", "done", "skipped", "failed", "not_reached")}
        print(f"exit code {code}: {kept}")
        errors = Counter(
            one["message"].split(": ")[-1] for one in events if one["event"] == "failed"
        )
        if errors:
            print(f"  {dict(errors)}")
    made = [one["output"] for events in told for one in events if one["event"] == "done"]
    there = keys(client, "out/")
    twice = sum(times > 1 for times in Counter(made).values())
    puts = {path: n for path, n in Spoiler.puts.items() if path.startswith("/load/out/")}
    print(
        f"{len(there)} of {count} results are there; {len(made)} were told of, {twice} twice;"
        f" objects written more than once: {sum(n > 1 for n in puts.values())}"
    )
    whole = sum(
        Image.open(io.BytesIO(client.get_object(Bucket="load", Key=key)["Body"].read())).size
        == (2 * SIDE, 2 * SIDE)
        for key in there
    )
    print(f"{whole} of them are whole pictures")


def list_many(count: int) -> None:
    if "--inside" not in sys.argv:
        Pages.count = count
        _, address = served(Pages)
        environment = settings(address, tempfile.gettempdir())
        subprocess.run(  # noqa: S603 - this script
            [*sys.orig_argv, "--inside"], env=environment, check=True
        )
        return
    from srcli.images.discover import find_sources

    before, began, used = peak(), time.monotonic(), time.process_time()
    found = find_sources(["s3://b/in/"])
    seconds, used = time.monotonic() - began, time.process_time() - used
    print(f"{len(found):,} keys in {seconds:.0f} s, {used:.0f} s of processor time")
    print(f"peak of memory {before:.0f} MB before, {peak():.0f} MB after")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def await_port(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    msg = "The store does not start."
    raise SystemExit(msg)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("count", nargs="?", type=int, default=2000)
    options.add_argument("--apart", action="store_true")
    options.add_argument("--list", type=int)
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.list:
        list_many(given.list)
    else:
        load(given.count, apart=given.apart)
