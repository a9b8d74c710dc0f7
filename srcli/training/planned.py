"""Batches that the host only plans: the device holds all pictures, and cuts and reduces itself.

A batch is then its sizes and four whole numbers a crop. They are drawn as :class:`Sampler`
draws, so both make the same batches, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.training.config import TrainConfig
from srcli.training.degrade import Outline, Pair, sent
from srcli.training.patches import CropSource, Place, draw_places
from srcli.training.samples import Drawer, random_of

CHANNELS = 3
NUMBERS = 4
"""Of a crop: where its first sample is, and how far the next row, column and channel are."""


class DevicePictures:
    """All pictures of a source in one row of bytes on a device, channel by channel.

    Args:
        source: of the pictures; it is not needed any more afterwards.
        device: to hold them.

    """

    def __init__(self, source: CropSource, device: torch.device) -> None:
        self.sizes = source.sizes
        self.starts = [0]
        for height, width in self.sizes:
            self.starts.append(self.starts[-1] + CHANNELS * height * width)
        self.samples = torch.empty(self.starts[-1], dtype=torch.uint8, device=device)
        for start, stop, picture in zip(
            self.starts, self.starts[1:], source.pictures, strict=False
        ):
            self.samples[start:stop] = torch.from_numpy(picture).flatten().to(device)

    def table(self, count: int, side: int, random: Random) -> Tensor:
        """Draw crops: (count, NUMBERS) int64, on the host."""
        places = draw_places(self.sizes, count, side, random)
        return torch.tensor([self._numbers(place, side) for place in places])

    def cut(self, table: Tensor, side: int) -> Tensor:
        """Return the crops of a table on the device: (count, 3, side, side), uint8."""
        start, down, right, plane = (column[:, None, None, None] for column in table.unbind(1))
        along = torch.arange(side, device=table.device)
        channel = torch.arange(CHANNELS, device=table.device)[:, None, None]
        return self.samples[start + plane * channel + down * along[:, None] + right * along]

    def _numbers(self, place: Place, side: int) -> tuple[int, int, int, int]:
        """Walk a crop in the order in which its symmetry shows it."""
        height, width = self.sizes[place.picture]
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
class Plan:
    """A batch before it is cut.

    Attributes:
        pictures: to cut it out of.
        outline: its sizes.
        table: its crops, (B, NUMBERS) int64, on the host.

    """

    pictures: DevicePictures
    outline: Outline
    table: Tensor

    def on(self, device: torch.device) -> Pair:
        """Return the batch on ``device``, where the pictures are."""
        return self.pair(sent(self.table, device))

    def pair(self, table: Tensor) -> Pair:
        """Return the batch of a table that is on the device; its reduction is left for later."""
        return self.outline.pair(self.pictures.cut(table, self.outline.crop), None)


class Planner:
    """Plans the batches of a run of bicubic reductions.

    Args:
        pictures: to learn from.
        config: the run.
        traits: of the network that is trained.

    """

    def __init__(
        self, pictures: DevicePictures, config: TrainConfig, traits: NetworkTraits
    ) -> None:
        self.pictures = pictures
        self.config = config
        self.drawer = Drawer(config, traits)

    def __call__(self, step: int) -> Plan:
        """Plan the batch of a step, counted from 0."""
        random = random_of(self.config, step)
        outline = self.drawer.outline(random)
        table = self.pictures.table(self.config.batch, outline.crop, random)
        return Plan(pictures=self.pictures, outline=outline, table=table)
