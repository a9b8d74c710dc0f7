from pathlib import Path

import pytest
import torch

from srcli.batch.rehearsal import rehearse
from srcli.errors import UnwritableImage
from srcli.images.discover import Source
from srcli.images.naming import Job
from srcli.images.photo import Metadata, Photo


def job(output: Path) -> Job:
    return Job(source=Source(path=Path("a.png"), relative=Path("a.png")), output=output)


def soft() -> Photo:
    alpha = torch.ones(1, 1, 9, 7)
    alpha[..., 5, 3] = 0.5
    return Photo(pixels=torch.rand(1, 3, 9, 7), alpha=alpha)


@pytest.mark.parametrize(("name", "size"), [("a.jpg", (1, 65_501)), ("a.webp", (16_384, 1))])
def test_a_side_that_the_format_cannot_have_is_refused(tmp_path, name, size):
    photo = Photo(pixels=torch.rand(1, 3, 9, 7))
    with pytest.raises(UnwritableImage, match="a side of"):
        rehearse(job(tmp_path / name), photo, size)
    rehearse(job(tmp_path / "a.png"), photo, size)


def test_one_transparent_pixel_is_enough_to_refuse_jpeg(tmp_path):
    with pytest.raises(UnwritableImage, match="transparency"):
        rehearse(job(tmp_path / "a.jpg"), soft(), (18, 14))
    rehearse(job(tmp_path / "a.png"), soft(), (18, 14))


def test_a_profile_that_the_format_cannot_hold_is_refused(tmp_path):
    photo = Photo(pixels=torch.rand(1, 3, 9, 7), metadata=Metadata(icc_profile=b"profile"))
    with pytest.raises(UnwritableImage, match="profile"):
        rehearse(job(tmp_path / "a.bmp"), photo, (18, 14))
