"""The metrics that a bench measures if asked for, against the values of a well-kept library."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.errors import ImageError
from srcli.metrics.catalog import EXTRA_METRICS
from srcli.metrics.protocol import reduce_for, score
from srcli.metrics.protocols import PROTOCOLS
from srcli.pixels.resize import resize_uint8

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"
EXPECTED = json.loads((GOLDEN / "extra_metrics.json").read_text())["values"]
WITHOUT_WEIGHTS = {name: one for name, one in EXTRA_METRICS.items() if one.measure}
NAMES = tuple(WITHOUT_WEIGHTS)


def pair(name: str, scale: int) -> tuple[torch.Tensor, torch.Tensor]:
    with Image.open(GOLDEN / f"{name}.png") as file:
        picture = torch.from_numpy(np.array(file)).permute(2, 0, 1)[None]
    lr, hr = reduce_for(picture, scale)
    return resize_uint8(lr, (hr.shape[2], hr.shape[3])), hr


@pytest.mark.parametrize("case", EXPECTED)
def test_values_are_those_of_piq(case: str) -> None:
    name, scale, cut = case.split()
    made, wanted = pair(name, int(scale[1:]))
    part = (..., slice(0, made.shape[2] - int(cut[0])), slice(0, made.shape[3] - int(cut[1])))
    sr, hr = (one[part].double() / 255 for one in (made, wanted))
    for metric in WITHOUT_WEIGHTS.values():
        assert metric.measure(sr, hr) == pytest.approx(EXPECTED[case][metric.name], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_result_has_the_best_value(name: str) -> None:
    _, hr = pair("butterfly", 2)
    metric = EXTRA_METRICS[name]
    best = metric.measure(hr / 255, hr / 255)
    assert best == pytest.approx(1 if metric.larger_is_better else 0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_larger_scale_is_worse(name: str) -> None:
    metric = EXTRA_METRICS[name]
    two, four = (
        getattr(score(sr.float() / 255, hr, scale, extra=(metric,)), name)
        for scale in (2, 4)
        for sr, hr in [pair("head", scale)]
    )
    assert (two > four) == metric.larger_is_better


def test_flat_pictures_have_values_too() -> None:
    gray = torch.full((1, 3, 200, 200), 0.5)
    for metric in WITHOUT_WEIGHTS.values():
        value = metric.measure(gray, gray + 0.1)
        assert value == value, metric.name  # noqa: PLR0124 - a number that is no number differs


def test_only_what_is_asked_for_is_measured() -> None:
    sr, hr = pair("butterfly", 3)
    plain = score(sr.float() / 255, hr, 3)
    more = score(sr.float() / 255, hr, 3, extra=(EXTRA_METRICS["gmsd"],))
    assert plain.gmsd is None
    assert more.gmsd is not None
    assert (more.psnr_y, more.ssim_y, more.vif) == (plain.psnr_y, plain.ssim_y, None)


def test_a_picture_that_is_too_small_for_a_metric_is_named_as_such() -> None:
    hr = torch.zeros(1, 3, 100, 90, dtype=torch.uint8)
    with pytest.raises(ImageError, match="86x96 pixels inside its border is too small for MS-SSIM"):
        score(hr / 255, hr, 2, extra=(EXTRA_METRICS["ms_ssim"],))


@pytest.mark.parametrize("letter", ["B", "L"])
def test_luma_that_takes_the_place_of_the_picture_is_the_grey(letter: str) -> None:
    with Image.open(GOLDEN / "head.png") as file:
        picture = torch.from_numpy(np.array(file)).permute(2, 0, 1)[None]
    lr, hr = reduce_for(picture, 2, PROTOCOLS[letter])
    sr = torch.nn.functional.interpolate(lr, hr.shape[2:], mode="bicubic")
    found = score(sr, hr, 2, PROTOCOLS[letter], extra=tuple(WITHOUT_WEIGHTS.values()))
    assert 0.9 < (found.ms_ssim or 0) < 1
