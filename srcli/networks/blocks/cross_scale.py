"""Cross-scale non-local attention of CSNLN: a map attends to its own reduction, and is enlarged.

Source: Mei et al., "Image Super-Resolution with Cross-Scale Non-Local Attention and Exhaustive
Self-Exemplars Mining", arXiv 2006.01424, section 3.1, and the authors' code.

Shape suffixes: B batch, C channels, H W rows and columns, f enlargement.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.conv_prelu import with_prelu
from srcli.networks.blocks.patch_attention import PATCH, KeyMap, patch_attention
from srcli.networks.blocks.patch_attention_train import unfolded_attention

OVERLAP = 6
"""The authors' divisor of the sum of nine overlapping patches. Their weights depend on it."""


class CrossScaleAttention(nn.Module):
    """Map (B, C, H, W) to (B, C, fH, fW); f must divide H and W.

    Queries are 3x3 patches of the map. Keys are 3x3 patches of the map reduced by f. The value of
    a key is the 3f x 3f patch of the map that the key reduces. There is no residual.

    Args:
        channels: number of channels C.
        factor: enlargement f.
        patch: odd side of the patches, in place of 3.

    Raises:
        ValueError: the side is even.

    """

    def __init__(self, channels: int, factor: int, *, patch: int = PATCH) -> None:
        super().__init__()
        if patch % 2 == 0:
            msg = f"patches have an odd side, not {patch}"
            raise ValueError(msg)
        self.factor = factor
        self.patch = patch
        self.conv_match_1 = with_prelu(nn.Conv2d(channels, channels // 2, 1))
        self.conv_match_2 = with_prelu(nn.Conv2d(channels, channels // 2, 1))
        self.conv_assembly = with_prelu(nn.Conv2d(channels, channels, 1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        factor = self.factor
        height, width = features_BCHW.shape[-2:]
        reduced_BChw = F.interpolate(
            features_BCHW,
            size=(height // factor, width // factor),
            mode="bilinear",
            align_corners=False,
        )
        blocks_BDhw = F.pixel_unshuffle(self.conv_assembly(features_BCHW), factor)
        query_BEHW = self.conv_match_1(features_BCHW)
        maps = [KeyMap(key=self.conv_match_2(reduced_BChw), value=blocks_BDhw)]
        if self.patch == PATCH:
            return F.pixel_shuffle(patch_attention(query_BEHW, maps), factor) / OVERLAP
        pasted_BDHW = unfolded_attention(query_BEHW, maps, patch=self.patch)
        overlap = OVERLAP * (self.patch / PATCH) ** 2
        return F.pixel_shuffle(pasted_BDHW, factor) / overlap
