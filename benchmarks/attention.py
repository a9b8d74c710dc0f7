"""Compare each attention with its direct form: ``python benchmarks/attention.py``."""

from __future__ import annotations

import torch
from compare import arguments, compare
from direct import direct_form

from srcli.networks.blocks.covariance import SecondOrderChannelAttention
from srcli.networks.blocks.cross_scale import CrossScaleAttention
from srcli.networks.blocks.nonlocal_attention import InScaleAttention, RegionNonLocal
from srcli.networks.blocks.pyramid import PyramidAttention

MODULES = {
    "CSNLN cross-scale x2": (128, lambda: CrossScaleAttention(128, 2)),
    "CSNLN cross-scale x3": (128, lambda: CrossScaleAttention(128, 3)),
    "CSNLN in-scale": (128, lambda: InScaleAttention(128)),
    "PANet pyramid": (256, lambda: PyramidAttention(256, reduction=8, residual_scale=0.1)),
    "SAN second-order channel": (64, lambda: SecondOrderChannelAttention(64, reduction=16)),
    "SAN region non-local": (64, lambda: RegionNonLocal(64, reduction=8)),
}


def main() -> None:
    options = arguments("attention against its direct form", 96).parse_args()
    torch.set_num_threads(options.threads)
    for title, (channels, build) in MODULES.items():
        if options.only in title:
            torch.manual_seed(0)
            module = build().eval()
            features = 0.3 * torch.randn(1, channels, options.size, options.size)
            compare(title, module, direct_form(module), features, options.runs)


if __name__ == "__main__":
    main()
