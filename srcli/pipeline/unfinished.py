"""Large results on their way: kept in files, so that memory holds few of their rows.

A run that was killed leaves the files in the tool's own folder. The next run that makes the same
picture of the same pixels goes on with them. What nobody goes on with is deleted after a week.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple

from torch import Tensor

import srcli
from srcli.engine.joining import StoredImage, WholeImage
from srcli.engine.recursion import Pass
from srcli.errors import SrcliError
from srcli.files.content import Content
from srcli.files.row_file import RowFile
from srcli.images.picture.photo import Photo
from srcli.images.picture.samples import ImageBuilder
from srcli.pipeline.choose import Choice
from srcli.pipeline.loaded_models import LoadedModels
from srcli.pipeline.probe import is_large, unfinished_folder
from srcli.pixels.region import bands
from srcli.weights.providers.cache import drop_stale

SUFFIX = ".rows"

logger = logging.getLogger(__name__)


class Unfinished:
    """The files of one result.

    Args:
        key: says what the result is; equal keys have equal results.

    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._files: list[RowFile] = []

    def image(self, size: tuple[int, int]) -> WholeImage:
        """Return an image between two passes."""
        height, width = size
        rows = self._open(height, StoredImage.bytes_of_row(width))
        return StoredImage(size, rows) if rows else WholeImage(size)

    def builder(
        self, like: Photo, size: tuple[int, int], alpha: Tensor | None = None
    ) -> ImageBuilder:
        """Return a builder of the result, or of its opacity."""
        height, width = size
        rows = self._open(height, ImageBuilder.bytes_of_row(like, width))
        return ImageBuilder(like, size, alpha, rows)

    def content(self) -> Content:
        """Return where the result is encoded. Its rows are put away while that goes on."""
        return Content(folder=unfinished_folder(), after_write=self.put_away)

    def put_away(self) -> None:
        """Let the system take the memory of all rows back until they are read again."""
        for file in self._files:
            file.drop()

    def remove(self) -> None:
        """Delete the files."""
        for file in self._files:
            file.remove()

    def close(self) -> None:
        """Leave the files for a later run."""
        for file in self._files:
            file.close()

    def _open(self, rows: int, row_bytes: int) -> RowFile | None:
        """Open the next file; None where there is no room for it, but there may be memory."""
        try:
            folder = unfinished_folder()
            path = folder / f"{self._key[:32]}-{len(self._files)}{SUFFIX}"
            drop_stale(folder, f"*{SUFFIX}", but=path)
            file = RowFile(path, self._key, rows=rows, row_bytes=row_bytes)
        except SrcliError as error:
            logger.info("The picture is held in memory. %s", error.message)
            return None
        if file.done:
            logger.info("%d of %d rows are there already.", file.done, rows)
        self._files.append(file)
        return file


def unfinished(
    photo: Photo, passes: Sequence[Pass], models: LoadedModels, choice: Choice
) -> Unfinished | None:
    """Return where a large result is kept while it is made; None for a small one, and a copy.

    Args:
        photo: the source, as the networks will see it.
        passes: that make the result.
        models: those that run.
        choice: how it is enlarged.

    """
    if not passes or not is_large(*passes[-1].size):
        return None
    runner = models.runner
    told = (
        srcli.__version__,
        models.sha256,
        sorted(models.names.items(), key=str),
        [astuple(step) for step in passes],
        (choice.model, choice.shares, choice.guard),
        (str(runner.compute.dtype), str(runner.compute.device)),
        (runner.pads_border, runner.borders, runner.ensemble, runner.official_tiles),
        None if runner.is_local else [one.tile for one in runner.tiled_traits],
        (photo.bits, photo.gray, photo.alpha is not None, tuple(photo.pixels.shape)),
    )
    digest = hashlib.sha256(repr(told).encode())
    for rows in bands(photo.height, photo.width):
        digest.update(photo.pixels[0, :, rows].contiguous().numpy().tobytes())
    return Unfinished(digest.hexdigest())


@contextmanager
def resumable(kept: Unfinished | None) -> Iterator[None]:
    """Leave the files for a later run if the work does not end well."""
    try:
        yield
    except BaseException:
        if kept:
            kept.close()
        raise
