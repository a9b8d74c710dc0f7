"""Time and memory of ``srcli upscale`` with its own models and with networks that others use.

Each run is a process: 256x256 to 1024x1024, one thread, float32. Seconds are of the processor,
user and system; memory is the peak of the process, Python and PyTorch included. The networks of
others have their published size and random weights, which does not change what they cost.

    python benchmarks/peers.py [--models bicubic,auto,asdn-base] [--side 256] [--rounds 2]

It needs the extra ``community``.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from srcli.weights.formats import spandrel_networks

HOUSE = Path(__file__).parents[1] / "examples/house.png"
SCALE = 4


with spandrel_networks._torchvision():  # noqa: SLF001 - spandrel names parts that it does not run here
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.SwinIR import SwinIR


def _swinir_light() -> nn.Module:
    return SwinIR(
        upscale=SCALE,
        img_size=64,
        window_size=8,
        img_range=1.0,
        depths=[6, 6, 6, 6],
        embed_dim=60,
        num_heads=[6, 6, 6, 6],
        mlp_ratio=2,
        upsampler="pixelshuffledirect",
        resi_connection="1conv",
    )


OTHERS: Mapping[str, Callable[[], nn.Module]] = {
    "realesr-general-x4v3": lambda: Compact(
        num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=32, upscale=SCALE
    ),
    "swinir-light-x4": _swinir_light,
    "realesrgan-x4plus": lambda: ESRGAN(
        in_nc=3, out_nc=3, num_filters=64, num_blocks=23, scale=SCALE
    ),
}
OURS = ("bicubic", "asdn-fast", "asdn-base", "auto")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default=",".join((*OURS, "dat-light", *OTHERS)))
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print("| model | parameters | CPU s | MB |\n|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source.png")
        Image.open(HOUSE).crop((0, 0, options.side, options.side)).save(source)
        for name in options.models.split(","):
            model, parameters = name, ""
            if name in OTHERS:
                torch.manual_seed(0)
                network = OTHERS[name]()
                parameters = f"{sum(p.numel() for p in network.parameters()):,}"
                model = str(Path(folder, f"{name}.pth"))
                torch.save(network.state_dict(), model)
            runs = [_run(source, model) for _ in range(options.rounds)]
            seconds, memory = min(runs)[0], max(run[1] for run in runs)
            print(f"| `{name}` | {parameters} | {seconds:.1f} | {memory:.0f} |", flush=True)


def _run(source: Path, model: str) -> tuple[float, float]:
    """Return seconds of the processor and megabytes of one run."""
    target = Path(tempfile.mkdtemp(dir=source.parent), "result.png")  # a result is made once only
    words = ("upscale", str(source), "-o", str(target), "--scale", str(SCALE))
    words = (*words, "--model", model, "--precision", "float32", "--offline", "-q")
    process = subprocess.Popen(  # noqa: S603 - this program itself
        (sys.executable, "-m", "srcli", *words),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(process.returncode)
    return usage.ru_utime + usage.ru_stime, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
