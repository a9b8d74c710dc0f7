"""Attention between 3x3 patches, in a form for training.

It is the same function as ``patch_attention``. It holds all scores of a batch at once and takes
nine times the products, but in few large operations that update nothing in place. On patches of
24x24 with three maps, forward and backward together are 1.9 to 3.6 times as fast
(``benchmarks/learning.py``). Its memory grows with the square of the pixels, so it does not suit
whole pictures.

Shape suffixes: B batch, E channels of queries and keys, D channels of values, N queries, M keys
of all maps.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.patch_attention import NORM_FLOOR, PATCH, KeyMap
from srcli.networks.blocks.precision import at_least_float32


def unfolded_attention(
    query_BEHW: Tensor, maps: Sequence[KeyMap], *, temperature: float = 10.0, patch: int = PATCH
) -> Tensor:
    """Attend as ``patch_attention`` does, and return (B, D, H, W) in the dtype of the values.

    Patches have an odd side ``patch``, which the other form does not let one choose. Products are
    in the dtype of the queries and values. Norms and softmax are in float32 or wider.
    """
    size = query_BEHW.shape[-2:]
    with torch.autocast(query_BEHW.device.type, enabled=False):
        key_BKM = torch.cat([_normalised(_patches(keys.key, patch)) for keys in maps], 2)
        value_BVM = torch.cat([_patches(keys.value, patch) for keys in maps], 2)
        query_BKN = _patches(query_BEHW, patch) * temperature
        score_BNM = query_BKN.mT @ key_BKM.to(query_BKN.dtype)
        weight_BNM = torch.softmax(at_least_float32(score_BNM), 2).to(value_BVM.dtype)
        return F.fold(value_BVM @ weight_BNM.mT, size, patch, padding=patch // 2)


def _patches(features_BCHW: Tensor, patch: int) -> Tensor:
    return F.unfold(features_BCHW, patch, padding=patch // 2)


def _normalised(patch_BKM: Tensor) -> Tensor:
    patch_BKM = at_least_float32(patch_BKM)
    energy_B1M = patch_BKM.square().sum(1, keepdim=True)
    return patch_BKM * energy_B1M.clamp_min(NORM_FLOOR**2).rsqrt()
