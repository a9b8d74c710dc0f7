"""Loss and validation of a run as a picture."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

SIZE = (9.0, 4.0)
"""In inches, of 100 pixels each."""


def can_draw() -> bool:
    """Whether matplotlib is installed, which comes with the extra ``train``."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(metrics: Path, out: Path) -> None:
    """Draw the curves of a metrics file as PNG: the loss, and PSNR-Y by scale or level.

    Where a run was resumed before its last report, the later of two lines of one step counts.
    """
    from matplotlib.figure import Figure

    lines = map(json.loads, metrics.read_text(encoding="utf-8").splitlines())
    by_step: dict[int, dict[str, Any]] = {line["step"]: line for line in lines}
    news = [by_step[step] for step in sorted(by_step)]
    checked = [line for line in news if line["validation"] is not None]
    figure = Figure(figsize=SIZE, layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([line["step"] for line in news], [line["loss"] for line in news])
    left.set(xlabel="step", ylabel="mean L1 loss", yscale="log")
    for key in checked[-1]["validation"]["psnr_y"] if checked else ():
        scores = [line["validation"]["psnr_y"][key] for line in checked]
        right.plot([line["step"] for line in checked], scores, marker=".", label=f"{float(key):g}")
    right.set(xlabel="step", ylabel="PSNR-Y of validation, dB")
    if checked:
        right.legend(title="scale or level")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(out, dpi=100)
