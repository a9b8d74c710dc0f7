"""Bicubic enlargement has the figures that are known of it, by every protocol."""

import json

import pytest

from srcli.errors import DataError
from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest

SCALES = (2.0, 3.0, 4.0, 8.0)
ROWS = {
    ("A", "Set5"): ("33.673 .9303", "30.403 .8689", "28.429 .8111", "24.397 .6581"),
    ("A8", "Set5"): ("33.640 .9292", "30.385 .8678", "28.416 .8101", "24.389 .6570"),
    ("B", "Set5"): ("33.661 .9299", "30.392 .8682", "28.421 .8104", "24.391 .6571"),
    ("L", "Set5"): ("33.687 .9307", "30.407 .8686", "28.432 .8108", "24.399 .6583"),
    ("S", "Set5"): ("33.640 .9292", "30.386 .8678", "28.418 .8101", "24.391 .6570"),
    ("A", "Set14"): ("30.325 .8699", "27.631 .7759", "26.088 .7048", "23.183 .5666"),
    ("A8", "Set14"): ("30.312 .8691", "27.624 .7751", "26.084 .7041", "23.181 .5660"),
    ("B", "Set14"): ("30.232 .8687", "27.541 .7736", "26.000 .7019", "23.093 .5627"),
    ("L", "Set14"): ("30.252 .8697", "27.553 .7754", "26.010 .7040", "23.097 .5658"),
    ("S", "Set14"): ("30.220 .8683", "27.533 .7737", "25.993 .7023", "23.089 .5633"),
}
"""Computed apart from srcli; S and B at x2 to x4 are digit for digit what papers print."""
LARGE = {
    ("A", "BSD100"): ("29.560 .8434", "27.209 .7391", "25.961 .6681", "23.667 .5443"),
    ("A", "Urban100"): ("26.876 .8405", "24.458 .7352", "23.140 .6581", "20.735 .5138"),
}


def compare(rows, key, scales, bench_folder):
    letter, dataset = key
    if bench_folder is None:
        pytest.skip(f"{dataset} is not here: SRCLI_DATA_DIR names no folder that has it")
    request = BenchRequest(
        models=("bicubic",),
        scales=scales,
        protocol=letter,
        datasets=(dataset,),
        data_dir=bench_folder,
        offline=True,
        form="json",
    )
    try:
        text = bench(request, lambda _: None).text
    except DataError as error:
        pytest.skip(error.message)
    found = json.loads(text)["rows"]
    assert len(found) == len(scales)
    for row, expected in zip(found, rows[key], strict=False):
        psnr, ssim = map(float, expected.split())
        assert row["scores"]["psnr_y"] == pytest.approx(psnr, abs=0.0015)
        assert row["scores"]["ssim_y"] == pytest.approx(ssim, abs=0.0001)


@pytest.mark.parametrize("key", [key for key in ROWS if key[1] == "Set5"], ids="-".join)
def test_bicubic_on_set5_is_that_of_each_protocol(key, bench_folder):
    compare(ROWS, key, SCALES, bench_folder)


@pytest.mark.parametrize("letter", ["A", "S"])
def test_the_grey_picture_of_set14_makes_the_difference(letter, bench_folder):
    compare(ROWS, (letter, "Set14"), SCALES[:1], bench_folder)


@pytest.mark.claims
@pytest.mark.parametrize("key", [*(key for key in ROWS if key[1] == "Set14"), *LARGE], ids="-".join)
def test_bicubic_on_larger_sets_is_that_of_each_protocol(key, bench_folder):
    compare(ROWS | LARGE, key, SCALES, bench_folder)
