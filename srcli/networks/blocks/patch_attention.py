"""Attention between 3x3 patches of two maps, computed from products of single pixels.

CSNLN's cross-scale attention and PANet's pyramid attention compare 3x3 patches of queries with
3x3 patches of keys, and paste overlapping windows of values. Written out, every pair takes nine
pixel products and nine value blocks. Both are box sums along the diagonal of the pair of
positions. With o over the 3x3 offsets, and terms outside either map equal to zero:

    score[l, i]  = sum_o <key[l + o], query[i + o]>  times temperature / norm of key patch l
    weight[:, i] = softmax over l of score[:, i]
    output[j]    = sum_b sum_o weight[b - o, j - o]  value[b]

This is the same in real arithmetic, with a ninth of the products. Scores and weights are held for
a few rows of one strip of the query map. So memory grows with the number of keys, not with that of
pairs, and it mostly stays in the processor's cache.

The keys of all maps lie in one line, padded with zeros (see ``_Line``), so that a step along the
diagonal is a step along the line. The matrix product makes the vertical part of the box sum of
scores, since it stacks three rows of channels. The other parts are sums of shifted lines.

Shape suffixes: B batch, E channels of queries and keys, D channels of values, H W rows and
columns of the queries, L positions of the line, R rows of one step, S columns of one strip.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.precision import at_least_float32

PATCH = 3
"""Side of a patch."""
NORM_FLOOR = 1e-4
"""Smallest norm by which a key patch is divided (``escape_NaN`` in the authors' files)."""
STEP_SAMPLES = 2**19
"""Number of scores that are computed at once, which decides the memory.

The steps of a small map fit the cache. With four times as many, light networks take up to 1.4
times as long, and the results are the same (``benchmarks/attention_steps.py``).
"""
NARROWEST_STRIP = 32
TILE = 64
"""Side of a tile. With a halo of 16, (side + 32)^4 / side^2 is near its minimum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMap:
    """One map to attend to: keys (B, E, h, w), and a value (B, D, h, w) for each."""

    key: Tensor
    value: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The place ``[start, stop)`` of one map on the line, whose rows have ``stride`` positions."""

    start: int
    stop: int
    stride: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """All maps of one picture in one line.

    Every row of a map ends in a zero. ``stride + 1`` zeros lie before its first row and after its
    last.

    Attributes:
        spans: places of the maps.
        stacked: (3E, L + 2), keys above, at and below each position, with one more zero at each
            end.
        scale: (L,), factors that turn sums into scores.
        mask: (L,), terms that give the zeros no weight.
        value: (L - 2, D), values of all positions but the first and the last.

    """

    spans: tuple[_Span, ...]
    stacked: Tensor
    scale: Tensor
    mask: Tensor
    value: Tensor


def patch_attention(
    query_BEHW: Tensor, maps: Sequence[KeyMap], *, temperature: float = 10.0
) -> Tensor:
    """Attend from every 3x3 patch of the queries to every 3x3 patch of all maps together.

    Args:
        query_BEHW: queries, not normalised.
        maps: maps to attend to; one softmax covers them all. Key patches are divided by their
            norm, or by ``NORM_FLOOR`` if that is larger.
        temperature: factor of the scores.

    Returns:
        (B, D, H, W) in the dtype of the values, the sum of the overlapping 3x3 windows of values
        that the patches paste. Scores and softmax are in float32 or wider.

    """
    with torch.autocast(query_BEHW.device.type, enabled=False):
        pictures = [
            _attend(at_least_float32(query_EHW), _line(maps, picture, temperature))
            for picture, query_EHW in enumerate(query_BEHW)
        ]
    return torch.stack(pictures).permute(0, 3, 1, 2)


def _line(maps: Sequence[KeyMap], picture: int, temperature: float) -> _Line:
    """Put the maps of one picture into a line."""
    stacked, scales, masks, values = [], [], [], []
    spans: list[_Span] = []
    for keys in maps:
        key_EHW = at_least_float32(keys.key[picture])
        stride = key_EHW.shape[2] + 1
        inside = key_EHW.shape[1] * stride
        padding = (stride + 1, stride + 1)
        start = spans[-1].stop if spans else 0
        spans.append(_Span(start=start, stop=start + inside + sum(padding), stride=stride))
        norm_HW = _patch_norm(key_EHW)
        mask_HW = F.pad(torch.zeros_like(norm_HW), (0, 1), value=-torch.inf)
        rows_EL = F.pad(key_EHW, (0, 1, 1, 1)).flatten(1)
        taps_EL = torch.cat([rows_EL.narrow(1, tap * stride, inside) for tap in range(3)])
        stacked.append(F.pad(taps_EL, padding))
        scales.append(F.pad(F.pad(temperature / norm_HW, (0, 1)).flatten(), padding))
        masks.append(F.pad(mask_HW.flatten(), padding, value=-torch.inf))
        values.append(F.pad(F.pad(keys.value[picture], (0, 1)).flatten(1), padding))
    return _Line(
        spans=tuple(spans),
        stacked=F.pad(torch.cat(stacked, 1), (1, 1)),
        scale=torch.cat(scales),
        mask=torch.cat(masks),
        value=torch.cat(values, 1)[:, 1:-1].T.contiguous(),
    )


def _patch_norm(key_EHW: Tensor) -> Tensor:
    """Return the norm (H, W) of the 3x3 patch around each key, at least ``NORM_FLOOR``."""
    energy_HW = F.pad(key_EHW.square().sum(0), (1, 1, 1, 1))
    energy_HW = energy_HW.unfold(0, 3, 1).sum(-1).unfold(1, 3, 1).sum(-1)
    return energy_HW.clamp_min(NORM_FLOOR**2).sqrt()


def _attend(query_EHW: Tensor, line: _Line) -> Tensor:
    """Attend from one picture, and return (H, W, D).

    The output is allocated before the steps. Small results between large temporary tensors would
    leave gaps in memory that are too small for the next ones.
    """
    height, width = query_EHW.shape[1:]
    widest = max(NARROWEST_STRIP, STEP_SAMPLES // len(line.mask))
    columns = math.ceil(width / math.ceil(width / widest))
    rows = max(1, STEP_SAMPLES // (len(line.mask) * columns))
    padded_EHW = F.pad(query_EHW, (2, 2, 1, 1))
    taps_EHW = torch.cat([padded_EHW[:, tap : tap + height] for tap in range(3)])
    stacked_HWE = taps_EHW.permute(1, 2, 0)
    output_HWD = line.value.new_empty(height, width, line.value.shape[1])
    for left in range(0, width, columns):
        right = min(left + columns, width)
        strip_HSE = stacked_HWE[:, left : right + 4].contiguous()
        inside = (left > 0, right < width)
        for top, pasted_RSD in _strip(strip_HSE, line, rows, inside):
            output_HWD[top : top + len(pasted_RSD), left:right] = pasted_RSD
    return output_HWD


def _strip(
    query_HSE: Tensor, line: _Line, rows: int, inside: tuple[bool, bool]
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first row and the output (R, S, D) of each step down one strip.

    The queries of a strip reach two columns beyond it. ``inside`` tells whether the map continues
    on its left and on its right.
    """
    steps = (_weights(step_RSE, line) for step_RSE in torch.split(query_HSE, rows))
    here = next(steps)
    above = outside = torch.zeros_like(here[:1])
    top = 0
    for below in steps:
        yield top, _paste(line, (above, here, below[:1]), inside)
        top += len(here)
        above, here = here[-1:], below
    yield top, _paste(line, (above, here, outside), inside)


def _weights(query_RSE: Tensor, line: _Line) -> Tensor:
    """Return the softmax weights (R, S - 2, L) of all queries but those at the strip's ends."""
    rows, columns = query_RSE.shape[:2]
    product_RSL = torch.mm(query_RSE.flatten(0, 1), line.stacked).view(rows, columns, -1)
    sums_RSL = product_RSL[:, 1:-1, 1:-1] + product_RSL[:, :-2, :-2]
    sums_RSL += product_RSL[:, 2:, 2:]
    return torch.softmax(torch.addcmul(line.mask, sums_RSL, line.scale), 2)


def _paste(
    line: _Line, weights: tuple[Tensor, Tensor, Tensor], inside: tuple[bool, bool]
) -> Tensor:
    """Return the sum (R, S - 2, D) of the values that rows and their two neighbours paste."""
    above_1SL, here_RSL, below_1SL = weights
    box_RSL = here_RSL.clone()
    for span in line.spans:
        upper = slice(span.start, span.stop - span.stride)
        lower = slice(span.start + span.stride, span.stop)
        box_RSL[:1, :, lower] += above_1SL[..., upper]
        box_RSL[1:, :, lower] += here_RSL[:-1, :, upper]
        box_RSL[:-1, :, upper] += here_RSL[1:, :, lower]
        box_RSL[-1:, :, upper] += below_1SL[..., lower]
    if not inside[0]:
        box_RSL[:, 0] = 0
    if not inside[1]:
        box_RSL[:, -1] = 0
    sums_RSL = box_RSL[:, 1:-1, 1:-1] + box_RSL[:, :-2, :-2]
    sums_RSL += box_RSL[:, 2:, 2:]
    pasted_ND = torch.mm(sums_RSL.flatten(0, 1).to(line.value.dtype), line.value)
    return pasted_ND.view(*sums_RSL.shape[:2], -1)
