from pathlib import Path

import pytest
import torch

from srcli.batch.rehearsal import check_output, rehearse
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
    with pytest.raises(UnwritableImage, match="a side of"):
        check_output(job(tmp_path / name), size, frames=1)
    check_output(job(tmp_path / "a.png"), size, frames=1)


@pytest.mark.parametrize(("name", "frames"), [("a.jpg", 2), ("a.tif", 2)])
def test_an_animation_is_refused_where_it_cannot_move(tmp_path, name, frames):
    check_output(job(tmp_path / name), (9, 7), frames=1)
    with pytest.raises(UnwritableImage, match="animation"):
        check_output(job(tmp_path / name), (9, 7), frames=frames)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.avif", "a.bmp"])
def test_more_bits_than_the_format_has_are_refused(tmp_path, name):
    deep = Photo(pixels=torch.rand(1, 3, 9, 7), bits=16)
    with pytest.raises(UnwritableImage, match="16 bits") as caught:
        rehearse(job(tmp_path / name), deep)
    assert "--depth 8" in caught.value.hint
    rehearse(job(tmp_path / "a.png"), deep)


def test_one_transparent_pixel_is_enough_to_refuse_jpeg(tmp_path):
    with pytest.raises(UnwritableImage, match="transparency"):
        rehearse(job(tmp_path / "a.jpg"), soft())
    rehearse(job(tmp_path / "a.png"), soft())


def test_a_profile_that_the_format_cannot_hold_is_refused(tmp_path):
    photo = Photo(pixels=torch.rand(1, 3, 9, 7), metadata=Metadata(icc_profile=b"profile"))
    with pytest.raises(UnwritableImage, match="profile"):
        rehearse(job(tmp_path / "a.bmp"), photo)
