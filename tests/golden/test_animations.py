"""Frames of animations are what a browser shows; see animations/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from srcli.images.decode import decode_picture
from srcli.images.encode import encode_picture
from srcli.images.formats import GIF, PNG, WEBP
from srcli.images.output_options import OutputOptions
from srcli.images.picture.animation import Animation
from srcli.images.picture.samples import with_alpha

FOLDER = Path(__file__).parent / "animations"
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in {".png", ".gif", ".webp"})
LEVELS = 2


@pytest.fixture(scope="module")
def shown():
    with np.load(FOLDER / "frames.npz") as frames:
        return dict(frames)


def read(name: str) -> Animation:
    picture = decode_picture((FOLDER / name).read_bytes(), name=name)
    assert isinstance(picture, Animation)
    return picture


def difference(frames, others):
    """The largest, of colours multiplied by alpha, as a canvas keeps them."""
    return max(
        np.abs(multiplied(one) - multiplied(other)).max()
        for one, other in zip(frames, others, strict=True)
    )


def multiplied(samples):
    levels = with_alpha(samples) / np.iinfo(samples.dtype).max * 255
    levels[..., :3] *= levels[..., 3:] / 255
    return levels


def test_every_animation_was_shown(shown):
    assert len(NAMES) >= 30
    assert sorted(shown) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_those_of_a_browser(name, shown):
    assert difference(read(name).frames, shown[name]) <= LEVELS


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_shows_the_same(name):
    given = read(name)
    for known in (PNG, WEBP, *([GIF] if name.endswith(".gif") else [])):
        picture = given if known is PNG else OutputOptions(depth=8).apply(given)
        back = decode_picture(encode_picture(picture, known, name=name, quality=100), name=name)
        assert difference(picture.frames, back.frames) <= 1
        assert back.durations == given.durations
