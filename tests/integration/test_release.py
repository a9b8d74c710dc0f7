"""What is published: equal builds, a page that an index shows, complete metadata, a container."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Build the commit twice; the script fails where the two differ."""
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, ROOT / ".ci/release.py", folder)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^[0-9a-f]{64} ", done.stdout, re.MULTILINE)) == 2
    return folder


def test_the_wheel_holds_the_weights_and_complete_metadata(built):
    wheel = next(built.glob("*.whl"))
    assert wheel.stat().st_size < 60_000_000
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    assert "srcli/weights/shipped/asdn-fast.safetensors" in names
    assert "srcli/report/templates/page.html" in names
    fields = Parser().parsestr(text)
    assert fields["Author"] == "srcli contributors"
    assert fields["License-Expression"] == "MIT"
    assert fields["Description-Content-Type"] == "text/markdown"
    assert "opencv-python-headless" in text
    assert len(fields.get_all("Classifier")) > 10


def test_the_page_for_an_index_has_no_link_that_leads_nowhere(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        name = next(name for name in archive.getnames() if name.endswith("/PKG-INFO"))
        text = archive.extractfile(name).read().decode()
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert all(target.startswith("https:") for target in targets)
    assert "srcli upscale photo.jpg --scale 2.7" in text


def test_links_become_absolute_where_the_repository_has_an_address():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    text = "![A](docs/a.webp)\n\nAbout it.\n\nSee [x](docs/x.md#y), [z](https://z.org), [q](#q).\n"
    home = "https://example.org/s"
    assert hook.without_files(text, home) == (
        "![A](https://example.org/s/raw/HEAD/docs/a.webp)\n\nAbout it.\n\n"
        "See [x](https://example.org/s/blob/HEAD/docs/x.md#y), [z](https://z.org), [q](#q).\n"
    )
    assert hook.without_files(text, "") == "See x, [z](https://z.org), [q](#q).\n"


def test_the_site_builds_without_a_warning(site_files):
    home = (site_files / "index.html").read_text(encoding="utf-8")
    assert 'href="photo.html"' in home
    assert not (site_files / "site/hooks.py").exists()
    models = (site_files / "models.html").read_text(encoding="utf-8")
    assert "../weights" not in models


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_container_runs_as_a_user_and_starts_srcli():
    last = dict(instructions())
    assert last["USER"] == "srcli"
    assert last["ENTRYPOINT"] == '["srcli"]'
    kinds = [kind for kind, _ in instructions()]
    assert kinds.count("FROM") == 2
    assert "ADD" not in kinds
    assert ("ARG", "TORCH=cpu") in instructions()


def test_what_the_container_copies_is_enough_to_build_srcli(tmp_path):
    """Run the steps of the image that need no network, with this interpreter."""
    copies = [words.split() for kind, words in instructions() if kind == "COPY"]
    for *sources, target in (words for words in copies if not words[0].startswith("--")):
        for source in sources:
            path, place = ROOT / source, tmp_path / target.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
    words = ("install", "--no-deps", "--no-build-isolation", "--no-compile", "--quiet")
    command = (sys.executable, "-m", "pip", *words, "--target", tmp_path / "opt")
    done = subprocess.run(
        (*command, tmp_path / "source"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = sorted(path.name for path in (tmp_path / "opt/srcli/weights/shipped").iterdir())
    assert "asdn-fast.safetensors" in found
    assert (tmp_path / "opt/bin/srcli").is_file()


def test_the_pages_name_the_version_of_pytorch_that_was_tested():
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    tested = re.search(r"^torch==(\S+)$", constraints, re.MULTILINE)[1]
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"torch==([\d.]+\d)", page)) == {tested}


READ_ONLY = """
mount --bind "$1" /mnt && mount --bind "$2" /srv && mount -o remount,ro,bind / && cd /mnt || exit 99
shift 2
exec "$@"
"""


def test_a_root_that_cannot_be_written_is_enough(tmp_path):
    """Run the entry point as the container does; only root may make the file system read-only."""
    pictures, scratch = tmp_path / "pictures", tmp_path / "scratch"
    for folder in (pictures, scratch):
        folder.mkdir()
    shutil.copy(ROOT / "tests/golden/protocol/butterfly.png", pictures / "photo.png")
    variables = dict(words.split("=", 1) for words in dict(instructions())["ENV"].split()[1:])
    environment = {
        **os.environ,
        **variables,
        "HOME": "/nowhere",
        "TMPDIR": "/srv",
        "SRCLI_CACHE_DIR": "/srv/srcli",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "srcli", "upscale", "photo.png", "--scale", "1.5"]
    if os.geteuid() == 0:
        command = ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", pictures, scratch, *command]
    else:
        environment.update(TMPDIR=str(scratch), SRCLI_CACHE_DIR=str(scratch / "srcli"))
    done = subprocess.run(
        command, cwd=pictures, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "photo_x1.5.png\n"), done.stderr
    assert sorted(path.name for path in pictures.iterdir()) == ["photo.png", "photo_x1.5.png"]
