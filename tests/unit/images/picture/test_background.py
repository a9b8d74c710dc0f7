"""Transparent pictures on a colour."""

from __future__ import annotations

import pytest
import torch
from PIL import ImageCms

from srcli.errors import UsageError
from srcli.images.metadata.color_profile import from_srgb
from srcli.images.picture.background import flatten, parse_color
from srcli.images.picture.photo import Metadata, Photo


def profile(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def photo(*, gray: bool = False, icc_profile: bytes | None = None) -> Photo:
    alpha = torch.tensor([0.0, 0.25, 1.0]).view(1, 1, 1, 3)
    metadata = Metadata(icc_profile=icc_profile)
    return Photo(pixels=torch.full((1, 3, 1, 3), 0.5), alpha=alpha, gray=gray, metadata=metadata)


@pytest.mark.parametrize(
    ("text", "color"),
    [("white", (255, 255, 255)), ("#f80", (255, 136, 0)), ("rgb(1, 2, 3)", (1, 2, 3))],
)
def test_colours_are_written_as_on_the_web(text, color):
    assert parse_color(text) == color


@pytest.mark.parametrize("text", ["", "no colour", "#ff880080"])
def test_what_is_no_opaque_colour_is_refused(text):
    with pytest.raises(UsageError, match="not a colour"):
        parse_color(text)


def test_a_picture_is_laid_over_the_colour():
    flat = flatten(photo(), (255, 0, 51))
    assert flat.alpha is None
    expected = [[1.0, 0.875, 0.5], [0.0, 0.125, 0.5], [0.2, 0.275, 0.5]]
    assert torch.allclose(flat.pixels[0, :, 0], torch.tensor(expected))


def test_an_opaque_picture_stays_the_same():
    opaque = Photo(pixels=torch.rand(1, 3, 2, 2))
    assert flatten(opaque, (1, 2, 3)) is opaque


@pytest.mark.parametrize(("color", "gray"), [((9, 9, 9), True), ((9, 9, 8), False)])
def test_grey_on_grey_stays_grey(color, gray):
    assert flatten(photo(gray=True), color).gray == gray


def test_the_colour_goes_through_the_profile_of_the_picture():
    assert from_srgb((255, 136, 0), profile("sRGB")) == (255, 136, 0)
    assert from_srgb((255, 136, 0), b"no profile") == (255, 136, 0)
    assert from_srgb((255, 136, 0), profile("LAB")) == (255, 136, 0)
    assert flatten(photo(icc_profile=profile("sRGB")), (255, 0, 0)).pixels[0, 1, 0, 0] < 0.01
