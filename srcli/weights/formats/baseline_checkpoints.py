"""The checkpoints of baselines: CARN, DBPN, EDSR, IMDN, LIIF, Meta-SR, RDN and RLFN."""

from __future__ import annotations

import math

from srcli.networks import carn, dbpn, edsr, imdn, liif, metasr, rdn, rlfn
from srcli.weights.formats.checkpoint_layout import (
    MATRIX_RANK,
    Config,
    Layout,
    State,
    chosen_scale,
    count,
    renaming,
    rgb_range,
    shape_of,
    upsampler_scale,
)

WIDE = 256
"""Channels from which the authors of EDSR scale residual blocks."""
LARGEST_TRAINED = 4
"""Largest scale that LIIF and Meta-SR were trained for."""


def _imdn(state: State, _scale: int | None) -> imdn.ImdnConfig:
    channels = shape_of(state, "fea_conv.weight")[0]
    squeezed = shape_of(state, "IMDB1.cca.conv_du.0.weight")[0]
    return imdn.ImdnConfig(
        scale=_shuffle_scale(shape_of(state, "upsampler.0.weight")[0]),
        blocks=count(state, r"IMDB(\d+)\."),
        channels=channels,
        reduction=max(1, channels // squeezed),
    )


def _rlfn(state: State, _scale: int | None) -> rlfn.RlfnConfig:
    inner, channels, *_ = shape_of(state, "block_1.c1_r.weight")
    return rlfn.RlfnConfig(
        scale=_shuffle_scale(shape_of(state, "upsampler.0.weight")[0]),
        blocks=count(state, r"block_(\d+)\."),
        channels=channels,
        inner=inner,
        attention=shape_of(state, "block_1.esa.conv1.weight")[0],
    )


def _shuffle_scale(outputs: int) -> int:
    """Return the scale of a shuffle of three colours."""
    return max(1, math.isqrt(outputs // 3))


def _carn(state: State, scale: int | None) -> carn.CarnConfig:
    """Read CARN of one scale. The authors' file holds ``upsample.up2``, ``up3`` and ``up4``."""
    first = shape_of(state, "b1.b1.body.0.weight")
    several = tuple(s for s in carn.SPEC.scales if f"upsample.up{s}.body.0.weight" in state)
    if several:
        scale = chosen_scale(scale, several, otherwise=several[-1])
        grouped = shape_of(state, f"upsample.up{scale}.body.0.weight")
    else:
        grouped = shape_of(state, "upsample.up.body.0.weight")
        steps = count(state, r"upsample\.up\.body\.(\d+)\.weight$")
        scale = 3 if grouped[0] == 9 * first[0] else 1 << steps
    return carn.CarnConfig(
        scale=scale,
        channels=first[0],
        groups=max(1, first[0] // grouped[1]),
        efficient="b1.b2.body.0.weight" not in state,
    )


def _carn_names(state: State, config: Config) -> State:
    """Rename the entries of CARN. Of several upsamplers, those of other scales keep their names."""
    stages = ((rf"\bb{n + 1}\.", f"stages.{n}.") for n in range(carn.STAGES))
    fusions = ((rf"\bc{n + 1}\.body\.0\.", f"fusions.{n}.") for n in range(carn.STAGES))
    rename = renaming(
        *stages,
        *fusions,
        (r"^(stages|fusions)\.", r"cascade.\1."),
        (r"_mean\.shifter\.", "_mean."),
        (rf"^upsample\.up{config.scale}?\.body\.", "upsample."),
    )
    return rename(state, config)


def _edsr(state: State, _scale: int | None) -> edsr.EdsrConfig:
    channels = shape_of(state, "head.0.weight")[0]
    return edsr.EdsrConfig(
        scale=upsampler_scale(state),
        blocks=count(state, r"body\.(\d+)\.body\.0\.weight$"),
        channels=channels,
        residual_scale=0.1 if channels >= WIDE else 1.0,
        rgb_range=rgb_range(state),
    )


def _dense(state: State, prefix: str = "") -> dict[str, int]:
    """Return the size of RDN's trunk: blocks, layers, growth and channels."""
    growth, channels, *_ = shape_of(state, f"{prefix}RDBs.0.convs.0.conv.0.weight")
    begin = prefix.replace(".", r"\.")
    return {
        "blocks": count(state, rf"{begin}RDBs\.(\d+)\."),
        "layers": count(state, rf"{begin}RDBs\.0\.convs\.(\d+)\."),
        "growth": growth,
        "channels": channels,
    }


def _rdn(state: State, _scale: int | None) -> rdn.RdnConfig:
    size = _dense(state)
    outputs = shape_of(state, "UPNet.0.weight")[0]
    steps = count(state, r"UPNet\.(\d+)\.weight$") - 1
    scale = 3 if outputs == 9 * size["growth"] else 1 << steps
    return rdn.RdnConfig(scale=scale, **size)


def _dbpn(state: State, _scale: int | None) -> dbpn.DbpnConfig:
    kernel = shape_of(state, "up1.up_conv1.deconv.weight")
    return dbpn.DbpnConfig(
        scale=max(1, kernel[-1] - 2 * dbpn.PAD),
        stages=count(state, r"up(\d+)\."),
        channels=kernel[0],
        features=shape_of(state, "feat0.conv.weight")[0],
    )


def _liif(state: State, scale: int | None) -> liif.LiifConfig:
    scale = chosen_scale(scale, liif.SPEC.scales, otherwise=LARGEST_TRAINED)
    hidden = shape_of(state, "imnet.layers.0.weight", rank=MATRIX_RANK)[0]
    if any(name.startswith("encoder.RDBs.") for name in state):
        return liif.LiifConfig(scale=scale, hidden=hidden, **_dense(state, "encoder."))
    return liif.LiifConfig(
        scale=scale,
        hidden=hidden,
        channels=shape_of(state, "encoder.head.0.weight")[0],
        blocks=count(state, r"encoder\.body\.(\d+)\.body\.0\.weight$"),
    )


def _metasr(state: State, scale: int | None) -> metasr.MetasrConfig:
    scale = chosen_scale(scale, metasr.SPEC.scales, otherwise=LARGEST_TRAINED)
    return metasr.MetasrConfig(scale=scale, rgb_range=rgb_range(state), **_dense(state))


_TRUNK = (r"^(SFENet|RDBs\.|GFF\.)", r"encoder.\1")

LAYOUTS = (
    Layout(spec=imdn.SPEC, marks=(r"IMDB1\.",), configure=_imdn),
    Layout(
        spec=rlfn.SPEC,
        marks=(r"block_1\.c1_r\.",),
        configure=_rlfn,
        published=("paper", "s", "ntire"),
    ),
    Layout(
        spec=carn.SPEC,
        marks=(r"b1\.b1\.body\.",),
        configure=_carn,
        rename=_carn_names,
        unused=(r"upsample\.up\d\..*",),
        published=("paper", "m"),
    ),
    Layout(spec=dbpn.SPEC, marks=(r"up1\.up_conv1\.",), configure=_dbpn, published=("paper", "ll")),
    Layout(
        spec=liif.SPEC,
        marks=(r"imnet\.layers\.",),
        configure=_liif,
        unused=liif.UNUSED,
        published=("edsr", "rdn"),
    ),
    Layout(
        spec=metasr.SPEC,
        marks=(r"P2W\.meta_block\.",),
        configure=_metasr,
        rename=renaming(_TRUNK, (r"^P2W\.meta_block\.", "predictor.")),
    ),
    Layout(spec=rdn.SPEC, marks=(r"RDBs\.",), configure=_rdn, rename=renaming(_TRUNK)),
    Layout(
        spec=edsr.SPEC,
        marks=(r"body\.0\.body\.0\.weight",),
        configure=_edsr,
        rename=renaming((r"^(head|body)\.", r"encoder.\1.")),
        published=("paper", "baseline"),
    ),
)
"""In the order in which they are tried."""
