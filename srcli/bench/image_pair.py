"""Provides LR and HR of one picture at any scale."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from srcli.bench.spoiling import Spoiling
from srcli.errors import ImageError
from srcli.images.decode import read_photo, read_uint8
from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.metrics.protocol import (
    CHANNELS,
    PUBLISHED,
    Protocol,
    compared_part,
    pair_sizes,
    reduce_for,
)
from srcli.pixels.levels import to_levels


class ImagePair:
    """LR and HR of one picture. The files are read when they are needed first.

    Args:
        hr_path: the HR file.
        lr_path: the LR file; None if LR is made of HR.
        jpeg: quality, 1 to 100, with which LR that is made of HR is compressed; None for none.
        protocol: what LR is made of, how it is rounded, and what it is compared with.
        spoiling: how HR is spoilt that is to be restored; None for enlargement.

    """

    def __init__(
        self,
        hr_path: Path,
        lr_path: Path | None = None,
        *,
        jpeg: int | None = None,
        protocol: Protocol = PUBLISHED,
        spoiling: Spoiling | None = None,
    ) -> None:
        self._hr_path, self._lr_path, self._jpeg = hr_path, lr_path, jpeg
        self._protocol = protocol
        self._spoiling = spoiling
        self._hr: Tensor | None = None
        self._pair: tuple[float, tuple[Tensor, Tensor]] | None = None

    def pair(self, scale: float) -> tuple[Tensor, Tensor]:
        """Return LR and the part of HR that it shows. The pair of the last scale is kept.

        Returns:
            RGB (1, 3, h, w), uint8, or float32 where the protocol does not round LR; and uint8
            (1, 3, H, W), or (1, 1, H, W) where the protocol compares luma or keeps grey files.
            Deeper samples are rounded, and alpha is ignored.

        Raises:
            UsageError: a picture that is to be restored is to be enlarged.
            ImageError: a file cannot be read, LR is not HR reduced by ``scale``, or HR is too
                small for it.

        """
        if self._spoiling is not None:
            return self._spoiling.pair(self._hr_path, scale)
        if self._hr is None:
            self._hr = self._read_hr()
        if self._pair is None or self._pair[0] != scale:
            self._pair = (scale, self._make_pair(self._hr, scale))
        return self._pair[1]

    def _read_hr(self) -> Tensor:
        photo = read_photo(self._hr_path)
        kept = photo.pixels[:, :1] if photo.gray and self._protocol.keep_gray else photo.pixels
        return to_levels(kept, torch.uint8).contiguous()

    def _make_pair(self, hr: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        if self._lr_path is None:
            lr, cropped = reduce_for(hr, scale, self._protocol)
            if self._jpeg is not None:
                levels = to_levels(lr, torch.uint8)
                lr = jpeg_round_trip(levels[0], quality=self._jpeg, subsample=True)[None]
            return lr, cropped
        lr = read_uint8(self._lr_path)
        low, (height, width) = pair_sizes(hr.shape[2], hr.shape[3], scale, self._protocol)
        if tuple(lr.shape[2:]) != low:
            msg = f"{self._lr_path} is {lr.shape[3]}x{lr.shape[2]} pixels, not {low[1]}x{low[0]}."
            raise ImageError(msg, hint=f"LR must be HR reduced by {scale:g}.")
        lr, hr = (compared_part(one, self._protocol) for one in (lr, hr[:, :, :height, :width]))
        return lr.expand(-1, CHANNELS, -1, -1), hr
