"""Pictures that are noisy, compressed or mosaicked before they are restored.

The tasks are those of PANet (arXiv 2004.13824): colour noise on BSD68, Kodak24 and Urban100,
compressed luma of LIVE1 and Classic5, and the Bayer mosaic of McMaster and Kodak24.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from srcli.errors import UsageError
from srcli.images.decode import read_uint8
from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.metrics.catalog import Metric
from srcli.metrics.protocol import Protocol, Scores, score
from srcli.metrics.restoration import GRAY_RESTORATION, RESTORATION, score_restored
from srcli.pixels.color import EIGHT_BITS, luma
from srcli.pixels.mosaic import mosaic
from srcli.pixels.noise import add_noise

Kind = Literal["NOISE", "YJPEG", "MOSAIC"]
SPOILT = re.compile(
    r"(?P<name>.+)-(?:(?P<mosaic>MOSAIC)|NOISE(?P<noise>[1-9]\d?|100)"
    r"|YJPEG(?P<jpeg>[1-9]\d?|100))",
    re.IGNORECASE,
)
"""The name of a data set whose pictures are to be spoilt, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiling:
    """How pictures are spoilt.

    Attributes:
        kind: white Gaussian noise in RGB, JPEG of the luma alone, or a Bayer mosaic.
        level: standard deviation of the noise in levels of 8 bits, or quality of JPEG; 0 for a
            mosaic.

    """

    kind: Kind
    level: int = 0

    @property
    def is_gray(self) -> bool:
        """Tell whether the luma of a picture is spoilt and compared, instead of its colours."""
        return self.kind == "YJPEG"

    @property
    def protocol(self) -> Protocol:
        """The protocol that restored pictures are measured by."""
        return GRAY_RESTORATION if self.is_gray else RESTORATION

    def __str__(self) -> str:
        return f"{self.kind}{self.level or ''}"

    def pair(self, path: Path, scale: float) -> tuple[Tensor, Tensor]:
        """Read a picture, and return it spoilt and whole, both RGB uint8 (1, 3, H, W).

        Noise depends on the name of the file, up to its suffix. It is clipped, as that of pictures
        in files is. Luma of a colour picture is rounded; a grey picture is its own.

        Raises:
            UsageError: the scale is not 1.
            ImageError: the file cannot be read.

        """
        if scale != 1:
            msg = f"Pictures with {self} are restored, and not enlarged by {scale:g}."
            raise UsageError(msg, hint="Give --scale 1.")
        picture = read_uint8(path)
        if self.kind == "NOISE":
            seed = zlib.crc32(path.stem.encode())
            return add_noise(picture, self.level / EIGHT_BITS, seed), picture
        if self.kind == "MOSAIC":
            return mosaic(picture), picture
        gray = _gray(picture)
        return jpeg_round_trip(gray[0], quality=self.level, subsample=False)[None], gray


def split_spoiling(name: str) -> tuple[str, Spoiling | None]:
    """Return ``Kodak24`` and noise of 50 for ``Kodak24-NOISE50``; None for a plain name."""
    found = SPOILT.fullmatch(name)
    if found is None:
        return name, None
    if found["mosaic"]:
        return found["name"], Spoiling(kind="MOSAIC")
    if found["noise"]:
        return found["name"], Spoiling(kind="NOISE", level=int(found["noise"]))
    return found["name"], Spoiling(kind="YJPEG", level=int(found["jpeg"]))


def compared(  # noqa: PLR0913 - two pictures, and the rest by name
    sr: Tensor,
    hr: Tensor,
    *,
    scale: float,
    protocol: Protocol,
    spoiling: Spoiling | None,
    extra: Sequence[Metric] = (),
) -> Scores:
    """Compare an enlarged picture by a protocol, or a restored one by that of its task alone."""
    if spoiling is None:
        return score(sr, hr, scale, protocol, extra)
    return score_restored(sr, hr, gray=spoiling.is_gray)


def _gray(picture: Tensor) -> Tensor:
    """Return luma in 8 bits, in three equal channels; the picture itself if it is grey."""
    if torch.equal(picture[:, 0], picture[:, 1]) and torch.equal(picture[:, 0], picture[:, 2]):
        return picture
    level = luma(picture.double(), peak=EIGHT_BITS).add_(0.5).floor_().to(torch.uint8)
    return level.expand(-1, 3, -1, -1).contiguous()
