"""``srcli mcp``, with the client of the SDK."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from PIL import Image

from srcli.serve.desk import Desk
from srcli.serve.folders import Folders
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.tools import make_server
from srcli.serve.workers import working
from srcli.usecases.library import Upscaler


@pytest.fixture
def allowed(tmp_path, photo) -> Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    shutil.move(photo, folder / "photo.png")
    (folder / "leaves.png").symlink_to("/etc/passwd")
    (folder / "out").symlink_to(tmp_path)
    return folder


def talk(allowed: Path, work: Callable) -> None:
    """Run some calls of a client against the server in this process."""

    async def run() -> None:
        limits = Limits()
        desk = Desk(limits, Maker(limits, "cpu"))
        with working(desk):
            async with Client(make_server(desk, Folders([allowed]))) as client:
                await work(client)

    anyio.run(run)


def test_a_picture_is_enlarged_over_the_standard_streams(python, allowed):
    command = ["-m", "srcli", "mcp", "--allow", str(allowed), "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    parameters = StdioServerParameters(command=str(python), args=command, env=environment)
    told: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        del total, message
        told.append(progress)

    async def run() -> None:
        async with Client(parameters) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert tools.keys() == {"list_models", "describe_picture", "enlarge_picture"}
            assert tools["describe_picture"].annotations.read_only_hint
            made = await client.call_tool(
                "enlarge_picture", {"path": "photo.png", "scale": 1.5}, progress_callback=note
            )
            assert not made.is_error, made.content
            assert made.structured_content["path"] == str(allowed / "photo_x1.5.png")
            assert made.structured_content["how"].startswith("asdn-")

    anyio.run(run)
    assert told
    source = (allowed / "photo.png").read_bytes()
    assert (allowed / "photo_x1.5.png").read_bytes() == Upscaler(device="cpu")(source, 1.5)


def test_a_picture_is_described_and_models_are_listed(allowed):
    async def work(client: Client) -> None:
        described = await client.call_tool("describe_picture", {"path": "photo.png"})
        facts = described.structured_content
        assert (facts["width"], facts["height"], facts["format"]) == (23, 31, "PNG")
        assert {"noise", "compression", "sharpened", "blur", "drawn"} <= facts.keys()
        assert facts["advice"].startswith("asdn-")
        listed = (await client.call_tool("list_models", {})).structured_content
        assert listed["models"][0]["id"] == "auto"

    talk(allowed, work)


def test_a_result_goes_where_it_is_wanted_and_replaces_nothing(allowed):
    async def work(client: Client) -> None:
        wanted = {"path": "photo.png", "model": "bicubic", "output": "new/large.webp"}
        made = await client.call_tool("enlarge_picture", {**wanted, "long_side": 50})
        assert made.structured_content["path"] == str(allowed / "new/large.webp")
        with Image.open(allowed / "new/large.webp") as image:
            assert image.size == (37, 50)
        again = await client.call_tool("enlarge_picture", wanted)
        assert again.is_error
        assert "exists already" in again.content[0].text

    talk(allowed, work)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("describe_picture", {"path": "/etc/passwd"}, "not in a folder that is allowed"),
        ("describe_picture", {"path": "../photo.png"}, "not in a folder that is allowed"),
        ("describe_picture", {"path": "leaves.png"}, "not in a folder that is allowed"),
        ("describe_picture", {"path": "nothing.png"}, "does not exist"),
        ("enlarge_picture", {"path": "leaves.png"}, "not in a folder that is allowed"),
        ("enlarge_picture", {"path": "photo.png", "output": "../x.png"}, "not in a folder"),
        ("enlarge_picture", {"path": "photo.png", "output": "out/x.png"}, "not in a folder"),
        ("enlarge_picture", {"path": "photo.png", "output": "x.exe"}, "no format"),
        ("enlarge_picture", {"path": "photo.png", "model": "/etc/passwd"}, "no model"),
        ("enlarge_picture", {"path": "photo.png", "scale": 0}, "must lie above 0"),
        ("enlarge_picture", {"path": "photo.png", "scale": 2, "long_side": 9}, "one size"),
    ],
)
def test_what_is_not_allowed_is_refused_in_a_sentence(allowed, tool, arguments, message):
    before = sorted(allowed.parent.rglob("*"))

    async def work(client: Client) -> None:
        answer = await client.call_tool(tool, arguments)
        assert answer.is_error
        assert message in answer.content[0].text

    talk(allowed, work)
    assert sorted(allowed.parent.rglob("*")) == before


def test_a_failure_of_a_job_is_told(allowed):
    Image.new("RGBA", (9, 9), (1, 2, 3, 4)).save(allowed / "glass.png")

    async def work(client: Client) -> None:
        wanted = {"path": "glass.png", "model": "bicubic", "output": "glass.jpg"}
        answer = await client.call_tool("enlarge_picture", wanted)
        assert answer.is_error
        assert "transparen" in answer.content[0].text

    talk(allowed, work)
    assert not (allowed / "glass.jpg").exists()


def test_a_folder_must_be_allowed(srcli, tmp_path):
    missing = srcli("mcp")
    assert missing.returncode == 2
    nowhere = srcli("mcp", "--allow", tmp_path / "nowhere")
    assert nowhere.returncode == 2
    assert "nowhere is not a folder." in nowhere.stderr
