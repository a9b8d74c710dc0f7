"""What others may send to a server: each is refused in one sentence, and nothing is left of it."""

from __future__ import annotations

import io
import socket
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image

from srcli.serve.limits import Limits
from tests.serving import server

FILES = Path(__file__).parent / "files"
LIMITS = Limits(
    file_bytes=2_000_000, pixels=4_000_000, result_pixels=8_000_000, idle_seconds=1.0, uploads=2
)
LIST = "hostile-uploads-list"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def client(folder) -> Iterator[httpx2.Client]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    with server(LIMITS) as address, httpx2.Client(base_url=address, timeout=60) as client:
        yield client
    tempfile.tempdir = before


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, body: bytes = b"", between: bytes = b"") -> bytes:
    """Write a PNG file that says what it likes of its size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    ends = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(body)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + ends[0] + between + ends[1] + ends[2]


SMALL = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
FRAMES = [Image.new("L", (1000, 1000), n) for n in range(6)]
TEXT = b"<!doctype html><script>alert(1)</script>"
REFUSED = {
    "nothing": (b"", 400),
    "text": (b"hello", 422),
    "HTML": (TEXT, 422),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 422),
    "ZIP": (b"PK\x03\x04" + bytes(200), 422),
    "a program": (b"\x7fELF" + bytes(500), 422),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 422),
    "PDF": (b"%PDF-1.7\n", 422),
    "a TOML file": (b'[upscale]\nmodel = "/etc/passwd"\n', 422),
    "only a signature": (b"\x89PNG\r\n\x1a\n", 422),
    "half a PNG": (encoded(SMALL, "PNG")[:45], 422),
    "half a JPEG": (encoded(SMALL, "JPEG")[:300], 422),
    "half a WebP": (encoded(SMALL, "WEBP")[:30], 422),
    "half a TIFF": (encoded(SMALL, "TIFF")[:40], 422),
    "half a GIF": (encoded(SMALL, "GIF")[:20], 422),
    "half an AVIF": (encoded(SMALL, "AVIF")[:100], 422),
    "a PNG with a wrong checksum": (encoded(SMALL, "PNG").replace(b"IDAT", b"IDAX"), 422),
    "a PNG of no pixels": (png(0, 0), 422),
    "a PNG of most pixels": (png(2**31 - 1, 2**31 - 1), 422),
    "a bomb of 400 megapixels": (png(20_000, 20_000, body=bytes(1000)), 422),
    "a bomb of frames": (encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), 422),
    "a bomb of chunks": (png(4, 4, between=chunk(b"tEXt", b"a\0b") * 110_000), 422),
    "a bomb of flat colour": (encoded(Image.new("1", (3000, 3000)), "PNG"), 422),
    "a large BMP": (encoded(Image.new("RGB", (900, 900)), "BMP"), 413),
    "a file of 6 MB": (bytes(6_000_000), 413),
    "a TIFF that circles": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", 422),
    "a profile that inflates": (
        png(4, 4, between=chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(80_000_000), 9))),
        422,
    ),
}
"""What is sent, and the status that is answered."""


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(client, what):
    content, status = REFUSED[what]
    answer = client.post("/jobs", params={"list": LIST, "name": f"{what}.png"}, content=content)
    assert answer.status_code == status, answer.text
    failure = answer.json()
    assert failure["message"].endswith((".", ":"))
    assert "Traceback" not in answer.text
    assert tempfile.gettempdir() not in answer.text
    assert "--" not in failure["hint"]


def test_no_more_is_inflated_than_the_picture_needs(client):
    params = {"list": LIST, "hold": "true"}
    bomb = png(4, 4, body=bytes(50_000_000))
    job = client.post("/jobs", params=params, content=bomb).json()
    assert "extra data after its last pixel" in job["picture"]["warnings"][0]
    client.delete(f"/jobs/{job['id']}")


def test_a_picture_that_claims_to_be_small_is_cut_off(client):
    def endless() -> Iterator[bytes]:
        yield encoded(SMALL, "PNG")
        while True:
            yield bytes(100_000)

    try:
        answer = client.post("/jobs", params={"list": LIST}, content=endless())
    except (httpx2.WriteError, httpx2.RemoteProtocolError):  # cut off while it was sent
        return
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x.png", "a\0b.png", "\u202egnp.exe", "x" * 900, "con.png"]
)
def test_a_hostile_name_is_a_name_alone(client, folder, name):
    params = {"list": LIST, "name": name, "hold": "true"}
    job = client.post("/jobs", params=params, content=encoded(SMALL, "PNG")).json()
    assert not {"/", "\\", "\0", "\u202e"} & {*job["name"]}
    assert len(job["name"]) <= 120
    assert client.delete(f"/jobs/{job['id']}").status_code == 204
    assert list(folder.iterdir()) == []


def test_a_file_that_grows_too_large_is_refused(client):
    pieces = (bytes(1_000_000) for _ in range(5))
    answer = client.post("/jobs", params={"list": LIST}, content=pieces)
    assert (answer.status_code, answer.json()["error"]) == (413, "TooLarge")
    assert "larger than the 2 MB" in answer.json()["message"]


def exchange(client, data: bytes) -> bytes:
    """Send some bytes and nothing more, and return what comes until the connection ends."""
    with socket.create_connection((client.base_url.host, client.base_url.port), 20) as line:
        line.sendall(data)
        answer = b""
        while piece := line.recv(10_000):
            answer += piece
        return answer


HEAD = b"POST /jobs HTTP/1.1\r\nHost: localhost\r\n"


def test_who_sends_nothing_is_dropped(client):
    began = time.monotonic()
    assert exchange(client, b"") == b""
    assert exchange(client, b"POST /jobs HTTP/1.1\r\nHost: lo") == b""
    assert time.monotonic() - began < 15


def test_who_stops_in_the_middle_of_a_picture_is_told(client):
    answer = exchange(client, HEAD + b"Content-Length: 1000\r\n\r\nabc")
    assert b" 408 " in answer
    assert b"did not arrive in time" in answer


def test_who_leaves_in_the_middle_leaves_nothing(client):
    for _ in range(3 * LIMITS.uploads):
        place = (client.base_url.host, client.base_url.port)
        with socket.create_connection(place, 20) as line:
            line.sendall(HEAD + b"Content-Length: 100000\r\n\r\n" + bytes(5000))
    time.sleep(0.5)
    params = {"list": LIST, "hold": "true"}
    job = client.post("/jobs", params=params, content=encoded(SMALL, "PNG"))
    assert job.status_code == 201
    client.delete(f"/jobs/{job.json()['id']}")


def test_wrong_lengths_are_refused(client):
    assert b" 413 " in exchange(client, HEAD + b"Content-Length: 99999999999999999999\r\n\r\n")
    assert b" 400 " in exchange(client, HEAD + b"Content-Length: -1\r\n\r\n")
    assert b" 400 " in exchange(client, HEAD + b"Host: evil\r\nContent-Length: 1\r\n\r\na")
    both = b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b" 201 " not in exchange(client, HEAD + both + b"Connection: close\r\n")


def test_slow_senders_do_not_keep_others_out_for_long(client):
    place = (client.base_url.host, client.base_url.port)
    slow = [socket.create_connection(place) for _ in range(LIMITS.uploads)]
    for line in slow:
        line.sendall(HEAD + b"Content-Length: 1000\r\n\r\na")
    time.sleep(0.3)
    params = {"list": LIST, "hold": "true"}
    busy = client.post("/jobs", params=params, content=encoded(SMALL, "PNG"))
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    time.sleep(2 * LIMITS.idle_seconds)
    free = client.post("/jobs", params=params, content=encoded(SMALL, "PNG"))
    assert free.status_code == 201
    client.delete(f"/jobs/{free.json()['id']}")
    for line in slow:
        line.close()


def test_nothing_is_left(client, folder):
    assert client.get("/jobs", params={"list": LIST}).json() == {"jobs": []}
    assert list(folder.iterdir()) == []


def test_what_is_good_is_still_taken(client):
    answer = client.post(
        "/jobs", params={"list": LIST, "hold": "true"}, content=encoded(SMALL, "PNG")
    )
    assert answer.status_code == 201
