"""Sub-pixel enlargement (Shi et al., arXiv 1609.05158), as in EDSR."""

from __future__ import annotations

from torch import nn

TAIL_REACH = 2
"""Input pixels that an upsampler and one more 3x3 convolution see, at any scale."""


class Upsampler(nn.Sequential):
    """Map (B, C, H, W) to (B, C, sH, sW) by a 3x3 convolution and a shuffle per prime factor.

    Args:
        scale: 3 or a power of two.
        channels: number of channels C.

    Raises:
        ValueError: the scale is another one.

    """

    def __init__(self, scale: int, channels: int) -> None:
        layers: list[nn.Module] = []
        for factor in prime_steps(scale):
            layers.append(nn.Conv2d(channels, channels * factor**2, 3, padding=1))
            layers.append(nn.PixelShuffle(factor))
        super().__init__(*layers)


def prime_steps(scale: int) -> list[int]:
    """Return the factors of a scale, 2 or 3, in the order in which an upsampler takes them.

    Raises:
        ValueError: the scale is neither 3 nor a power of two.

    """
    if scale == 3:  # noqa: PLR2004 - the one odd factor
        return [3]
    steps = scale.bit_length() - 1
    if scale < 2 or scale != 2**steps:  # noqa: PLR2004 - the smallest enlargement
        msg = f"the upsampler takes 3 or a power of two, not {scale}"
        raise ValueError(msg)
    return [2] * steps
