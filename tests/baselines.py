"""Tiny baselines, and state dicts of random values under the names of their authors' code."""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.networks.carn import CarnConfig
from srcli.networks.dbpn import DbpnConfig
from srcli.networks.edsr import EdsrConfig
from srcli.networks.imdn import ImdnConfig
from srcli.networks.lapsrn import LapsrnConfig
from srcli.networks.liif import LiifConfig
from srcli.networks.metasr import MetasrConfig
from srcli.networks.rdn import RdnConfig
from srcli.networks.rlfn import RlfnConfig

TINY_DENSE = {"blocks": 2, "layers": 2, "growth": 4, "channels": 8}
TINY = {
    "carn": CarnConfig(scale=3, channels=8, groups=4, efficient=True),
    "dbpn": DbpnConfig(scale=4, stages=2, channels=8, features=8),
    "edsr": EdsrConfig(scale=2, blocks=2, channels=8),
    "imdn": ImdnConfig(scale=2, blocks=2, channels=16, reduction=4),
    "lapsrn": LapsrnConfig(scale=4, depth=3, channels=8),
    "liif": LiifConfig(scale=3, blocks=2, channels=8, hidden=16),
    "metasr": MetasrConfig(scale=3, **TINY_DENSE),
    "rdn": RdnConfig(scale=2, **TINY_DENSE),
    "rlfn": RlfnConfig(scale=2, blocks=2, channels=8, inner=8, attention=4),
}
"""A network of each, which takes no time."""

Shapes = dict[str, tuple[int, ...]]
State = dict[str, Tensor]


def conv(name: str, outputs: int, inputs: int, side: int = 3, groups: int = 1) -> Shapes:
    kernel = (outputs, inputs // groups, side, side)
    return {f"{name}.weight": kernel, f"{name}.bias": (outputs,)}


def joined(*parts: Shapes) -> Shapes:
    return {name: shape for part in parts for name, shape in part.items()}


def drawn(shapes: Shapes) -> State:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def mean_shifts(span: float, inner: str = "", prefix: str = "") -> State:
    mean = span * torch.tensor([0.4488, 0.4371, 0.4040])
    state = {}
    for name, sign in ((f"{prefix}sub_mean{inner}", -1), (f"{prefix}add_mean{inner}", 1)):
        state[f"{name}.weight"] = torch.eye(3).view(3, 3, 1, 1)
        state[f"{name}.bias"] = sign * mean
    return state


def imdn(scale: int, nf: int = 64) -> State:
    kept, rest = nf // 4, nf - nf // 4
    blocks = (
        joined(
            conv(f"IMDB{n}.c1", nf, nf),
            conv(f"IMDB{n}.c2", nf, rest),
            conv(f"IMDB{n}.c3", nf, rest),
            conv(f"IMDB{n}.c4", kept, rest),
            conv(f"IMDB{n}.c5", nf, nf, 1),
            conv(f"IMDB{n}.cca.conv_du.0", nf // 16, nf, 1),
            conv(f"IMDB{n}.cca.conv_du.2", nf, nf // 16, 1),
        )
        for n in range(1, 7)
    )
    tail = joined(
        conv("c.0", nf, 6 * nf, 1),
        conv("LR_conv", nf, nf),
        conv("upsampler.0", 3 * scale**2, nf),
    )
    return drawn(joined(conv("fea_conv", nf, 3), *blocks, tail))


def rlfn(scale: int, channels: int, mid: int, blocks: int = 6) -> State:
    parts = [conv("conv_1", channels, 3)]
    for n in range(1, blocks + 1):
        name = f"block_{n}"
        parts += [
            conv(f"{name}.c1_r", mid, channels),
            conv(f"{name}.c2_r", mid, mid),
            conv(f"{name}.c3_r", channels, mid),
            conv(f"{name}.c5", channels, channels, 1),
            conv(f"{name}.esa.conv1", 16, channels, 1),
            conv(f"{name}.esa.conv_f", 16, 16, 1),
            conv(f"{name}.esa.conv2", 16, 16),
            conv(f"{name}.esa.conv3", 16, 16),
            conv(f"{name}.esa.conv4", channels, 16, 1),
        ]
    parts += [conv("conv_2", channels, channels), conv("upsampler.0", 3 * scale**2, channels)]
    return drawn(joined(*parts))


def carn(*, mobile: bool, scale: int | None = None) -> State:
    group = 4 if mobile else 1
    parts = [conv("entry", 64, 3), conv("exit", 3, 64)]
    parts += [conv(f"c{n}.body.0", 64, 64 * (n + 1), 1) for n in (1, 2, 3)]
    for block in ("b1", "b2", "b3"):
        parts += [conv(f"{block}.c{n}.body.0", 64, 64 * (n + 1), 1) for n in (1, 2, 3)]
        for n in (1,) if mobile else (1, 2, 3):
            parts += [conv(f"{block}.b{n}.body.{i}", 64, 64, groups=group) for i in (0, 2)]
            parts += [conv(f"{block}.b{n}.body.4", 64, 64, 1)] if mobile else []
    ups = [("up", scale)] if scale else [("up2", 2), ("up3", 3), ("up4", 4)]
    for name, size in ups:
        factor = 3 if size == 3 else 2
        for place in (0, 3) if size == 4 else (0,):
            parts.append(conv(f"upsample.{name}.body.{place}", 64 * factor**2, 64, groups=group))
    return drawn(joined(*parts)) | mean_shifts(1.0, ".shifter")


def edsr_trunk(blocks: int, channels: int, prefix: str = "") -> Shapes:
    layers = [
        conv(f"{prefix}body.{n}.body.{i}", channels, channels)
        for n in range(blocks)
        for i in (0, 2)
    ]
    ends = conv(f"{prefix}head.0", channels, 3) | conv(f"{prefix}body.{blocks}", channels, channels)
    return joined(*layers, ends)


def edsr(scale: int, blocks: int = 3, channels: int = 8, span: float = 255.0) -> State:
    factor = 3 if scale == 3 else 2
    ups = [
        conv(f"tail.0.{place}", factor**2 * channels, channels)
        for place in ((0, 2) if scale == 4 else (0,))
    ]
    shapes = joined(edsr_trunk(blocks, channels), *ups, conv("tail.1", 3, channels))
    return drawn(shapes) | mean_shifts(span)


def dense_trunk(prefix: str = "", g0: int = 6, d: int = 2, c: int = 3, g: int = 5) -> Shapes:
    parts = [conv(f"{prefix}SFENet1", g0, 3), conv(f"{prefix}SFENet2", g0, g0)]
    for block in range(d):
        name = f"{prefix}RDBs.{block}"
        parts += [conv(f"{name}.convs.{n}.conv.0", g, g0 + n * g) for n in range(c)]
        parts.append(conv(f"{name}.LFF", g0, g0 + c * g, 1))
    parts += [conv(f"{prefix}GFF.0", g0, d * g0, 1), conv(f"{prefix}GFF.1", g0, g0)]
    return joined(*parts)


def rdn(scale: int, g0: int = 6, g: int = 5) -> State:
    factor = 3 if scale == 3 else 2
    ups = [conv("UPNet.0", g * factor**2, g0)]
    ups += [conv("UPNet.2", g * 4, g)] if scale == 4 else []
    return drawn(joined(dense_trunk(), *ups, conv(f"UPNet.{4 if scale == 4 else 2}", 3, g)))


def linear(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def metasr() -> State:
    meta = "P2W.meta_block"
    ends = joined(linear(f"{meta}.0", 256, 3), linear(f"{meta}.2", 9 * 6 * 3, 256))
    return drawn(joined(dense_trunk(), ends)) | mean_shifts(255.0)


def imnet(inputs: int, hidden: int) -> Shapes:
    widths = [inputs, *[hidden] * 4, 3]
    return joined(*(linear(f"imnet.layers.{2 * n}", widths[n + 1], widths[n]) for n in range(5)))


def liif(*, dense: bool) -> State:
    if dense:
        return drawn(joined(dense_trunk("encoder."), imnet(9 * 6 + 4, 32)))
    shapes = joined(edsr_trunk(3, 8, "encoder."), imnet(9 * 8 + 4, 32))
    return drawn(shapes) | mean_shifts(1.0, prefix="encoder.")


def dbpn(scale: int, stages: int, nr: int = 4, n0: int = 7) -> State:
    kernel = {2: 6, 4: 8, 8: 12}[scale]

    def block(name: str, kind: str, inputs: int, outputs: int, side: int) -> Shapes:
        return conv(f"{name}.{kind}", outputs, inputs, side) | {f"{name}.act.weight": (1,)}

    parts = [block("feat0", "conv", 3, n0, 3), block("feat1", "conv", n0, nr, 1)]
    for n in range(1, stages + 1):
        if n > 2:
            parts.append(block(f"up{n}.conv", "conv", nr * (n - 1), nr, 1))
        for i, kind in ((1, "deconv"), (2, "conv"), (3, "deconv")):
            parts.append(block(f"up{n}.up_conv{i}", kind, nr, nr, kernel))
        if n == stages:
            break
        if n > 1:
            parts.append(block(f"down{n}.conv", "conv", nr * n, nr, 1))
        for i, kind in ((1, "conv"), (2, "deconv"), (3, "conv")):
            parts.append(block(f"down{n}.down_conv{i}", kind, nr, nr, kernel))
    return drawn(joined(*parts, conv("output_conv.conv", 3, stages * nr)))
