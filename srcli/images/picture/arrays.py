"""What a program holds as a picture, to samples and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from srcli.errors import UnreadableImage
from srcli.images.codecs.pillow_codec import read_samples
from srcli.images.decode_errors import refusals
from srcli.images.picture.samples import RGB_ALPHA, Samples

PillowImage = Image.Image
ACCEPTED = (
    "Give an array (H, W) or (H, W, C), or a tensor (C, H, W) or (B, C, H, W), C = 1 to 4, of "
    "uint8, uint16, or floating point from 0 to 1; a Pillow image; the bytes or the path of a "
    "file; or a list of these."
)
PICTURE, BATCH = 3, 4
"""Axes of a tensor of one picture, and of several."""
_PLANE = 2
_CHANNELS = range(1, RGB_ALPHA + 1)
_INTEGERS = ("u1", "u2")
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N")


def from_array(pixels: NDArray[Any]) -> Samples:
    """Samples (H, W, C) of an array, in the byte order of the machine; float32 if not integers.

    Raises:
        UnreadableImage: the array is no picture.

    """
    samples = pixels[..., None] if pixels.ndim == _PLANE else pixels
    fits = samples.ndim == _PLANE + 1 and samples.size and samples.shape[2] in _CHANNELS
    kind = f"{samples.dtype.kind}{samples.dtype.itemsize}"
    if not fits or not (kind in _INTEGERS or samples.dtype.kind == "f"):
        msg = f"An array of shape {pixels.shape} and dtype {pixels.dtype} is no picture."
        raise UnreadableImage(msg, hint=ACCEPTED)
    if samples.dtype.kind == "f" and not (samples.min() >= 0 and samples.max() <= 1):
        msg = "An array of floating point must hold numbers from 0 to 1."
        raise UnreadableImage(msg, hint=ACCEPTED)
    known = np.dtype(np.float32) if samples.dtype.kind == "f" else samples.dtype.newbyteorder("=")
    return samples.astype(known, copy=False)


def from_tensor(pixels: Tensor) -> list[Samples]:
    """Samples (H, W, C) of each picture in a tensor (C, H, W) or (B, C, H, W).

    Raises:
        UnreadableImage: the tensor holds no pictures.

    """
    if pixels.ndim not in {PICTURE, BATCH} or pixels.is_complex():
        msg = f"A tensor of shape {tuple(pixels.shape)} and {pixels.dtype} holds no pictures."
        raise UnreadableImage(msg, hint=ACCEPTED)
    known = pixels.float() if pixels.is_floating_point() else pixels
    pictures = known.detach().cpu().reshape(-1, *pixels.shape[-3:]).movedim(1, -1)
    return [from_array(picture.numpy()) for picture in pictures]


def to_tensor(results: Sequence[Samples], like: Tensor) -> Tensor:
    """Return results as a tensor of the axes, dtype and device of the one they were made of."""
    stacked = torch.stack([torch.from_numpy(np.ascontiguousarray(one)) for one in results])
    planes = stacked.movedim(-1, 1).contiguous()
    return planes.reshape(*like.shape[:-3], *planes.shape[1:]).to(like)


def from_image(image: PillowImage) -> Samples:
    """Samples (H, W, C) of a Pillow image: palettes resolved, CMYK and CIE L*a*b* as sRGB.

    Raises:
        UnreadableImage: it is empty, moves, or stores its samples in another way.

    """
    if not (image.width and image.height) or getattr(image, "is_animated", False):
        msg = "A Pillow image without pixels, or of several frames, is no picture."
        raise UnreadableImage(msg, hint=ACCEPTED)
    with refusals("the Pillow image", image.format or image.mode):
        if image.mode in _DEEP_MODES:
            return from_array(np.asarray(image))
        return read_samples(image)


def to_image(samples: Samples, like: PillowImage) -> PillowImage:
    """A Pillow image of samples, with the colour profile of the one that they were made of."""
    plain = samples[..., 0] if samples.shape[2] == 1 else samples
    image = Image.fromarray(np.ascontiguousarray(plain))
    if "icc_profile" in like.info and like.mode not in {"CMYK", "LAB"}:
        image.info["icc_profile"] = like.info["icc_profile"]
    return image
