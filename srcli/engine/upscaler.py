"""The one way through: passes, symmetries, tiles."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from srcli.engine.blending import Canvas
from srcli.engine.device import Compute
from srcli.engine.ensemble import Run, ensembled
from srcli.engine.memory import check_fits, default_tile, is_out_of_memory, smaller
from srcli.engine.official import plan_official_tiles
from srcli.engine.padding import pad_to_fit
from srcli.engine.progress import Progress, SilentProgress
from srcli.engine.recursion import Pass, plan_passes
from srcli.engine.tiling import Tile, TiledTraits, plan_tiles
from srcli.errors import BadTile, OutOfMemory, UsageError
from srcli.networks.spec import NetworkTraits, SrNetwork
from srcli.pixels.checks import check_image
from srcli.pixels.dihedral import SYMMETRIES
from srcli.pixels.region import Region
from srcli.pixels.resize import resize

FEATHER = 32
"""Halo of a network that sees the whole picture, in pixels of its input."""
SMALL_FEATHER = 16
"""The same of one that asks for small tiles: two neighbours still share 32 pixels."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleOptions:
    """How to run a network over a picture.

    Attributes:
        tile: side of a tile in pixels of the network's input, or None for a default.
        ensemble: average over the eight symmetries: eight times the work.
        official_tiles: cut as the network's authors did, which is what their numbers belong
            to; ``tile`` is ignored then.

    """

    tile: int | None = None
    ensemble: bool = False
    official_tiles: bool = False


class Upscaler:
    """Runs a network on pictures of any size, to any size.

    The picture stays in host memory; tiles visit the device. Where the network's reach is
    finite, the result does not depend on the tiles. ``others`` take the passes that a plan
    gives them: see ``plan_passes``.

    Raises:
        UsageError: official tiles of a network whose authors published none.

    """

    def __init__(
        self,
        network: SrNetwork,
        compute: Compute,
        options: UpscaleOptions | None = None,
        *,
        others: Sequence[SrNetwork] = (),
    ) -> None:
        options = options or UpscaleOptions()
        self.network = network.to(compute.device).eval()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
        self.compute = compute
        self.ensemble = options.ensemble
        self.tile = options.tile or default_tile(network.traits)
        self.official_tiles = options.official_tiles
        if self.official_tiles and network.traits.chop is None:
            msg = "the authors of this network published no tiling of their own"
            raise UsageError(msg, hint="leave out --official-tiles")
        self.halo = _halo(network.traits)
        self._others = {
            other.traits.scale: Upscaler(other, compute, _options_for(other, options))
            for other in others
        }

    @property
    def tiled(self) -> tuple[TiledTraits, ...]:
        """What a plan must know of each network, that of this upscaler first."""
        own = TiledTraits(traits=self.network.traits, tile=self.tile)
        return (own, *(one for other in self._others.values() for one in other.tiled))

    @property
    def local(self) -> bool:
        """Whether every network has a finite reach: then a tile's result is the whole's."""
        return all(one.traits.receptive_radius is not None for one in self.tiled)

    @property
    def networks(self) -> tuple[SrNetwork, ...]:
        """Every network, the one that was asked for first."""
        return (self.network, *(other.network for other in self._others.values()))

    def plan(
        self, size: tuple[int, int], target: tuple[int, int], ratio: float
    ) -> tuple[Pass, ...]:
        """Plan a picture of ``size``; see ``plan_passes``."""
        return plan_passes(size, target, ratio, *(one.traits for one in self.tiled))

    def __call__(
        self,
        image: Tensor,
        size: tuple[int, int],
        *,
        ratio: float | None = None,
        progress: Progress | None = None,
    ) -> Tensor:
        """Enlarge a picture.

        Args:
            image: RGB float32 (1, 3, H, W) in [0, 1].
            size: (height, width) of the result.
            ratio: the larger axis ratio as requested; from the sizes if not given.
            progress: told of finished output pixels.

        Returns:
            RGB float32 (1, 3, height, width) in [0, 1], in host memory.

        Raises:
            BadTile: the network produced something that is not a number.
            OutOfMemory: even the smallest tile does not fit.

        """
        height, width = image.shape[2:]
        ratio = ratio or max(size[0] / height, size[1] / width)
        return self.follow(image, self.plan((height, width), size, ratio), progress)

    @torch.inference_mode()
    def follow(
        self, image: Tensor, passes: Sequence[Pass], progress: Progress | None = None
    ) -> Tensor:
        """Enlarge a picture along planned passes; all else as for a call."""
        check_image(image)
        progress = progress or SilentProgress()
        for step in passes:
            check_fits(step.height, step.width)
        runners = [self._others.get(step.scale, self) for step in passes]
        work = zip(runners, passes, strict=True)
        progress.begin(sum(one.rounds(step) * step.height * step.width for one, step in work))
        for runner, step in zip(runners, passes, strict=True):
            image = runner.run_pass(image, step, progress).clamp_(0, 1)
        return image

    def rounds(self, step: Pass) -> int:
        """Return how often a pass goes over its picture."""
        around_tiles = self.official_tiles and self.ensemble and not step.resample
        return len(SYMMETRIES) if around_tiles else 1

    def run_pass(self, image: Tensor, step: Pass, progress: Progress) -> Tensor:
        """Run one pass of this upscaler's own network, or a resize; the result is not clamped."""
        if step.resample:
            image = resize(image, step.size)
            progress.advance(step.height * step.width)
            return image
        if step.scale is None:
            return self._run_tiles(
                step.size,
                lambda region: resize(image, step.size, region=region),
                lambda tile: self.network(tile, step.ratio),
                progress,
            )

        def enlarge(picture: Tensor) -> Tensor:
            size = picture.shape[2], picture.shape[3]
            return self._run_tiles(size, lambda r: r.of(picture), self.network, progress)

        if self.official_tiles and self.ensemble:
            return ensembled(enlarge)(image)
        return enlarge(image)

    def _run_tiles(
        self,
        size: tuple[int, int],
        source: Callable[[Region], Tensor],
        run: Run,
        progress: Progress,
    ) -> Tensor:
        """Run a network over a grid of ``size``, tile by tile; ``source`` gives its windows."""
        traits = self.network.traits
        feather = traits.receptive_radius is None and not self.official_tiles
        canvas = Canvas(size, scale=traits.scale or 1, feather=feather)
        pending = self._plan(size)
        while pending:
            tile = pending[0]
            try:
                output = self._run_tile(source(tile.context), run)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                pending = self._smaller_tiles(size, pending, error)
                continue
            canvas.put(tile, output)
            progress.advance(tile.core.height * tile.core.width * canvas.scale**2)
            pending = pending[1:]
        return canvas.finish()

    def _plan(self, size: tuple[int, int]) -> tuple[Tile, ...]:
        traits = self.network.traits
        if self.official_tiles and traits.chop is not None:
            return plan_official_tiles(size, traits.chop)
        return plan_tiles(size, tile=self.tile, halo=self.halo, multiple=traits.size_multiple)

    def _smaller_tiles(
        self, size: tuple[int, int], pending: tuple[Tile, ...], error: RuntimeError
    ) -> tuple[Tile, ...]:
        """Cut what is unfinished into smaller tiles, and use these from now on."""
        if self.official_tiles:
            msg = f"not enough memory on {self.compute.device} for the authors' tiles"
            raise OutOfMemory(msg, hint="leave out --official-tiles") from error
        tile = smaller(min(self.tile, max(pending[0].core.height, pending[0].core.width)))
        if tile is None:
            msg = f"not enough memory on {self.compute.device}, even for the smallest tiles"
            raise OutOfMemory(msg, hint="close other programs, or use --device cpu") from error
        logger.warning("out of memory: tiles are now %d pixels a side", tile)
        self.tile = tile
        multiple = self.network.traits.size_multiple
        return tuple(
            part
            for whole in pending
            for part in plan_tiles(
                size, tile=tile, halo=self.halo, multiple=multiple, within=whole.core
            )
        )

    def _run_tile(self, window: Tensor, run: Run) -> Tensor:
        """Run a network on one window (1, 3, h, w), padded as it needs; finite or an error."""
        scale = self.network.traits.scale or 1
        height, width = window.shape[2:]
        run = ensembled(run) if self.ensemble and not self.official_tiles else run
        padded = pad_to_fit(window, self.network.traits).to(self.compute.device)
        with self.compute.autocast():
            output = run(padded.clone(memory_format=torch.channels_last)).float()
        if not _finite(output) and self.compute.dtype != torch.float32:
            output = run(padded.clone(memory_format=torch.channels_last))
        if not _finite(output):
            msg = "the network produced values that are not numbers"
            raise BadTile(msg, hint="check the weights with srcli models verify")
        return output[..., : scale * height, : scale * width]


def _finite(output: Tensor) -> bool:
    """Tell whether all are numbers: one that is not spoils the sum."""
    return math.isfinite(output.sum().item())


def _options_for(other: SrNetwork, options: UpscaleOptions) -> UpscaleOptions:
    """Leave out the authors' tiles where they published none."""
    chopped = options.official_tiles and other.traits.chop is not None
    return replace(options, official_tiles=chopped)


def _halo(traits: NetworkTraits) -> int:
    if traits.receptive_radius is not None:
        return traits.receptive_radius
    return SMALL_FEATHER if traits.tile else FEATHER
