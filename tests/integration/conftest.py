import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.cli.app import main


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


@pytest.fixture
def photo(tmp_path) -> Path:
    """A small colour picture, 31 rows by 23 columns."""
    rows, columns = np.mgrid[0:31, 0:23]
    samples = np.stack([rows * 8, columns * 11, (rows + columns) * 4], -1).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(samples).save(path)
    return path
