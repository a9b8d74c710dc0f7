from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.nn import functional

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.padding import Padding, padding_widths
from srcli.networks.spec import AnyRatioTraits, ChopRule, FixedScaleNetwork, FixedScaleTraits
from srcli.pixels.borders import wrapped
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED

CPU = Compute(device=torch.device("cpu"))


class Blurred(FixedScaleNetwork):
    """Means of 3x3 samples, with zeros beyond the border, each repeated."""

    chop: ChopRule | None = None

    @property
    def traits(self):
        return FixedScaleTraits(scale=2, receptive_radius=1, chop=self.chop)

    def forward(self, image_B3HW):
        mean = functional.avg_pool2d(image_B3HW, 3, 1, padding=1)
        return mean.repeat_interleave(2, 2).repeat_interleave(2, 3)


def test_only_sides_on_the_border_are_padded():
    corner = Region(top=0, bottom=8, left=12, right=20)
    padding = Padding.of(corner, (30, 20), (4, 6), MIRRORED)
    assert padding == Padding(top=4, bottom=0, left=0, right=6, borders=MIRRORED)
    picture = torch.rand(1, 3, 30, 20)
    window = corner.of(picture)
    padded = padding.pad(corner, lambda region: region.of(picture))
    assert torch.equal(padded[..., 4:, :8], window)
    assert torch.equal(padded[..., :4, :8], window[..., :4, :].flip(2))
    enlarged = padded.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(padding.crop(enlarged, 2)[..., ::2, ::2], window)


def test_a_border_that_wraps_is_padded_with_the_other_side():
    picture, corner = torch.rand(1, 3, 30, 20), Region(top=0, bottom=8, left=12, right=20)
    padding = Padding.of(corner, (30, 20), (4, 6), ("symmetric", "wrap"))
    padded = padding.pad(corner, lambda region: wrapped(picture, region))
    assert torch.equal(padded[..., 4:, 8:], picture[..., :8, :6])
    assert torch.equal(padded[..., :4, :], padded[..., 4:8, :].flip(2))


@pytest.mark.parametrize(
    ("traits", "width"),
    [
        (FixedScaleTraits(scale=2, receptive_radius=None), 4),
        (FixedScaleTraits(scale=3, receptive_radius=None, size_multiple=3), 6),
        (AnyRatioTraits(receptive_radius=8, size_multiple=2), 8),
    ],
)
def test_padding_fits_the_network(traits, width):
    widths = partial(padding_widths, traits, 41)
    assert widths(MIRRORED, pad_border=True) == (width, width)
    assert widths(MIRRORED, pad_border=False) == (0, 0)
    wide = 42 if traits.size_multiple > 1 else 41
    assert widths(("wrap", "symmetric"), pad_border=True) == (wide, width)


@pytest.mark.parametrize("size", [(9, 14), (1, 2)])
@pytest.mark.parametrize("tile", [4, 512])
def test_a_flat_picture_stays_flat_to_its_border(size, tile):
    flat = torch.full((1, 3, *size), 0.75)
    result = (2 * size[0], 2 * size[1])
    options = UpscaleOptions(tile=tile)
    bare, padded = (
        NetworkRunner(Blurred(), CPU, one)(flat, result)
        for one in (options, replace(options, pad_border=True))
    )
    assert bare.min() < 0.6
    assert torch.allclose(padded, torch.tensor(0.75))


def test_the_authors_tiles_have_no_padding():
    network = Blurred()
    network.chop = ChopRule(largest_area=3600)
    options = UpscaleOptions(official_tiles=True)
    image = torch.rand(1, 3, 40, 40)
    bare, padded = (
        NetworkRunner(network, CPU, one)(image, (80, 80))
        for one in (options, replace(options, pad_border=True))
    )
    assert torch.equal(bare, padded)
