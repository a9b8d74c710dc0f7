"""What a large picture takes in memory, beside enlarging it in one piece.

Each run is a process of its own; its peak is less that of a run on 64x64 pixels, which is
Python, PyTorch and the network. ``whole`` does the same plainly: numbers in [0, 1], the network
on all of the picture at once, rounded and saved.

    python benchmarks/memory.py [--megapixels 1,4,16] [--whole-up-to 1] [--suffix .png]

Megapixels are those of the source; the result has four times as many.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

WHOLE = """
import sys, numpy as np, torch
from PIL import Image
from srcli.pixels.resize import resize
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate
network = load_model(locate("asdn-fast")).network.eval()
levels = torch.from_numpy(np.array(Image.open(sys.argv[1]))).permute(2, 0, 1)[None]
image = levels.float() / 255
with torch.inference_mode():
    result = network(resize(image, (2 * image.shape[2], 2 * image.shape[3])), 2.0)
result = (result.clamp(0, 1) * 255 + 0.5).to(torch.uint8)
Image.fromarray(result[0].permute(1, 2, 0).numpy()).save(sys.argv[2])
"""


def peak(*arguments: str) -> int:
    """Return the most bytes that were resident in a Python process with ``arguments``."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter
        (sys.executable, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments[-2:]} failed")
    return usage.ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="peak memory of large pictures")
    parser.add_argument("--megapixels", default="1,4,16")
    parser.add_argument("--whole-up-to", type=float, default=1)
    parser.add_argument("--suffix", default=".png")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, result = (Path(folder, name + options.suffix) for name in ("source", "result"))

        def peaks(side: int, *, whole: bool) -> list[int]:
            rows, columns = np.mgrid[:side, :side].astype(np.float32) / 64
            waves = [np.sin(rows * n + columns) * 100 + 128 for n in (1, 2, 3)]
            Image.fromarray(np.stack(waves, -1).astype(np.uint8)).save(source)
            tool = ("-m", "srcli", "upscale", str(source), "-o", str(result), "--overwrite")
            plain = ("-c", WHOLE, str(source), str(result))
            return [peak(*arguments) for arguments in ([tool, plain] if whole else [tool])]

        base = peaks(64, whole=True)
        print(f"64x64: {base[0] / 1e6:.0f} MB, whole {base[1] / 1e6:.0f} MB")
        for millions in map(float, options.megapixels.split(",")):
            side = round((millions * 1e6) ** 0.5)
            more = [
                taken - least
                for taken, least in zip(
                    peaks(side, whole=millions <= options.whole_up_to), base, strict=False
                )
            ]
            text = f"{side}x{side}: {more[0] / 1e6:.0f} MB more, {more[0] / (2 * side) ** 2:.1f} B"
            plain = f"; whole {more[1] / 1e6:.0f} MB, {more[1] / more[0]:.1f} x" if more[1:] else ""
            print(f"{text} a pixel of the result{plain}")


if __name__ == "__main__":
    main()
