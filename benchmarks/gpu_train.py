"""How many pixels a second a device learns from, kernel by kernel and in recorded steps.

    python benchmarks/gpu_train.py FOLDER_OF_PICTURES

Four ways to train the same network by the same recipe take turns: batches that the host cuts
out and a wait for every step, which is how it was once; the same without the waits; batches that
the device cuts out of pictures that it holds; and those in steps that the device repeats as a
whole. The clock begins when most sizes of batches have been met. On a CPU, which repeats nothing,
this shows only that the script works.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import replace
from pathlib import Path

import torch

from srcli.engine.device import choose_device, has_bfloat16
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.training.batch_sampler import BatchSampler, largest_crop
from srcli.training.batch_workers import prepared
from srcli.training.batches import Batches, planned_batches
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_MATRICES, BY_TAPS
from srcli.training.optimizer import make_optimizer
from srcli.training.patches import CropSource, picture_files
from srcli.training.process_group import ProcessGroup
from srcli.training.recorded_step import CudaGraphRecorder, WorkRecorder
from srcli.training.state import TrainState, update_average
from srcli.training.step import Step

WAITING = "host, waiting"


def batches_of(way: str, source: CropSource, network: SrNetwork, step: Step) -> Batches:
    device, traits = step.group.device, network.traits
    if way in {WAITING, "host"}:
        later = device.type == "cuda"
        make = BatchSampler(source, step.config, traits, slice(None), later=later)
        return Batches(make=make, learn=step, are_plans=False)
    recorded = way == "recorded" and device.type == "cuda"
    recorder = CudaGraphRecorder(device) if recorded else WorkRecorder(device)
    batches = planned_batches(source, traits, step, recorder)
    return batches if way == "recorded" else replace(batches, learn=step)


WAYS = (WAITING, "host", "device", "recorded")


class Run:
    """One network in training.

    Args:
        way: to train it.
        source: of pictures.
        network: to start from; it is copied.
        config: of the run.
        device: that trains.

    """

    def __init__(
        self,
        way: str,
        source: CropSource,
        network: SrNetwork,
        config: TrainConfig,
        device: torch.device,
    ) -> None:
        trained = copy.deepcopy(network).to(device)
        trained.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.config = config
        self.state = TrainState(
            network=trained,
            average=copy.deepcopy(trained),
            optimizer=make_optimizer(trained, config),
            scaler=torch.amp.GradScaler(device.type, enabled=False),
        )
        self.waits = way == WAITING
        step = Step(
            self.state, config, ProcessGroup(device), BY_TAPS if self.waits else BY_MATRICES
        )
        self.batches = batches_of(way, source, trained, step)

    def train(self, steps: int, loaders: int) -> tuple[float, float]:
        """Make steps, and return seconds and the last loss."""
        config, state = self.config, self.state
        processes = 0 if self.batches.are_plans else loaders
        numbers = range(state.step, state.step + steps)
        with prepared(self.batches.make, numbers, processes=processes) as batches:
            loss = torch.zeros(())
            began = time.perf_counter()
            for batch in batches:
                outcome = self.batches.learn(batch, config.rate_at(state.step))
                loss = outcome.loss
                if self.waits and not torch.isfinite(outcome.norm):
                    break
                update_average(state.average, state.network, config.ema, state.step)
                state.step += 1
            last = loss.item()  # waits for the device
        return time.perf_counter() - began, last


def pixels(config: TrainConfig, network: SrNetwork) -> float:
    """Return the pixels of HR in an average step, if all ranges of ratios are alike."""
    reaches = network.traits.reaches
    sides = [config.patch * reach.size_multiple // reaches[0].size_multiple for reach in reaches]
    squares = [side**2 for side in sides or [config.patch]]
    return config.batch * sum(squares) / len(squares)


def main() -> None:
    parser = argparse.ArgumentParser(description="pixels a second in training")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--preset", default="wide", help="of ASDN")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--patch", type=int, default=96)
    parser.add_argument("--whole-ratios", type=float, default=0.4, help="share of them")
    parser.add_argument("--warm", type=int, default=500, help="steps before the clock runs")
    parser.add_argument("--steps", type=int, default=200, help="in each of two turns")
    parser.add_argument("--most-pictures", type=int, default=100)
    parser.add_argument("--loaders", type=int, default=8)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    spec = NETWORKS["asdn"]
    torch.manual_seed(0)
    network = spec.build(spec.configure(options.preset))
    config = TrainConfig(
        network="asdn",
        preset=options.preset,
        steps=options.warm + 2 * options.steps,
        batch=options.batch,
        patch=options.patch,
        whole_ratios=options.whole_ratios,
        precision="bfloat16" if has_bfloat16(device) else "float32",
    )
    files = picture_files(options.pictures)[: options.most_pictures]
    source = CropSource(files, largest_crop(network.traits, config))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    print(f"{name}, torch {torch.__version__}, asdn {options.preset}, {config.precision}")
    runs = {way: Run(way, source, network, config, device) for way in WAYS}
    for way, run in runs.items():
        seconds, _ = run.train(options.warm, options.loaders)
        print(f"{way}: the first {options.warm} steps took {seconds:.1f} s", flush=True)
    spent = dict.fromkeys(runs, 0.0)
    for _ in range(2):
        for way, run in runs.items():
            seconds, loss = run.train(options.steps, options.loaders)
            spent[way] += seconds
            print(f"{way}: {1e3 * seconds / options.steps:.2f} ms a step, loss {loss:.5f}")
    every, slowest = 2 * options.steps * pixels(config, network), spent[WAITING]
    for way, seconds in spent.items():
        print(f"{way}: {every / seconds / 1e6:.2f} Mpx/s, {slowest / seconds:.2f} times")


if __name__ == "__main__":
    main()
