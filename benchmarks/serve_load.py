"""Let two browsers send 50 pictures to ``srcli serve`` at once, and kill one of them.

``python benchmarks/serve_load.py [ROUNDS]`` starts the server with a temporary folder of its own.
In each round, two Chromium browsers send 25 pictures each and start them all; one browser is
killed while they are made. Then every result is compared, byte for byte, with what the pipeline
makes of the picture, all jobs are removed, and the memory of the server is printed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from srcli import Upscaler

EACH = 25
KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP")
SCALE = 1.5
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), "")
PATIENCE = 900_000


def picture(number: int) -> bytes:
    """Draw a picture that differs from all others."""
    random = np.random.default_rng(number)
    rows, columns = np.mgrid[0 : 60 + number % 30, 0 : 90 + number % 17]
    waves = [np.sin(rows * random.random()) + np.cos(columns * random.random()) for _ in range(3)]
    samples = (np.stack(waves, -1) * 60 + 128).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, KINDS[number % len(KINDS)])
    return file.getvalue()


def send(browser: Browser, address: str, folder: Path, names: list[str]) -> tuple[Page, str]:
    """Add pictures to the page, start them all, and return the page and the name of its list."""
    page = browser.new_page()
    page.goto(address)
    page.set_input_files("#files", [folder / name for name in names])
    expect(page.locator(".job")).to_have_count(len(names), timeout=PATIENCE)
    page.select_option("#size", f"scale={SCALE}")
    page.click("#start-all")
    expect(page.locator(".job.held")).to_have_count(0, timeout=PATIENCE)
    return page, page.evaluate("() => localStorage.getItem('srcli-list')")


@contextlib.contextmanager
def browser(playwright: Playwright) -> Iterator[tuple[Browser, subprocess.Popen[str]]]:
    """Start a browser whose process is known; it is killed in the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
        command = [CHROMIUM, *flags, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
        for line in process.stderr:
            if found := re.search(r"DevTools listening on (\S+)", line):
                break
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield playwright.chromium.connect_over_cdp(found[1]), process
        process.kill()
        process.wait()


def run(address: str, folder: Path, expected: dict[str, bytes]) -> str:
    """Run one round; return what came of it."""
    names = sorted(expected)
    with (
        sync_playwright() as playwright,
        browser(playwright) as (first, _),
        browser(playwright) as (second, victim),
    ):
        page, one = send(first, address, folder, names[:EACH])
        _, other = send(second, address, folder, names[EACH:])
        victim.send_signal(signal.SIGKILL)
        expect(page.locator(".job.done")).to_have_count(EACH, timeout=PATIENCE)
    right = 0
    with httpx2.Client(base_url=address, timeout=60) as client:
        for name in (one, other):
            while True:
                jobs = client.get("/jobs", params={"list": name}).json()["jobs"]
                if all(job["state"] in {"done", "failed"} for job in jobs):
                    break
                time.sleep(0.5)
            for job in jobs:
                result = client.get(f"/jobs/{job['id']}/result").content
                right += result == expected[job["name"]]
            client.delete("/jobs", params={"list": name})
    return f"{right} of {len(names)} results are right"


def memory(process: subprocess.Popen[str]) -> str:
    """Return the memory that the server takes, and the most that it took."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = {
        name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1000 for name in ("VmRSS", "VmHWM")
    }
    return f"{found['VmRSS']} MB of memory, at most {found['VmHWM']} MB"


def main() -> None:
    """Run all rounds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    with tempfile.TemporaryDirectory() as base:
        sent, temporary = Path(base, "sent"), Path(base, "temporary")
        sent.mkdir()
        temporary.mkdir()
        upscaler, expected = Upscaler(device="cpu"), {}
        for number in range(2 * EACH):
            content = picture(number)
            name = f"{number:02}.{KINDS[number % len(KINDS)].lower()}"
            (sent / name).write_bytes(content)
            expected[name] = upscaler(content, SCALE)
        command = [sys.executable, "-m", "srcli", "serve", "--port", "0", "--device", "cpu"]
        environment = {**os.environ, "TMPDIR": str(temporary)}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
        address = process.stdout.readline().strip()
        print(f"at the start: {memory(process)}", flush=True)
        for number in range(rounds):
            began = time.monotonic()
            told = run(address, sent, expected)
            seconds = time.monotonic() - began
            left = len(list(temporary.iterdir()))
            print(
                f"round {number + 1}: {told}, {left} files in the temporary folder, "
                f"{memory(process)}, {seconds:.0f} s",
                flush=True,
            )
        process.send_signal(signal.SIGINT)
        print(
            f"the server ended with {process.wait(60)}; {len(list(temporary.iterdir()))} files left"
        )


if __name__ == "__main__":
    main()
