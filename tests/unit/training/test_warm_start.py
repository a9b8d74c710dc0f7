from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks import asdn
from srcli.networks.asdn import AsdnConfig, LocalAsdn, grid_of
from srcli.networks.blocks.ratio_heads import HEAD_BOUND
from srcli.pixels.resize import resize
from srcli.training import warm_start
from srcli.training.crop_batch import any_ratio_shape, reduce_bicubic
from srcli.training.patches import CropSource, picture_files
from srcli.training.warm_start import solve_grids
from srcli.usecases.train import train
from srcli.weights.formats.checkpoint import Header, load_model, save_model

NARROW = AsdnConfig(blocks=1, width=8, unshuffle=2)
WIDE = replace(NARROW, max_ratio=4, own_blocks=1, upper_blocks=1)


@pytest.fixture
def source(tmp_path, monkeypatch) -> CropSource:
    """Pictures of waves, and less to solve over."""
    monkeypatch.setattr(warm_start, "LR_SIDE", 24)
    monkeypatch.setattr(warm_start, "INSIDE", 4)
    monkeypatch.setattr(warm_start, "CROPS", 12)
    rows, columns = np.mgrid[0:160, 0:160]
    waves = 128 + 60 * np.sin(rows / 1.4) + 60 * np.sin(columns / 3.5 + rows / 9)
    noise = np.random.default_rng(0).normal(0, 4, (160, 160, 3))
    picture = np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "waves.png")
    return CropSource(picture_files(tmp_path), 128)


@pytest.fixture
def solved(source) -> LocalAsdn:
    torch.manual_seed(0)
    network = LocalAsdn(WIDE)
    torch.nn.init.normal_(network.stem.weight, std=0.2)
    solve_grids(network, source, torch.device("cpu"))
    return network


def test_a_second_trunk_begins_as_the_first(solved):
    for upper, block in zip(solved.upper, solved.blocks, strict=True):
        assert torch.equal(upper.first.weight, block.first.weight)


@pytest.mark.parametrize("step", [3, 4])
def test_the_trunk_sees_what_it_saw_at_ratio_two(solved, step):
    small = torch.rand(1, 3, 20, 20)
    doubled = F.pixel_unshuffle(resize(small, (40, 40)), 2)
    enlarged = F.pixel_unshuffle(resize(small, (20 * step, 20 * step)), step)
    expected = solved.stem(doubled)
    found = solved.get_submodule(f"coarser.{step}.stem")(enlarged)
    inside = slice(4, -4)
    error = (found - expected)[..., inside, inside].abs().max()
    assert error < 0.02 * expected.abs().max()


@pytest.mark.parametrize("ratio", [3.0, 4.0])
def test_a_solved_head_comes_nearer_than_the_enlargement_alone(solved, source, ratio):
    step = grid_of(ratio)
    crops = source.draw(4, 32 * step, Random(9))
    shape = any_ratio_shape(32 * step, round(32 * step / ratio), 4 * step)
    shown = shape.crop_batch(crops, reduce_bicubic).train_batch(lambda x, *_: x)
    with torch.no_grad():
        made = solved(shown.image, ratio)
    inside = slice(4 * step, -4 * step)
    before, after = (
        (one - shown.target)[..., inside, inside].square().mean() for one in (shown.image, made)
    )
    assert after < 0.9 * before


def test_training_from_a_network_to_two_starts_with_solved_grids(
    request_for, source, monkeypatch, tmp_path
):
    presets = {"tiny": WIDE}
    monkeypatch.setattr(
        "srcli.usecases.train.NETWORKS", {"asdn": replace(asdn.SPEC, presets=presets)}
    )
    monkeypatch.setattr("srcli.usecases.train.warm_start_source", lambda _files: source)
    narrow = LocalAsdn(NARROW)
    path = tmp_path / "narrow.safetensors"
    save_model(path, narrow.state_dict(), Header(network="asdn", config=NARROW))
    request = request_for("run", init=path)
    config = replace(request.config, steps=0, patch=16, recursive=0.0)
    request = replace(request, config=config)
    made = load_model(train(request, lambda _: None)).network
    for key, value in narrow.state_dict().items():
        assert torch.equal(made.state_dict()[key], value)
    for step in (3, 4):
        head = made.get_submodule(f"coarser.{step}.head")
        assert head.get_parameter("weight").abs().max() > HEAD_BOUND
