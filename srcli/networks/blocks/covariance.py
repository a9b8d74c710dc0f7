"""Second-order channel attention (SOCA): gates from the covariance of the channels.

Source: Dai et al., "Second-Order Attention Network for Single Image Super-Resolution",
CVPR 2019, section 3.3, and the authors' code, whose numbers it reproduces. The square root of the
covariance is the result of five Newton-Schulz steps, which do not converge. The statistics of a
large picture come from its centre of 1000 x 1000 pixels.

The authors multiply by an M x M centring matrix for M pixels. We centre the samples first, which
gives the same sum without the matrix.

Shape suffixes: B batch, C channels, M pixels, H W rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srcli.networks.blocks.precision import at_least_float32

STATISTICS_SIDE = 1000
NEWTON_SCHULZ_STEPS = 5
TRACE_FLOOR = 1e-12
"""Smallest trace that is divided by: the covariance of constant features is zero."""


def centre_crop(features_BCHW: Tensor) -> Tensor:
    """Return the window that the statistics are taken from.

    A side above ``STATISTICS_SIDE`` is cut to its centre. If one side is exactly that long and
    the other one is shorter, the authors' slice has a negative start, which counts from the end:
    only the last rows or columns remain. An exported graph has no branches, so it takes the
    centre in this case too.
    """
    side = STATISTICS_SIDE
    height, width = features_BCHW.shape[-2:]
    if torch.compiler.is_exporting():
        return _narrowed(_narrowed(features_BCHW, 2), 3)
    if height < side and width < side:
        return features_BCHW
    rows = slice(None) if height < side < width else _centre(height)
    columns = slice(None) if width < side < height else _centre(width)
    return features_BCHW[..., rows, columns]


def _centre(length: int) -> slice:
    start = (length - STATISTICS_SIDE) // 2
    return slice(start, length if start < 0 else start + STATISTICS_SIDE)


def _narrowed(features_BCHW: Tensor, axis: int) -> Tensor:
    """Cut one axis of any length to its centre."""
    length = features_BCHW.shape[axis]
    kept: int = torch.sym_min(length, STATISTICS_SIDE)  # type: ignore[no-untyped-call]
    return features_BCHW.narrow(axis, (length - kept) // 2, kept)


def covariance(features_BCHW: Tensor) -> Tensor:
    """Return the biased covariance (B, C, C) of the channels over the pixels."""
    samples_BCM = features_BCHW.flatten(2)
    centred_BCM = samples_BCM - samples_BCM.mean(2, keepdim=True)
    return centred_BCM @ centred_BCM.mT / samples_BCM.shape[2]


def square_root(covariance_BCC: Tensor) -> Tensor:
    """Approximate matrix square root (B, C, C) by coupled Newton-Schulz iteration."""
    trace_B11 = covariance_BCC.diagonal(dim1=1, dim2=2).sum(1)[:, None, None]
    trace_B11 = trace_B11.clamp_min(TRACE_FLOOR)
    root_BCC = covariance_BCC / trace_B11
    identity_CC = torch.eye(covariance_BCC.shape[1], device=root_BCC.device, dtype=root_BCC.dtype)
    inverse_BCC = identity_CC.expand_as(root_BCC)
    for _ in range(NEWTON_SCHULZ_STEPS):
        step_BCC = 1.5 * identity_CC - 0.5 * (inverse_BCC @ root_BCC)
        root_BCC, inverse_BCC = root_BCC @ step_BCC, step_BCC @ inverse_BCC
    return root_BCC * trace_B11.sqrt()


class SecondOrderChannelAttention(nn.Module):
    """Scale each channel by a gate computed from its covariance with all channels."""

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        hidden = channels // reduction
        self.conv_du = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        with torch.autocast(features_BCHW.device.type, enabled=False):
            root_BCC = square_root(covariance(at_least_float32(centre_crop(features_BCHW))))
        descriptor_BC11 = root_BCC.mean(1)[..., None, None].to(features_BCHW.dtype)
        gate_BC11: Tensor = self.conv_du(descriptor_BC11)
        return features_BCHW * gate_BC11
