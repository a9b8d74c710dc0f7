"""Files that were once enlarged wrongly or lost something; see cases/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from srcli.batch.outcome import Upscaled
from srcli.images.decode import decode_picture
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import UpscaleRequest

FOLDER = Path(__file__).parent / "cases"


@pytest.fixture
def enlarged(tmp_path):
    """Enlarge a file of a case by two; returns the outcome."""

    def run(name: str, suffix: str = "", **options: object) -> Upscaled:
        request = UpscaleRequest(
            inputs=(str(FOLDER / name),),
            size=SizeRequest(scale=(2, 2)),
            output=str(tmp_path / "out"),
            suffix=suffix,
            **options,
        )
        (outcome,) = upscale(request)
        assert isinstance(outcome, Upscaled), outcome.error.message
        return outcome

    return run


def frames(outcome: Upscaled):
    picture = decode_picture(outcome.output.read_bytes(), name="it")
    return [np.asarray(frame) for frame in picture.frames]


def test_half_transparent_white_over_red_is_opaque(enlarged):
    _, second = frames(enlarged("apng-over-alpha/over.png"))
    assert second.shape[2] == 3
    assert np.abs(second[32, 32].astype(int) - [228, 128, 128]).max() <= 4


@pytest.mark.parametrize(
    "name", ["apng-dispose-background/background.png", "gif-dispose-background/background.gif"]
)
def test_an_area_that_is_disposed_of_becomes_transparent(enlarged, name):
    source = decode_picture((FOLDER / name).read_bytes(), name=name).frames
    for before, after in zip(source, frames(enlarged(name)), strict=True):
        assert before.shape[2] == after.shape[2]
        if before.shape[2] == 4:
            wide = before[..., 3].repeat(2, 0).repeat(2, 1)
            inside = np.abs(wide.astype(int) - after[..., 3]) < 64
            assert inside.mean() > 0.9
    assert any(frame.shape[2] == 4 and not frame[..., 3].all() for frame in source)
