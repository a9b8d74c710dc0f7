"""Which mix of the two models of ``auto`` is best on pictures that are spoilt in one way.

    python benchmarks/mixes.py FOLDER_OF_HR_PICTURES --ways 'JPEG 92;noise 3' --scale 2

The pictures and the ways are those of ``wild.py``. Each row gives the noise, compression, blur and
sharpening that ``auto`` measures in the middle picture, and the mean of its shares of each model.
Then it gives the mean gain over bicubic of mixes of two models, with shares of the second from 0
to 1, in dB of PSNR-Y, and the gain of the worst picture. The tables in ``srcli/pipeline/shares.py``
are set from this. ``--clean FILE`` and ``--spoilt FILE`` name the weights of the two.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, median

import torch
from torch import Tensor
from wild import Case, cases, decibels
from wild_ways import WAYS

from srcli.bench.baselines import bicubic
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner
from srcli.images.decode import decode_photo
from srcli.images.probe import probe_image
from srcli.pipeline.choose import choose
from srcli.pipeline.inspection import Inspection, inspect
from srcli.pipeline.shares import MODELS
from srcli.pixels.levels import to_levels
from srcli.training.patches import picture_files
from srcli.weights.catalog.included import DEFAULT_MODEL, PHOTO_MODEL
from srcli.weights.formats.checkpoint import load_model

SHARES = tuple(n / 8 for n in range(9))
MEASURED = ("noise", "compression", "blur", "sharpening")


def mixed(clean: Path, spoilt: Path, share: float) -> NetworkRunner:
    """Build the network whose weights lie between two files', with the parts of the second."""
    weights, network = load_model(clean).network.state_dict(), load_model(spoilt).network
    network.load_state_dict(
        {
            name: torch.lerp(weights[name], tensor, share)
            for name, tensor in network.state_dict().items()
        }
    )
    return NetworkRunner(network, Compute(device=torch.device("cpu")))


def measured(case: Case, scale: int) -> tuple[Inspection, Tensor, float]:
    """Return what ``auto`` sees in a file, its pixels, and PSNR-Y of bicubic."""
    name = f"picture{case.suffix}"
    photo = decode_photo(case.file, name=name)
    lr = to_levels(photo.pixels, torch.uint8).float() / 255
    size = (case.hr.shape[2], case.hr.shape[3])
    plain = decibels(bicubic(lr, size, scale), case.hr, scale)
    return inspect(photo, probe_image(case.file, name=name)), lr, plain


def row(made: Iterable[Case], models: dict[float, NetworkRunner], scale: int) -> str:
    """Measure one way, and return its row."""
    seen, gains = list[Inspection](), {share: list[float]() for share in models}
    for case in made:
        inspection, lr, plain = measured(case, scale)
        seen.append(inspection)
        for share, model in models.items():
            sr = model(lr, case.hr.shape[2:], ratio=scale)
            gains[share].append(decibels(sr, case.hr, scale) - plain)
    figures = " ".join(f"{median(getattr(one, name) for one in seen):6.2f}" for name in MEASURED)
    shares = zip(*(choose(inspection).shares for inspection in seen), strict=True)
    own = " ".join(f"{fmean(of_one):.2f}" for of_one in shares)
    cells = " ".join(f"{fmean(gain):6.2f}" for gain in gains.values())
    worst = " ".join(f"{min(gain):6.2f}" for gain in gains.values())
    return f"{figures} {own} | {cells} | {worst}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ways", default=";".join(WAYS))
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--every", type=int, default=6)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--clean", type=Path, default=Path(f"weights/{DEFAULT_MODEL}.safetensors"))
    parser.add_argument("--spoilt", type=Path, default=Path(f"weights/{PHOTO_MODEL}.safetensors"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pictures = picture_files(arguments.folder)[:: arguments.every]
    models = {share: mixed(arguments.clean, arguments.spoilt, share) for share in SHARES}
    head = " ".join(f"{share:6.3f}" for share in SHARES)
    names = " ".join(f"{name[:6]:>6}" for name in MEASURED)
    print(f"{'way':30} {names} {'auto':>{5 * len(MODELS) - 1}} | {head} | worst picture")
    for name in arguments.ways.split(";"):
        made = cases(name, pictures, arguments.scale, arguments.crop)
        print(f"{name:30} {row(made, models, arguments.scale)}", flush=True)


if __name__ == "__main__":
    main()
