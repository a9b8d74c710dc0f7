"""The page of ``srcli serve``, as a user sees it in Chromium."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.serving import server

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
SIZES = {"wide": (1280, 900, "light"), "phone": (390, 844, "dark")}
REBOUND = "rebound.example"
"""A name of another site that was given the address of this machine."""
ATTACK = """async ([server, list]) => {
    const url = `${server}jobs?hold=true&list=${list}`;
    const tries = [
        fetch(url, {method: "POST", mode: "no-cors", body: "x"}),
        fetch(url, {method: "POST", body: "x"}),
        fetch(`${server}about`),
        new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = resolve;
            image.onerror = reject;
            image.src = `${server}icon.svg`;
        }),
    ];
    const ends = await Promise.allSettled(tries);
    return ends.map((end) => end.status === "fulfilled" && end.value?.type !== "opaque");
}"""
TIMES = "\N{MULTIPLICATION SIGN}"
GRAVE = {"serious", "critical"}
PATIENCE = 60_000

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("Chromium is not on this machine")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def pictures(tmp_path) -> list[Path]:
    rows, columns = np.mgrid[0:60, 0:80]
    samples = np.stack([rows * 4, columns * 3, (rows + columns) * 2], -1).astype(np.uint8)
    paths = [tmp_path / name for name in ("photo one.jpg", "scan.tif", "line.png")]
    for path in paths:
        Image.fromarray(samples).save(path)
    return paths


def open_page(browser: Browser, address: str, size: str = "wide", **options) -> Page:
    width, height, scheme = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, **options
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    expect(page.locator("#model option").first).to_be_attached()
    return page


def add(page: Page, pictures: list[Path], *, known: int = 0) -> None:
    page.set_input_files("#files", pictures)
    expect(page.locator(".job")).to_have_count(known + len(pictures))


def test_pictures_are_added_enlarged_compared_and_saved(browser, address, pictures):
    page = open_page(browser, address)
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    add(page, pictures)
    expect(page.locator(".job").first).to_contain_text(f"80 {TIMES} 60 JPEG")
    expect(page.locator(".job .advice").first).to_contain_text("The model auto would take asdn-")
    page.select_option("#size", "scale")
    page.fill("#amount", "1.5")
    page.select_option("#model", "bicubic")
    expect(page.locator("#good-for")).to_have_text("Resizes without a network, to compare with.")
    page.click("#start-all")
    expect(page.locator(".job.done")).to_have_count(3)
    expect(page.locator(".job.done").nth(1)).to_contain_text(f"120 {TIMES} 90 TIFF")
    expect(page.locator("#status")).to_contain_text("3 of 3 done.")
    with page.expect_download() as saving:
        page.click(".job [data-does=save] >> nth=0")
    assert saving.value.suggested_filename == "photo one_x1.5.jpg"
    with Image.open(saving.value.path()) as image:
        assert image.size == (120, 90)
    with page.expect_download() as saving:
        page.click("#save-all")
    with zipfile.ZipFile(saving.value.path()) as zipped:
        assert {"photo one_x1.5.jpg", "scan_x1.5.tif", "line_x1.5.png"} == {*zipped.namelist()}
        Image.open(io.BytesIO(zipped.read("line_x1.5.png"))).verify()
    assert refused == []
    page.context.close()


def test_before_and_after_are_seen_at_full_size_and_moved_by_keys(browser, address, pictures):
    page = open_page(browser, address)
    add(page, pictures[1:2])
    page.select_option("#model", "bicubic")
    page.click("[data-does=start]")
    page.click("[data-does=compare]")
    frame = page.frame_locator("#frame")
    stage = frame.locator(".stage.live")
    expect(stage).to_be_visible()
    after, before = frame.locator("img.after"), frame.locator("img.before")
    assert after.evaluate("one => [one.clientWidth, one.clientHeight]") == [160, 120]
    assert before.evaluate("one => [one.clientWidth, one.clientHeight]") == [160, 120]
    assert before.evaluate("one => one.naturalWidth") == 80
    slider = frame.locator("#at")
    expect(slider).to_have_value("50")
    frame.locator(".scroll").first.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(slider).to_have_value("52")
    page.keyboard.press("+")
    assert after.evaluate("one => one.clientWidth") == 320
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    page.context.close()


def test_all_can_be_done_with_the_keyboard(browser, address, pictures):
    page = open_page(browser, address)
    add(page, pictures[2:])
    page.select_option("#model", "bicubic")
    page.focus("#files")
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.id") == "start-all":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".job.done")).to_have_count(1)
    page.focus("[data-does=remove]")
    page.keyboard.press("Enter")
    expect(page.locator(".job")).to_have_count(0)
    assert page.evaluate("() => document.activeElement.id") == "files"
    page.context.close()


def test_what_is_no_picture_is_refused_on_the_page(browser, address, tmp_path):
    (tmp_path / "<b>notes.png").write_text("hello")
    page = open_page(browser, address)
    page.set_input_files("#files", tmp_path / "<b>notes.png")
    problem = page.locator("#problems li")
    expect(problem).to_contain_text("notes.png is not a picture in a known format.")
    expect(page.locator("#problems b")).to_have_count(0)
    page.click("#problems button")
    expect(problem).to_have_count(0)
    page.context.close()


def test_a_picture_can_be_pasted_and_dropped(browser, address, pictures):
    page = open_page(browser, address, bypass_csp=True)
    for count, (name, kind) in enumerate((("paste", "clipboardData"), ("drop", "dataTransfer")), 1):
        page.evaluate(
            """([name, kind, bytes]) => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], `${name}.png`));
                const Kind = name === "paste" ? ClipboardEvent : DragEvent;
                document.body.dispatchEvent(new Kind(name, {[kind]: data, bubbles: true}));
            }""",
            [name, kind, list(pictures[2].read_bytes())],
        )
        expect(page.locator(".job")).to_have_count(count)
        expect(page.locator(".job .name").last).to_have_text(f"{name}.png")
    page.context.close()


def test_jobs_survive_the_closing_of_the_page(browser, address, pictures):
    page = open_page(browser, address)
    add(page, pictures)
    page.select_option("#model", "bicubic")
    page.click("#start-all")
    page.close()
    again = page.context.new_page()
    again.goto(address)
    expect(again.locator(".job.done")).to_have_count(3)
    again.context.close()
    stranger = open_page(browser, address)
    stranger.wait_for_timeout(500)
    expect(stranger.locator(".job")).to_have_count(0)
    stranger.context.close()


def test_the_page_asks_for_the_token(browser, pictures, tmp_path):
    (tmp_path / "token").write_text("a" * 40)
    with server(token_file=tmp_path / "token") as address:
        plain, _, token = address.partition("#token=")
        context = browser.new_context()
        page = context.new_page()
        page.goto(plain)
        expect(page.locator("#ask-token")).to_be_visible()
        page.fill("#token", token)
        page.keyboard.press("Enter")
        expect(page.locator("#ask-token")).to_be_hidden()
        add(page, pictures[:1])
        other = browser.new_context().new_page()
        other.goto(address)
        add(other, pictures[:1])
        assert token not in other.url
        other.context.close()
        context.close()


def test_a_page_of_another_site_sees_and_sends_nothing(browser, address, pictures):
    asked = "list-that-others-may-guess"
    content = pictures[2].read_bytes()
    with server() as other:
        page = browser.new_page(bypass_csp=True)  # other sites have no policy like ours
        page.goto(other.replace("127.0.0.1", "localhost"))
        attack = ATTACK.replace('"x"', f"new Uint8Array({list(content)})")
        assert page.evaluate(attack, [address, asked]) == [False] * 4
        page.close()
    assert httpx2.get(f"{address}jobs", params={"list": asked}).json() == {"jobs": []}


def test_a_name_that_was_given_this_address_shows_nothing(browser, address):
    page = browser.new_page()
    answer = page.goto(address.replace("127.0.0.1", REBOUND))
    assert answer.status == 421
    assert "not known by that name" in page.content()
    page.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_has_no_serious_fault(browser, address, pictures, size):
    page = open_page(browser, address, size, bypass_csp=True)
    check(page)
    add(page, pictures)
    page.set_input_files("#files", Path(__file__))
    expect(page.locator("#problems li")).to_have_count(1)
    check(page)
    page.select_option("#model", "bicubic")
    page.click("#start-all")
    expect(page.locator(".job.done")).to_have_count(3)
    check(page)
    page.click("[data-does=compare] >> nth=0")
    expect(page.frame_locator("#frame").locator(".stage.live")).to_be_visible()
    check(page)
    page.context.close()


def check(page: Page) -> None:
    """Refuse faults of access, and a page that is wider than its window."""
    found = Axe().run(page).response["violations"]
    faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert [fault for fault, one in zip(faults, found, strict=True) if one["impact"] in GRAVE] == []
    width = page.evaluate("() => [document.body.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
