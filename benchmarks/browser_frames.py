"""Make the animations of ``tests/golden/animations`` and what a browser shows of them.

``python benchmarks/browser_frames.py FOLDER`` writes APNG, GIF and WebP files of every disposal
and blending, opens each in a headless Chromium, draws its frames to a canvas and keeps the
samples in ``frames.npz``. With ``--check FILES...`` it compares any files with what this
project reads from them, and prints the largest difference of each.

Differences are between colours multiplied by alpha, as a canvas keeps them.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import shutil
import struct
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from srcli.images.codecs import png
from srcli.images.decode import decode_picture
from srcli.images.picture.animation import Animation
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import with_alpha

Samples = NDArray[np.uint8] | NDArray[np.uint16]
HEIGHT, WIDTH = 14, 18
CANVAS = (0, 0, HEIGHT, WIDTH)
PARTS = (CANVAS, (2, 3, 8, 9), (5, 1, 7, 12), (0, 8, 14, 6), (4, 4, 6, 6))
"""Top, left, height and width of the frames of most animations here."""
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PAGE = """<!doctype html><script>
(async () => {
  for (const [name, type] of JSON.parse(await (await fetch("/list")).text())) {
    const data = await (await fetch("/file/" + name)).arrayBuffer();
    const decoder = new ImageDecoder({data, type, colorSpaceConversion: "none"});
    await decoder.tracks.ready;
    await decoder.completed;
    const frames = [];
    let width = 0, height = 0;
    for (let index = 0; index < decoder.tracks.selectedTrack.frameCount; index++) {
      const {image} = await decoder.decode({frameIndex: index});
      width = image.displayWidth; height = image.displayHeight;
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context.drawImage(image, 0, 0);
      frames.push(context.getImageData(0, 0, width, height).data);
      image.close();
    }
    await fetch("/shown/" + name + "/" + height + "/" + width,
                {method: "POST", body: new Blob(frames)});
  }
  await fetch("/done", {method: "POST"});
})().catch(error => fetch("/failed", {method: "POST", body: String(error)}));
</script>"""
TYPES = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}


def noise(size: tuple[int, int], channels: int, *, peak: int = 255, soft: bool = True) -> Samples:
    """Blocks of random colours, opaque, transparent and half-transparent ones."""
    random = np.random.default_rng(size[0] * 100 + size[1] + channels)
    small = random.integers(0, peak + 1, (-(-size[0] // 2), -(-size[1] // 2), channels))
    if channels in {2, 4}:
        levels = [0, peak // 3, peak // 2, peak] if soft else [0, peak]
        small[..., -1] = random.choice(levels, small.shape[:2])
    blocks = small.repeat(2, 0).repeat(2, 1)[: size[0], : size[1]]
    return blocks.astype(np.uint16 if peak > 255 else np.uint8)  # noqa: PLR2004 - one byte


def apng(
    pictures: Sequence[bytes],
    places: Sequence[tuple[int, int]],
    ways: Sequence[tuple[int, int]],
    *,
    hidden: bytes = b"",
) -> bytes:
    """Join PNG files to an animated one.

    Args:
        pictures: a file a frame.
        places: top and left of each.
        ways: disposal and blending of each, as fcTL has them.
        hidden: a file that is shown in place of the animation where none is understood.

    """
    order = iter(range(1000))
    base = [(chunk.kind, chunk.body) for chunk in png.walk(hidden or pictures[0])]
    file = [png.SIGNATURE]
    for kind, body in base:
        if kind in {b"IDAT", b"IEND"}:
            continue
        file.append(png.make_chunk(kind, body))
        if kind == b"IHDR":
            file.append(png.make_chunk(b"acTL", struct.pack(">2I", len(pictures), 0)))
    file += [png.make_chunk(kind, body) for kind, body in base if hidden and kind == b"IDAT"]
    for number, (picture, (top, left), way) in enumerate(zip(pictures, places, ways, strict=True)):
        width, height = struct.unpack_from(">2I", picture, 16)
        control = struct.pack(">5I2H2B", next(order), width, height, left, top, 1, 10, *way)
        file.append(png.make_chunk(b"fcTL", control))
        for kind, body in ((chunk.kind, chunk.body) for chunk in png.walk(picture)):
            if kind == b"IDAT" and (number or hidden):
                file.append(png.make_chunk(b"fdAT", struct.pack(">I", next(order)) + body))
            elif kind == b"IDAT":
                file.append(png.make_chunk(kind, body))
    return b"".join([*file, png.make_chunk(b"IEND", b"")])


def with_chunk(picture: bytes, kind: bytes, body: bytes) -> bytes:
    """Put a chunk in front of the pixels of a PNG file."""
    at = picture.index(b"IDAT") - 4
    return picture[:at] + png.make_chunk(kind, body) + picture[at:]


def apng_files() -> Iterator[tuple[str, bytes]]:
    """Animated PNG of every disposal, blending, depth and kind of colour."""
    sizes, places = [part[2:] for part in PARTS], [part[:2] for part in PARTS]

    def pictures(channels: int, peak: int = 255) -> list[bytes]:
        return [png.encode(noise(size, channels, peak=peak), Metadata()) for size in sizes]

    for disposal in range(3):
        for blending in range(2):
            ways = [(disposal, blending)] * 5
            yield f"rgba-d{disposal}-b{blending}.png", apng(pictures(4), places, ways)
    mixed = [(1, 1), (2, 1), (0, 0), (2, 0), (1, 1)]
    yield "rgba-mixed.png", apng(pictures(4), places, mixed)
    yield "rgba-previous-first.png", apng(pictures(4), places, [(2, 1), (0, 1), *mixed[:3]])
    yield "rgb-mixed.png", apng(pictures(3), places, mixed)
    yield "gray-mixed.png", apng(pictures(1), places, mixed)
    yield "gray-alpha-mixed.png", apng(pictures(2), places, mixed)
    yield "rgba16-mixed.png", apng(pictures(4, 65535), places, mixed)
    yield "gray16-mixed.png", apng(pictures(1, 65535), places, mixed)
    hidden = png.encode(noise(CANVAS[2:], 4)[::-1], Metadata())
    yield "rgba-hidden.png", apng(pictures(4), places, mixed, hidden=hidden)
    small = pictures(4)[1:]
    yield "rgba-hidden-small.png", apng(small, places[1:], mixed[1:], hidden=hidden)
    keyed = [noise(size, 3) // 128 * 255 for size in sizes]
    files = [with_chunk(png.encode(one, Metadata()), b"tRNS", bytes([0, 255] * 3)) for one in keyed]
    yield "color-key.png", apng(files, places, mixed)
    yield "palette.png", apng([paletted(size) for size in sizes], places, mixed)


def paletted(size: tuple[int, int]) -> bytes:
    """A PNG file of a palette with transparency."""
    indices = noise(size, 1)[..., 0] // 64
    rows = b"".join(b"\0" + row.tobytes() for row in indices)
    header = struct.pack(">2I5B", size[1], size[0], 8, 3, 0, 0, 0)
    table = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 200, 200, 0])
    chunks = [(b"IHDR", header), (b"PLTE", table), (b"tRNS", bytes([255, 128, 0]))]
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(png.make_chunk(*chunk) for chunk in chunks)


def gif(  # noqa: PLR0913 - each names one trait of a file
    parts: Sequence[tuple[int, int, int, int]],
    disposals: Sequence[int],
    *,
    transparent: bool,
    background: int = 0,
    screen: tuple[int, int] = (HEIGHT, WIDTH),
    local: bool = False,
    interlaced: bool = False,
) -> bytes:
    """Write a GIF file of eight colours whose frames lie where ``parts`` say."""
    table = bytes((np.arange(24) * 53 + 80 & 255).tolist())
    file = [b"GIF89a", struct.pack("<2H3B", screen[1], screen[0], 0x80 | 2, background, 0), table]
    for number, (part, disposal) in enumerate(zip(parts, disposals, strict=True)):
        top, left, height, width = part
        indices = noise((height, width), 1)[..., 0] // 32
        image = Image.fromarray(indices)
        image.putdata(indices.flatten().tolist())
        picture = io.BytesIO()
        image.save(picture, "GIF", interlace=interlaced, optimize=False)
        content = picture.getvalue()
        at = content.rindex(b",", 0, content.index(struct.pack("<2H", width, height), 13) + 4)
        flags = (content[at + 9] & 0x40) | (0x82 if local else 0)
        control = disposal << 2 | int(transparent)
        file.append(struct.pack("<4BH2B", 0x21, 0xF9, 4, control, 10, (3 + number) % 8, 0))
        file.append(struct.pack("<B4HB", 0x2C, left, top, width, height, flags))
        file.append(table[::-1] if local else b"")
        skipped = 10 + (3 << (content[at + 9] & 7) + 1 if content[at + 9] & 0x80 else 0)
        file.append(content[at + skipped : -1])
    return b"".join([*file, b";"])


def gif_files() -> Iterator[tuple[str, bytes]]:
    """GIF of every disposal, with and without a transparent index, and of odd canvases."""
    for disposal in range(4):
        for transparent in (False, True):
            name = f"d{disposal}{'-transparent' if transparent else ''}.gif"
            yield name, gif(PARTS, [disposal] * 5, transparent=transparent)
    yield "mixed.gif", gif(PARTS, [1, 3, 2, 3, 2], transparent=True, background=5)
    yield "mixed-opaque.gif", gif(PARTS, [2, 3, 1, 2, 0], transparent=False, background=5)
    yield (
        "local-interlaced.gif",
        gif(PARTS, [2, 1, 3, 2, 1], transparent=True, local=True, interlaced=True),
    )
    yield "small-first.gif", gif(PARTS[1:], [2, 2, 3, 1], transparent=False, background=2)
    yield "odd-disposals.gif", gif(PARTS, [4, 5, 6, 7, 2], transparent=True)
    yield "beyond.gif", gif(PARTS, [2, 1, 2, 3, 1], transparent=True, screen=(9, 11))


def webp(
    parts: Sequence[tuple[int, int, int, int]], ways: Sequence[tuple[int, int]], background: int
) -> bytes:
    """Write an animated WebP file; ``ways`` are disposal and blending as ANMF has them."""
    frames = []
    for (top, left, height, width), (disposal, no_blending) in zip(parts, ways, strict=True):
        picture = io.BytesIO()
        image = Image.fromarray(noise((height, width), 4))
        image.save(picture, "WEBP", lossless=True, exact=True)
        content = picture.getvalue()
        chunks = content[content.index(b"VP8L") :]
        numbers = (left // 2, top // 2, width - 1, height - 1, 100)
        head = b"".join(number.to_bytes(3, "little") for number in numbers)
        frames.append(riff(b"ANMF", head + bytes([disposal | no_blending << 1]) + chunks))
    size = (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    body = riff(b"VP8X", bytes([0x12, 0, 0, 0]) + size)
    body += riff(b"ANIM", background.to_bytes(4, "little") + bytes(2)) + b"".join(frames)
    return riff(b"RIFF", b"WEBP" + body)


def riff(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a RIFF file."""
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def webp_files() -> Iterator[tuple[str, bytes]]:
    """Animated WebP of every disposal and blending."""
    parts = [(top // 2 * 2, left // 2 * 2, *size) for top, left, *size in PARTS]
    for disposal in range(2):
        for no_blending in range(2):
            ways = [(disposal, no_blending)] * 5
            yield f"d{disposal}-b{no_blending}.webp", webp(parts, ways, 0)
    mixed = [(1, 0), (0, 1), (1, 1), (0, 0), (1, 0)]
    yield "mixed-background.webp", webp(parts, mixed, 0xFF3366CC)


def ask_browser(files: Sequence[tuple[str, bytes]]) -> dict[str, NDArray[np.uint8]]:
    """Return what Chromium shows of each file, (frames, height, width, 4)."""
    shown: dict[str, NDArray[np.uint8]] = {}
    contents, done = dict(files), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            listed = [(name, TYPES[Path(name).suffix]) for name in contents]
            _, place, *rest = self.path.split("/")
            body = {"": PAGE.encode(), "list": json.dumps(listed).encode()}.get(place)
            self.answer(contents[rest[0]] if place == "file" else body or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            _, place, *rest = self.path.split("/")
            if place == "shown":
                size = (-1, int(rest[1]), int(rest[2]), 4)
                shown[rest[0]] = np.frombuffer(body, np.uint8).reshape(size)
            else:
                print(body.decode(), end="")
                done.set()
            self.answer(b"")

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        command = [shutil.which("chromium") or "chromium", *FLAGS, f"--user-data-dir={profile}"]
        command.append(f"http://127.0.0.1:{server.server_port}/")
        browser = subprocess.Popen(command, stdout=-3, stderr=-3)  # noqa: S603 - from the PATH
        done.wait(120)
        browser.terminate()
        browser.wait()
    server.shutdown()
    return shown


def difference(data: bytes, name: str, frames: NDArray[np.uint8]) -> float:
    """Return the largest difference between a browser's frames and ours, in levels of 8 bits."""
    picture = decode_picture(data, name=name)
    ours = picture.frames if isinstance(picture, Animation) else ()
    if len(ours) != len(frames):
        return float("nan")
    return max(
        float(np.abs(multiplied(with_alpha(own)) - multiplied(other)).max(initial=0))
        if own.shape[:2] == other.shape[:2]
        else float("nan")
        for own, other in zip(ours, frames, strict=True)
    )


def multiplied(samples: Samples) -> NDArray[np.float64]:
    """Colours times alpha, and alpha, 0 to 255."""
    levels = samples / np.iinfo(samples.dtype).max
    levels[..., :3] *= levels[..., 3:]
    return levels * 255


def main() -> None:
    """Write the folder, or compare files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--check", type=Path, nargs="+", default=[])
    arguments = parser.parse_args()
    files = [
        (base64.urlsafe_b64encode(str(path).encode()).decode() + path.suffix, path.read_bytes())
        for path in arguments.check
    ]
    if arguments.folder:
        files = [*apng_files(), *gif_files(), *webp_files()]
    shown = ask_browser(files)
    if arguments.folder:
        for name, data in files:
            (arguments.folder / name).write_bytes(data)
        np.savez_compressed(arguments.folder / "frames.npz", **shown)
    names = [str(path) for path in arguments.check] or [name for name, _ in files]
    for name, (key, data) in zip(names, files, strict=True):
        print(f"{name:40} {difference(data, name, shown[key]):6.2f}  {len(shown[key])} frames")


if __name__ == "__main__":
    main()
