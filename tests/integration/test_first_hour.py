"""README's two commands, in a fresh clone and a new virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
SECONDS = 300
GIT = shutil.which("git") or "git"

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="it is no clone itself")


def start_commands() -> list[str]:
    """Return the commands below the heading Start."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^## Start\n.*?^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block
    return block[1].splitlines()


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """Make an environment that takes what srcli needs from this one, and nothing from a network."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(packages, "here.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {
        **inherited,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="its shell has other paths")
def test_two_commands_lead_from_a_clone_to_a_picture(tmp_path, environment):
    clone = tmp_path / "clone"
    subprocess.run([GIT, "clone", "-q", ROOT, clone], check=True, timeout=SECONDS)
    commands = start_commands()
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "examples/house_x2.7.png\n"
    with Image.open(clone / "examples/house.png") as source:
        width, height = source.size
    with Image.open(clone / "examples/house_x2.7.png") as result:
        assert result.size == (int(2.7 * width + 0.5), int(2.7 * height + 0.5))
    told = subprocess.run(
        ["/bin/sh", "-c", "python -c 'import srcli; print(srcli.__file__)'"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    assert told.stdout.startswith(str(tmp_path / "environment"))
