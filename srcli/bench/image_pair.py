"""Provides LR and HR of one picture at any scale."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from srcli.errors import ImageError
from srcli.images.decode import read_uint8
from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.metrics.protocol import cropped_sizes, reduce_for


class ImagePair:
    """LR and HR of one picture. The files are read when they are needed first.

    Args:
        hr_path: the HR file.
        lr_path: the LR file; None if LR is made of HR.
        jpeg: quality, 1 to 100, with which LR that is made of HR is compressed; None for none.

    """

    def __init__(
        self, hr_path: Path, lr_path: Path | None = None, *, jpeg: int | None = None
    ) -> None:
        self._hr_path, self._lr_path, self._jpeg = hr_path, lr_path, jpeg
        self._hr: Tensor | None = None
        self._pair: tuple[float, tuple[Tensor, Tensor]] | None = None

    def pair(self, scale: float) -> tuple[Tensor, Tensor]:
        """Return LR and the part of HR that it shows. The pair of the last scale is kept.

        Returns:
            RGB uint8 (1, 3, h, w) and (1, 3, H, W). Deeper samples are rounded, and alpha is
            ignored.

        Raises:
            ImageError: a file cannot be read, LR is not HR reduced by ``scale``, or HR is too
                small for it.

        """
        if self._hr is None:
            self._hr = read_uint8(self._hr_path)
        if self._pair is None or self._pair[0] != scale:
            self._pair = (scale, self._make_pair(self._hr, scale))
        return self._pair[1]

    def _make_pair(self, hr: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        if self._lr_path is None:
            lr, cropped = reduce_for(hr, scale)
            if self._jpeg is not None:
                lr = jpeg_round_trip(lr[0], quality=self._jpeg, subsample=True)[None]
            return lr, cropped
        lr = read_uint8(self._lr_path)
        low, (height, width) = cropped_sizes(hr.shape[2], hr.shape[3], scale)
        if tuple(lr.shape[2:]) != low:
            msg = f"{self._lr_path} is {lr.shape[3]}x{lr.shape[2]} pixels, not {low[1]}x{low[0]}."
            raise ImageError(msg, hint=f"LR must be HR reduced by {scale:g}.")
        return lr, hr[:, :, :height, :width]
