"""The one way through: passes, symmetries, tiles."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from srcli.engine.blending import Canvas
from srcli.engine.device import Compute
from srcli.engine.ensemble import Run, ensembled
from srcli.engine.memory import default_tile, is_out_of_memory, smaller
from srcli.engine.padding import pad_to_fit
from srcli.engine.progress import Progress, SilentProgress
from srcli.engine.recursion import Pass, plan_passes
from srcli.engine.tiling import Tile, plan_tiles
from srcli.errors import BadTile, OutOfMemory
from srcli.networks.spec import SrNetwork
from srcli.pixels.checks import check_image
from srcli.pixels.region import Region
from srcli.pixels.resize import resize

FEATHER = 32

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleOptions:
    """How to run a network over a picture.

    Attributes:
        tile: side of a tile in pixels of the network's input, or None for a default.
        ensemble: average every tile over the eight symmetries: eight times the work.

    """

    tile: int | None = None
    ensemble: bool = False


class Upscaler:
    """Runs one network on pictures of any size, to any size.

    The picture stays in host memory; tiles visit the device. Where the network's reach is
    finite, the result does not depend on the tiles.
    """

    def __init__(
        self, network: SrNetwork, compute: Compute, options: UpscaleOptions | None = None
    ) -> None:
        options = options or UpscaleOptions()
        self.network = network.to(compute.device).eval()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
        self.compute = compute
        self.ensemble = options.ensemble
        self.tile = options.tile or default_tile(network.traits)
        radius = network.traits.receptive_radius
        self.halo = FEATHER if radius is None else radius

    @torch.inference_mode()
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
        check_image(image)
        progress = progress or SilentProgress()
        height, width = image.shape[2:]
        ratio = ratio or max(size[0] / height, size[1] / width)
        passes = plan_passes((height, width), size, ratio, self.network.traits)
        progress.begin(sum(step.height * step.width for step in passes))
        for step in passes:
            image = self._run_pass(image, step, progress).clamp_(0, 1)
        return image

    def _run_pass(self, image: Tensor, step: Pass, progress: Progress) -> Tensor:
        if step.resample:
            image = resize(image, step.size)
            progress.advance(step.height * step.width)
            return image
        scale = self.network.traits.scale
        if scale is None:
            return self._run_tiles(
                step.size,
                lambda region: resize(image, step.size, region=region),
                lambda tile: self.network(tile, step.ratio),
                progress,
            )
        height, width = image.shape[2:]
        return self._run_tiles((height, width), lambda r: r.of(image), self.network, progress)

    def _run_tiles(
        self,
        size: tuple[int, int],
        source: Callable[[Region], Tensor],
        run: Run,
        progress: Progress,
    ) -> Tensor:
        """Run a network over a grid of ``size``, tile by tile; ``source`` gives its windows."""
        traits = self.network.traits
        canvas = Canvas(size, scale=traits.scale or 1, feather=traits.receptive_radius is None)
        pending = plan_tiles(size, tile=self.tile, halo=self.halo, multiple=traits.size_multiple)
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

    def _smaller_tiles(
        self, size: tuple[int, int], pending: tuple[Tile, ...], error: RuntimeError
    ) -> tuple[Tile, ...]:
        """Cut what is unfinished into smaller tiles, and use these from now on."""
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
        run = ensembled(run) if self.ensemble else run
        padded = pad_to_fit(window, self.network.traits).to(self.compute.device)
        with self.compute.autocast():
            output = run(padded.clone(memory_format=torch.channels_last)).float()
        if not output.isfinite().all() and self.compute.dtype != torch.float32:
            output = run(padded.clone(memory_format=torch.channels_last))
        if not output.isfinite().all():
            msg = "the network produced values that are not numbers"
            raise BadTile(msg, hint="check the weights with srcli models verify")
        return output[..., : scale * height, : scale * width]
