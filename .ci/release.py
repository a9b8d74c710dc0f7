"""Builds wheel and sdist twice from the committed files, and compares and checks them.

python .ci/release.py dist

The time of the files inside is that of the commit, so that anybody gets the same bytes. It needs
``build``, ``hatchling`` and ``twine``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LARGEST = 60_000_000
"""Bytes of a wheel."""


def main() -> None:
    """Write the files into the folder that the command line names, and print their hashes."""
    target = Path(sys.argv[1])
    epoch = _run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()
    with tempfile.TemporaryDirectory() as folder:
        first, second = (_build(Path(folder, name), epoch) for name in ("first", "second"))
        hashes = _hashes(first)
        if hashes != _hashes(second):
            sys.exit(f"Two builds differ: {hashes} and {_hashes(second)}")
        _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, first.iterdir()))
        for path in sorted(first.iterdir()):
            if path.suffix == ".whl" and path.stat().st_size > LARGEST:
                sys.exit(f"{path.name} has {path.stat().st_size} bytes.")
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / path.name)
            sys.stdout.write(f"{hashes[path.name]}  {path.stat().st_size:>9}  {path.name}\n")


def _build(folder: Path, epoch: str) -> Path:
    """Build from a fresh copy of the commit, with the installed back end, and return the files."""
    source, built = folder / "source", folder / "built"
    _run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(source))
    words = ("-m", "build", "--no-isolation", "--outdir", str(built), str(source))
    _run(sys.executable, *words, env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    return built


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _run(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
