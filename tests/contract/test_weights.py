"""What every card claims is measured again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from srcli.bench.baselines import bicubic
from srcli.bench.datasets import split_compression
from srcli.bench.image_pair import ImagePair
from srcli.engine.device import Compute, has_bfloat16
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.metrics.protocol import Scores, score
from srcli.networks.catalog import NETWORKS
from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest
from srcli.weights.catalog.card import PURPOSES, WeightCard
from srcli.weights.catalog.included import family_members, read_catalog, shipped_folder
from srcli.weights.catalog.published import read_community
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import is_obtainable, verify

GOLDEN = Path(__file__).parents[1] / "golden"
LARGEST_FILE = 20_000_000
BUTTERFLY = GOLDEN / "protocol/butterfly.png"
RECORDED = GOLDEN / "protocol/butterfly_scores.json"
"""Written by ``python tests/contract/test_weights.py`` when a card's weights were measured."""
LEAST_GAIN = 1.0
"""Of PSNR-Y over bicubic, in dB, on a picture with clear edges."""
LEAST_GAIN_COMPRESSED = 0.3
"""The same where LR pictures were compressed as JPEG."""
PART = 128
"""Side of the part of that picture that is compared, in HR pixels."""
LARGEST_BORDER = 5
"""Levels of 255 by which the border of a flat picture may differ from its middle."""
CPU = Compute(device=torch.device("cpu"))
MEASURED = [source for source in read_community() if source.scores]
CARDS = pytest.mark.parametrize("card", read_catalog(), ids=lambda card: card.id)


@CARDS
def test_the_file_is_the_one_that_was_measured(card):
    path = verify(card)
    assert path.stat().st_size == card.size <= LARGEST_FILE


@CARDS
def test_the_file_rebuilds_the_preset(card):
    header = load_model(verify(card)).header
    assert header.network == card.network
    assert header.config == NETWORKS[card.network].configure(card.preset, card.scale)


@CARDS
def test_counts_are_true(card):
    network = load_model(verify(card)).network
    assert sum(p.numel() for p in network.parameters()) == card.parameters
    assert card.kmacs == pytest.approx(kmacs_per_output_pixel(network), rel=1e-3)


@CARDS
def test_the_card_is_filled_in(card):
    assert card.licence
    assert card.trained_on
    assert card.training
    assert card.purpose in PURPOSES
    assert card.good_for.endswith(".")
    measured = {(split_compression(cell.dataset)[0], cell.scale) for cell in card.scores}
    scales = (2.0, 3.0, 4.0) if card.scale is None else (float(card.scale),)
    wanted = ["Set5", "Set14", "Urban100"]
    assert all(name in card.notes or (name, s) in measured for name in wanted for s in scales)


@CARDS
def test_weights_are_finite_and_trained(card):
    network = load_model(verify(card)).network
    assert all(p.isfinite().all() for p in network.parameters())
    fresh = NETWORKS[card.network].build(NETWORKS[card.network].configure(card.preset, card.scale))
    image = torch.rand(1, 3, 16, 16)
    arguments = (image, 2.0) if card.scale is None else (image,)
    assert not torch.allclose(network(*arguments), fresh(*arguments), atol=1e-3)


@CARDS
def test_a_flat_picture_has_no_border_of_another_colour(card):
    scale = card.scale or 2
    flat = torch.tensor([200, 40, 60], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 16, 16)
    runner = NetworkRunner(load_model(verify(card)).network, CPU, UpscaleOptions(pad_border=True))
    passes = runner.plan_passes((16, 16), (16 * scale, 16 * scale), float(scale))
    result = 255 * runner.run_passes(flat, passes)
    middle = result[..., 8 * scale, 8 * scale].view(1, 3, 1, 1)
    assert (result - middle).abs().max() < LARGEST_BORDER


@CARDS
def test_an_id_names_its_scale(card):
    assert card.id in {card.family, f"{card.family}-x{card.scale}"}
    assert {sister.scale is None for sister in family_members(card.family)} == {card.scale is None}


@CARDS
def test_a_picture_comes_out_as_it_did_when_the_card_was_measured(card):
    """On a part of one picture of Set5, in what the model was trained for."""
    recorded = json.loads(RECORDED.read_text())[card.id]
    ours, plain = butterfly_scores(card)
    assert ours.psnr_y == pytest.approx(recorded["psnr_y"], abs=0.002)
    assert ours.ssim_y == pytest.approx(recorded["ssim_y"], abs=0.0001)
    compressed = compressed_quality(card) is not None
    assert ours.psnr_y > plain.psnr_y + (LEAST_GAIN_COMPRESSED if compressed else LEAST_GAIN)


@pytest.mark.claims
@pytest.mark.parametrize("card", [*read_catalog(), *MEASURED], ids=lambda card: card.id)
def test_the_measured_table_is_true(card, bench_folder):
    """On all of Set5, which may not be passed on with the tool, at the telling scale."""
    scale = telling_scale(card)
    claimed = {
        cell.dataset: cell
        for cell in card.scores
        if cell.scale == scale and split_compression(cell.dataset)[0] == "Set5"
    }
    assert claimed
    if bench_folder is None:
        pytest.skip("Set5 is not on this machine: SRCLI_DATA_DIR names no folder that has it")
    need(card)
    request = BenchRequest(
        models=(card.id,),
        scales=(scale,),
        datasets=tuple(claimed),
        data_dir=bench_folder,
        form="json",
    )
    rows = {row["dataset"]: row for row in json.loads(bench(request, lambda _: None).text)["rows"]}
    for dataset, cell in claimed.items():
        assert rows[dataset]["scores"]["psnr_y"] == pytest.approx(cell.psnr_y, abs=0.01)
        assert rows[dataset]["scores"]["ssim_y"] == pytest.approx(cell.ssim_y, abs=0.0005)


def test_every_file_has_a_card():
    files = {path.name for path in shipped_folder().glob("*.safetensors")}
    assert files == {card.file for card in read_catalog()}


def butterfly_scores(card: WeightCard) -> tuple[Scores, Scores]:
    """Return the scores of a model and of bicubic enlargement on a part of a picture of Set5."""
    scale = telling_scale(card)
    low, whole = ImagePair(BUTTERFLY, jpeg=compressed_quality(card)).pair(scale)
    step, side = int(scale), PART // int(scale)
    lr = low[..., side : 2 * side, :side].float() / 255
    hr = whole[..., step * side : 2 * step * side, : step * side]
    size = hr.shape[2], hr.shape[3]
    runner = NetworkRunner(load_model(verify(card)).network, CPU)
    ours = score(runner(lr, size, ratio=scale), hr, scale)
    return ours, score(bicubic(lr, size, scale), hr, scale)


def compressed_quality(card: WeightCard) -> int | None:
    """Return the quality of JPEG of the pictures that a card was measured on, None if whole."""
    qualities = [split_compression(cell.dataset)[1] for cell in card.scores]
    return next((quality for quality in qualities if quality), None)


@pytest.mark.parametrize("source", MEASURED, ids=lambda source: source.id)
def test_counts_of_other_peoples_models_are_true(source):
    need(source)
    network = load_model(verify(source.id)).network
    assert sum(p.numel() for p in network.parameters()) == source.parameters


def need(model):
    """Skip what needs a package that is installed beside srcli alone: see CONTRIBUTING.md."""
    if not is_obtainable(model.id, offline=True):
        pytest.skip(f"{model.id} is not on this machine")


def telling_scale(card: WeightCard) -> float:
    return float(card.scale or 2)


def kmacs_per_output_pixel(network: nn.Module) -> float:
    """Count the multiply-adds of one pass over 64x64 pixels."""
    side, scale = 64, network.traits.scale
    image = torch.rand(1, 3, side, side)
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    lacking = {attention: lambda query, key, value, *_, **__: sdpa_flop_count(query, key, value)}
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=lacking) as counter:
        network(image, 2.0) if scale is None else network(image)
    return counter.get_total_flops() / 2 / (side * (scale or 1)) ** 2 / 1000


def record() -> None:
    """Write the scores that the cards' weights have now."""
    scores = {card.id: butterfly_scores(card)[0] for card in read_catalog()}
    content = {
        name: {"psnr_y": round(one.psnr_y, 4), "ssim_y": round(one.ssim_y, 6)}
        for name, one in scores.items()
    }
    RECORDED.write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    record()


@pytest.mark.claims
@pytest.mark.skipif(not has_bfloat16(torch.device("cpu")), reason="no bfloat16 built in")
@pytest.mark.parametrize(
    "card", [card for card in read_catalog() if card.bfloat16_loss is not None], ids=lambda c: c.id
)
def test_bfloat16_loses_no_more_than_is_said(card, bench_folder):
    """On all of Set5, at the telling scale."""
    if bench_folder is None:
        pytest.skip("Set5 is not on this machine: SRCLI_DATA_DIR names no folder that has it")
    request = BenchRequest(
        models=(card.id,),
        scales=(telling_scale(card),),
        datasets=("Set5",),
        data_dir=bench_folder,
        form="json",
    )
    exact, short = (
        json.loads(bench(one, lambda _: None).text)["rows"][0]["scores"]["psnr_y"]
        for one in (request, replace(request, precision="bfloat16"))
    )
    assert exact - short <= card.bfloat16_loss + 0.005
