"""Every command of the README and of the pages runs, on small pictures and for few steps."""

import io
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
OTHERS = {"serve.md", "mcp.md"}
"""Pages whose commands run until they are stopped: test_serve_documents.py."""
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in OTHERS),
]
FETCHED = "It fetches a file, which tests/integration/hub does from a server of its own."
OWN_FILE = "It needs a file of the reader, which tests/integration/test_community.py makes."
LONG = "It trains a large network; tests/integration/test_train.py runs the same flags."
NOT_RUN = {
    "--install-completion": "It changes the settings of the shell.",
    "models fetch": FETCHED,
    "models import": FETCHED,
    "--model san-x4": FETCHED,
    "--model imdn": FETCHED,
    "--model edsr-baseline-x4": FETCHED,
    "--model liif-edsr-x3": FETCHED,
    "--model realesrgan-x4plus": FETCHED,
    "--auto noise=denoise-realplksr": FETCHED,
    "my.pth": OWN_FILE,
    "some.onnx": OWN_FILE,
    "--lpips-weights": "It needs weights of ImageNet; tests/unit/metrics/test_lpips.py draws some.",
    "--network panetir": LONG,
    "--network vdsr": LONG,
    "$(srcli models path": LONG,
    "--config san.toml": LONG,
    "--init runs/san-x2": LONG,
    "& srcli train": LONG,
    "--taught taught": "It needs results of a teacher, as in tests/integration/test_teach.py.",
    "--engine ray": "It needs a cluster, which tests/integration/test_ray.py starts.",
    "manifest merge": "It needs results that were moved, as in tests/integration/test_manifest.py.",
}
"""Parts of commands that are not run here, each with the reason."""
REDIRECTS = {"<", ">", "|"}
TWENTIETH = re.compile(r"(--(?:width|height|long-side) )(\d+)")
SHORTER = (
    (re.compile(r"--fit \d+x\d+"), "--fit 96x54"),
    (re.compile(r"--megapixels [\d.]+"), "--megapixels 0.01"),
    (re.compile(r"--steps \d+"), "--steps 2"),
    (re.compile(r"1\.1\.\.8:0\.1"), "1.5..2:0.5"),
)
TRAINING = {"BATCH": "1", "PATCH": "48", "VAL_PICTURES": "1", "LOADERS": "0"}


def commands_of(page: Path) -> list[str]:
    """Return the commands of blocks; a sentence that begins with the name of the tool is none."""
    text = re.sub(r"```text\n.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    fenced = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    indented = "\n".join(line for line in text.splitlines() if line.startswith("    srcli "))
    joined = f"{fenced}\n{indented}".replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip().startswith("srcli ")]


def shorter(command: str) -> str:
    """Return a command that does the same with less work."""
    command = TWENTIETH.sub(lambda found: f"{found[1]}{int(found[2]) // 20}", command)
    for pattern, instead in SHORTER:
        command = pattern.sub(instead, command)
    return command


def levels(height: int, width: int, channels: int = 3, depth=np.uint8) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    wave = 0.5 + 0.4 * np.sin(rows / 3 + columns / 5)
    return (wave[..., None] * np.ones(channels) * np.iinfo(depth).max).astype(depth)


@pytest.fixture
def reader(tmp_path, monkeypatch) -> Path:
    """Make what the pages take for granted."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("SRCLI_DATA_DIR", str(tmp_path / "sets"))
    for name, value in TRAINING.items():
        monkeypatch.setenv(f"SRCLI_TRAIN_{name}", value)
    for folder in ("photos/more", "held-out", "examples", "sets/Set5"):
        (tmp_path / folder).mkdir(parents=True)
    photo = Image.fromarray(levels(48, 64))
    for name in ("photo.jpg", "photo.png", "old.jpg", "bricks.png", "panorama.jpg", "drawing.png"):
        photo.save(tmp_path / name)
    for name in ("photos/a.jpg", "photos/more/b.png", "held-out/c.png"):
        Image.fromarray(levels(72, 80)).save(tmp_path / name)
    photo.save(tmp_path / "examples/house.png")
    for name in ("screenshot.png", "original.png", "scan.tif"):
        photo.save(tmp_path / name)
    Image.fromarray(255 - levels(48, 64)).save(tmp_path / "other.png")
    Image.fromarray(levels(8, 8, 4)).save(tmp_path / "icons.png")
    for name in ("baby", "bird", "butterfly", "head", "woman"):
        Image.fromarray(levels(60, 60)).save(tmp_path / f"sets/Set5/{name}.png")
    (tmp_path / "list.txt").write_text("photo.jpg\nphoto.png\n")
    return tmp_path


@pytest.fixture
def buckets(bucket) -> None:
    """Make the bucket that the pages take for granted."""
    own = replace(bucket, name="my-bucket")
    own.client.create_bucket(Bucket=own.name)
    for key, kind in (("in/a.png", "png"), ("in/deep/b.png", "png"), ("in/c.jpg", "jpeg")):
        file = io.BytesIO()
        Image.fromarray(levels(36, 40)).save(file, kind)
        own.put(key, file.getvalue())


def test_commands_are_found():
    assert sum(len(commands_of(page)) for page in PAGES) > 80
    assert commands_of(ROOT / "README.md")[0] == "srcli upscale examples/house.png --scale 2.7"


@pytest.mark.parametrize("part", NOT_RUN)
def test_what_is_not_run_is_on_a_page(part):
    assert any(part in line for page in PAGES for line in commands_of(page)), part


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands_of(page)], ids=lambda page: page.name
)
def test_every_command_runs(page, reader, srcli, python, request):
    if page.name == "buckets.md":
        request.getfixturevalue("buckets")
    for command in commands_of(page):
        if any(part in command for part in NOT_RUN):
            continue
        words = shlex.split(shorter(command), comments=True)[1:]
        ready(reader, words)
        if REDIRECTS & set(words):
            in_a_shell(shorter(command), reader, python)
        else:
            done = srcli(*words)
            assert done.returncode == 0, (command, done.stderr)


def ready(folder: Path, words: list[str]) -> None:
    """Have the results that earlier lines of other pages left, and none that this line makes."""
    if words[0] == "compare":
        for name in ("large.png", "photo_x3.png"):
            Image.fromarray(levels(48, 64)).save(folder / name)
        for page in folder.glob("*.html"):
            page.unlink()
    if "-o" in words:
        target = folder / words[words.index("-o") + 1]
        if target.is_file():
            target.unlink()


def in_a_shell(command: str, folder: Path, python: Path) -> None:
    """Run a command that redirects as a shell does."""
    program = f"{shlex.quote(str(python))} -m srcli"
    line = re.sub(r"^srcli\b", program, command)
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stderr)


def test_the_lines_of_python_in_the_readme_run(reader, monkeypatch):
    monkeypatch.chdir(reader)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    names: dict[str, object] = {"pixels": levels(12, 20)}
    exec(compile(blocks[0], "README.md", "exec"), names)  # noqa: S102 - our own page
    assert names["larger"].shape == (32, 54, 3)


@pytest.mark.usefixtures("no_packages")
def test_the_settings_of_the_page_are_understood(reader, srcli):
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    path = reader / "home/config/srcli/srcli.toml"
    path.parent.mkdir(parents=True)
    path.write_text(block)
    found = [line.split() for line in srcli("doctor").stdout.splitlines()]
    set_here = {
        line[1]: line[2] for line in found if line[0] == "setting" and line[-1] == str(path)
    }
    assert {"offline", "upscale.model", "upscale.quality"} <= set(set_here)
    assert set_here["upscale.quality"] == "90,"


def test_sizes_of_prints_are_right():
    text = (ROOT / "docs" / "prints.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"\| (?:A\d, )?([\d.]+) x ([\d.]+) cm \| (\d+) x (\d+) \| (\d+) x (\d+) \|", text
    )
    assert len(rows) == 6
    for wide, high, *pixels in rows:
        wanted = [round(float(side) / 2.54 * dpi) for dpi in (300, 150) for side in (wide, high)]
        assert [int(count) for count in pixels] == wanted
