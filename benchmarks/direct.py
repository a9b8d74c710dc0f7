"""The attention of CSNLN, PANet and SAN written out as their papers write it.

Patches are unfolded, compared by a convolution whose filters are the key patches, and pasted by
a transposed convolution whose filters are the value patches; in-scale attention and SAN's
covariance hold their whole matrix of pixels by pixels. Each class takes the weights of the
network's own, so that both forms can be compared in one process.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.covariance import SecondOrderChannelAttention, square_root
from srcli.networks.blocks.cross_scale import CrossScaleAttention
from srcli.networks.blocks.nonlocal_attention import InScaleAttention, PooledNonLocal
from srcli.networks.blocks.pyramid import PyramidAttention, level_side
from srcli.networks.csnln import Csnln

ModuleT = TypeVar("ModuleT", bound=nn.Module)
NORM_FLOOR = 1e-4
TEMPERATURE = 10.0


def patches(features: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
    """Windows of one picture (1, C, H, W) as filters (L, C, kernel, kernel)."""
    windows = F.unfold(features, kernel, stride=stride, padding=padding)[0].T
    return windows.reshape(-1, features.shape[1], kernel, kernel)


def normalised(key_patches: Tensor) -> Tensor:
    norm = key_patches.square().sum((1, 2, 3), keepdim=True).sqrt()
    return key_patches / norm.clamp_min(NORM_FLOOR)


class DirectCrossScaleAttention(CrossScaleAttention):
    """Key patches as filters, value patches as filters of the transposed convolution."""

    def forward(self, features: Tensor) -> Tensor:
        factor = self.factor
        size = tuple(side // factor for side in features.shape[-2:])
        reduced = F.interpolate(features, size=size, mode="bilinear", align_corners=False)
        keys, values = self.conv_match_2(reduced), self.conv_assembly(features)
        queries = self.conv_match_1(features)
        outputs = []
        for query, key, value in zip(queries.split(1), keys.split(1), values.split(1), strict=True):
            scores = F.conv2d(query, normalised(patches(key, 3, 1, 1)), padding=1)
            weights = torch.softmax(scores * TEMPERATURE, 1)
            filters = patches(value, 3 * factor, factor, factor)
            outputs.append(
                F.conv_transpose2d(weights, filters, stride=factor, padding=factor) / 6.0
            )
        return torch.cat(outputs)


class DirectPyramidAttention(PyramidAttention):
    """The same, patches of all levels in one list."""

    def forward(self, features: Tensor) -> Tensor:
        queries = self.conv_match_L_base(features)
        keys: list[list[Tensor]] = [[] for _ in features]
        values: list[list[Tensor]] = [[] for _ in features]
        for level in range(self.levels):
            size = tuple(level_side(side, level) for side in features.shape[-2:])
            resized = features
            if level:
                resized = F.interpolate(features, size=size, mode="bicubic", align_corners=False)
            key, value = self.conv_match(resized), self.conv_assembly(resized)
            for b in range(len(features)):
                keys[b].append(normalised(patches(key[b : b + 1], 3, 1, 1)))
                values[b].append(patches(value[b : b + 1], 3, 1, 1))
        outputs = []
        for b in range(len(features)):
            scores = F.conv2d(queries[b : b + 1], torch.cat(keys[b]), padding=1)
            weights = torch.softmax(scores * TEMPERATURE, 1)
            outputs.append(F.conv_transpose2d(weights, torch.cat(values[b]), padding=1) / 4.0)
        return torch.cat(outputs) + self.residual_scale * features


def whole_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(B, E, N), (B, E, M), (B, C, M) to (B, C, N), holding the N x M weights."""
    weights = torch.softmax(query.mT @ key, 2)
    return (weights @ value.mT).mT


class DirectInScaleAttention(InScaleAttention):
    """All positions by all positions."""

    def forward(self, features: Tensor) -> Tensor:
        attended = whole_attention(
            self.conv_match1(features).flatten(2),
            self.conv_match2(features).flatten(2),
            self.conv_assembly(features).flatten(2),
        )
        return attended.reshape_as(features)


class DirectPooledNonLocal(PooledNonLocal):
    """All positions by all pooled positions."""

    def forward(self, features: Tensor) -> Tensor:
        query, key, value = self.theta(features), self.phi(features), self.g(features)
        attended = whole_attention(query.flatten(2), key.flatten(2), value.flatten(2))
        return features + self.W(attended.reshape_as(query))


class DirectSecondOrderChannelAttention(SecondOrderChannelAttention):
    """Centres with a matrix of pixels by pixels; for pictures below 1000 pixels a side."""

    def forward(self, features: Tensor) -> Tensor:
        samples = features.flatten(2)
        count = samples.shape[2]
        ones = torch.ones(count, count, device=samples.device)
        centring = torch.eye(count, device=samples.device) / count - ones / count**2
        covariance = samples @ centring.expand(len(samples), -1, -1) @ samples.mT
        descriptor = square_root(covariance).mean(1)[..., None, None]
        return features * self.conv_du(descriptor)


class DirectCsnln(Csnln):
    """Concatenates the maps of all recurrences, and runs the last projection too."""

    def _mine(self, features: Tensor) -> Tensor:
        maps = []
        for _ in range(self.config.recurrences):
            maps.append(self.SEM(features))
            features = self.SEM.project_back(maps[-1])
        return self.tail(torch.cat(maps, 1))


DIRECT = {
    CrossScaleAttention: DirectCrossScaleAttention,
    PyramidAttention: DirectPyramidAttention,
    InScaleAttention: DirectInScaleAttention,
    PooledNonLocal: DirectPooledNonLocal,
    SecondOrderChannelAttention: DirectSecondOrderChannelAttention,
    Csnln: DirectCsnln,
}


def direct_form(module: ModuleT) -> ModuleT:
    """Return a copy with the same weights whose attention is computed directly."""
    twin = copy.deepcopy(module)
    for part in twin.modules():
        if type(part) in DIRECT:
            part.__class__ = DIRECT[type(part)]
    return twin
