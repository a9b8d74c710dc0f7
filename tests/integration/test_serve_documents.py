"""What ``docs/serve.md`` and ``docs/mcp.md`` show is run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from PIL import Image

import srcli
from tests.serving import server

DOCUMENTS = Path(__file__).parents[2] / "docs"
DEFAULT = "http://127.0.0.1:8000"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCUMENTS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def here(tmp_path, monkeypatch, photo) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "srcli"
    root = Path(srcli.__file__).parents[1]  # the client of MCP passes on no PYTHONPATH
    start = f'PYTHONPATH="{root}" exec "{sys.executable}" -m srcli "$@"'
    command.write_text(f"#!/bin/sh\n{start}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return photo.parent


def test_the_page_on_jobs_runs(here, capsys):
    (_, curl), (python,) = blocks("serve.md", "sh"), blocks("serve.md", "python")
    with server() as address:
        own = address.rstrip("/")
        exec(compile(python.replace(DEFAULT, own), "docs/serve.md", "exec"), {})  # noqa: S102 - ours
        with Image.open(here / "photo_x1.5.png") as image:
            assert image.size == (35, 47)
        words = shlex.split(curl.replace(DEFAULT, own))
        if shutil.which(words[0]):
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            assert json.loads(done.stdout)["scale"] == "x2"
    assert capsys.readouterr().out == ""


def test_the_requests_that_the_page_names_are_there():
    page = (DOCUMENTS / "serve.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:GET|POST|DELETE) /[\w/{}]*)`", page))
    with server() as address:
        paths = httpx2.get(f"{address}openapi.json").json()["paths"]
    known = {
        f"{method.upper()} {path.replace('job_id', 'id')}"
        for path, methods in paths.items()
        for method in methods
    }
    assert len(named) >= 12
    assert named <= known


def test_the_page_on_tools_runs(here, capsys):
    (python,) = blocks("mcp.md", "python")
    exec(compile(python, "docs/mcp.md", "exec"), {})  # noqa: S102 - our own page
    advice, path = capsys.readouterr().out.splitlines()
    assert advice.startswith("asdn-")
    assert path == str(here / "photo_x1.5.png")


def test_the_entry_of_the_page_starts_the_server(here):
    (entry,) = blocks("mcp.md", "json")
    known = json.loads(entry)["mcpServers"]["srcli"]
    arguments = [str(here) if one.startswith("/home/me") else one for one in known["args"]]

    async def run() -> None:
        command = StdioServerParameters(command=known["command"], args=arguments)
        async with Client(command) as client:
            assert len((await client.list_tools()).tools) == 3

    anyio.run(run)
