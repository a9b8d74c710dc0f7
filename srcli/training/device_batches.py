"""Batches that the host only plans: the device holds all pictures, and crops and reduces them.

A plan consists of a shape and of four whole numbers for each crop. It is drawn in the same way
as by :class:`BatchSampler`, so both make equal batches, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.pixels.sending import sent
from srcli.training.batch_sampler import ShapeSampler, random_of
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BatchShape, CropBatch
from srcli.training.patches import CropSource, Place

CHANNELS = 3
NUMBERS = 4
"""Numbers of a crop: the position of its first sample, and the strides of rows, columns and
channels."""


class DevicePictures:
    """All pictures of a source on a device, in one row of bytes, channel by channel.

    Args:
        source: source of the pictures. It is not needed afterwards.
        device: device that holds them.

    """

    def __init__(self, source: CropSource, device: torch.device) -> None:
        self.places = source.places
        self.starts = [0]
        for height, width in self.places.sizes:
            self.starts.append(self.starts[-1] + CHANNELS * height * width)
        self.samples = torch.empty(self.starts[-1], dtype=torch.uint8, device=device)
        for start, stop, picture in zip(
            self.starts, self.starts[1:], source.pictures, strict=False
        ):
            self.samples[start:stop] = torch.from_numpy(picture).flatten().to(device)

    def table(self, count: int, shape: BatchShape, random: Random) -> Tensor:
        """Draw crops, and return their numbers: (count, NUMBERS) int64, on the host."""
        places = self.places.draw(count, shape.crop, random, factor=shape.factor)
        return torch.tensor([self._numbers(place, shape.crop) for place in places])

    def cut(self, table: Tensor, side: int) -> Tensor:
        """Return the crops of a table that is on the device: (count, 3, side, side), uint8."""
        start, down, right, plane = (column[:, None, None, None] for column in table.unbind(1))
        along = torch.arange(side, device=table.device)
        channel = torch.arange(CHANNELS, device=table.device)[:, None, None]
        return self.samples[start + plane * channel + down * along[:, None] + right * along]

    def _numbers(self, place: Place, side: int) -> tuple[int, int, int, int]:
        """Return the numbers of a crop, in the order in which its symmetry walks over it."""
        height, width = self.places.sizes[place.picture]
        symmetry, last = place.symmetry, side - 1
        top = place.top + (last if symmetry.flip_rows else 0)
        left = place.left + (last if symmetry.flip_columns else 0)
        down = -width if symmetry.flip_rows else width
        right = -1 if symmetry.flip_columns else 1
        if symmetry.transpose:
            down, right = right, down
        start = self.starts[place.picture] + top * width + left
        return start, down, right, height * width


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """The plan of a batch.

    Attributes:
        pictures: pictures that the crops are cut out of.
        shape: shape of the batch.
        table: numbers of the crops, (B, NUMBERS) int64, on the host.

    """

    pictures: DevicePictures
    shape: BatchShape
    table: Tensor

    def on(self, device: torch.device) -> CropBatch:
        """Return the batch on ``device``, which must hold the pictures."""
        return self.crop_batch(sent(self.table, device))

    def crop_batch(self, table: Tensor) -> CropBatch:
        """Return the batch of a table that is on the device, before its reduction."""
        return self.shape.crop_batch(self.pictures.cut(table, self.shape.crop), None)


class BatchPlanner:
    """Plans the batches of a run that learns from bicubic reductions.

    Args:
        pictures: pictures to learn from.
        config: the run.
        traits: traits of the trained network.

    """

    def __init__(
        self, pictures: DevicePictures, config: TrainConfig, traits: NetworkTraits
    ) -> None:
        self.pictures = pictures
        self.config = config
        self.shape_sampler = ShapeSampler(config, traits)

    def __call__(self, step: int) -> BatchPlan:
        """Plan the batch of a step, counted from 0."""
        random = random_of(self.config, step)
        shape = self.shape_sampler.draw(random)
        table = self.pictures.table(self.config.batch, shape, random)
        return BatchPlan(pictures=self.pictures, shape=shape, table=table)
