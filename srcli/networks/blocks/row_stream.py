"""Run a residual network over a picture a few rows at a time, with no convolution done twice.

A tile needs a halo as wide as the reach of the network, and a third of the samples of a tile of
256x256 is computed for that alone. Here each convolution keeps the last two rows of its input,
which are all that its next rows need. Each sample of each layer is computed once, and what one
layer makes for the next is still in the cache when that reads it.

Shape suffixes: C channels, N rows of one step, W columns of the network's grid, u unshuffle.
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.convolution import convolve_rows
from srcli.networks.blocks.residual import ResidualLayers

HELD = 2
"""Rows of its input that a 3x3 convolution needs again."""


class Scratch:
    """Memory for the input of one convolution at a time. Many convolutions share it."""

    def __init__(self) -> None:
        self._samples = torch.empty(0)

    def room(self, shape: tuple[int, int, int], like: Tensor) -> Tensor:
        """Return (1, C, N, W) of ``channels_last`` for a shape (C, N, W), with any values."""
        channels, rows, columns = shape
        count = channels * rows * columns
        if self._samples.numel() < count or self._samples.dtype != like.dtype:
            self._samples = torch.empty(count, dtype=like.dtype, device=like.device)
        return self._samples[:count].view(1, rows, columns, channels).permute(0, 3, 1, 2)


class RowConvolution:
    """A 3x3 convolution of rows that arrive in order, padded with zeros.

    A step is: write new rows into ``room``, read the output of ``run``, and ``release``.

    Attributes:
        top: row of the picture that the output of the next ``run`` starts with.

    """

    def __init__(self, kernel: Tensor, bias: Tensor, columns: int, dtype: torch.dtype) -> None:
        kernel, bias = kernel.detach().to(dtype), bias.detach().to(dtype)
        self._kernel = kernel.contiguous(memory_format=torch.channels_last)
        self._bias = bias
        self._shape = kernel.shape[1], columns
        self._held = kernel.new_zeros(1, kernel.shape[1], 1, columns)
        self._input = self._held
        self.top = 0

    def room(self, scratch: Scratch, count: int, *, last: bool) -> Tensor:
        """Return the place (1, C, count, W) for the next rows, and pad below the last ones."""
        held = self._held.shape[2]
        channels, columns = self._shape
        self._input = scratch.room((channels, held + count + last, columns), self._held)
        self._input[:, :, :held].copy_(self._held)
        self._input[:, :, held + count :].zero_()
        return self._input[:, :, held : held + count]

    def run(self) -> Tensor:
        """Return the output (1, C', N, W) for the rows whose neighbours are known."""
        if self._input.shape[2] <= HELD:
            channels, columns = len(self._kernel), self._input.shape[3]
            return self._input.new_empty(1, channels, 0, columns)
        return convolve_rows(self._input, self._kernel, self._bias)

    def seen(self, first: int, count: int) -> Tensor:
        """Return rows (1, C, count, W) of the input by their place in the picture."""
        start = first - (self.top - 1)
        return self._input[:, :, start : start + count]

    def release(self) -> None:
        """End the step: keep what the next one needs of the input."""
        self.top += max(0, self._input.shape[2] - HELD)
        self._held = self._input[:, :, -HELD:].clone()
        self._input = self._held


class Delay:
    """Rows that are needed again later, in order."""

    def __init__(self) -> None:
        self._parts: deque[Tensor] = deque()

    def put(self, rows: Tensor) -> None:
        """Append rows (1, C, N, W)."""
        self._parts.append(rows)

    def add_to(self, rows: Tensor) -> None:
        """Add the oldest rows to as many others, in place, and drop them."""
        done, count = 0, rows.shape[2]
        while done < count:
            part = self._parts.popleft()
            size = min(part.shape[2], count - done)
            rows[:, :, done : done + size] += part[:, :, :size]
            if size < part.shape[2]:
                self._parts.appendleft(part[:, :, size:])
            done += size


class RowStream:
    """Runs a residual network over pictures of one width, from the top to the bottom.

    The output is to the bit what the layers make of the whole picture.

    Args:
        layers: of the network.
        columns: width of the picture over ``layers.unshuffle``.
        dtype: of the convolutions and of what lies between them.
        scratches: memory that the stream may share with others that run in turn.

    """

    def __init__(
        self,
        layers: ResidualLayers,
        columns: int,
        dtype: torch.dtype,
        scratches: tuple[Scratch, Scratch, Scratch] | None = None,
    ) -> None:
        def convolution(kernel: Tensor, bias: Tensor) -> RowConvolution:
            return RowConvolution(kernel, bias, columns, dtype)

        def of(*path: str) -> list[RowConvolution]:
            return [
                convolution(module.get_parameter(f"{name}weight"), module.get_parameter(f"{name}bias"))
                for module in layers.blocks
                for name in path
            ]

        stem = layers.stem
        self._unshuffle = layers.unshuffle
        self._stem = convolution(stem.get_parameter("weight"), stem.get_parameter("bias"))
        self._firsts, self._seconds = of("first."), of("second.")
        self._shifts = [None if shift is None else shift.to(dtype) for shift in layers.shifts]
        self._head = convolution(*layers.head)
        self._images, self._stems = Delay(), Delay()
        self._scratches = scratches or (Scratch(), Scratch(), Scratch())

    def push(self, image: Tensor, *, last: bool) -> Tensor:
        """Take the next rows of the picture, and return what they make known.

        Args:
            image: rows (1, 3, u N, u W), float32.
            last: whether the picture ends with them.

        Returns:
            The next rows (1, 3, u M, u W) of the output, of which there may be none.

        """
        self._images.put(image)
        self._fill_trunk(image, last=last)
        for index, (first, second) in enumerate(zip(self._firsts, self._seconds, strict=True)):
            self._run_block(index, first, second, last=last)
        residual = self._head.run()
        self._head.release()
        if residual.shape[2] == 0:
            return image[:, :, :0]
        output = F.pixel_shuffle(residual, self._unshuffle).float()
        self._images.add_to(output)
        return output

    def _fill_trunk(self, image: Tensor, *, last: bool) -> None:
        """Run the stem, and give its output to the first block."""
        grid = F.pixel_unshuffle(image, self._unshuffle)
        self._stem.room(self._scratches[1], grid.shape[2], last=last).copy_(grid)
        made = self._stem.run()
        self._stem.release()
        self._stems.put(made)
        self._following(0).room(self._scratches[0], made.shape[2], last=last).copy_(made)

    def _run_block(
        self, index: int, first: RowConvolution, second: RowConvolution, *, last: bool
    ) -> None:
        """Run a block, and give its output to the next one, or to the head with that of the stem.

        The rows that skip the block are still in the input of its first convolution.
        """
        inner, shift = first.run(), self._shifts[index]
        if shift is not None:
            inner += shift
        room = second.room(self._scratches[1], inner.shape[2], last=last)
        torch.clamp_min(inner, 0, out=room)
        residual = second.run()
        count = residual.shape[2]
        following = self._following(index + 1)
        room = following.room(self._scratches[2 - 2 * (index % 2)], count, last=last)
        torch.add(first.seen(second.top, count), residual, out=room)
        if following is self._head:
            self._stems.add_to(room)
        first.release()
        second.release()

    def _following(self, index: int) -> RowConvolution:
        """Return the convolution that reads the input of a block, or what the last block makes."""
        return self._firsts[index] if index < len(self._firsts) else self._head
