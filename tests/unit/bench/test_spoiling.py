from pathlib import Path

import pytest
import torch
from PIL import Image

from srcli.bench.datasets import Dataset, spoilt
from srcli.bench.records import from_line, to_line
from srcli.bench.restoration_tables import restoration_tables
from srcli.bench.runner import Bench, Candidate, run_bench
from srcli.bench.sheet import crop_sheet
from srcli.bench.spoiling import Spoiling, split_spoiling
from srcli.bench.summary import summarize
from srcli.errors import UsageError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kodak24-NOISE50", ("Kodak24", Spoiling(kind="NOISE", level=50))),
        ("live1-yjpeg10", ("live1", Spoiling(kind="YJPEG", level=10))),
        ("McMaster-MOSAIC", ("McMaster", Spoiling(kind="MOSAIC"))),
        ("Set5-JPEG40", ("Set5-JPEG40", None)),
        ("Set5-NOISE0", ("Set5-NOISE0", None)),
        ("Set5", ("Set5", None)),
    ],
)
def test_a_name_says_what_is_to_be_restored(name, expected) -> None:
    assert split_spoiling(name) == expected


def test_noise_is_the_same_for_a_name_and_changes_no_original(dataset: Dataset) -> None:
    noise = Spoiling(kind="NOISE", level=30)
    given, original = noise.pair(dataset.images[0], 1.0)
    again, _ = noise.pair(dataset.images[0], 1.0)
    assert torch.equal(given, again)
    assert given.shape == original.shape == (1, 3, 33, 41)
    assert not torch.equal(given, original)


def test_luma_takes_the_place_of_a_colour_picture_and_not_of_a_grey_one(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (255, 255, 255)).save(tmp_path / "white.png")
    Image.linear_gradient("L").resize((16, 16)).save(tmp_path / "grey.png")
    Image.new("RGB", (16, 16), (255, 0, 0)).save(tmp_path / "red.png")
    jpeg = Spoiling(kind="YJPEG", level=40)
    assert jpeg.pair(tmp_path / "white.png", 1.0)[1].unique().tolist() == [255]
    assert jpeg.pair(tmp_path / "red.png", 1.0)[1].unique().tolist() == [81]
    given, grey = jpeg.pair(tmp_path / "grey.png", 1.0)
    assert grey.max() > 235
    assert torch.equal(given[:, 0], given[:, 1])


def test_what_is_restored_is_not_enlarged(dataset: Dataset) -> None:
    with pytest.raises(UsageError, match="not enlarged by 2"):
        Spoiling(kind="MOSAIC").pair(dataset.images[0], 2.0)


def test_tasks_have_their_tables_and_their_protocols(dataset: Dataset) -> None:
    ways = (
        Spoiling(kind="NOISE", level=10),
        Spoiling(kind="YJPEG", level=10),
        Spoiling(kind="MOSAIC"),
    )
    given = Candidate(model="given", upscale=lambda lr, size, ratio: lr)  # noqa: ARG005 - Upscale
    worse = Candidate(model="black", upscale=lambda lr, size, ratio: 0 * lr)  # noqa: ARG005 - Upscale
    bench = Bench(
        datasets=[spoilt(dataset, way) for way in ways], candidates=[given, worse], scales=(1,)
    )
    records = run_bench(bench)
    assert [from_line(to_line(record)) for record in records] == list(records)
    rows = summarize(records)
    assert {row.conditions.protocol for row in rows} == {"restoration", "gray-restoration"}
    noise, jpeg, mosaic = restoration_tables(rows)
    assert noise.header == ("Data set", "Model", "PSNR-RGB, dB", "PSNR-Y, dB", "SSIM-Y")
    assert jpeg.header == ("Data set", "Model", "PSNR, dB", "SSIM", "PSNR-B, dB")
    assert [row[0].text for row in mosaic.rows] == ["Tiny-MOSAIC"] * 2
    assert [cell.best for cell in noise.rows[0]] == [False, False, True, True, True]
    assert 27 < float(noise.rows[0][2].text) < 30
    assert float(jpeg.rows[0][4].text) <= float(jpeg.rows[0][2].text)


def test_a_sheet_shows_the_picture_as_it_was_given(tmp_path: Path) -> None:
    Image.effect_noise((128, 128), 60).convert("RGB").save(tmp_path / "a.png")
    noisy = spoilt(
        Dataset(name="One", images=(tmp_path / "a.png",)), Spoiling(kind="NOISE", level=50)
    )
    sheet = crop_sheet(noisy, 0, [], 1.0)
    assert [panel.title for panel in sheet.panels] == ["HR", "as given"]
    assert sheet.panels[1].scores.psnr_rgb < 20
