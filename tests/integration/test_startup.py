import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from srcli import __version__

HEAVY = ("torch", "cv2", "PIL", "numpy", "safetensors", "huggingface_hub")
UNNEEDED = ("torch._dynamo", "sympy", "cv2", "huggingface_hub", "jinja2", "spandrel", "onnxruntime")
"""What takes long to import, and does nothing for one picture; torch._dynamo takes a second."""


LIGHT = ("models list", "models list --community", "models path", "integrate man --remove")
"""Commands that need no network."""


@pytest.mark.parametrize("arguments", [["--help"], ["upscale", "--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from srcli.cli.app import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", LIGHT)
def test_what_needs_no_network_does_not_wait_for_pytorch(command, tmp_path):
    code = (
        "import sys\n"
        "from srcli.cli.app import app\n"
        f"try: app({command.split()!r})\n"
        "except SystemExit as stop: assert not stop.code\n"
        "print('torch' in sys.modules, file=sys.stderr)"
    )
    variables = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables
    )
    assert done.stderr.splitlines()[-1] == "False"


def test_a_picture_is_enlarged_without_the_compiler_and_without_what_it_does_not_need(tmp_path):
    source, result = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("RGB", (24, 20), (200, 30, 60)).save(source)
    code = (
        "import sys\n"
        "from srcli.cli.app import app\n"
        f"try: app(['upscale', {str(source)!r}, '-o', {str(result)!r}])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {UNNEEDED!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.exists()
    assert done.stdout.splitlines() == [str(result), "[]"]


def test_the_version_is_printed(srcli):
    done = srcli("--version")
    assert (done.returncode, done.stdout) == (0, f"srcli {__version__}\n")


def test_the_installed_command_and_the_module_are_the_same():
    script = Path(sys.executable).with_name("srcli")
    for command in ([str(script)], [sys.executable, "-m", "srcli"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"srcli {__version__}\n"


def test_a_failure_ends_the_process_with_its_code(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "srcli", "upscale", "missing.png"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr == "error: missing.png does not exist.\nhint: Check its name.\n"


def test_without_a_command_help_is_shown(srcli):
    done = srcli()
    assert done.returncode == 2
    assert "upscale" in done.stdout


def test_an_interruption_while_it_is_loaded_is_quiet():
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from srcli.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
