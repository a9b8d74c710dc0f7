"""The ablations of CSNLN, SAN and CIRN, all at x2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from srcli.ablation.plan import Ablation, Budget, Line, Variant
from srcli.networks.cirn import CirnConfig
from srcli.networks.csnln import CsnlnConfig
from srcli.networks.san import SanConfig

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCALE = 2
CSNLN = CsnlnConfig(scale=SCALE, recurrences=2, channels=16, tile=32)
SAN = SanConfig(
    scale=SCALE, groups=3, blocks=2, channels=24, squeeze=6, nonlocal_squeeze=4, rgb_range=1.0
)
CIRN = CirnConfig(scale=SCALE, groups=3, channels=16)
CSNLN_PAPER = "The figures of the paper (arXiv 2006.01424) are not among those that srcli holds."
SAN_PAPER = "The figures of the paper (CVPR 2019, table 1) are not among those that srcli holds."
CIRN_PAPER = "CIRN is known by a poster alone, which prints no figures of its parts."


def _ablation(
    name: str,
    title: str,
    configs: Sequence[tuple[str, DataclassInstance]],
    *,
    budget: Budget,
    paper: str,
) -> Ablation:
    """Return an ablation with a variant and a line for each configuration."""
    return Ablation(
        name=name,
        title=title,
        network=name.split("-", maxsplit=1)[0],
        scale=SCALE,
        budget=budget,
        variants=tuple(Variant(name=label, config=config) for label, config in configs),
        lines=tuple(Line(label=label, variant=label, scale=float(SCALE)) for label, _ in configs),
        paper=paper,
    )


BRANCHES = _ablation(
    "csnln-branches",
    "CSNLN: branches of a cell",
    (
        ("no attention", replace(CSNLN, in_scale=False, cross_scale=False)),
        ("in-scale", replace(CSNLN, cross_scale=False)),
        ("cross-scale", replace(CSNLN, in_scale=False)),
        ("both", CSNLN),
    ),
    budget=Budget(steps=600, batch=8, patch=48),
    paper=CSNLN_PAPER,
)
FUSION = _ablation(
    "csnln-fusion",
    "CSNLN: fusion of the branches",
    (
        ("sum", replace(CSNLN, fusion=1)),
        ("concatenation", replace(CSNLN, fusion=2)),
        ("mutual projection", CSNLN),
    ),
    budget=Budget(steps=600, batch=8, patch=48),
    paper=CSNLN_PAPER,
)
PATCHES = _ablation(
    "csnln-patches",
    "CSNLN: side of the patches that cross-scale attention compares",
    tuple((f"{side}x{side}", replace(CSNLN, patch=side)) for side in (1, 3, 5)),
    budget=Budget(steps=500, batch=8, patch=48),
    paper=CSNLN_PAPER,
)


def _san_name(soca: bool, non_local: bool, skips: bool) -> str:  # noqa: FBT001 - a row of the table
    names = ("SOCA", "RL-NL", "share-source skips")
    kept = [name for name, on in zip(names, (soca, non_local, skips), strict=True) if on]
    return " + ".join(kept) or "none"


PARTS = _ablation(
    "san-parts",
    "SAN: second-order attention, region-level non-local attention, share-source skips",
    tuple(
        (
            _san_name(*parts),
            replace(SAN, second_order=parts[0], region_non_local=parts[1], share_source=parts[2]),
        )
        for parts in product((False, True), repeat=3)
    ),
    budget=Budget(steps=250, batch=16, patch=48),
    paper=SAN_PAPER,
)
ISAB = _ablation(
    "cirn-isab",
    "CIRN: interlaced spatial attention",
    (
        ("none", replace(CIRN, refines=False)),
        ("one stage", replace(CIRN, stages=1)),
        ("two stages", CIRN),
    ),
    budget=Budget(steps=500, batch=8, patch=48),
    paper=CIRN_PAPER,
)
