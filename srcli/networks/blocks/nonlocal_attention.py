"""Non-local attention inside one scale: of CSNLN over the whole map, of SAN over four regions.

Shape suffixes: B batch, C channels, E channels of queries and keys, N M positions of queries
and keys, W the larger of C and E; of maps, H W are rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.conv_prelu import with_prelu
from srcli.networks.blocks.precision import at_least_float32


def dot_product_attention(query_BEN: Tensor, key_BEM: Tensor, value_BCM: Tensor) -> Tensor:
    """Return softmax attention without a temperature, (B, C, N) in the dtype of the values.

    PyTorch's fused kernels never hold the weights of all pairs. An exported graph has the plain
    form. Scores and softmax are in float32 or wider.
    """
    if torch.compiler.is_exporting():
        return value_BCM @ torch.softmax(query_BEN.mT @ key_BEM, 2).mT
    channels = value_BCM.shape[1]
    width = max(channels, query_BEN.shape[1])
    query, key, value = (_head(s, width) for s in (query_BEN, key_BEM, value_BCM))
    with torch.autocast(query.device.type, enabled=False):
        attended_B1NW = F.scaled_dot_product_attention(query, key, value, scale=1.0)
    return attended_B1NW[:, 0, :, :channels].mT.to(value_BCM.dtype)


def _head(samples_BEN: Tensor, width: int) -> Tensor:
    """Return one contiguous head (B, 1, N, W) for the fused kernels, filled to a common width."""
    missing = width - samples_BEN.shape[1]
    filled_BWN = F.pad(at_least_float32(samples_BEN), (0, 0, 0, missing))
    return filled_BWN.mT.contiguous()[:, None]


class InScaleAttention(nn.Module):
    """In-scale non-local attention of CSNLN: (B, C, H, W), without temperature and residual.

    Source: Mei et al., arXiv 2006.01424, section 3.2.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_match1 = with_prelu(nn.Conv2d(channels, channels // 2, 1))
        self.conv_match2 = with_prelu(nn.Conv2d(channels, channels // 2, 1))
        self.conv_assembly = with_prelu(nn.Conv2d(channels, channels, 1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        attended_BCN = dot_product_attention(
            self.conv_match1(features_BCHW).flatten(2),
            self.conv_match2(features_BCHW).flatten(2),
            self.conv_assembly(features_BCHW).flatten(2),
        )
        return attended_BCN.reshape_as(features_BCHW)


class PooledNonLocal(nn.Module):
    """Non-local block of SAN: keys and values are max-pooled by two, and the input is added.

    The last convolution starts at zero, so a new block is the identity. Both sides must be at
    least 2.
    """

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        inner = channels // reduction
        self.theta = nn.Conv2d(channels, inner, 1)
        self.phi = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.MaxPool2d(2))
        self.g = nn.Sequential(nn.Conv2d(channels, inner, 1), nn.MaxPool2d(2))
        self.W = nn.Conv2d(inner, channels, 1)
        nn.init.zeros_(self.W.weight)
        if self.W.bias is not None:
            nn.init.zeros_(self.W.bias)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        query_BEHW = self.theta(features_BCHW)
        attended_BEN = dot_product_attention(
            query_BEHW.flatten(2),
            self.phi(features_BCHW).flatten(2),
            self.g(features_BCHW).flatten(2),
        )
        update_BCHW: Tensor = self.W(attended_BEN.reshape_as(query_BEHW))
        return features_BCHW + update_BCHW


class RegionNonLocal(nn.Module):
    """Region-level non-local module of SAN: one block runs on each quarter of the map alone.

    Source: Dai et al., CVPR 2019, section 3.2. Both sides must be at least 4.
    """

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        self.non_local = PooledNonLocal(channels, reduction=reduction)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        height, width = features_BCHW.shape[-2:]
        rows = features_BCHW.tensor_split([height // 2], dim=2)
        return torch.cat([self._row(row_BCHW, width // 2) for row_BCHW in rows], dim=2)

    def _row(self, row_BCHW: Tensor, middle: int) -> Tensor:
        halves = row_BCHW.tensor_split([middle], dim=3)
        return torch.cat([self.non_local(half_BCHW) for half_BCHW in halves], dim=3)
