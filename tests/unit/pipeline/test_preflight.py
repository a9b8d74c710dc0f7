from pathlib import Path

import pytest
import torch

from srcli.errors import UnwritableImage
from srcli.images.encode import writable_format
from srcli.images.picture.photo import Metadata, Photo
from srcli.pipeline.preflight import check_encodable, check_format


def check(name: str, size: tuple[int, int], frames: int = 1) -> None:
    check_format(writable_format(Path(name)), size, frames=frames, name=name)


def encode(name: str, photo: Photo) -> None:
    check_encodable(photo, writable_format(Path(name)), name=name)


def soft() -> Photo:
    alpha = torch.ones(1, 1, 9, 7)
    alpha[..., 5, 3] = 0.5
    return Photo(pixels=torch.rand(1, 3, 9, 7), alpha=alpha)


@pytest.mark.parametrize(("name", "size"), [("a.jpg", (1, 65_501)), ("a.webp", (16_384, 1))])
def test_a_side_that_the_format_cannot_have_is_refused(name, size):
    with pytest.raises(UnwritableImage, match="a side of"):
        check(name, size)
    check("a.png", size)


@pytest.mark.parametrize(("name", "frames"), [("a.jpg", 2), ("a.tif", 2)])
def test_an_animation_is_refused_where_it_cannot_move(name, frames):
    check(name, (9, 7))
    with pytest.raises(UnwritableImage, match="animation"):
        check(name, (9, 7), frames)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.avif", "a.bmp"])
def test_more_bits_than_the_format_has_are_refused(name):
    deep = Photo(pixels=torch.rand(1, 3, 9, 7), bits=16)
    with pytest.raises(UnwritableImage, match="16 bits") as caught:
        encode(name, deep)
    assert "--depth 8" in caught.value.hint
    encode("a.png", deep)


def test_one_transparent_pixel_is_enough_to_refuse_jpeg():
    with pytest.raises(UnwritableImage, match="transparency"):
        encode("a.jpg", soft())
    encode("a.png", soft())


def test_a_profile_that_the_format_cannot_hold_is_refused():
    photo = Photo(pixels=torch.rand(1, 3, 9, 7), metadata=Metadata(icc_profile=b"profile"))
    with pytest.raises(UnwritableImage, match="profile"):
        encode("a.bmp", photo)


def test_color_chunks_that_the_format_cannot_hold_are_refused():
    linear = bytes.fromhex("0000000467414d41000186a031e8965f")
    photo = Photo(pixels=torch.rand(1, 3, 9, 7), metadata=Metadata(color_chunks=linear))
    with pytest.raises(UnwritableImage, match="colour space"):
        encode("a.jpg", photo)
    encode("a.png", photo)
