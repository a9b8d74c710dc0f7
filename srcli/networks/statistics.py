"""Statistics of a whole picture, for networks that are shown one tile of it at a time.

Channel attention and some normalisation take means over all of a network's input. Those of a tile
are not those of the picture, so neighbouring tiles differ where they meet. Here the means over the
cores of all tiles are gathered in one round, and every tile gets their average in the next.

Shapes: B pictures, C channels, H and W sides of the features, N = H x W of them in a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn

from srcli.pixels.region import Region

TINY = 1e-12
"""The least length of a channel, as PyTorch normalises."""
_Place = tuple[nn.Module, int]
"""A module, and how often it had been called before for the same tile."""


class SharedStatistics:
    """The statistics of one picture: gathered at first, shared after ``share``.

    Only modules take part for which one of the functions ``share_...`` was called. ``held`` is for
    what one of their hooks leaves to the next.
    """

    def __init__(self) -> None:
        self._gathers = True
        self._totals: dict[_Place, Tensor] = {}
        self._pixels: dict[_Place, int] = {}
        self._tile: dict[_Place, Tensor] = {}
        self._calls: Counter[nn.Module] = Counter()
        self.held: dict[nn.Module, Tensor] = {}
        self._core = Region(top=0, bottom=0, left=0, right=0)
        self._size = 0, 0

    def share(self) -> None:
        """Give tiles the average of what was gathered from now on."""
        self._gathers = False

    def around(self, run: Callable[[Tensor], Tensor], core: Region) -> Callable[[Tensor], Tensor]:
        """Return what calls a network with one window (1, 3, h, w) and takes part meanwhile.

        ``core`` is the part of the window that counts: no other window has it. A window whose
        statistics are not finite counts for nothing.
        """

        def runs(window: Tensor) -> Tensor:
            self._calls.clear()
            self._tile.clear()
            self._core, self._size = core, (window.shape[2], window.shape[3])
            token = _CURRENT.set(self)
            try:
                output = run(window)
            finally:
                _CURRENT.reset(token)
            self._keep(core.height * core.width)
            return output

        return runs

    def exchange(self, module: nn.Module, find: Callable[[], Tensor]) -> Tensor:
        """Return the statistics that a module is to use; ``find`` gives those of its input."""
        place = module, self._calls[module]
        self._calls[module] += 1
        if place in self._totals and not self._gathers:
            return self._totals[place] / self._pixels[place]
        found = self._tile[place] = find()
        return found

    def part(self, features_BCHW: Tensor) -> Tensor:
        """Return the part of some features that belongs to the core; all if they are coarse."""
        (height, width), core = self._size, self._core
        rows, columns = features_BCHW.shape[2] / height, features_BCHW.shape[3] / width
        top, bottom = round(core.top * rows), round(core.bottom * rows)
        left, right = round(core.left * columns), round(core.right * columns)
        part = features_BCHW[:, :, top:bottom, left:right]
        return part if part.numel() else features_BCHW

    def in_place(self, tokens_BNC: Tensor) -> Tensor:
        """Return tokens as features (B, C, H, W), if there is one for each pixel of the window."""
        (height, width), (batch, count, channels) = self._size, tokens_BNC.shape
        sides = (height, width) if height * width == count else (1, count)
        return tokens_BNC.transpose(1, 2).reshape(batch, channels, *sides)

    def _keep(self, pixels: int) -> None:
        """Add the statistics of a window, weighted by the pixels of its core."""
        if self._gathers and all(found.isfinite().all() for found in self._tile.values()):
            for place, found in self._tile.items():
                self._totals[place] = self._totals.get(place, 0) + pixels * found.float()
                self._pixels[place] = self._pixels.get(place, 0) + pixels


_CURRENT: ContextVar[SharedStatistics | None] = ContextVar("statistics", default=None)


def share_pooling(module: nn.AdaptiveAvgPool2d) -> None:
    """Let tiles share the means that a module takes over all of its input."""

    def pool(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor | None:
        current = _CURRENT.get()
        if current is None:
            return None
        mean = current.exchange(module, lambda: current.part(inputs[0]).mean((2, 3), keepdim=True))
        return mean.to(output.dtype).expand_as(output)

    module.register_forward_hook(pool)


def share_normalisation(module: nn.GroupNorm) -> None:
    """Let tiles share the mean and the variance by which a module normalises (B, C, H, W)."""

    def normalise(module: nn.GroupNorm, inputs: tuple[Tensor], output: Tensor) -> Tensor | None:
        current = _CURRENT.get()
        if current is None:
            return None
        features = inputs[0].float()
        groups, each = module.num_groups, module.num_channels // module.num_groups

        def moments() -> Tensor:
            part = current.part(features)
            grouped = part.reshape(part.shape[0], groups, -1)
            return torch.stack([grouped.mean(2), grouped.square().mean(2)])

        mean, square = current.exchange(module, moments).repeat_interleave(each, 2)[..., None, None]
        variance = (square - mean.square()).clamp(min=0)
        normal: Tensor = (features - mean) * (variance + module.eps).rsqrt()
        if module.affine:
            normal = normal * module.weight[:, None, None] + module.bias[:, None, None]
        return normal.to(output.dtype)

    module.register_forward_hook(normalise)


def share_channel_attention(module: nn.Module) -> None:
    """Let tiles share the products of channels over all pixels, in attention as XCiT has it.

    ``module`` has ``qkv``, from (B, N, C) to (B, N, 3C), ``num_heads``, ``temperature`` and
    ``attn_drop``, through which the attention (B, heads, C / heads, C / heads) goes.
    """
    attention: Any = module

    def multiply(_: nn.Module, inputs: object, tokens_BNC: Tensor) -> None:
        del inputs
        current = _CURRENT.get()
        if current is None:
            return

        def products() -> Tensor:
            part = current.part(current.in_place(tokens_BNC.float()))
            batch, channels, height, width = part.shape
            heads: int = attention.num_heads
            by_head = part.reshape(batch, 3, heads, channels // 3 // heads, height * width)
            queries_and_keys = torch.cat([by_head[:, 0], by_head[:, 1]], dim=2)
            return queries_and_keys @ queries_and_keys.transpose(-2, -1) / (height * width)

        current.held[module] = current.exchange(module, products)

    def attend(_: nn.Module, inputs: object, output: Tensor) -> Tensor | None:
        del inputs
        current = _CURRENT.get()
        if current is None:
            return None
        products, side = current.held[module], output.shape[-1]
        length = products.diagonal(dim1=-2, dim2=-1).sqrt().clamp(min=TINY)
        cosine = products / (length[..., :, None] * length[..., None, :])
        scores: Tensor = cosine[..., :side, side:] * attention.temperature
        return scores.softmax(-1).to(output.dtype)

    attention.qkv.register_forward_hook(multiply)
    attention.attn_drop.register_forward_hook(attend)
