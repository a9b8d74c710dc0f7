"""Print how long a run is if its last part takes some seconds, and the share of it that is over.

    python examples/gpu/last_part.py FOLDER_OF_THE_RUN SECONDS

The two numbers are --steps and --hold of srcli train.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

import torch

RECENT = 10
"""Reports that tell the speed."""


def last_part(run: Path, seconds: float) -> tuple[int, float]:
    """Return the steps of the whole run, and the share of them that was made.

    Raises:
        ValueError: no report tells how long a step takes.

    """
    done: int = torch.load(run / "state.pt", map_location="cpu", weights_only=True)["step"]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    told = [line["seconds"] for line in lines[-RECENT:] if line["seconds"] > 0]
    if not told:
        msg = f"{run} has no report of its speed yet: train it for longer first"
        raise ValueError(msg)
    each = median(told)
    steps = done + max(1, int(seconds / each))
    return steps, done / steps


if __name__ == "__main__":
    print(*last_part(Path(sys.argv[1]), float(sys.argv[2])))
