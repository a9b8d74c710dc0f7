"""Whether onnxruntime runs a model faster on the CPU than PyTorch does.

One tile as the engine runs it (float32, channels last, PyTorch's threads) against the exported
network in onnxruntime with as many threads, in turn, in one process; the least of the rounds,
as wall time and as processor time, which other work on the machine disturbs less. Run it with
OMP_WAIT_POLICY=passive and =active: how idle threads wait decides much.

    python benchmarks/onnx_runtime.py [--model asdn-fast] [--side 256] [--threads 1] [--rounds 9]
"""

from __future__ import annotations

import argparse
import importlib
import os
import time
from collections.abc import Callable

import torch
from torch import Tensor

from srcli.networks.spec import AnyRatioNetwork, SrNetwork
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.formats.onnx_export import export_onnx
from srcli.weights.providers.store import locate


def forms(network: SrNetwork, image: Tensor, threads: int) -> dict[str, Callable[[], Tensor]]:
    ratio = 2.0 if isinstance(network, AnyRatioNetwork) else None
    network.requires_grad_(requires_grad=False)
    content = export_onnx(network, ratio=ratio).content
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
    laid_out = image.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def pytorch() -> Tensor:
        if isinstance(network, AnyRatioNetwork):
            return network(laid_out, 2.0)
        return network(laid_out)

    def onnxruntime() -> Tensor:
        return torch.from_numpy(session.run(None, {"image": image.numpy()})[0])

    return {"PyTorch": pytorch, "onnxruntime": onnxruntime}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    image = torch.rand(1, 3, arguments.side, arguments.side)
    network = load_model(locate(arguments.model)).network.eval()
    runs = forms(network, image, arguments.threads)
    results = [run() for run in runs.values()]
    wall: dict[str, list[float]] = {name: [] for name in runs}
    work: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(arguments.rounds):
        for name, run in runs.items():
            began, began_work = time.perf_counter(), time.process_time()
            run()
            wall[name].append(time.perf_counter() - began)
            work[name].append(time.process_time() - began_work)
    policy = os.environ.get("OMP_WAIT_POLICY", "unset")
    difference = float((results[0] - results[1]).abs().max())
    print(
        f"{arguments.model}, {arguments.side} pixels a side, {arguments.threads} threads, {policy}"
    )
    print(f"largest difference {difference:.1e}")
    for name in runs:
        of_wall, of_work = (min(runs["PyTorch"]) / min(runs[name]) for runs in (wall, work))
        print(
            f"{name:<12} {min(wall[name]):.3f} s ({of_wall:.2f}x), "
            f"processor {min(work[name]):.3f} s ({of_work:.2f}x)"
        )


if __name__ == "__main__":
    main()
