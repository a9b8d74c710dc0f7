import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from srcli.cli.app import main
from srcli.networks.catalog import NETWORKS
from srcli.networks.fsdn import FsdnConfig
from srcli.weights.catalog import included
from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, shipped_folder
from srcli.weights.formats.checkpoint import Header, save_model
from srcli.weights.providers import origins, packaged

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def srcli(tmp_path, monkeypatch, capfd) -> Callable[..., Done]:
    """Run the command in an empty folder, in this process: starting one costs seconds."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["srcli", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        streams = capfd.readouterr()
        return Done(returncode=code, stdout=streams.out, stderr=streams.err)

    return run


@pytest.fixture(scope="session")
def site_files(tmp_path_factory) -> Path:
    """Build the site of the documents, once for all workers of a run; a warning is a failure."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    site, unfinished = folder / "site-of-documents", folder / "unfinished-site"
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", unfinished)
    with FileLock(f"{site}.lock"):
        if not site.exists():
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            unfinished.rename(site)
    return site


@pytest.fixture
def no_packages(monkeypatch) -> None:
    """Have no model of a Python package here, whatever is installed for other tests."""

    def missing(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packaged, "distribution", missing)


@pytest.fixture
def family(tmp_path, monkeypatch) -> Path:
    """Make a family ``fsdn-tiny`` of the scales 2 and 3 come along with the tool."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    default = find_card(DEFAULT_MODEL)
    shutil.copy(shipped_folder() / default.file, folder)
    cards = [default]
    for scale in (2, 3):
        path = folder / f"fsdn-tiny-x{scale}.safetensors"
        config = FsdnConfig(scale=scale, blocks=1, width=16, dense_layers=1, growth=16)
        header = Header(network="fsdn", config=config, origin="test")
        save_model(path, NETWORKS["fsdn"].build(config).state_dict(), header)
        known = {"network": "fsdn", "preset": "tiny", "scale": scale, "file": path.name}
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        cards.append(replace(default, id=path.stem, sha256=sha256, **known))
    monkeypatch.setattr(origins, "shipped_folder", lambda: folder)
    monkeypatch.setattr(included, "read_catalog", lambda: tuple(cards))
    return folder


@pytest.fixture
def photo(tmp_path) -> Path:
    """A small colour picture, 31 rows by 23 columns."""
    rows, columns = np.mgrid[0:31, 0:23]
    samples = np.stack([rows * 8, columns * 11, (rows + columns) * 4], -1).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(samples).save(path)
    return path
