"""Compare the routes to a factor that a family of fixed-scale networks does not have.

``python benchmarks/passes.py FOLDER --models x2.safetensors,x3.safetensors``: every picture of
the folder is reduced as the benchmarks do it, enlarged along the route of each strategy, and
compared with itself by the published protocol. ``srcli.engine.routes`` has the two strategies
that srcli uses; the other two are here. Bicubic, and the network of any ratio alone, are
measured as well. The script prints a Markdown table. Seconds are those of all pictures
together, so that they compare within one run.

``--models asdn-fast@2,asdn-fast@3,asdn-fast@4`` makes a family of a model of any ratio: all
members are equally good then, so that the routes are compared and not how members were trained.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.bench.baselines import bicubic
from srcli.bench.image_pair import ImagePair
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.recursion import Pass, plan_route, scaled_size
from srcli.engine.routes import EPSILON, Route, mixes, overshoot, single
from srcli.metrics.protocol import score
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, SrNetwork
from srcli.training.patches import picture_files
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

CPU = Compute(device=torch.device("cpu"))
WHOLE = UpscaleOptions(tile=1024)
Run = Callable[[Tensor, tuple[int, int], float], Tensor]


def repeat(ratio: float, scales: Collection[int]) -> Route:
    """Repeat one scale until it reaches ``ratio``, and reduce the result.

    The scale is the smallest that reaches ``ratio`` alone, or else the largest.
    """
    scale = min((s for s in scales if s >= ratio - EPSILON), default=max(scales))
    count = 1
    while scale**count < ratio - EPSILON:
        count += 1
    return Route.along((scale,) * count, ratio)


def undershoot(ratio: float, scales: Collection[int]) -> Route | None:
    """Mix scales to come as near to ``ratio`` from below as they can.

    A network of any ratio does the rest. Return None if every scale is too large.
    """
    within = [mix for mix in mixes(ratio, scales) if math.prod(mix) <= ratio + EPSILON]
    best = max(within, key=lambda mix: (math.prod(mix), -len(mix)), default=None)
    return Route.along(best, ratio) if best else None


STRATEGIES: Mapping[str, Callable[[float, Collection[int]], Route | None]] = {
    "repeat": repeat,
    "overshoot": overshoot,
    "undershoot": undershoot,
    "single": single,
}


class FixedScale(FixedScaleNetwork):
    """A network of any ratio held to one factor."""

    def __init__(self, network: SrNetwork, scale: int) -> None:
        super().__init__()
        self.runner, self.scale = NetworkRunner(network, CPU), scale

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=self.scale, receptive_radius=None)

    def forward(self, image_B3HW: Tensor) -> Tensor:  # noqa: N803 - shape suffix
        height, width = image_B3HW.shape[2:]
        size = self.scale * height, self.scale * width
        return self.runner(image_B3HW.clamp(0, 1).contiguous(), size)


def member(model: str) -> SrNetwork:
    """Load a network of a fixed scale, or hold one of any ratio to the scale after ``@``."""
    name, _, scale = model.partition("@")
    network = load_model(locate(name)).network
    return FixedScale(network, int(scale)) if scale else network


def describe(passes: tuple[Pass, ...]) -> str:
    """Write passes in short; ``any`` is the network of any ratio."""

    def one(step: Pass) -> str:
        if not step.has_network:
            return step.plain_name
        return f"x{step.ratio:.4g}" if step.scale else f"any x{step.ratio:.4g}"

    return ", ".join(map(one, passes))


def along(route: Route, family: NetworkRunner) -> Run:
    """Return what enlarges a picture along a route."""

    def run(lr: Tensor, size: tuple[int, int], ratio: float) -> Tensor:
        del ratio
        return family.run_passes(lr, plan_route((lr.shape[2], lr.shape[3]), size, route))

    return run


def runs_at(
    ratio: float, family: NetworkRunner, anything: NetworkRunner
) -> Iterator[tuple[str, str, Run]]:
    """Yield the name, the passes and the function of each strategy; equal routes once."""
    scales = [one.traits.scale for one in family.tiled_traits if one.traits.scale]
    size, target = (1000, 1000), scaled_size((1000, 1000), (ratio, ratio))
    yield "bicubic", "", bicubic
    alone = anything.plan_passes(size, target, ratio)
    yield DEFAULT_MODEL, describe(alone), lambda lr, size, ratio: anything(lr, size, ratio=ratio)
    measured_routes: set[tuple[int, ...]] = set()
    for name, strategy in STRATEGIES.items():
        route = strategy(ratio, scales)
        if route and route.scales not in measured_routes:
            measured_routes.add(route.scales)
            yield name, describe(plan_route(size, target, route)), along(route, family)


def measured(run: Run, pictures: list[ImagePair], ratio: float) -> tuple[float, float, float]:
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
    parser = argparse.ArgumentParser(description="PSNR-Y of the routes to a factor")
    parser.add_argument("folder", type=Path, help="of HR pictures")
    parser.add_argument("--models", required=True, help="files or ids of fixed scales, by commas")
    parser.add_argument("--ratios", default="1.5,2.7,3.3,5,6")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    options = parser.parse_args()
    members = [member(model) for model in options.models.split(",")]
    anything = load_model(locate(DEFAULT_MODEL)).network
    family = NetworkRunner(members[0], CPU, WHOLE, others=[*members[1:], anything])
    pictures = [ImagePair(path) for path in picture_files(options.folder)[:: options.every]]
    print(f"{len(pictures)} pictures\n")
    print("| factor | strategy | passes | PSNR-Y | SSIM-Y | seconds |")
    print("|---|---|---|--:|--:|--:|")
    for ratio in map(float, options.ratios.split(",")):
        for name, passes, run in runs_at(ratio, family, NetworkRunner(anything, CPU)):
            psnr, ssim, seconds = measured(run, pictures, ratio)
            print(
                f"| {ratio:g} | {name} | {passes} | {psnr:.2f} | {ssim:.4f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
