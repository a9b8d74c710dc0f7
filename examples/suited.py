"""Trains the network that tells which mix of the models of ``auto`` suits a picture.

Run ``python examples/suited.py PICTURES OUT.safetensors --seen SEEN.safetensors`` in a clone. It
reduces parts of the pictures, spoils them in many ways, and enlarges them by 2 with each model.
The errors of the models and how they go together tell the error of every mix. The network learns
to choose a mix from what is measured of LR alone. ``--seen`` keeps what was measured, and goes on
from there when it is run again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from rich.console import Console
from rich.progress import track
from spoilt_lr import SCALE, Lr, spoilt_example
from torch import Tensor, nn

from srcli.bench.baselines import bicubic
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner
from srcli.images.decode import decode_photo
from srcli.images.probe import probe_image
from srcli.networks.spec import SrNetwork
from srcli.pipeline.inspection import MANY_FLAT, measure
from srcli.pipeline.shares import MODELS, SPOILT
from srcli.pipeline.suited import FINEST
from srcli.pixels.levels import to_levels
from srcli.training.patches import picture_files
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.formats.tensor_file import read_tensors, write_tensors

WEIGHTS = Path(__file__).parents[1] / "weights"
ENLARGED = 64
"""Side of the middle of LR that is enlarged."""
BORDER = 4
FLATTEST = 0.3
"""Mean square of the error of bicubic, in squared levels, below which a picture is left out."""
SAVED_EVERY = 500

OTHER_CLUES = 96 + 12
"""What ``block_energies`` and the figures of ``clues_of`` are together; patterns come before."""
COMPONENTS = 48
"""Of the patterns, which are many, only this many directions of most variance are read."""
HIDDEN, BATCH, PASSES, RATE, DECAY = 64, 128, 40, 2e-3, 0.1
DROPPED_PATTERNS, DROPPED = 0.5, 0.05
ABOVE_BICUBIC, WORSE = 0.4, 4.0
"""A mix that gains less than so many dB over bicubic counts this many times more for each dB."""
NOISE_COUNTS = 0.3
USUAL = 2.0
"""How much more often than others those pictures are looked at that the model for clean ones or
that for spoilt ones suits best."""
LUMA = torch.tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of N pictures.

    Attributes:
        clues: (N, F), what the network reads.
        errors: (N, M, M), mean products of the errors of each two models, in squared levels.
        plain: (N), mean square of the error of bicubic.
        noise: (N), levels of noise.
        tried: (N, M), the shares of a mix that was tried.
        left: (N), mean square of its error.

    """

    clues: Tensor
    errors: Tensor
    plain: Tensor
    noise: Tensor
    tried: Tensor
    left: Tensor

    @classmethod
    def of(cls, rows: Tensor) -> Seen:
        """Take apart rows, as ``Models.row`` puts them together; drawings are left out."""
        count = len(MODELS)
        sizes = [count**2, 1, 1, count, 1]
        pictures = rows[rows[:, -1] < MANY_FLAT[-1][0]]  # the last clue is how much of it is flat
        errors, plain, noise, tried, left, clues = pictures.split(
            [*sizes, rows.shape[1] - sum(sizes)], dim=1
        )
        return cls(
            clues=clues,
            errors=errors.view(-1, count, count).double(),
            plain=plain[:, 0].double(),
            noise=noise[:, 0],
            tried=tried.double(),
            left=left[:, 0].double(),
        )


class Models:
    """The models of ``auto``, and mixes of them."""

    def __init__(self) -> None:
        networks = [self._load(model) for model in MODELS]
        self._mixed = self._load(MODELS[-1])
        names = list(self._mixed.state_dict())
        self._weights = [
            {name: network.state_dict()[name].float() for name in names} for network in networks
        ]
        compute = Compute(device=torch.device("cpu"), dtype=torch.bfloat16)
        self._runners = [NetworkRunner(network, compute) for network in networks]
        self._mixer = NetworkRunner(self._mixed, compute)

    def row(self, hr: Tensor, lr: Lr, random: Random) -> Tensor | None:
        """Return what is seen of one picture: float32 (R); None if that is of no use."""
        photo = decode_photo(lr.content, name=lr.name)
        _, clues = measure(photo, probe_image(lr.content, name=lr.name))
        if clues is None or min(photo.height, photo.width) < ENLARGED:
            return None
        pixels = to_levels(photo.pixels, torch.uint8).float() / 255
        height, width = ((length - ENLARGED) // 2 for length in pixels.shape[2:])
        small = pixels[..., height : height + ENLARGED, width : width + ENLARGED].contiguous()
        top, left, side = SCALE * height, SCALE * width, SCALE * ENLARGED
        wanted = luma(hr[..., top : top + side, left : left + side].float() / 255)
        with torch.inference_mode():
            plain = (luma(bicubic(small, (side, side), SCALE)) - wanted).square().mean()
            off = torch.stack(
                [luma(run(small, (side, side), ratio=SCALE)) - wanted for run in self._runners]
            ).double()
            errors = off @ off.T / off.shape[1]
            if min(float(plain), float(errors.diagonal().min())) < FLATTEST:
                return None
            tried = mix_to_try(errors, random)
            self._mixed.load_state_dict(self._between(tried))
            left_over = luma(self._mixer(small, (side, side), ratio=SCALE)) - wanted
        figures = [float(plain), lr.noise, *tried, float(left_over.square().mean())]
        return torch.cat([errors.flatten().float(), torch.tensor(figures), clues.float()])

    def _between(self, shares: Sequence[float]) -> dict[str, Tensor]:
        return {
            name: sum(
                (
                    share * weights[name]
                    for share, weights in zip(shares, self._weights, strict=True)
                ),
                torch.zeros(()),
            )
            for name in self._weights[0]
        }

    @staticmethod
    def _load(model: str) -> SrNetwork:
        return load_model(WEIGHTS / f"{model}.safetensors").network.eval()


def main() -> None:
    """Train the network that the command line asks for, and write its weights."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seen", type=Path, required=True)
    parser.add_argument("--count", type=int, default=16_000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    torch.manual_seed(wanted.seed)
    files = [file for folder in wanted.pictures for file in picture_files(folder)]
    seen = Seen.of(look(files, wanted.seen, wanted.count, wanted.seed))
    weights, regret = learned(seen)
    print(f"{len(seen.plain)} pictures: {regret:.3f} dB below the best mix of each")
    write_tensors(wanted.out, weights, {})


def look(files: Sequence[Path], kept: Path, count: int, seed: int) -> Tensor:
    """Return one row for each of so many pictures, some of which may be kept in a file."""
    held = read_tensors(kept) if kept.exists() else {}
    rows = list(held["rows"]) if held else []
    done = int(held["done"]) if held else 0
    models = Models()
    order = [
        n
        for times in range(count // len(files) + 1)
        for n in Random(f"{seed}:{times}").sample(range(len(files)), len(files))
    ]
    for number in track(range(done, count), "Looking", console=Console(stderr=True)):
        random = Random(f"{seed}:{number}")
        hr, lr = spoilt_example(files[order[number]], random)
        row = models.row(hr, lr, random)
        rows += [] if row is None else [row]
        if (number + 1) % SAVED_EVERY == 0 or number + 1 == count:
            found = {"rows": torch.stack(rows), "done": torch.tensor(number + 1)}
            write_tensors(kept, found, {})
    return torch.stack(rows)


def luma(pixels: Tensor) -> Tensor:
    """Return luma of (1, 3, H, W) from 0 to 1 without its border, in levels: (P)."""
    rounded = (pixels.float().clamp(0, 1) * 255).round() / 255
    inner = (rounded * LUMA).sum(1)[:, BORDER:-BORDER, BORDER:-BORDER]
    return inner.flatten()


def mix_to_try(errors: Tensor, random: Random) -> list[float]:
    """Draw shares that are random, and often near the best ones."""
    trust = random.choice((0.0, 2.0, 4.0))
    best = best_shares(errors[None])[0].tolist()
    drawn = [random.gammavariate(0.35 + trust * share, 1) for share in best]
    return [one / sum(drawn) for one in drawn]


def best_shares(errors: Tensor, steps: int = 200) -> Tensor:
    """Return the shares of the best mix for each picture, if outputs were mixed: (N, M)."""
    shares = torch.full(errors.shape[:2], 1 / errors.shape[1], dtype=torch.double)
    for _ in range(steps):
        slope = torch.einsum("nij,nj->ni", errors, shares)
        shares *= torch.exp(-2 * slope / slope.abs().amax(1, keepdim=True))
        shares /= shares.sum(1, keepdim=True)
    return shares


@dataclass(frozen=True, slots=True)
class MixErrors:
    """The errors of mixes.

    To mix outputs, the mean square of the error is a quadratic form of the shares. To mix weights
    is worse by a part of how far the outputs of each two models are apart.
    """

    worse: Tensor

    @classmethod
    def fitted(cls, seen: Seen) -> MixErrors:
        """Fit how much worse it is to the mixes that were tried."""
        mixed = quadratic(seen.tried, seen.errors)
        apart = (products(seen.tried) * distances(seen.errors)).flatten(1) / mixed[:, None]
        pairs = torch.triu_indices(len(MODELS), len(MODELS), 1)
        chosen = apart.view(-1, len(MODELS), len(MODELS))[:, pairs[0], pairs[1]]
        solved = torch.linalg.lstsq(chosen, (seen.left / mixed - 1)[:, None]).solution[:, 0]
        worse = torch.zeros(len(MODELS), len(MODELS), dtype=torch.double)
        worse[pairs[0], pairs[1]] = solved.clamp(min=0)
        return cls(worse)

    def of(self, shares: Tensor, errors: Tensor) -> Tensor:
        """Return the mean square of the error of a mix for each picture: (N)."""
        apart = (self.worse * products(shares) * distances(errors)).sum((1, 2))
        return quadratic(shares, errors) + apart


def quadratic(shares: Tensor, errors: Tensor) -> Tensor:
    """Return the mean square of the error of mixed outputs: (N)."""
    return torch.einsum("ni,nij,nj->n", shares, errors, shares)


def products(shares: Tensor) -> Tensor:
    """Return the products of each two shares: (N, M, M)."""
    return shares[:, :, None] * shares[:, None]


def distances(errors: Tensor) -> Tensor:
    """Return the mean squares of the differences of each two outputs: (N, M, M)."""
    own = errors.diagonal(dim1=1, dim2=2)
    return own[:, :, None] + own[:, None] - 2 * errors


def learned(seen: Seen) -> tuple[dict[str, Tensor], float]:
    """Train on what was seen; return the weights and the mean regret in dB."""
    read, weight, offset = prepared(seen.clues)
    mixes, count = MixErrors.fitted(seen), len(MODELS)
    least = mixes.of(best_shares(seen.errors), seen.errors)
    hidden, output = nn.Linear(read.shape[1], HIDDEN), nn.Linear(HIDDEN, count + 1)
    optimizer = torch.optim.AdamW(
        [*hidden.parameters(), *output.parameters()], RATE, weight_decay=DECAY
    )
    steps = max(2, PASSES * len(read) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    often = _frequencies(seen.errors)
    for _ in range(steps):
        some = torch.multinomial(often, BATCH, replacement=True)
        patterns, others = read[some].split([COMPONENTS, read.shape[1] - COMPONENTS], 1)
        kept = [
            nn.functional.dropout(patterns, DROPPED_PATTERNS),
            nn.functional.dropout(others, DROPPED),
        ]
        found = output(torch.relu(hidden(torch.cat(kept, 1))))
        left = mixes.of(found[:, :count].softmax(1).double(), seen.errors[some])
        behind = (decibels(left, seen.plain[some]) + ABOVE_BICUBIC).clamp(min=0)
        grain = (seen.noise[some] + FINEST).log2()
        loss = (
            decibels(left, least[some]).mean()
            + WORSE * behind.mean()
            + NOISE_COUNTS * nn.functional.smooth_l1_loss(found[:, count], grain)
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*hidden.parameters(), *output.parameters()], 1.0)
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        shares = output(torch.relu(hidden(read)))[:, :count].softmax(1).double()
        regret = decibels(mixes.of(shares, seen.errors), least).mean()
        return {
            "hidden.weight": hidden.weight @ weight,
            "hidden.bias": hidden.bias + hidden.weight @ offset,
            "output.weight": output.weight.clone(),
            "output.bias": output.bias.clone(),
        }, float(regret)


def _frequencies(errors: Tensor) -> Tensor:
    """Return how often each picture is looked at."""
    own = errors.diagonal(dim1=1, dim2=2)
    is_usual = own.argmin(1) <= MODELS.index(SPOILT)  # the model for clean ones comes before
    return torch.where(is_usual, USUAL, 1.0)


def prepared(clues: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what the network reads, and the matrix and the offset that make it of clues."""
    mean, spread = clues.mean(0), clues.std(0).clamp(min=2e-3)
    even = (clues - mean) / spread
    patterns = clues.shape[1] - OTHER_CLUES
    directions = torch.linalg.svd(even[:, :patterns], full_matrices=False)[2][:COMPONENTS]
    turn = torch.block_diag(directions, torch.eye(OTHER_CLUES))
    weight = turn / spread
    return even @ turn.T, weight, -weight @ mean


def decibels(error: Tensor, other: Tensor) -> Tensor:
    """Return how much larger an error is than another one, in dB."""
    return 10 * torch.log10(error / other)


if __name__ == "__main__":
    main()
