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
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.convolution import convolve_rows
from srcli.networks.blocks.fused import add_convolved, convolve_relu
from srcli.networks.blocks.residual import ResidualLayers

HELD = 2
"""Rows of its input that a 3x3 convolution needs again."""


class Scratch:
    """Memory that is used again and again, so that it stays in the cache."""

    def __init__(self) -> None:
        self._samples = torch.empty(0)

    def room(self, shape: tuple[int, int, int], like: Tensor) -> Tensor:
        """Return (1, C, N, W) of ``channels_last`` for a shape (C, N, W), with any values."""
        channels, rows, columns = shape
        count = channels * rows * columns
        if self._samples.numel() < count or self._samples.dtype != like.dtype:
            self._samples = like.new_empty(0)  # before more is taken
            self._samples = like.new_empty(count)
        return self._samples[:count].view(1, rows, columns, channels).permute(0, 3, 1, 2)


class Kernel:
    """A 3x3 kernel and its bias, as convolutions take them.

    Attributes:
        values: (C', C, 3, 3).
        bias: (C').
        is_finite: whether all numbers of both are finite.

    """

    def __init__(self, values: Tensor, bias: Tensor, dtype: torch.dtype) -> None:
        values, self.bias = values.detach().to(dtype), bias.detach().to(dtype)
        self.values = values.contiguous(memory_format=torch.channels_last)
        self.is_finite = bool(self.values.isfinite().all() and self.bias.isfinite().all())


class RowConvolution:
    """A 3x3 convolution of rows that arrive in order in a buffer, padded with zeros.

    Each step is: ``join`` the new rows to those that are held, ``run``, and ``release``.

    Attributes:
        top: row of the picture that the output of the next ``run`` starts with.

    """

    def __init__(self, kernel: Kernel, columns: int) -> None:
        self.top = 0
        self._kernel = kernel
        self._held = kernel.values.new_zeros(1, kernel.values.shape[1], 1, columns)
        self._input, self._first = self._held, 0

    def join(self, buffer: Tensor, start: int, count: int, *, last: bool) -> None:
        """Take ``count`` new rows, which are in ``buffer`` (1, C, N, W) from row ``start`` on.

        The held rows are copied above them, and zeros below the last ones of a picture.
        """
        first, end = start - self._held.shape[2], start + count
        buffer[:, :, first:start].copy_(self._held)
        buffer[:, :, end : end + last].zero_()
        self._input, self._first = buffer[:, :, first : end + last], first

    def run(self) -> Tensor:
        """Return the output (1, C', N, W) for the rows whose neighbours are known."""
        kernel = self._kernel
        if self._input.shape[2] <= HELD:
            return self._input.new_empty(1, len(kernel.bias), 0, self._input.shape[3])
        return convolve_rows(self._input, kernel.values, kernel.bias)

    def run_relu(self, shift: Tensor | None) -> Tensor:
        """Return the ReLU of the output, to which a shift may be added before."""
        kernel = self._kernel
        if shift is None and kernel.is_finite and self._input.shape[2] > HELD:
            return convolve_relu(self._input, kernel.values, kernel.bias)
        made = self.run()
        if shift is not None:
            made += shift
        return F.relu(made, inplace=True)

    def place_of(self, row: int) -> int:
        """Return where a row of the picture is in the buffer of the last ``join``."""
        return self._first + row - (self.top - 1)

    def release(self) -> None:
        """End the step: keep what the next one needs of the input."""
        self.top += max(0, self._input.shape[2] - HELD)
        self._held = self._input[:, :, -HELD:].clone()
        self._input = self._held


class AddedConvolution:
    """A 3x3 convolution of rows that arrive in order, whose output is added to other rows.

    Attributes:
        top: row of the picture that the output of the next step starts with.

    """

    def __init__(self, kernel: Kernel, columns: int) -> None:
        self.top = 0
        self._kernel = kernel
        self._held = kernel.values.new_zeros(1, kernel.values.shape[1], 1, columns)

    def count(self, rows: Tensor, *, last: bool) -> int:
        """Return how many rows of the output become known by new rows (1, C, N, W)."""
        return max(0, self._held.shape[2] + rows.shape[2] + last - HELD)

    def add_to(self, total: Tensor, rows: Tensor, *, last: bool) -> None:
        """Add the rows of the output that become known to ``total``, which has as many.

        The new rows are not copied. Only those at their two ends are, to be joined to the held ones
        and to the zeros below the last row of a picture.
        """
        below = rows.new_zeros(1, rows.shape[1], int(last), rows.shape[3])
        if rows.shape[2] < HELD:
            inputs = [_joined(self._held, rows, below)]
        else:
            start, end = rows[:, :, :HELD], rows[:, :, -HELD:]
            inputs = [_joined(self._held, start), rows, _joined(end, below)]
        done = 0
        for one in inputs:
            count = max(0, one.shape[2] - HELD)
            if count > 0:
                part = total[:, :, done : done + count]
                add_convolved(part, one, self._kernel.values, self._kernel.bias)
            done += count
        self.top += done
        self._held = inputs[-1][:, :, -HELD:]


def _joined(*parts: Tensor) -> Tensor:
    """Return rows (1, C, N, W) one below the other, in memory of their own."""
    return torch.cat(parts, 2).contiguous(memory_format=torch.channels_last)


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
        columns: width W of the network's grid.
        dtype: of the convolutions and of what lies between them.
        scratches: memory that the stream may share with others that run in turn.

    """

    def __init__(
        self,
        layers: ResidualLayers,
        columns: int,
        dtype: torch.dtype,
        scratches: tuple[Scratch, Scratch] | None = None,
    ) -> None:
        def kernel(module: nn.Module) -> Kernel:
            return Kernel(module.get_parameter("weight"), module.get_parameter("bias"), dtype)

        self._unshuffle = layers.unshuffle
        self._stem = RowConvolution(kernel(layers.stem), columns)
        self._blocks = [
            (
                RowConvolution(kernel(block.get_submodule("first")), columns),
                AddedConvolution(kernel(block.get_submodule("second")), columns),
            )
            for block in layers.blocks
        ]
        self._shifts = [None if shift is None else shift.to(dtype) for shift in layers.shifts]
        self._head = RowConvolution(Kernel(*layers.head, dtype), columns)
        self._like = torch.empty(0, dtype=dtype)
        self._images, self._stems = Delay(), Delay()
        self._inner, self._trunk = scratches or (Scratch(), Scratch())

    def push(self, image: Tensor, *, last: bool) -> Tensor:
        """Take the next rows of the picture, and return what they make known.

        Args:
            image: rows (1, 3, u N, u W), float32.
            last: whether the picture ends with them.

        Returns:
            The next rows (1, 3, u M, u W) of the output, of which there may be none.

        """
        self._images.put(image)
        made = self._run_stem(F.pixel_unshuffle(image, self._unshuffle), last=last)
        trunk, start, count = self._run_blocks(made, last=last)
        self._stems.put(made)
        self._stems.add_to(trunk[:, :, start : start + count])
        self._head.join(trunk, start, count, last=last)
        residual = self._head.run()
        self._head.release()
        if residual.shape[2] == 0:
            return image[:, :, :0]
        output = F.pixel_shuffle(residual, self._unshuffle).float()
        self._images.add_to(output)
        return output

    def _run_stem(self, grid: Tensor, *, last: bool) -> Tensor:
        count = grid.shape[2]
        buffer = self._inner.room((grid.shape[1], HELD + count + 1, grid.shape[3]), self._like)
        buffer[:, :, HELD : HELD + count].copy_(grid)
        self._stem.join(buffer, HELD, count, last=last)
        made = self._stem.run()
        self._stem.release()
        return made

    def _run_blocks(self, made: Tensor, *, last: bool) -> tuple[Tensor, int, int]:
        """Run the blocks over what the stem made.

        What a block makes is added to its input in place. It ends some rows earlier than the
        input, whose last rows are kept for the next step.

        Returns:
            A buffer, the place of the finished rows in it, and their number.

        """
        _, channels, count, columns = made.shape
        start = HELD * (len(self._blocks) + 1)
        trunk = self._trunk.room((channels, start + count + 1, columns), made)
        trunk[:, :, start : start + count].copy_(made)
        for (first, second), shift in zip(self._blocks, self._shifts, strict=True):
            first.join(trunk, start, count, last=last)
            inner = first.run_relu(shift)
            start, count = first.place_of(second.top), second.count(inner, last=last)
            second.add_to(trunk[:, :, start : start + count], inner, last=last)
            first.release()
        return trunk, start, count
