"""Quality against time: our models beside published networks of about their size.

Ours run here, one after the other, in one thread and float32: CPU seconds a megapixel of result,
least of some rounds, and PSNR-Y of the pictures in a folder by the published protocol. PSNR-Y of
the published networks is that of the authors' weights, measured with this project's metric. Those
that srcli builds run here too, with random weights, which cost as much. The seconds of the others
were measured on another machine beside our ``fsdn-light``; here they are those of ``fsdn-light``,
times the ratio there.

    python benchmarks/front.py FOLDER_OF_HR [--scale 4] [--models asdn-fast,my.safetensors]
        [--width 512 --height 384] [--rounds 3] [--figure front.svg]

FOLDER_OF_HR is Set5 for the figures of the published networks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.bench.cost import count_macs
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.recursion import scaled_size
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import reduce_for, score
from srcli.networks.catalog import NETWORKS
from srcli.pipeline.loaded_models import ModelLoader
from srcli.report.charts import Series, chart
from srcli.report.figures import Chart, svg_figure
from srcli.training.patches import picture_files

ANCHOR = "fsdn-light"
"""The model that was measured beside the published networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model: PSNR-Y in dB, CPU seconds a megapixel of result, kMAC a pixel of it if known."""

    psnr_y: float
    seconds: float
    kmacs: float | None = None


PUBLISHED: Mapping[int, Mapping[str, Point]] = {
    2: {
        ANCHOR: Point(psnr_y=37.37, seconds=8.5),
        "IMDN": Point(psnr_y=38.00, seconds=5.8),
        "CARN-M": Point(psnr_y=37.68, seconds=7.2),
        "RLFN-S": Point(psnr_y=38.05, seconds=3.1),
    },
    4: {
        ANCHOR: Point(psnr_y=31.42, seconds=4.12),
        "RLFN (NTIRE 2022)": Point(psnr_y=32.10, seconds=0.77, kmacs=18.7),
        "RCUNet (NTIRE 2025)": Point(psnr_y=32.00, seconds=0.60, kmacs=12.3),
        "SAFMNv3 (NTIRE 2025)": Point(psnr_y=32.03, seconds=0.61, kmacs=8.9),
        "IMDN": Point(psnr_y=32.21, seconds=1.67, kmacs=44.4),
        "CARN-M": Point(psnr_y=31.88, seconds=3.60, kmacs=35.3),
    },
}
"""Set5, one thread of an AVX2 processor; each with its authors' weights but the anchor."""
BUILT: Mapping[str, tuple[str, str]] = {
    "IMDN": ("imdn", "paper"),
    "CARN-M": ("carn", "m"),
    "RLFN-S": ("rlfn", "s"),
    "RLFN (NTIRE 2022)": ("rlfn", "ntire"),
}
"""Published networks that srcli builds: network and preset."""
CPU = Compute(device=torch.device("cpu"))
WHOLE = UpscaleOptions(tile=4096)
"""Published networks run as their authors run them, without tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every network is timed with: a scale, a small picture, and the number of rounds."""

    scale: float
    small: Tensor
    rounds: int

    def cost(self, run: NetworkRunner) -> tuple[float, float]:
        """Return CPU seconds a megapixel of the result, and kMAC a pixel of it."""
        size = scaled_size((self.small.shape[2], self.small.shape[3]), (self.scale, self.scale))
        megapixels = size[0] * size[1] / 1e6
        times = []
        for _ in range(self.rounds):
            began = time.process_time()
            run(self.small, size, ratio=self.scale)
            times.append(time.process_time() - began)
        macs = count_macs(lambda: run(self.small, size, ratio=self.scale))
        return min(times) / megapixels, macs / megapixels / 1e9


def measure(model: str, task: Task, pictures: list[Tensor]) -> Point:
    run = ModelLoader(CPU, UpscaleOptions()).load(model, task.scale).runner
    seconds, kmacs = task.cost(run)
    psnr_y = fmean(_psnr_y(run, picture, task.scale) for picture in pictures)
    return Point(psnr_y=psnr_y, seconds=seconds, kmacs=kmacs)


def _psnr_y(run: NetworkRunner, picture: Tensor, scale: float) -> float:
    lr, hr = reduce_for(picture, scale)
    made = run(lr.to(torch.float32) / 255, (hr.shape[2], hr.shape[3]), ratio=scale)
    return score(made, hr, scale).psnr_y


def published(task: Task, anchor: Point) -> dict[str, Point]:
    """Return the published networks of a scale, with seconds as they are or would be here."""
    theirs = dict(PUBLISHED.get(int(task.scale), {}))
    factor = anchor.seconds / theirs.pop(ANCHOR).seconds
    return {name: _published(name, one, factor, task) for name, one in theirs.items()}


def _published(name: str, known: Point, factor: float, task: Task) -> Point:
    if name not in BUILT:
        return replace(known, seconds=known.seconds * factor)
    network, preset = BUILT[name]
    spec = NETWORKS[network]
    built = spec.build(spec.configure(preset, int(task.scale))).eval()
    seconds, kmacs = task.cost(NetworkRunner(built, CPU, WHOLE))
    return Point(psnr_y=known.psnr_y, seconds=seconds, kmacs=kmacs)


def line(name: str, point: Point, base: Point) -> str:
    cost = f"{point.kmacs:8.1f}" if point.kmacs else " " * 8
    ratio = point.seconds / base.seconds
    return f"{name:28} {cost} kMAC {point.seconds:7.2f} s/Mpx {ratio:6.2f} {point.psnr_y:7.3f} dB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=4.0)
    parser.add_argument("--models", default="asdn-fast,asdn-base,san-light")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--height", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    small = torch.rand(1, 3, arguments.height, arguments.width)
    pictures = [read_uint8(path) for path in picture_files(arguments.folder)]
    task = Task(scale=arguments.scale, small=small, rounds=arguments.rounds)
    compared = arguments.scale in PUBLISHED
    models = [*arguments.models.split(","), *([ANCHOR] if compared else [])]
    ours = {model: measure(model, task, pictures) for model in dict.fromkeys(models)}
    others = published(task, ours[ANCHOR]) if compared else {}
    first = next(iter(ours.values()))
    for name, point in (ours | others).items():
        print(line(name, point, first))
    if arguments.figure:
        caption = f"{arguments.folder.name}, x{arguments.scale:g}"
        arguments.figure.write_text(figure(caption, ours, others), encoding="utf-8")


def figure(caption: str, ours: Mapping[str, Point], others: Mapping[str, Point]) -> str:
    """Draw PSNR-Y over seconds, as an SVG document."""
    dots = [
        Series(name=name, points=((one.seconds, one.psnr_y),), published=name in others)
        for name, one in {**ours, **others}.items()
    ]
    labels = {"x_label": "CPU seconds a megapixel", "y_label": "PSNR-Y, dB"}
    return svg_figure([Chart(caption=caption, drawing=chart(dots, **labels, log_x=True))])


if __name__ == "__main__":
    main()
