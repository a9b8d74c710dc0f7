"""LPIPS, the perceptual distance of ImageNet features; smaller is better, and 0 is perfect.

Source: Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric", CVPR 2018, arXiv 1801.03924; github.com/richzhang/PerceptualSimilarity, version
0.1. The weights are the user's: those of the features are torchvision's, and those of the layers
upon them the authors'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
"""Mean and spread of RGB in [-1, 1] that the features are used to."""
EPSILON = 1e-10
WIDEST_PADDING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The part of a network of torchvision whose features are compared.

    Attributes:
        stages: convolutions of each stage, by their number in ``features``. The last one of each is
            compared, after its ReLU.
        pooled: convolutions before which the maximum is taken of every second place.
        window: side of that maximum.
        stride: of the first convolution.
        smallest: side of the smallest picture, in pixels.

    """

    stages: tuple[tuple[int, ...], ...]
    pooled: frozenset[int]
    window: int
    stride: int
    smallest: int


ALEX = Features(
    stages=((0,), (3,), (6,), (8,), (10,)),
    pooled=frozenset({3, 6}),
    window=3,
    stride=4,
    smallest=31,
)
VGG = Features(
    stages=((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)),
    pooled=frozenset({5, 10, 17, 24}),
    window=2,
    stride=1,
    smallest=16,
)


class Lpips:
    """LPIPS of one kind of features.

    Args:
        features: the kind.
        trunk: ``features.N.weight`` and ``features.N.bias``, as torchvision names them.
        heads: ``linN.model.1.weight`` (1, C, 1, 1) of each stage, as the authors name them.

    Raises:
        KeyError: a tensor is missing.

    """

    def __init__(
        self, features: Features, trunk: Mapping[str, Tensor], heads: Mapping[str, Tensor]
    ) -> None:
        self.features = features
        self.convolutions = {
            n: (trunk[f"features.{n}.weight"].float(), trunk[f"features.{n}.bias"].float())
            for stage in features.stages
            for n in stage
        }
        self.heads = [
            heads[f"lin{n}.model.1.weight"].float().flatten() for n in range(len(features.stages))
        ]

    @torch.inference_mode()
    def __call__(self, sr: Tensor, hr: Tensor) -> float:
        """Return LPIPS of RGB (1, 3, H, W) in [0, 1], both sides at least ``smallest``."""
        distance = torch.zeros(())
        pairs = zip(self._stages(torch.cat([sr, hr]).float()), self.heads, strict=True)
        for seen, weights in pairs:
            directions = seen / (seen.square().sum(1, keepdim=True).sqrt() + EPSILON)
            change = (directions[0] - directions[1]).square().mean((1, 2))
            distance = distance + change @ weights
        return distance.item()

    def _stages(self, images: Tensor) -> Iterator[Tensor]:
        """Yield what is compared of RGB (B, 3, H, W) in [0, 1], stage by stage."""
        shift, scale = (torch.tensor(one)[:, None, None] for one in (SHIFT, SCALE))
        seen = (2 * images - 1 - shift) / scale
        for stage in self.features.stages:
            for n in stage:
                if n in self.features.pooled:
                    seen = functional.max_pool2d(seen, self.features.window, stride=2)
                weight, bias = self.convolutions[n]
                padding = min(weight.shape[-1] // 2, WIDEST_PADDING)
                stride = self.features.stride if n == 0 else 1
                seen = functional.conv2d(seen, weight, bias, stride=stride, padding=padding).relu()
            yield seen
