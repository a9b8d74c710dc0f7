"""Resize tensors as MATLAB does, as a whole or any region of the output.

Source: MATLAB ``imresize(image, size, 'bicubic')``. The kernel is that of Keys with a = -0.5, or
that of Lanczos for ``lanczos3``. A reduction widens the kernel by the ratio (antialiasing). The
weights of an output sample sum to one, indices are mirrored at the borders, and the axis of the
smaller scale comes first. The benchmark sets of the literature were made so, and are reproduced
bit for bit.

An output sample is computed by the same multiply-adds in every region, so a region equals the
same window of the whole result bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import torch
from torch import Tensor

from srcli.pixels.borders import mirrored, wrapped
from srcli.pixels.levels import from_levels
from srcli.pixels.region import BAND, Region, bands
from srcli.pixels.sending import sent

MatlabBorder = Literal["symmetric", "replicate"]
"""Continuation of an image: mirrored (MATLAB today) or clamped (old MATLAB)."""
Border = MatlabBorder | Literal["wrap"]
"""Continuation of an image, which may also wrap: opposite borders meet."""
Borders = tuple[Border, Border]
"""Continuation above and below, and on the left and right."""
MIRRORED: Borders = ("symmetric", "symmetric")

Kernel = Literal["bicubic", "lanczos", "nearest"]
"""The cubic kernel of Keys (four taps), that of Lanczos (six taps), or the nearest sample."""

FLOATS = 2**18
"""Number of float32 output samples that a processor makes at once."""
AT_ONCE = 2**24
"""Number of output samples that a GPU makes at once. Fewer would not fill it."""
KEYS_A = -0.5
LANCZOS_LOBES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taps:
    """Input samples and weights of each output sample of one axis. They are compared by identity.

    Attributes:
        index: (N_out, K) int64, positions of input samples. At borders that wrap, positions
            outside the input are those of its repetitions.
        weight: (N_out, K), float64 on the host. Each row sums to one.

    """

    index: Tensor
    weight: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpan:
    """The input samples ``start .. stop`` that some output samples need, and taps within them."""

    start: int
    stop: int
    taps: Taps


def keys_kernel(distance: Tensor) -> Tensor:
    """Return Keys' cubic kernel with a = -0.5 at ``distance`` (any shape, in samples)."""
    x = distance.abs()
    near = (KEYS_A + 2) * x**3 - (KEYS_A + 3) * x**2 + 1
    far = KEYS_A * x**3 - 5 * KEYS_A * x**2 + 8 * KEYS_A * x - 4 * KEYS_A
    return torch.where(x <= 1, near, torch.where(x <= 2, far, torch.zeros_like(x)))  # noqa: PLR2004 - the kernel's own knots


def lanczos_kernel(distance: Tensor) -> Tensor:
    """Return Lanczos' kernel of three lobes at ``distance`` (any shape, in samples)."""
    x = distance.clamp(-LANCZOS_LOBES, LANCZOS_LOBES)
    return torch.sinc(x) * torch.sinc(x / LANCZOS_LOBES)


_KERNELS = {"bicubic": (keys_kernel, 4.0), "lanczos": (lanczos_kernel, 2.0 * LANCZOS_LOBES)}
"""Kernels, each with the number of samples that it spans."""


@lru_cache(maxsize=64)
def axis_taps(
    in_size: int, out_size: int, border: Border = "symmetric", kernel: Kernel = "bicubic"
) -> Taps:
    """Return the taps that resize an axis of ``in_size`` samples to ``out_size``."""
    scale = out_size / in_size
    centre = (torch.arange(out_size, dtype=torch.float64) + 0.5) / scale - 0.5
    if kernel == "nearest":
        index = torch.floor(centre + 0.5).long()[:, None]
        weight = torch.ones(index.shape, dtype=torch.float64)
    else:
        shape, span = _KERNELS[kernel]
        shrink = min(scale, 1.0)
        width = span / shrink
        first = torch.floor(centre - width / 2).long()
        index = first[:, None] + torch.arange(math.ceil(width) + 2)
        weight = shape((centre[:, None] - index) * shrink)
        weight = weight / weight.sum(1, keepdim=True)
        used = (weight != 0).any(0)
        index, weight = index[:, used], weight[:, used]
    if border != "wrap":
        index = mirrored(index, in_size) if border == "symmetric" else index.clamp(0, in_size - 1)
    return Taps(index=index, weight=weight)


def resize(  # noqa: PLR0913 - all but two by name
    image: Tensor,
    size: tuple[int, int],
    *,
    region: Region | None = None,
    borders: Borders = MIRRORED,
    kernel: Kernel = "bicubic",
    device: torch.device | None = None,
) -> Tensor:
    """Resize ``image`` as MATLAB does, with its bicubic kernel unless another is asked for.

    Args:
        image: (B, C, H, W), floating point of any range, or levels.
        size: (height, width) of the whole result, each at least 1.
        region: window of the result to compute, in output pixels. Default: all of it. It may
            reach beyond borders that wrap.
        borders: how rows and columns continue outside the image.
        kernel: kernel of the weights. A reduction widens all kernels but the nearest.
        device: where to resize. The samples that the region needs are sent there. Default: the
            device of the image.

    Returns:
        (B, C, region height, region width) on that device, of the same floating-point dtype,
        or float32 for levels. It is not clamped, and the kernel overshoots at edges.

    """
    region, device = region or Region.whole(size), device or image.device
    if 0 in (region.height, region.width):
        empty = from_levels(image[:0]).to(device)
        return empty.new_empty(*image.shape[:2], region.height, region.width)
    before = image.shape[2], image.shape[3]
    read = partial(sent_window, image, device=device)
    return resize_from(read, before, size, region=region, borders=borders, kernel=kernel)


def sent_window(image: Tensor, region: Region, *, device: torch.device) -> Tensor:
    """Return a window of ``image``, which is repeated endlessly on all sides, on ``device``."""
    window = wrapped(image, region)
    if device.type != "cpu" and window.dtype == torch.uint16:  # few devices know the type
        window = from_levels(window)
    return sent(window, device)


def resize_from(  # noqa: PLR0913 - as ``resize``, by name
    read: Callable[[Region], Tensor],
    before: tuple[int, int],
    size: tuple[int, int],
    *,
    region: Region,
    borders: Borders = MIRRORED,
    kernel: Kernel = "bicubic",
) -> Tensor:
    """Resize an image of which windows are read, or made, as they are needed.

    Args:
        read: returns the window of the image (B, C, h, w) at any region, which reaches beyond
            borders that wrap.
        before: (height, width) of the image.
        size: as for ``resize``.
        region: as for ``resize``, not empty.
        borders: as for ``resize``.
        kernel: as for ``resize``.

    """
    rows = _source_span(before[0], size[0], region.top, region.bottom, borders[0], kernel)
    columns = _source_span(before[1], size[1], region.left, region.right, borders[1], kernel)
    needed = Region(top=rows.start, bottom=rows.stop, left=columns.start, right=columns.stop)
    image = from_levels(read(needed))
    taps = {2: rows.taps, 3: columns.taps}
    for axis in _axis_order(before, size):
        image = _apply(image, axis, taps[axis])
    return image


def resize_uint8(
    image: Tensor,
    size: tuple[int, int],
    *,
    border: MatlabBorder = "symmetric",
    kernel: Kernel = "bicubic",
) -> Tensor:
    """Resize 8-bit samples exactly as MATLAB does: in float64, rounded after each axis.

    Args:
        image: (B, C, H, W) uint8.
        size: (height, width) of the result.
        border: ``symmetric`` for today's MATLAB, ``replicate`` for the old one.
        kernel: kernel of the weights.

    Returns:
        (B, C, height, width) uint8; halves are rounded away from zero.

    """
    for axis in _axis_order(image.shape[2:], size):
        if image.shape[axis] == size[axis - 2]:
            continue
        image = _apply(image, axis, axis_taps(image.shape[axis], size[axis - 2], border, kernel))
    return image


def _axis_order(before: Sequence[int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the axes in the order of their scales; rows come first if these are equal."""
    rows, columns = size[0] / before[0], size[1] / before[1]
    return (2, 3) if rows <= columns else (3, 2)


@lru_cache(maxsize=256)
def _source_span(  # noqa: PLR0913, PLR0917 - a cache has no names
    in_size: int, out_size: int, start: int, stop: int, border: Border, kernel: Kernel
) -> SourceSpan:
    """Return the input span of output samples ``start .. stop``."""
    output = torch.arange(start, stop)
    if in_size == out_size:
        index = output[:, None]
        weight = torch.ones(index.shape, dtype=torch.float64)
    else:
        whole = axis_taps(in_size, out_size, border, kernel)
        inside = output.remainder(out_size)
        repetition = output.div(out_size, rounding_mode="floor")
        index = whole.index[inside] + in_size * repetition[:, None]
        weight = whole.weight[inside]
    first, last = int(index.min()), int(index.max())
    taps = Taps(index=index - first, weight=weight)
    return SourceSpan(start=first, stop=last + 1, taps=taps)


def _apply(image: Tensor, axis: int, taps: Taps) -> Tensor:
    """Resize one axis of ``image`` (B, C, H, W). The last axis is transposed, which is faster.

    A CPU makes a few rows at a time, which stay in its cache. Sums of uint8 are in float64.
    """
    if len(taps.index) == image.shape[axis] and _is_copy(taps.index):
        return image
    if axis == 3:  # noqa: PLR2004 - columns
        return _apply(image.transpose(2, 3).contiguous(), 2, taps).transpose(2, 3).contiguous()
    few = BAND if image.dtype == torch.uint8 else FLOATS
    if image.device.type != "cpu":
        few = AT_ONCE
        if image.is_floating_point() and not _reduces(taps.index, image):
            taps = _sent(taps, image.device, image.dtype)
    batch, channels, _, width = image.shape
    parts = [
        _weighted(image, taps.index[rows], taps.weight[rows])
        for rows in bands(len(taps.index), batch * channels * width, few)
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts, 2)


@lru_cache(maxsize=256)
def _sent(taps: Taps, device: torch.device, dtype: torch.dtype) -> Taps:
    """Return taps on a device, with weights of the type of an image."""
    return Taps(index=sent(taps.index, device), weight=sent(taps.weight.to(dtype), device))


def _reduces(index: Tensor, image: Tensor) -> bool:
    """Tell whether there are fewer output rows than rows of ``image`` (B, C, N, W)."""
    return len(index) < image.shape[2]


def _is_copy(index: Tensor) -> bool:
    """Tell whether each output sample is the input sample of the same position."""
    return index.shape[1] == 1 and torch.equal(index[:, 0], torch.arange(len(index)))


def _weighted(image: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Return the sums (B, C, N, W) of rows ``index`` (N, K) times ``weight``, in the same dtype."""
    exact = image.dtype == torch.uint8
    if exact:
        first = int(index.min())
        image, index = image[:, :, first : int(index.max()) + 1].double(), index - first
    weight = weight.to(image.device, image.dtype)[:, :, None]
    sources = _rows(image, index)
    total = next(sources) * weight[:, 0]
    for k, source in enumerate(sources, start=1):
        total.addcmul_(source, weight[:, k])
    return whole_levels(total) if exact else total


def whole_levels(sums: Tensor) -> Tensor:
    """Round float64 half up to uint8; ``sums`` are overwritten."""
    return sums.add_(0.5).floor_().clamp_(0, 255).to(torch.uint8)


def _rows(image: Tensor, index: Tensor) -> Iterator[Tensor]:
    """Yield rows ``index[:, k]`` for each k, as views if the rows are equally far apart.

    They are so when a benchmark reduces by a whole number. Enlargements are not checked for it.
    """
    steps = index.diff(dim=0) if _reduces(index, image) else index[:0]
    if len(steps) and steps[0, 0] > 0 and bool((steps == steps[0, 0]).all()):
        stride, ends = int(steps[0, 0]), index[[0, -1]].T.tolist()
        yield from (image[:, :, first : last + 1 : stride] for first, last in ends)
    else:
        index = index.to(image.device)
        yield from (image.index_select(2, rows) for rows in index.unbind(1))
