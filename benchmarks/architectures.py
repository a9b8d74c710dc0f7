"""Measure what the engine must know of other people's architectures, on random weights.

``python benchmarks/architectures.py`` prints one line for each architecture that spandrel builds
and srcli runs. The networks are as small as they can be, and their weights are random.

- ``window``: the least number of pixels, a power of two, by which a picture may be moved without
  changing what the network makes of its middle; ``-`` if there is none up to 64.
- ``reach``: how far a change of one pixel is felt in float32; ``-`` if it is felt everywhere.
- ``halo``: what srcli shows a tile of its surroundings, and how often it runs each tile.
- ``tiled``: of a picture in tiles of ``--tile`` pixels and as a whole, the share of samples that
  differ by one level of 255 at most, and the largest difference in levels.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.tiling import halo_width
from srcli.networks.statistics import SharedStatistics
from srcli.pixels.region import Region
from srcli.weights.formats import spandrel_networks
from srcli.weights.formats.spandrel_networks import CommunityNetwork

CPU = Compute(device=torch.device("cpu"))
SPREAD, MIDDLE = 0.15, 0.5
"""Deviation and mean of what a random network makes of the test picture."""

with spandrel_networks._torchvision():  # noqa: SLF001 - the way in which srcli imports it
    from spandrel import ModelLoader
    from spandrel.architectures import (
        ATD,
        CRAFT,
        DAT,
        DCTLSA,
        DITN,
        DRCT,
        ESRGAN,
        FDAT,
        GRL,
        HAT,
        PLKSR,
        RCAN,
        RGT,
        SAFMN,
        SAFMNBCIE,
        SPAN,
        Compact,
        DnCNN,
        DRUNet,
        FFTformer,
        KBNet,
        MixDehazeNet,
        MMRealSR,
        MoESR,
        MoSR,
        NAFNet,
        OmniSR,
        RealCUGAN,
        RetinexFormer,
        SCUNet,
        SeemoRe,
        SwiftSRGAN,
        Swin2SR,
        SwinIR,
    )

SWIN = {"depths": [2], "embed_dim": 8, "num_heads": [2], "mlp_ratio": 2, "upscale": 2}
TINY: Mapping[str, Callable[[], nn.Module]] = {
    "ATD": lambda: ATD.ATD(
        embed_dim=8,
        depths=(2,),
        num_heads=(2,),
        window_size=8,
        category_size=64,
        num_tokens=8,
        reducted_dim=4,
        upscale=2,
        upsampler="pixelshuffledirect",
    ),
    "CRAFT": lambda: CRAFT.CRAFT(embed_dim=48, depths=[2], num_heads=[6], upscale=2),
    "Compact": lambda: Compact.Compact(num_feat=8, num_conv=2, upscale=2),
    "DAT": lambda: DAT.DAT(
        embed_dim=32,
        split_size=[2, 4],
        depth=[4],
        num_heads=[2],
        expansion_factor=2.0,
        resi_connection="3conv",
        upsampler="pixelshuffledirect",
        img_size=16,
    ),
    "DCTLSA": lambda: DCTLSA.DCTLSA(nf=10, num_head=5, upscale=2),
    "DITN": lambda: DITN.DITN(dim=12, ITL_blocks=1, SAL_blocks=1, upscale=2),
    "DRCT": lambda: DRCT.DRCT(
        **{**SWIN, "depths": (1,), "num_heads": (2,)}, window_size=8, gc=8, upsampler="pixelshuffle"
    ),
    "DRUNet": lambda: DRUNet.DRUNet(in_nc=4, out_nc=3, nc=[4, 4, 4, 4], nb=2),
    "DnCNN": lambda: DnCNN.DnCNN(in_nc=3, out_nc=3, nc=8, nb=9, act_mode="R"),
    "ESRGAN": lambda: ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=4),
    "ESRGAN+": lambda: ESRGAN.ESRGAN(
        in_nc=12, num_filters=8, num_blocks=1, scale=4, shuffle_factor=2
    ),
    "FDAT": lambda: FDAT.FDAT(embed_dim=16, num_groups=1, depth_per_group=2, scale=2, mid_dim=16),
    "FFTformer": lambda: FFTformer.FFTformer(dim=8, num_blocks=[1, 1, 1], num_refinement_blocks=1),
    "GRL": lambda: GRL.GRL(
        depths=[2],
        embed_dim=8,
        num_heads_window=[2],
        num_heads_stripe=[2],
        upscale=2,
        upsampler="pixelshuffledirect",
    ),
    "HAT": lambda: HAT.HAT(**SWIN, window_size=8, num_feat=8, squeeze_factor=4),
    "KBNet": lambda: KBNet.KBNet_s(
        width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1]
    ),
    "MMRealSR": lambda: MMRealSR.MMRealSR(
        num_in_ch=3,
        num_out_ch=3,
        num_feat=8,
        num_block=1,
        num_grow_ch=4,
        num_feats=[8, 8],
        num_blocks=[1, 1],
        downscales=[2, 1],
    ),
    "MixDehazeNet": lambda: MixDehazeNet.MixDehazeNet(embed_dims=[8, 8, 8, 8, 8]),
    "MoESR": lambda: MoESR.MoESR(dim=16, n_blocks=1, n_block=1, scale=2),
    "MoSR": lambda: MoSR.MoSR(upscale=2, n_block=2, dim=8),
    "NAFNet": lambda: NAFNet.NAFNet(
        width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1]
    ),
    "OmniSR": lambda: OmniSR.OmniSR(num_feat=16, up_scale=2),
    "PLKSR": lambda: PLKSR.PLKSR(dim=16, n_blocks=2, upscaling_factor=2, kernel_size=9),
    "RealPLKSR": lambda: PLKSR.RealPLKSR(dim=16, n_blocks=2, upscaling_factor=2, kernel_size=9),
    "RCAN": lambda: RCAN.RCAN(scale=2, n_resgroups=1, n_resblocks=2, n_feats=16, reduction=4),
    "RGT": lambda: RGT.RGT(embed_dim=16, depth=[2], num_heads=[2], mlp_ratio=2.0),
    "RealCUGAN": RealCUGAN.UpCunet2x,
    "RetinexFormer": lambda: RetinexFormer.RetinexFormer(n_feat=8, stage=1),
    "SAFMN": lambda: SAFMN.SAFMN(dim=16, n_blocks=2, upscaling_factor=2),
    "SAFMNBCIE": lambda: SAFMNBCIE.SAFMNBCIE(dim=16, n_blocks=1, num_layers=1),
    "SCUNet": lambda: SCUNet.SCUNet(dim=64, config=[1, 1, 1, 1, 1, 1, 1]),
    "SPAN": lambda: SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2),
    "SeemoRe": lambda: SeemoRe.SeemoRe(scale=2, embedding_dim=12, num_layers=1, num_experts=3),
    "Swin2SR": lambda: Swin2SR.Swin2SR(**SWIN, window_size=8, upsampler="pixelshuffledirect"),
    "SwiftSRGAN": lambda: SwiftSRGAN.SwiftSRGAN(num_channels=8, num_blocks=2, upscale_factor=2),
    "SwinIR": lambda: SwinIR.SwinIR(**SWIN, window_size=8, upsampler="pixelshuffledirect"),
}


def tiny(name: str) -> nn.Module:
    """Make the smallest network of an architecture, with random weights that do something."""
    torch.manual_seed(0)
    network = TINY[name]()
    for parameter in network.parameters():
        if parameter.numel() == 0:
            continue
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
        elif parameter.abs().max() < SPREAD:
            nn.init.normal_(parameter, std=0.05)
    return network.eval()


def test_picture(height: int, width: int) -> Tensor:
    """Return noise over waves, RGB (1, 3, height, width), other in every part."""
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    rows, columns = torch.linspace(0, 5, height), torch.linspace(0, 3, width)
    waves = (rows[:, None] * columns).sin() / 4 + 0.5
    return (0.6 * waves + 0.4 * noise).contiguous()


def loaded(name: str) -> CommunityNetwork:
    """Build a tiny network as spandrel recognises it, its output set to the range of pictures."""
    descriptor = ModelLoader("cpu").load_from_state_dict(tiny(name).state_dict())
    call = descriptor._call_fn  # noqa: SLF001 - what is clamped to [0, 1] afterwards
    with torch.inference_mode():
        made = call(descriptor.model.eval(), test_picture(64, 64))
    mean, deviation = made.mean(), made.std()
    descriptor._call_fn = (  # noqa: SLF001 - the same
        lambda model, image: (call(model, image) - mean) / deviation * SPREAD + MIDDLE
    )
    return CommunityNetwork(descriptor).eval()


@torch.inference_mode()
def window(network: CommunityNetwork, side: int = 192, largest: int = 64) -> int | None:
    """Return by how many pixels a picture may be moved without changing its middle.

    What is moved has the statistics of the whole.
    """
    picture, scale = test_picture(side, side), network.traits.scale or 1
    statistics = SharedStatistics()
    run = statistics.around(network, Region.whole((side, side)))
    middle = side // 2
    whole = run(picture)[..., scale * middle : scale * (middle + 8), :]
    statistics.share()
    for step in [1 << power for power in range(largest.bit_length())]:
        moved = run(picture[..., step:, :].contiguous())
        moved = moved[..., scale * (middle - step) : scale * (middle + 8 - step), :]
        if torch.allclose(moved, whole, atol=1e-4):
            return step
    return None


@torch.inference_mode()
def reach(network: CommunityNetwork, side: int = 192) -> int | None:
    """Return how far from one pixel a change of it is felt; None if in every corner."""
    picture, scale, middle = test_picture(side, side), network.traits.scale or 1, side // 2
    before = network(picture)
    picture[..., middle, middle] = 1 - picture[..., middle, middle]
    changed = (network(picture) != before).any(dim=1)[0]
    felt = changed.any(dim=0).nonzero().flatten() // scale - middle
    farthest = int(felt.abs().max()) if felt.numel() else 0
    return farthest if farthest < middle - 1 else None


def tiled(network: CommunityNetwork, tile: int, side: int = 192) -> tuple[float, float]:
    """Return the share of samples of tiles and whole within a level, and how far others are."""
    picture, scale = test_picture(side, side), network.traits.scale or 1
    size = scale * side, scale * side
    cut, whole = (
        NetworkRunner(network, CPU, UpscaleOptions(tile=one, pad_border=True))(picture, size)
        for one in (tile, side)
    )
    levels = (cut - whole).abs() * 255
    return float((levels <= 1).double().mean()), float(levels.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(TINY))
    parser.add_argument("--tile", type=int, default=64)
    parser.add_argument("--side", type=int, default=192)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    print("| architecture | window | reach | halo | runs | within a level | largest, levels |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name in options.names:
        network = loaded(name)
        traits = network.traits
        halo = math.ceil(halo_width(traits) / traits.step) * traits.step
        runs = 2 if traits.shares_statistics else 1
        felt, moved = reach(network, options.side), window(network, options.side)
        share, most = tiled(network, options.tile, options.side)
        print(
            f"| {name} | {moved or '-'} | {felt or '-'} | {halo} | {runs}"
            f" | {100 * share:.2f} % | {most:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
