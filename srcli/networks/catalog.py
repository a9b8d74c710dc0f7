"""The catalogue of networks. One line here registers a network."""

from __future__ import annotations

from collections.abc import Mapping

from srcli.networks import (
    asdn,
    carn,
    cirn,
    csnln,
    dbpn,
    edsr,
    fsdn,
    imdn,
    lapsrn,
    liif,
    metasr,
    panet,
    rdn,
    rlfn,
    san,
    srcnn,
    vdsr,
)
from srcli.networks.spec import AnySpec

NETWORKS: Mapping[str, AnySpec] = {
    spec.name: spec
    for spec in (
        asdn.SPEC,
        carn.SPEC,
        cirn.SPEC,
        csnln.SPEC,
        dbpn.SPEC,
        edsr.SPEC,
        fsdn.SPEC,
        imdn.SPEC,
        lapsrn.SPEC,
        liif.SPEC,
        metasr.SPEC,
        panet.SPEC,
        panet.RESTORATION_SPEC,
        rdn.SPEC,
        rlfn.SPEC,
        san.SPEC,
        srcnn.SPEC,
        vdsr.SPEC,
    )
}
