"""Compare both forms of attention between patches when gradients are recorded.

``python benchmarks/learning.py``: forward and back over a batch of small pieces, as training
does it, in bfloat16, with the maps of panet-light. The two forms run in turn; medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from srcli.networks.blocks.patch_attention import KeyMap, patch_attention
from srcli.networks.blocks.patch_attention_train import unfolded_attention
from srcli.networks.blocks.pyramid import level_side

COMPARED, CARRIED, LEVELS = 12, 48, 3
Attention = Callable[[Tensor, Sequence[KeyMap]], Tensor]


def seconds(attend: Attention, batch: int, side: int) -> float:
    def leaf(channels: int, length: int) -> Tensor:
        features = torch.randn(batch, channels, length, length, dtype=torch.bfloat16)
        return features.requires_grad_()

    sides = [level_side(side, level) for level in range(LEVELS)]
    maps = [KeyMap(key=leaf(COMPARED, n), value=leaf(CARRIED, n)) for n in sides]
    query = leaf(COMPARED, side)
    began = time.perf_counter()
    attend(query, maps).float().square().mean().backward()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description="attention, forward and back")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=24, help="of a piece, in LR pixels")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    forms = (patch_attention, unfolded_attention)
    rounds = [[seconds(f, options.batch, options.side) for f in forms] for _ in range(options.runs)]
    box, unfolded = (statistics.median(found) for found in zip(*rounds[1:], strict=True))
    print(f"box sums {box:.3f} s, written out {unfolded:.3f} s = {box / unfolded:.2f}x")


if __name__ == "__main__":
    main()
