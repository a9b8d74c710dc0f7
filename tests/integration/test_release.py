"""What is published: equal builds, a page that an index shows, complete metadata, a container."""

import importlib.util
import re
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


def test_the_site_builds_without_a_warning(tmp_path):
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", tmp_path / "site")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    home = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert 'href="photo.html"' in home
    assert not (tmp_path / "site/site_hooks.py").exists()
    models = (tmp_path / "site/models.html").read_text(encoding="utf-8")
    assert "../weights" not in models
