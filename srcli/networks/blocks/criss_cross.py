"""Criss-cross attention, and the interlaced spatial attention block of CIRN.

Source: Huang et al., "CCNet: Criss-Cross Attention for Semantic Segmentation", ICCV 2019. Every
position attends to the H + W - 1 positions of its row and column, so two rounds reach the whole
image. The head of ``cirn`` describes the interlacing, and which parts of it are ours.

Shape suffixes: B batch, C channels of queries and keys, V channels of values, H W rows and
columns, R rows of a chunk, N = H + W scores of a position.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SCORES_PER_CHUNK = 2**20
QUERY_REDUCTION = 4


def criss_cross(
    query_BCHW: Tensor,
    key_BCHW: Tensor,
    value_BVHW: Tensor,
    *,
    scores_per_chunk: int = SCORES_PER_CHUNK,
) -> Tensor:
    """Attend from every position to its row and column, by one softmax over both.

    The position itself counts once. Scores are not scaled. A chunk of query rows has at most
    ``scores_per_chunk`` scores, or is one row, so memory grows with the features and not with
    H W (H + W). An exported graph has no loops, so it computes all scores at once.

    Returns:
        (B, V, H, W), the attended values.

    """
    batch, _, height, width = query_BCHW.shape
    if torch.compiler.is_exporting():
        tops, rows = [0], height
    else:
        rows = max(1, scores_per_chunk // (batch * width * (height + width)))
        tops = list(range(0, height, rows))
    query_BHWC, key_BHCW = query_BCHW.permute(0, 2, 3, 1), key_BCHW.permute(0, 2, 1, 3)
    value_BHWV = value_BVHW.permute(0, 2, 3, 1)
    key_BWCH = key_BCHW.permute(0, 3, 1, 2).contiguous()
    value_BWHV = value_BVHW.permute(0, 3, 2, 1).contiguous()
    position = torch.arange(height, device=query_BCHW.device)
    chunks = []
    for top in tops:
        chunk = slice(top, min(top + rows, height))
        query_BRWC = query_BHWC[:, chunk]
        column_BRWH = (query_BRWC.transpose(1, 2) @ key_BWCH).transpose(1, 2)
        own_R1H = position[chunk, None, None] == position
        column_BRWH.masked_fill_(own_R1H, -torch.inf)
        row_BRWW = query_BRWC @ key_BHCW[:, chunk]
        weight_BRWN = torch.cat((column_BRWH, row_BRWW), -1).softmax(-1)
        from_column_BWRV = weight_BRWN[..., :height].transpose(1, 2) @ value_BWHV
        from_row_BRWV = weight_BRWN[..., height:] @ value_BHWV[:, chunk]
        chunks.append(from_column_BWRV.transpose(1, 2) + from_row_BRWV)
    return torch.cat(chunks, 1).permute(0, 3, 1, 2)


class InterlacedAttention(nn.Module):
    """Refine the current map with attention from the previous one (ISAB).

    Two criss-cross stages share one set of 1x1 convolutions. Each stage spreads the maps along
    rows and columns, so after both every position of either map reaches every position of the
    result. Two learned gains start at zero, so a new block returns the current map.

    Args:
        channels: channels of both maps.
        stages: 2, or 1 to leave the first stage out.

    Raises:
        ValueError: another number of stages.

    """

    def __init__(self, channels: int, *, stages: int = 2) -> None:
        super().__init__()
        if stages not in {1, 2}:
            msg = f"the attention has one stage or two, not {stages}"
            raise ValueError(msg)
        self.query = nn.Conv2d(channels, channels // QUERY_REDUCTION, 1)
        self.key = nn.Conv2d(channels, channels // QUERY_REDUCTION, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.output = nn.Conv2d(channels, channels, 1)
        self.spread_gain = nn.Parameter(torch.zeros(1)) if stages == 2 else None  # noqa: PLR2004 - the first stage
        self.output_gain = nn.Parameter(torch.zeros(1))

    def forward(self, previous_BCHW: Tensor, current_BCHW: Tensor) -> Tensor:
        spread_BCHW = current_BCHW
        if self.spread_gain is not None:
            previous_BCHW, spread_BCHW = self._spread(previous_BCHW, current_BCHW, self.spread_gain)
        refined_BCHW = self._attend(previous_BCHW, self.value(spread_BCHW))
        output_BCHW: Tensor = self.output(refined_BCHW)
        return current_BCHW + self.output_gain * output_BCHW

    def _spread(
        self, previous_BCHW: Tensor, current_BCHW: Tensor, gain: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Apply one attention, computed from the previous map, to both maps (stage 1)."""
        values_BVHW = torch.cat((self.value(previous_BCHW), self.value(current_BCHW)), 1)
        to_previous, to_current = self._attend(previous_BCHW, values_BVHW).chunk(2, 1)
        return previous_BCHW + gain * to_previous, current_BCHW + gain * to_current

    def _attend(self, source_BCHW: Tensor, value_BVHW: Tensor) -> Tensor:
        return criss_cross(self.query(source_BCHW), self.key(source_BCHW), value_BVHW)
