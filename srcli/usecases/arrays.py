"""Enlarge pictures that a program holds as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcli.engine.device import Precision, choose_compute
from srcli.engine.progress import Progress, SilentProgress
from srcli.engine.upscaler import UpscaleOptions
from srcli.errors import UnreadableImage, listed
from srcli.images.alpha import bleed
from srcli.images.photo import Metadata
from srcli.images.samples import Samples, from_photo, to_photo
from srcli.pipeline.choose import AUTO
from srcli.usecases.choosing import choose_for
from srcli.usecases.equipment import Outfitter
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.upscale import upscale_photo
from srcli.usecases.upscale_request import Wrap, borders_of

PLANE = 2
CHANNELS = range(1, 5)
DTYPES = ("uint8", "uint16", "float32")


class Upscaler:
    """Enlarges arrays with a model, which is loaded once for each factor that needs another.

    ::

        upscaler = Upscaler()
        larger = upscaler(pixels, scale=2.7)

    Args:
        model: id of a model, weights file, ``hf:owner/repo/file``, ``nearest``, ``bicubic`` or
            ``lanczos``; ``auto`` chooses for each picture from its pixels.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: of the convolutions.
        tile: side of a tile in pixels of the network's input; None for a default.
        ensemble: average over the eight symmetries: eight times the work.
        wrap: which borders of pictures meet: ``x`` for left and right, ``y`` or ``xy``.
        guard: keep results between the source samples around them; None for as ``auto`` chooses.
        offline: do not fetch a model.

    Raises:
        UsageError: there is no such device or precision, or there are no such borders.

    """

    def __init__(  # noqa: PLR0913 - settings, all but one by name
        self,
        model: str = AUTO,
        *,
        device: str = "auto",
        precision: Precision = "float32",
        tile: int | None = None,
        ensemble: bool = False,
        wrap: Wrap | None = None,
        guard: bool | None = None,
        offline: bool = False,
    ) -> None:
        self.model = model
        self._guard = guard
        self._borders = borders_of(wrap)
        self._outfitter = Outfitter(
            choose_compute(device, precision),
            UpscaleOptions(tile=tile, ensemble=ensemble, frame=True, borders=self._borders),
            offline=offline,
        )

    def __call__(
        self,
        pixels: NDArray[Any],
        scale: float | tuple[float, float] = 2.0,
        *,
        progress: Progress | None = None,
    ) -> NDArray[Any]:
        """Enlarge a picture, as ``srcli upscale`` does.

        Args:
            pixels: (H, W) grey, or (H, W, C) with C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and
                alpha; uint8, uint16, or float32 in [0, 1].
            scale: factor, or factors (vertical, horizontal).
            progress: told of finished output pixels.

        Returns:
            The same axes and dtype, of the sizes times the factors, halves rounded up.

        Raises:
            UnreadableImage: the array is no picture.
            UsageError: the factor makes no sense.
            OutOfMemory: the result does not fit.
            WeightsError: the model cannot be used.

        """
        size = SizeRequest(scale=scale if isinstance(scale, tuple) else (scale, scale))
        size.check()
        photo = to_photo(_samples(pixels), Metadata(), source_format="")
        target = size.resolve(photo.height, photo.width)
        equipment = self._outfitter.equip(self.model, target.ratio)
        choice = choose_for(photo, target, None, equipment, guard=self._guard)
        photo = bleed(photo, self._borders)
        upscaler = equipment.chosen(choice).upscaler
        result = upscale_photo(photo, target, upscaler, choice, progress or SilentProgress())
        samples = from_photo(result, bits=photo.bits)
        return samples[..., 0] if pixels.ndim == PLANE else samples


def _samples(pixels: NDArray[Any]) -> Samples:
    samples = pixels[..., None] if pixels.ndim == PLANE else pixels
    fits = samples.ndim == PLANE + 1 and samples.size and samples.shape[2] in CHANNELS
    if not fits or str(samples.dtype) not in DTYPES:
        msg = f"an array of shape {pixels.shape} and dtype {pixels.dtype} is no picture"
        raise UnreadableImage(msg, hint=f"give (H, W) or (H, W, C) of {listed(DTYPES)}")
    if samples.dtype == np.float32 and not (samples.min() >= 0 and samples.max() <= 1):
        msg = "an array of float32 must hold numbers of 0 to 1"
        raise UnreadableImage(msg)
    return samples
