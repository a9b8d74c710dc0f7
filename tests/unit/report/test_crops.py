import io

import numpy as np
import torch
from PIL import Image

from srcli.pixels.region import Region
from srcli.report.crops import crop_png, worst_window


def test_the_window_is_where_the_error_is() -> None:
    hr = torch.zeros(1, 3, 50, 60)
    sr = hr.clone()
    sr[:, :, 20:30, 35:45] = 1
    window = worst_window(sr, hr, 10)
    assert (window.top, window.bottom, window.left, window.right) == (20, 30, 35, 45)


def test_of_several_pictures_the_window_is_where_the_mean_error_is() -> None:
    hr = torch.zeros(1, 3, 50, 60)
    sr = hr.repeat(2, 1, 1, 1)
    sr[:1, :, 2:12, 2:12] = 0.5
    sr[1:, :, 20:30, 35:45] = 1
    window = worst_window(sr, hr, 10)
    assert (window.top, window.left) == (20, 35)


def test_a_small_picture_is_shown_whole() -> None:
    hr = torch.zeros(1, 3, 7, 20)
    window = worst_window(hr, hr, 10)
    assert (window.height, window.width) == (7, 10)


def test_a_crop_is_the_window_of_the_picture_rounded_to_eight_bits() -> None:
    image = torch.arange(48.0).reshape(1, 3, 4, 4) / 255 + 0.3 / 255
    png = crop_png(image, Region(top=1, bottom=3, left=1, right=4), name="a")
    crop = np.asarray(Image.open(io.BytesIO(png)))
    assert crop.shape == (2, 3, 3)
    assert crop[0, 0].tolist() == [5, 21, 37]
