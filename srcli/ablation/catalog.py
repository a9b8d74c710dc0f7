"""The catalogue of ablations. One line here registers one."""

from __future__ import annotations

from collections.abc import Mapping

from srcli.ablation import asdn, fixed_scale
from srcli.ablation.plan import Ablation

ABLATIONS: Mapping[str, Ablation] = {
    ablation.name: ablation
    for ablation in (
        asdn.RECURSION,
        asdn.PHASES,
        asdn.ATTENTION,
        fixed_scale.BRANCHES,
        fixed_scale.FUSION,
        fixed_scale.PATCHES,
        fixed_scale.PARTS,
        fixed_scale.ISAB,
    )
}
