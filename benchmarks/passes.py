"""Compare the ways to a factor that a family of fixed-scale networks does not have.

``python benchmarks/passes.py FOLDER --models x2.safetensors,x3.safetensors``: every picture of
the folder is reduced as the benchmarks do it, enlarged along each route of
``srcli.engine.routes``, and compared with itself by the published protocol. Bicubic and the
network of any ratio alone are measured along. Prints a Markdown table; the seconds are of all
pictures together, so that they compare within one run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.bench.baselines import bicubic
from srcli.bench.source import Source
from srcli.engine.device import Compute
from srcli.engine.recursion import Pass, plan_route
from srcli.engine.routes import routes_to
from srcli.engine.upscaler import Upscaler
from srcli.metrics.protocol import score
from srcli.training.patches import picture_files
from srcli.weights.catalog import DEFAULT_MODEL
from srcli.weights.checkpoint import load_model
from srcli.weights.store import locate

CPU = Compute(device=torch.device("cpu"))
Run = Callable[[Tensor, tuple[int, int], float], Tensor]


def way(passes: tuple[Pass, ...]) -> str:
    """Write passes in short; ``any`` is the network of any ratio."""
    names = {True: "resize"}
    return ", ".join(
        names.get(step.resample) or ("" if step.scale else "any ") + f"x{step.ratio:.4g}"
        for step in passes
    )


def runs_at(ratio: float, family: Upscaler, anything: Upscaler) -> Iterator[tuple[str, str, Run]]:
    """Yield the name, the passes and the function of each way to ``ratio``."""
    scales = [one.traits.scale for one in family.tiled if one.traits.scale]
    yield "bicubic", "", bicubic
    alone = anything.plan((100, 100), (round(100 * ratio),) * 2, ratio)
    yield DEFAULT_MODEL, way(alone), lambda lr, size, ratio: anything(lr, size, ratio=ratio)
    for route in routes_to(ratio, scales, any_ratio=True):

        def run(lr: Tensor, size: tuple[int, int], _: float, route: object = route) -> Tensor:
            return family.follow(lr, plan_route((lr.shape[2], lr.shape[3]), size, route))

        yield (
            route.name,
            way(plan_route((100, 100), (round(100 * ratio),) * 2, route)),
            run,
        )


def measured(run: Run, pictures: list[Source], ratio: float) -> tuple[float, float, float]:
    """Return mean PSNR-Y, mean SSIM-Y and the seconds of all pictures."""
    scores, seconds = [], 0.0
    for source in pictures:
        lr, hr = source.pair(ratio)
        began = time.perf_counter()
        sr = run(lr.float() / 255, (hr.shape[2], hr.shape[3]), ratio)
        seconds += time.perf_counter() - began
        scores.append(score(sr, hr, ratio))
    return fmean(s.psnr_y for s in scores), fmean(s.ssim_y for s in scores), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="PSNR-Y of the ways to a factor")
    parser.add_argument("folder", type=Path, help="of HR pictures")
    parser.add_argument("--models", required=True, help="files or ids of fixed scales, by commas")
    parser.add_argument("--ratios", default="1.5,2.7,3.3,5,6")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    options = parser.parse_args()
    members = [load_model(locate(model)).network for model in options.models.split(",")]
    anything = load_model(locate(DEFAULT_MODEL)).network
    family = Upscaler(members[0], CPU, others=[*members[1:], anything])
    pictures = [Source(path) for path in picture_files(options.folder)[:: options.every]]
    print(f"{len(pictures)} pictures\n")
    print("| factor | strategy | passes | PSNR-Y | SSIM-Y | seconds |")
    print("|---|---|---|--:|--:|--:|")
    for ratio in map(float, options.ratios.split(",")):
        for name, passes, run in runs_at(ratio, family, Upscaler(anything, CPU)):
            psnr, ssim, seconds = measured(run, pictures, ratio)
            print(
                f"| {ratio:g} | {name} | {passes} | {psnr:.2f} | {ssim:.4f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
