"""LIIF beside the formulas of its paper, sample by sample."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from srcli.networks.liif import SPEC, Liif, LiifConfig

EDSR = LiifConfig(scale=2, blocks=1, channels=3, hidden=7)
RDN = LiifConfig(scale=2, blocks=2, channels=3, layers=2, growth=2, hidden=7)


def perceptron(network: Liif, inputs: Tensor) -> Tensor:
    weights = network.state_dict()
    for layer in range(5):
        if layer:
            inputs = inputs.clamp(min=0)
        name = f"imnet.layers.{2 * layer}"
        inputs = weights[f"{name}.weight"] @ inputs + weights[f"{name}.bias"]
    return inputs


def unfolded(features: Tensor, row: int, column: int) -> Tensor:
    """The 3x3 features around a pixel, channel by channel, with zeros beyond the border."""
    channels, height, width = features.shape
    values = []
    for channel in range(channels):
        for y in range(row - 1, row + 2):
            for x in range(column - 1, column + 2):
                inside = 0 <= y < height and 0 <= x < width
                values.append(features[channel, y, x] if inside else features.new_zeros(()))
    return torch.stack(values)


def decoded(network: Liif, features: Tensor, row: int, column: int) -> Tensor:
    """One sample of the output, in coordinates from -1 to 1, as the paper and its code have it."""
    scale = network.config.scale
    _, height, width = features.shape
    v = -1 + (2 * row + 1) / (scale * height)
    u = -1 + (2 * column + 1) / (scale * width)
    cell = torch.tensor([2 / (scale * height) * height, 2 / (scale * width) * width])
    results, areas = [], []
    for dv in (-1, 1):
        for du in (-1, 1):
            shifted = [
                min(max(place + step / side + 1e-6, -1 + 1e-6), 1 - 1e-6)
                for place, step, side in ((v, dv, height), (u, du, width))
            ]
            near = [
                min(int((place + 1) / 2 * side), side - 1)
                for place, side in zip(shifted, (height, width), strict=True)
            ]
            offsets = [
                (place - (-1 + (2 * index + 1) / side)) * side
                for place, index, side in zip((v, u), near, (height, width), strict=True)
            ]
            told = torch.cat(
                (unfolded(features, *near), torch.tensor(offsets, dtype=torch.float64), cell)
            )
            results.append(perceptron(network, told))
            areas.append(abs(offsets[0] * offsets[1]) + 1e-9)
    return sum(
        result * area / sum(areas) for result, area in zip(results, reversed(areas), strict=True)
    )


@pytest.mark.parametrize("config", [EDSR, RDN], ids=["edsr", "rdn"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_sample_is_decoded_as_in_the_paper(config: LiifConfig, scale: int) -> None:
    torch.manual_seed(0)
    fields = {name: getattr(config, name) for name in config.__slots__}
    network = Liif(LiifConfig(**{**fields, "scale": scale})).double()
    picture = torch.rand(1, 3, 3, 4, dtype=torch.float64)
    with torch.inference_mode():
        features = network.encoder((picture - 0.5) / 0.5)[0]
        output = network(picture)[0]
        for row in range(3 * scale):
            for column in range(4 * scale):
                if scale == 3 and (row == 7 or column == 10):
                    continue  # on the last pixels' centres, rounding decides in the authors' code
                expected = decoded(network, features, row, column) * 0.5 + 0.5
                torch.testing.assert_close(output[:, row, column], expected, atol=1e-7, rtol=1e-6)


def test_one_set_of_weights_serves_every_scale() -> None:
    with torch.device("meta"):
        states = [SPEC.build(SPEC.configure("edsr", s)).state_dict() for s in SPEC.scales]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    assert all(found == shapes[0] for found in shapes)


def test_where_a_sample_lies_does_not_depend_on_the_size_of_the_picture() -> None:
    torch.manual_seed(0)
    network = Liif(EDSR).double()
    picture = torch.rand(1, 3, 30, 30, dtype=torch.float64)
    radius = network.traits.receptive_radius
    assert radius is not None
    with torch.inference_mode():
        whole = network(picture)
        part = network(picture[..., 3:25, 5:28])
    inner = slice(2 * radius, -2 * radius)
    torch.testing.assert_close(part[..., inner, inner], whole[..., 6:50, 10:56][..., inner, inner])
