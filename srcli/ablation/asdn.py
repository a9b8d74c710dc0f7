"""The ablations of ASDN: its recursion, its levels, and its attention.

Source: Shen, Wang, Zhang, arXiv 2010.02414, tables 3 to 5, all on Set5.
"""

from __future__ import annotations

import math
from dataclasses import replace

from srcli.ablation.plan import Ablation, Budget, Line, Variant
from srcli.networks.asdn import AsdnConfig

LOCAL = AsdnConfig(blocks=3, width=32, unshuffle=2)
DENSE = AsdnConfig(blocks=2, width=16, dense_layers=3, growth=16, stem=16)
UP_TO_2, UP_TO_4 = "ratios up to 2", "ratios up to 4"
PASSES: tuple[tuple[float, tuple[float, ...], float], ...] = (
    (2.0, (math.sqrt(2),) * 2, 37.35),
    (3.0, (math.sqrt(3),) * 2, 34.43),
    (3.0, (1.5, 2.0), 34.19),
    (3.0, (2.0, 1.5), 34.48),
    (3.0, (3 ** (1 / 3),) * 3, 33.18),
    (4.0, (2.0, 2.0), 32.27),
    (4.0, (4 ** (1 / 3),) * 3, 31.96),
    (4.0, (1.8, 1.8, 4 / 1.8**2), 32.16),
    (4.0, (2.0, 1.8, 4 / 3.6), 32.24),
)
"""Scale, ratios of the passes, and the paper's PSNR (tables 3 and 4)."""
DIRECT = ((2.0, UP_TO_2, 38.12), (3.0, UP_TO_4, 34.52), (4.0, UP_TO_4, 32.28))
"""Scale, variant and the paper's PSNR of one pass (table 3)."""
LEVELS = (5, 9, 17)
BETWEEN_LEVELS = (1.15, 1.55, 1.95)
PARTS = (
    ((False, False, False), 37.92),
    ((False, False, True), 37.96),
    ((False, True, False), 37.93),
    ((True, False, False), 37.95),
    ((True, True, False), 37.97),
    ((True, False, True), 37.99),
    ((False, True, True), 37.97),
    ((True, True, True), 38.01),
)
"""Channel attention, spatial attention, skip, and the paper's PSNR (table 5)."""


def _direct() -> tuple[Line, ...]:
    return tuple(
        Line(
            label=f"one pass, {variant}",
            variant=variant,
            scale=scale,
            ratios=(scale,),
            paper=paper,
        )
        for scale, variant, paper in DIRECT
    )


def _recursive() -> tuple[Line, ...]:
    return tuple(
        Line(
            label=" · ".join(f"{ratio:.4g}" for ratio in ratios),
            variant=UP_TO_2,
            scale=scale,
            ratios=ratios,
            paper=paper,
        )
        for scale, ratios, paper in PASSES
    )


RECURSION = Ablation(
    name="asdn-recursion",
    title="ASDN: orders and counts of passes",
    network="asdn",
    budget=Budget(steps=800, batch=16, patch=48),
    variants=(
        Variant(name=UP_TO_2, config=LOCAL),
        Variant(name=UP_TO_4, config=replace(LOCAL, max_ratio=4, own_blocks=1)),
    ),
    lines=tuple(sorted((*_direct(), *_recursive()), key=lambda line: line.scale)),
    paper="The paper's figures are of Set5 (tables 3 and 4). Its one pass to x3 and x4 is of a "
    "network trained for that scale, and ours is of one for all ratios up to 4.",
)
PHASES = Ablation(
    name="asdn-phases",
    title="ASDN: number of levels, one less than the phases between them",
    network="asdn",
    budget=Budget(steps=600, batch=16, patch=48),
    variants=tuple(
        Variant(name=f"{count} levels", config=replace(LOCAL, levels=count)) for count in LEVELS
    ),
    lines=tuple(
        Line(label=f"{count} levels", variant=f"{count} levels", scale=scale, ratios=(scale,))
        for scale in BETWEEN_LEVELS
        for count in LEVELS
    ),
    paper="The paper draws curves: 9 and 17 levels are nearly equal, and 5 are about 0.1 dB below.",
)


def _parts_name(channel: bool, spatial: bool, skip: bool) -> str:  # noqa: FBT001 - a row of the paper's table
    names = ("channel attention", "spatial attention", "skip")
    kept = [name for name, on in zip(names, (channel, spatial, skip), strict=True) if on]
    return " + ".join(kept) or "none"


ATTENTION = Ablation(
    name="asdn-attention",
    title="ASDN: channel attention, spatial attention and skip",
    network="asdn",
    budget=Budget(steps=400, batch=8, patch=48),
    variants=tuple(
        Variant(
            name=_parts_name(*parts),
            config=replace(
                DENSE, channel_attention=parts[0], spatial_attention=parts[1], skip=parts[2]
            ),
        )
        for parts, _ in PARTS
    ),
    lines=tuple(
        Line(label=_parts_name(*parts), variant=_parts_name(*parts), scale=2.0, paper=paper)
        for parts, paper in PARTS
    ),
    paper="The paper's figures are of Set5 (table 5).",
)
