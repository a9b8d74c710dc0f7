"""Loss and validation of a run as a picture."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from srcli.files.atomic import write_file

SIZE = (9.0, 4.0)
"""In inches, of 100 pixels each."""
PLACE = {"left": 0.095, "right": 0.985, "bottom": 0.125, "top": 0.965, "wspace": 0.2}
"""Where the two plots stand in the figure. Matplotlib can find that by itself, which takes as long
as to draw them."""


def can_draw() -> bool:
    """Tell whether matplotlib is installed, which comes with the extra ``train``."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(metrics: Path, out: Path) -> None:
    """Draw the curves of a metrics file as PNG: the loss, and PSNR-Y by scale or level.

    Where a run was resumed before its last report, the later of two lines of one step counts.
    Lines that are cut short are passed over.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator

    by_step = {line["step"]: line for line in _lines(metrics)}
    news = [by_step[step] for step in sorted(by_step)]
    checked = [line for line in news if line["validation"] is not None]
    figure = Figure(figsize=SIZE)
    left, right = figure.subplots(1, 2, gridspec_kw=PLACE)
    left.plot([line["step"] for line in news], [line["loss"] for line in news])
    left.set(xlabel="step", ylabel="mean loss", yscale="log")
    left.yaxis.set_major_formatter("{x:g}")
    left.yaxis.set_minor_formatter("{x:g}")
    left.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    for key in checked[-1]["validation"]["psnr_y"] if checked else ():
        scores = [line["validation"]["psnr_y"].get(key, math.nan) for line in checked]
        right.plot([line["step"] for line in checked], scores, marker=".", label=f"{float(key):g}")
    right.set(xlabel="step", ylabel="PSNR-Y of validation, dB")
    if checked:
        right.legend(title="scale or level")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    content = io.BytesIO()
    figure.savefig(content, dpi=100)
    write_file(out, content.getvalue(), overwrite=True)


def _lines(metrics: Path) -> Iterator[dict[str, Any]]:
    for line in metrics.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)
