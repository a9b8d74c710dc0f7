"""The catalogue of networks. One line here registers a network."""

from __future__ import annotations

from collections.abc import Mapping

from srcli.networks import asdn, cirn, csnln, fsdn, panet, san, srcnn, vdsr
from srcli.networks.spec import AnySpec

NETWORKS: Mapping[str, AnySpec] = {
    spec.name: spec
    for spec in (
        asdn.SPEC,
        cirn.SPEC,
        csnln.SPEC,
        fsdn.SPEC,
        panet.SPEC,
        panet.RESTORATION_SPEC,
        san.SPEC,
        srcnn.SPEC,
        vdsr.SPEC,
    )
}
