"""Trains the network that tells how much a picture was sharpened.

Run ``python examples/sharpening.py PICTURES OUT.safetensors`` in a clone. It reduces parts of the
pictures in many ways, sharpens half of what comes of that, and counts the patterns of both as
``srcli/pipeline/patterns.py`` does. The network learns to choose a share of ``asdn-sharpened``.
A wrong share costs as much as it does on validation pictures.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image, ImageFilter
from rich.console import Console
from rich.progress import track
from spoilt_lr import reduced
from torch import Tensor, nn

from srcli.images.decode import read_uint8
from srcli.images.picture.photo import Photo
from srcli.images.synthetic.jpeg_roundtrip import Coding, recompress
from srcli.pipeline.patterns import pattern_shares
from srcli.pipeline.sample import take_sample
from srcli.training.drawn import draw_scene
from srcli.training.patches import picture_files
from srcli.weights.formats.tensor_file import write_tensors

GAINS = {
    "bicubic": (
        (0.0, (4.36, 4.18, 3.81, 3.41, 3.04, 2.73, 2.47, 2.24, 1.96)),
        (0.15, (3.36, 3.56, 3.49, 3.30, 3.08, 2.88, 2.69, 2.47, 2.13)),
        (0.3, (1.68, 2.18, 2.44, 2.55, 2.60, 2.64, 2.67, 2.61, 2.33)),
        (0.5, (-0.27, 0.35, 0.82, 1.19, 1.51, 1.85, 2.20, 2.49, 2.52)),
        (1.0, (-2.49, -1.91, -1.38, -0.89, -0.40, 0.15, 0.84, 1.69, 2.60)),
    ),
    "lanczos": ((0.0, (3.14, 3.40, 3.39, 3.24, 3.04, 2.82, 2.60, 2.34, 1.94)),),
    "box": ((0.0, (1.87, 2.39, 2.62, 2.62, 2.50, 2.32, 2.10, 1.84, 1.47)),),
}
"""Gain over bicubic in dB of shares of ``asdn-sharpened`` from 0 to 1 by eighths, by the kernel of
the reduction and the amount of sharpening after it. ``benchmarks/mixes.py --crop 384 --every 1``
measures it on validation pictures."""
LIKE_SHARPENED = {"lanczos": 0.15, "box": 0.3, "hamming": 0.1}
"""The amount of sharpening that a sharper kernel is like, where the picture is sharpened too."""
KERNELS = {"matlab": 9, "bicubic": 3, "lanczos": 3, "box": 3, "bilinear": 1, "hamming": 1}
"""How often each kernel is used. All but MATLAB's are Pillow's."""
FACTORS = (2.0, 2.0, 2.0, 2.0, 3.0, 4.0, None)
"""Factors of reduction; None is any from 1.4 to 4."""
SIDES = (128, 160, 192, 256)
"""Sides of LR in pixels."""
AMOUNTS = ((0.1, 0.35), (0.1, 0.35), (0.3, 0.7), (0.45, 0.55), (0.5, 1.0))
RADII = ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (0.5, 1.6))
SHARE_OF_DRAWN, SHARE_OF_SOFT, SHARE_OF_NOISY = 0.05, 0.06, 0.08
SHARE_OF_CODED, SHARE_OF_SUBSAMPLED = 0.12, 0.5
DRAWN_SIDE = 512
HIDDEN, BATCH, PASSES, RATE, DROPOUT, DECAY = 64, 128, 10, 2e-3, 0.15, 0.1
TEMPERATURE = 2.0
"""How much less sure the network is made than it has learned to be: other pictures differ more
from those it has seen than these do from each other."""


def main() -> None:
    """Train the network that the command line asks for, and write its weights."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--crops", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    random = Random(wanted.seed)
    torch.manual_seed(wanted.seed)
    files = picture_files(wanted.pictures)
    shares, gains = list[Tensor](), list[Tensor]()
    for number in track(range(wanted.crops), "Counting", console=Console(stderr=True)):
        for luma, gain in examples(files[number % len(files)], random):
            shares.append(pattern_shares(luma).float())
            gains.append(gain)
    weights, regret = learned(torch.stack(shares), torch.stack(gains))
    print(f"{len(shares)} pictures: {regret:.3f} dB below the best share of each")
    write_tensors(wanted.out, weights, {})


def examples(path: Path, random: Random) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the windows of four LR pictures of one part of HR, and what each share gains there.

    LR is made twice, by any kernel. Each is seen as it is, and sharpened.
    """
    if random.random() < SHARE_OF_DRAWN:
        hr = draw_scene(DRAWN_SIDE, random).render(DRAWN_SIDE, DRAWN_SIDE)[None]
    else:
        hr = read_uint8(path)
    factor = random.choice(FACTORS) or random.uniform(1.4, 4.0)
    side = min(random.choice(SIDES), int(min(hr.shape[2:]) / factor))
    span = round(side * factor)
    top, left = (random.randint(0, length - span) for length in hr.shape[2:])
    part = hr[..., top : top + span, left : left + span]
    for _ in range(2):
        kernel = random.choices(list(KERNELS), list(KERNELS.values()))[0]
        plain, amount = reduced(part, (side, side), kernel), random.uniform(*random.choice(AMOUNTS))
        radius = random.uniform(*random.choice(RADII))
        sharp = plain.filter(ImageFilter.UnsharpMask(radius, round(100 * amount), 0))
        if random.random() < SHARE_OF_SOFT:
            plain = plain.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 0.55)))
        for lr, strength in ((plain, 0.0), (sharp, amount * min(radius, 1.1))):
            sample = take_sample(Photo(pixels=_pixels(spoilt(lr, random))))
            if sample is not None:
                yield sample.luma, gain_of_shares(kernel, strength)


def spoilt(lr: Image.Image, random: Random) -> Image.Image:
    """Code a part of all LR pictures lightly, and add a little noise to another part."""
    chance = random.random()
    if chance < SHARE_OF_CODED:
        coding = Coding(
            quality=random.randint(86, 97), subsample=random.random() < SHARE_OF_SUBSAMPLED
        )
        return Image.fromarray(recompress(np.asarray(lr), coding))
    if chance < SHARE_OF_CODED + SHARE_OF_NOISY:
        generator = np.random.default_rng(random.getrandbits(63))
        noise = generator.normal(0.5, random.uniform(0.3, 1.5), (*lr.size[::-1], 3))
        return Image.fromarray((np.asarray(lr) + noise).clip(0, 255).astype(np.uint8))
    return lr


def gain_of_shares(kernel: str, amount: float) -> Tensor:
    """Return what each share of ``GAINS`` gains after a reduction and a sharpening: float32 (9)."""
    if amount == 0 and kernel in GAINS:
        return torch.tensor(GAINS[kernel][0][1])
    rows = GAINS["bicubic"]
    like = min(amount + LIKE_SHARPENED.get(kernel, 0.0), 1.0)
    above = next(n for n, (strength, _) in enumerate(rows) if like <= strength)
    if above == 0:
        return torch.tensor(rows[0][1])
    (weaker, low), (stronger, high) = rows[above - 1], rows[above]
    between = (like - weaker) / (stronger - weaker)
    return torch.lerp(torch.tensor(low), torch.tensor(high), between)


def learned(shares: Tensor, gains: Tensor) -> tuple[dict[str, Tensor], float]:
    """Train on (N, F) counts and (N, 9) gains; return the weights and the mean regret in dB."""
    mean, spread = shares.mean(0), shares.std(0).clamp(min=2e-3)
    seen = (shares - mean) / spread
    hidden, output = nn.Linear(seen.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    network = nn.Sequential(nn.Dropout(DROPOUT), hidden, nn.ReLU(), output)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=DECAY)
    steps = max(2, PASSES * len(seen) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    for _ in range(steps):
        chosen = torch.randint(len(seen), (BATCH,))
        loss = regret(network(seen[chosen])[:, 0], gains[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.inference_mode():
        left = float(regret(network(seen)[:, 0], gains))
        weight = hidden.weight / spread
        weights = {
            "hidden.weight": weight,
            "hidden.bias": hidden.bias - weight @ mean,
            "output.weight": output.weight / TEMPERATURE,
            "output.bias": output.bias / TEMPERATURE,
        }
        return weights, left


def regret(outputs: Tensor, gains: Tensor) -> Tensor:
    """Return by how much the chosen shares gain less than the best ones, in dB."""
    place = torch.sigmoid(outputs) * (gains.shape[1] - 1)
    below = place.detach().long().clamp(max=gains.shape[1] - 2)
    low, high = gains.gather(1, below[:, None]), gains.gather(1, below[:, None] + 1)
    gained = torch.lerp(low[:, 0], high[:, 0], place - below)
    return (gains.amax(1) - gained).mean()


def _pixels(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].contiguous()


if __name__ == "__main__":
    main()
