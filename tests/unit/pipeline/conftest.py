import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from srcli.images.picture.photo import Photo


def photo_of(samples, **fields) -> Photo:
    """A photo of (H, W) or (H, W, 3) samples of any depth."""
    planes = np.atleast_3d(samples).copy()
    gray = planes.shape[2] == 1
    pixels = torch.from_numpy(np.ascontiguousarray(planes)).movedim(2, 0)[None]
    return Photo(pixels=pixels.expand(-1, 3, -1, -1) if gray else pixels, gray=gray, **fields)


def levels(values):
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def smooth(height=256, width=256):
    """Colours that change slowly, far from black and white."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack(
        [
            128 + 60 * np.sin(rows / 37),
            120 + 50 * np.cos(columns / 41),
            110 + 0.2 * rows + 0.1 * columns,
        ],
        -1,
    )


def edges(seed=1, size=256):
    """Shapes of even colours on one of their own, reduced by boxes from four times the size."""
    random = np.random.default_rng(seed)
    large = Image.new("RGB", (4 * size, 4 * size), (120, 130, 125))
    pen = ImageDraw.Draw(large)
    for _ in range(40):
        x, y, side = (int(n) for n in random.integers((0, 0, 100), (4 * size, 4 * size, 300)))
        color = tuple(int(n) for n in random.integers(50, 200, 3))
        pen.ellipse([x, y, x + side, y + side], fill=color)
    return np.asarray(large.resize((size, size), Image.Resampling.BOX)).astype(float)


@pytest.fixture
def screen() -> np.ndarray:
    """A small screen with one-pixel lines, a frame and words."""
    image = Image.new("RGB", (160, 128), (250, 250, 252))
    pen = ImageDraw.Draw(image)
    for row in range(10, 128, 12):
        pen.line([(0, row), (160, row)], fill=(200, 200, 200))
    pen.rectangle([20, 20, 90, 60], outline=(30, 30, 34), fill=(60, 120, 200))
    pen.text((24, 70), "plain words", fill=(30, 30, 34))
    return np.asarray(image)
