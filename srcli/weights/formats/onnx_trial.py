"""Try an unknown ONNX network on a small picture, in a process that gets little memory and time.

A small file may ask for any amount of both: for a constant that is repeated a million times, or for
products of such constants. Nothing but running it tells.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from srcli.errors import CorruptWeights, sentence

PROGRAM = Path(__file__).with_name("onnx_trial_process.py")
MEMORY = 3 * 2**30
"""Bytes that a network may take for a small picture, beside the file itself."""
COPIES = 4
"""How many times ONNX Runtime may hold the file."""
SECONDS = 120
"""How long opening it and enlarging a small picture may take."""
SENTENCES = {
    "open": "{} holds no network that ONNX Runtime can run.",
    "run": "ONNX Runtime cannot run {}.",
}


def try_network(
    path: Path, content: bytes, *, sides: Sequence[tuple[int, int]], threads: int
) -> None:
    """Open a network, and let it enlarge one picture of the first sides that it takes.

    A network that does not take one picture is opened alone.

    Args:
        path: what messages call it.
        content: the file, checked.
        sides: heights and widths of pictures where the network's own are free.
        threads: that ONNX Runtime may use.

    Raises:
        CorruptWeights: it takes more than ``MEMORY`` or ``SECONDS``, ends the process, or
            ONNX Runtime cannot open or run it.

    """
    asked = {"memory": MEMORY + COPIES * len(content), "threads": threads, "sides": sides}
    command = [sys.executable, "-P", str(PROGRAM), json.dumps(asked)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{path} takes more than {SECONDS} seconds for a small picture."
        raise CorruptWeights(msg) from error
    if done.returncode > 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        msg = f"{path} cannot be tried in a process of its own."
        raise CorruptWeights(msg, hint=sentence(last))
    stage, said = json.loads(done.stdout) if done.returncode == 0 else ("", "alloc")
    if "alloc" in said.lower():
        msg = f"{path} takes more than {MEMORY / 2**30:.2g} GB of memory for a small picture."
        raise CorruptWeights(msg)
    if stage:
        refuse(path, stage, said)


def refuse(path: Path, stage: str, said: object) -> NoReturn:
    """Say that ONNX Runtime cannot ``open`` or ``run`` a file, and why.

    Raises:
        CorruptWeights: always.

    """
    hint = f"ONNX Runtime says: {sentence(first_line(said))}"
    raise CorruptWeights(SENTENCES[stage].format(path), hint=hint)


def first_line(said: object) -> str:
    """Return what an error says, without the lines that are for developers."""
    return str(said).partition("\n")[0]
