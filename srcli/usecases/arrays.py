"""Enlarge pictures that a program holds as arrays, Pillow images or paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from srcli.engine.device import Precision, choose_compute
from srcli.engine.memory import SMALLEST_TILE
from srcli.engine.network_runner import UpscaleOptions
from srcli.engine.progress import Progress, SilentProgress
from srcli.errors import UnreadableImage, UsageError
from srcli.images.decode import decode_photo
from srcli.images.picture.arrays import ACCEPTED, PillowImage, from_array, from_image, to_image
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import Samples, from_photo, to_photo
from srcli.images.probe import ImageInfo, probe_image, read_content
from srcli.pipeline.choose import AUTO
from srcli.pipeline.loaded_models import ModelLoader
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.upscale_request import Wrap, borders_of, check_denoise

PLANE = 2


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
        denoise: how much of the noise ``auto`` removes, 0 to 1; None for as much as it measured.
        offline: do not fetch a model.

    Raises:
        UsageError: there is no such device or precision, there are no such borders, the tile is
            smaller than 32 pixels, or the model cannot denoise.

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
        denoise: float | None = None,
        offline: bool = False,
    ) -> None:
        if not _is_tile(tile):
            msg = f"a tile of {tile!r} pixels a side makes no sense"
            raise UsageError(msg, hint=f"give {SMALLEST_TILE} or more, or None for a default")
        self.model = model
        if denoise is not None:
            check_denoise(model, denoise)
        self._guard, self._denoise = guard, denoise
        self._borders = borders_of(wrap)
        self._loader = ModelLoader(
            choose_compute(device, precision),
            UpscaleOptions(tile=tile, ensemble=ensemble, pad_border=True, borders=self._borders),
            offline=offline,
        )

    @overload
    def __call__(
        self,
        picture: NDArray[Any] | str | os.PathLike[str],
        scale: float | tuple[float, float] = ...,
        *,
        progress: Progress | None = ...,
    ) -> NDArray[Any]: ...

    @overload
    def __call__(
        self,
        picture: PillowImage,
        scale: float | tuple[float, float] = ...,
        *,
        progress: Progress | None = ...,
    ) -> PillowImage: ...

    @overload
    def __call__(
        self,
        picture: list[Any] | tuple[Any, ...],
        scale: float | tuple[float, float] = ...,
        *,
        progress: Progress | None = ...,
    ) -> list[Any]: ...

    def __call__(
        self,
        picture: Any,
        scale: float | tuple[float, float] = 2.0,
        *,
        progress: Progress | None = None,
    ) -> Any:
        """Enlarge a picture, as ``srcli upscale`` does.

        Args:
            picture: an array (H, W) grey, or (H, W, C) with C = 1 grey, 2 grey and alpha, 3 RGB,
                4 RGB and alpha; uint8 or uint16 of any byte order, or floating point in [0, 1].
                Or a Pillow image, or the path of a file. Or a list or tuple of these.
            scale: factor, or factors (vertical, horizontal).
            progress: told of finished output pixels.

        Returns:
            Of an array, one of the same axes and dtype, its sizes times the factors, halves
            rounded up. Of a Pillow image, a Pillow image. Of a file, its samples (H, W, C),
            upright. Of a list or tuple, a list of results.

        Raises:
            UnreadableImage: what was given is no picture.
            UsageError: the factor makes no sense.
            OutOfMemory: the result does not fit.
            WeightsError: the model cannot be used.

        """
        size = _size(scale)
        if isinstance(picture, (list, tuple)):
            return [self(one, scale, progress=progress) for one in picture]
        if isinstance(picture, np.ndarray):
            return self._array(picture, size, progress)
        if isinstance(picture, PillowImage):
            return to_image(self._samples(from_image(picture), size, progress), picture)
        if isinstance(picture, (str, os.PathLike)):
            return self._file(Path(picture), size, progress)
        msg = f"a {type(picture).__name__} is no picture"
        raise UnreadableImage(msg, hint=ACCEPTED)

    def _array(
        self, pixels: NDArray[Any], size: SizeRequest, progress: Progress | None
    ) -> NDArray[Any]:
        samples = self._samples(from_array(pixels), size, progress)
        return (samples[..., 0] if pixels.ndim == PLANE else samples).astype(
            pixels.dtype, copy=False
        )

    def _samples(self, samples: Samples, size: SizeRequest, progress: Progress | None) -> Samples:
        photo = to_photo(samples, Metadata(), source_format="")
        return from_photo(self._photo(photo, size, progress), bits=photo.bits)

    def _file(self, path: Path, size: SizeRequest, progress: Progress | None) -> Samples:
        content, _ = read_content(path)
        photo = decode_photo(content, name=str(path))
        info = probe_image(content, name=str(path))
        return from_photo(self._photo(photo, size, progress, info), bits=photo.bits)

    def _photo(
        self,
        photo: Photo,
        size: SizeRequest,
        progress: Progress | None,
        info: ImageInfo | None = None,
    ) -> Photo:
        target = size.resolve(photo.height, photo.width)
        models = self._loader.load(self.model, target.ratio)
        spec = OutputSpec(
            resolve=size.resolve, borders=self._borders, guard=self._guard, denoise=self._denoise
        )
        return Pipeline(spec, models).enlarge_photo(
            photo, target, info, progress or SilentProgress()
        )


def _is_tile(tile: object) -> bool:
    return tile is None or (isinstance(tile, int) and tile >= SMALLEST_TILE)


def _size(scale: object) -> SizeRequest:
    """Return the size for a factor or a pair of factors.

    Raises:
        UsageError: it is neither.

    """
    factors = scale if isinstance(scale, (tuple, list)) else (scale, scale)
    try:
        vertical, horizontal = (float(factor) for factor in factors)
    except (TypeError, ValueError) as error:
        msg = f"{scale!r} is no factor"
        hint = "give a number such as 2.7, or two: (vertical, horizontal)"
        raise UsageError(msg, hint=hint) from error
    size = SizeRequest(scale=(vertical, horizontal))
    size.check()
    return size
