"""The page of a bench and the site of the documents, as a reader sees them in Chromium."""

from __future__ import annotations

import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
SIZES = {"wide": (1280, 900, "light"), "phone": (390, 844, "dark")}
GRAVE = {"serious", "critical"}
PATIENCE = 60_000
SHIFTS = """frames => frames.map((frame) => {
  const image = frame.firstElementChild.getBoundingClientRect();
  const box = frame.getBoundingClientRect();
  const pixel = box.width / 48;
  const shift = [box.left - image.left, box.top - image.top];
  return [...shift, image.width].map((length) => Math.round(length / pixel));
})"""
SITE_PAGES = ("index", "install", "models", "reference")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("Chromium is not on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """Measure two baselines on a picture that is larger than a crop."""
    folder = tmp_path_factory.mktemp("bench")
    levels = np.random.default_rng(3).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    (folder / "hr").mkdir()
    Image.fromarray(levels).save(folder / "hr/a.png")
    request = BenchRequest(
        models=("nearest", "bicubic", "lanczos"), scales=(2, 4), data=folder / "hr", form="html"
    )
    page = folder / "report.html"
    page.write_text(bench(request, lambda _: None).text, encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def site(site_files) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site_files))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(browser: Browser, address: str, size: str = "wide", **options: object) -> Page:
    width, height, scheme = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, **options
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


def check_legible(page: Page) -> None:
    """Compare with the rules of axe-core, and with the width of the window."""
    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in GRAVE] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", SIZES)
def test_the_bench_page_is_legible(browser, report, size):
    check_legible(opened(browser, report.as_uri(), size, bypass_csp=True))


@pytest.mark.parametrize("name", SITE_PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_the_site_is_legible(browser, site, name, size):
    check_legible(opened(browser, f"{site}/{name}.html", size))


def test_columns_are_sorted_by_their_heads(browser, report):
    page = opened(browser, report.as_uri())
    table = page.locator("table").first
    head = table.locator("th").nth(2)

    def figures() -> list[float]:
        cells = table.locator("tbody tr td:nth-child(3)").all_text_contents()
        return [float(re.match(r"[\d.]+", cell)[0]) for cell in cells]

    before = figures()
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert figures() == sorted(before, reverse=True)
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert figures() == sorted(before)


def test_the_reader_moves_and_resizes_the_same_window_of_all_models(browser, report):
    page = opened(browser, report.as_uri())
    overview, place = page.locator(".overview"), page.locator("output")
    overview.click()
    assert place.text_content() == "at 52, 32"
    overview.press("ArrowRight")
    overview.press("ArrowUp")
    assert place.text_content() == "at 60, 24"
    page.locator(".side").select_option("48")
    assert place.text_content() == "at 84, 48"
    shifts = page.locator(".frame").evaluate_all(SHIFTS)
    assert shifts == [[84, 48, 200]] * 4
    page.locator(".side").select_option("480")
    assert place.text_content() == "at 0, 0"


def test_on_paper_nothing_is_cut_off(browser, report):
    page = opened(browser, report.as_uri(), "phone")
    page.emulate_media(media="print")
    assert not page.locator(".choose").first.is_visible()
    cut = page.locator(".wide").evaluate_all("all => all.map((e) => getComputedStyle(e).overflowX)")
    assert set(cut) == {"visible"}
