"""What Python programs call: pictures that they hold in memory, and single files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from srcli.batch.outcome import Failed, SilentListener
from srcli.engine.device import Precision, choose_compute
from srcli.engine.memory import SMALLEST_TILE
from srcli.engine.network_runner import UpscaleOptions
from srcli.engine.progress import Progress, SilentProgress
from srcli.errors import UnreadableImage, UsageError
from srcli.files.objects.address import refuse_objects
from srcli.images.decode import decode_photo
from srcli.images.picture.arrays import (
    ACCEPTED,
    PillowImage,
    from_array,
    from_image,
    from_tensor,
    to_image,
    to_tensor,
)
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import Samples, from_photo, to_photo
from srcli.images.probe import ImageInfo, probe_image, read_content
from srcli.pipeline.choose import AUTO
from srcli.pipeline.loaded_models import ModelLoader
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import (
    UpscaleRequest,
    Wrap,
    borders_of,
    check_auto,
    check_denoise,
)

DEFAULT_SCALE, PLANE = 2.0, 2
Scale = float | tuple[float, float]
ProgressCallback = Callable[[int, int], None]
"""Called with the number of output pixels that are done, over all passes, and of all of them."""


class Upscaler:
    """Makes pictures larger with a model, which stays loaded. Threads may share one.

    ::

        upscaler = Upscaler()
        larger = upscaler(pixels, 2.7)

    Args:
        model: id of a model, weights file, ``hf:owner/repo/file``, ``nearest``, ``bicubic`` or
            ``lanczos``; ``auto`` chooses for each picture from its pixels.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: of the convolutions; for ``auto`` see ``choose_compute``.
        tile: side of a tile in pixels of the network's input; None for a default.
        ensemble: average over the eight symmetries: eight times the work.
        wrap: which borders of pictures meet: ``x`` for left and right, ``y`` or ``xy``.
        guard: keep results between the source samples around them; None for as ``auto`` chooses.
        denoise: how much of the noise ``auto`` removes, 0 to 1; None for as much as it measured.
        auto: models that ``auto`` uses in place of its own, by purposes: see ``PURPOSES``.
        offline: do not fetch a model.

    Raises:
        UsageError: there is no such device, precision or purpose, there are no such borders, the
            tile is smaller than 32 pixels, or the model cannot denoise.
        WeightsError: the model cannot be used.

    """

    def __init__(  # noqa: PLR0913 - settings, all but one by name
        self,
        model: str | os.PathLike[str] = AUTO,
        *,
        device: str = "auto",
        precision: Precision | Literal["auto"] = "auto",
        tile: int | None = None,
        ensemble: bool = False,
        wrap: Wrap | None = None,
        guard: bool | None = None,
        denoise: float | None = None,
        auto: Mapping[str, str] | None = None,
        offline: bool = False,
    ) -> None:
        if not _is_tile(tile):
            msg = f"A tile of {tile!r} pixels a side makes no sense."
            raise UsageError(msg, hint=f"Give {SMALLEST_TILE} or more, or None for a default.")
        self.model = os.fspath(model)
        if denoise is not None:
            check_denoise(self.model, denoise)
        check_auto(auto or {})
        self._guard, self._denoise = guard, denoise
        self._borders = borders_of(wrap)
        self._loader = ModelLoader(
            choose_compute(device, precision),
            UpscaleOptions(tile=tile, ensemble=ensemble, pad_border=True, borders=self._borders),
            offline=offline,
            auto=auto or {},
        )
        self._loader.check(self.model)

    def __call__(  # noqa: PLR0913 - ways to say a size, all but one by name
        self,
        picture: Any,  # noqa: ANN401 - of many kinds, none of which is a base of the others
        scale: Scale | None = None,
        *,
        size: tuple[int, int] | None = None,
        width: int | None = None,
        height: int | None = None,
        long_side: int | None = None,
        short_side: int | None = None,
        megapixels: float | None = None,
        progress: ProgressCallback | None = None,
    ) -> Any:  # noqa: ANN401 - the kind of the picture
        """Make a picture larger, as ``srcli upscale`` does.

        Give one way to say how large: a scale, a size, or one of the sides or the area, which keep
        the proportions. Without any, the scale is 2.

        Args:
            picture: an array (H, W) grey, or (H, W, C) with C = 1 grey, 2 grey and alpha, 3 RGB,
                4 RGB and alpha; uint8 or uint16 of any byte order, or floating point in [0, 1].
                A tensor (C, H, W) or (B, C, H, W) of the same channels and numbers, on any
                device. A Pillow image. The bytes of a picture file. The path of one. Or a list or
                tuple of these.
            scale: factor, or factors (horizontal, vertical).
            size: (width, height) of the result in pixels.
            width: of the result in pixels.
            height: of the result in pixels.
            long_side: longer side of the result in pixels.
            short_side: shorter side of the result in pixels.
            megapixels: millions of pixels of the result.
            progress: called now and then with the work that is done, and all of it.

        Returns:
            The kind that was given: an array of the same axes and dtype; a tensor of the same axes
            and dtype on the same device; a Pillow image; the bytes of a file of the same format,
            with its metadata. Of a path, the samples of the upright picture (H, W, C). Of a list
            or tuple, a list of results.

        Raises:
            UnreadableImage: what was given is no picture.
            UnwritableImage: its format cannot hold the result.
            UsageError: the size makes no sense.
            OutOfMemory: the result does not fit.
            WeightsError: the model cannot be used.

        """
        wanted = _size_request(
            scale=scale,
            size=size,
            width=width,
            height=height,
            long_side=long_side,
            short_side=short_side,
            megapixels=megapixels,
        )
        listener = _CallbackProgress(progress) if progress else SilentProgress()
        return self._any(picture, wanted, listener)

    def _any(self, picture: Any, size: SizeRequest, progress: Progress) -> Any:  # noqa: ANN401 - see __call__
        if isinstance(picture, (list, tuple)):
            return [self._any(one, size, progress) for one in picture]
        if isinstance(picture, np.ndarray):
            return self._array(picture, size, progress)
        if isinstance(picture, Tensor):
            made = [self._samples(one, size, progress) for one in from_tensor(picture)]
            return to_tensor(made, picture)
        if isinstance(picture, PillowImage):
            return to_image(self._samples(from_image(picture), size, progress), picture)
        if isinstance(picture, (bytes, bytearray, memoryview)):
            return self._content(bytes(picture), size, progress)
        if isinstance(picture, (str, os.PathLike)):
            return self._file(Path(picture), size, progress)
        msg = f"A {type(picture).__name__} is no picture."
        raise UnreadableImage(msg, hint=ACCEPTED)

    def _array(self, pixels: NDArray[Any], size: SizeRequest, progress: Progress) -> NDArray[Any]:
        samples = self._samples(from_array(pixels), size, progress)
        plane = samples[..., 0] if pixels.ndim == PLANE else samples
        return plane.astype(pixels.dtype, copy=False)

    def _samples(self, samples: Samples, size: SizeRequest, progress: Progress) -> Samples:
        photo = to_photo(samples, Metadata(), source_format="")
        return from_photo(self._photo(photo, size, progress), bits=photo.bits)

    def _content(self, content: bytes, size: SizeRequest, progress: Progress) -> bytes:
        name = "the picture"
        info = probe_image(content, name=name)
        pipeline = self._pipeline(size, size.resolve(*info.size).ratio)
        return pipeline.make(content, name=name, info=info, progress=progress).content

    def _file(self, path: Path, size: SizeRequest, progress: Progress) -> Samples:
        content, _ = read_content(path)
        photo = decode_photo(content, name=str(path))
        info = probe_image(content, name=str(path))
        return from_photo(self._photo(photo, size, progress, info), bits=photo.bits)

    def _photo(
        self, photo: Photo, size: SizeRequest, progress: Progress, info: ImageInfo | None = None
    ) -> Photo:
        target = size.resolve(photo.height, photo.width)
        return self._pipeline(size, target.ratio).enlarge_photo(photo, target, info, progress)

    def _pipeline(self, size: SizeRequest, ratio: float) -> Pipeline:
        spec = OutputSpec(
            resolve=size.resolve, borders=self._borders, guard=self._guard, denoise=self._denoise
        )
        return Pipeline(spec, self._loader.load(self.model, ratio))


def upscale_file(  # noqa: PLR0913 - as the command has it
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] = "",
    scale: Scale | None = None,
    *,
    size: tuple[int, int] | None = None,
    model: str | os.PathLike[str] = AUTO,
    overwrite: bool = False,
    quality: int | None = None,
    device: str = "auto",
    offline: bool = False,
) -> Path:
    """Make the picture of a file larger, as ``srcli upscale SOURCE -o OUTPUT`` does.

    Args:
        source: the file of a picture or an animation.
        output: the file or folder to write; empty for a file beside the source.
        scale: factor, or factors (horizontal, vertical). Default: 2.
        size: (width, height) of the result in pixels, instead of a scale.
        model: as for ``Upscaler``.
        overwrite: replace a result that was made with other settings.
        quality: of the lossy formats, 1 to 100; None for 95, or as lossless as the source.
        device: auto, cpu, cuda, cuda:1 or mps.
        offline: do not fetch a model.

    Returns:
        The file that was written or is there already.

    Raises:
        UsageError: the request makes no sense.
        ImageError: the picture cannot be read, enlarged or written.
        WeightsError: the model cannot be used.
        ResourceError: memory or the disk is full.

    """
    refuse_objects(os.fspath(source), os.fspath(output))
    if Path(source).is_dir():
        msg = f"{source} is a folder, not the file of a picture."
        raise UsageError(msg)
    request = UpscaleRequest(
        inputs=(os.fspath(source),),
        size=_size_request(scale=scale, size=size),
        output=os.fspath(output),
        model=os.fspath(model),
        overwrite=overwrite,
        quality=quality,
        device=device,
        offline=offline,
    )
    (outcome,) = upscale(request, SilentListener())
    if isinstance(outcome, Failed):
        raise outcome.error
    return Path(outcome.output)


class _CallbackProgress:
    """Adds up work and tells a function."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback
        self._done = self._total = 0

    def begin(self, total: int) -> None:
        """Expect more work."""
        self._total += total
        self._callback(self._done, self._total)

    def advance(self, amount: int) -> None:
        """Count work that is done."""
        self._done += amount
        self._callback(self._done, self._total)


def _is_tile(tile: object) -> bool:
    return tile is None or (isinstance(tile, int) and tile >= SMALLEST_TILE)


def _size_request(  # noqa: PLR0913 - ways to say a size, all by name
    *,
    scale: Scale | None,
    size: tuple[int, int] | None,
    width: int | None = None,
    height: int | None = None,
    long_side: int | None = None,
    short_side: int | None = None,
    megapixels: float | None = None,
) -> SizeRequest:
    """Return what size was asked for.

    Raises:
        UsageError: it makes no sense, or two sizes were asked for.

    """
    if size is not None:
        if width is not None or height is not None:
            msg = "A size says both width and height."
            raise UsageError(msg, hint="Give either size, or width and height.")
        width, height = _pair(size, "a size", "(width, height) in pixels")
    if {scale, width, height, long_side, short_side, megapixels} == {None}:
        scale = DEFAULT_SCALE
    request = SizeRequest(
        scale=None if scale is None else _factors(scale),
        width=width,
        height=height,
        long_side=long_side,
        short_side=short_side,
        megapixels=megapixels,
    )
    request.check()
    return request


def _factors(scale: object) -> tuple[float, float]:
    """Return the factors (vertical, horizontal) of a scale."""
    given = scale if isinstance(scale, (tuple, list)) else (scale, scale)
    hint = "a number such as 2.7, or two: (horizontal, vertical)"
    horizontal, vertical = _pair(given, "a scale", hint)
    return float(vertical), float(horizontal)


def _pair(given: Any, what: str, accepted: str) -> tuple[Any, Any]:  # noqa: ANN401 - checked here
    try:
        first, second = given
        float(first), float(second)
    except (TypeError, ValueError) as error:
        msg = f"{given!r} is not {what}."
        raise UsageError(msg, hint=f"Give {accepted}.") from error
    return first, second
