"""Run networks over pictures of any size, in passes, symmetries and tiles."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from srcli.engine.back_projection import corrected
from srcli.engine.device import Compute
from srcli.engine.ensemble import ensembled
from srcli.engine.fetching import fetcher_for
from srcli.engine.joining import RegionSink, WholeImage
from srcli.engine.memory import (
    BYTES_PER_PIXEL,
    check_fits,
    default_tile,
    output_side,
    working_bytes,
)
from srcli.engine.network_input import network_input
from srcli.engine.progress import Progress, SilentProgress
from srcli.engine.recursion import NetworkKey, Pass, plan_passes
from srcli.engine.row_runner import RowRunner
from srcli.engine.tile_runner import TileRunner
from srcli.engine.tiling import TiledTraits
from srcli.errors import UsageError
from srcli.networks.blocks.residual import ResidualNetwork
from srcli.networks.spec import AnyRatioTraits, BetweenScales, FixedScaleTraits, SrNetwork
from srcli.pixels.checks import check_image
from srcli.pixels.dihedral import SYMMETRIES
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region, strips
from srcli.pixels.resize import MIRRORED, Borders, Kernel, resize

VOLUME_AXES = 5
"""Axes of tensors that PyTorch fails to convert to ``channels_last``."""
RESAMPLED = 2**20
"""Number of pixels that are resized at once."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleOptions:
    """How to run a network over a picture.

    Attributes:
        tile: side of a tile in pixels of the network's input. Default: rows where a network can
            run row by row, else see ``default_tile``.
        ensemble: whether the mean over the eight symmetries is taken, for eight times the work.
        official_tiles: whether tiles are those of the network's authors, for which their numbers
            hold. ``tile`` is ignored then, and the border is not padded.
        pad_border: whether networks see a mirrored border around the picture. The published
            networks have none.
        borders: how pictures continue above and below, and on the left and right. Where they
            wrap, the padding is as wide as the halo of a tile.
        corrects: whether results are corrected by their source where the traits of a network say
            so. It is right for pictures that were only reduced.

    """

    tile: int | None = None
    ensemble: bool = False
    official_tiles: bool = False
    pad_border: bool = False
    borders: Borders = MIRRORED
    corrects: bool = True


class NetworkRunner:
    """Runs a network on pictures of any size, to any size.

    The picture stays in host memory, and tiles go to the device. On a processor, networks of
    residual blocks run row by row instead, unless a tile is asked for: see ``row_runner``. If the
    reach of the networks is finite, the result depends on neither. ``others`` run the passes that
    a plan gives them: see ``plan_passes``. ``between`` is for networks of fixed scales: see
    ``FixedScaleTraits``.

    Raises:
        UsageError: official tiles of a network whose authors published none, or of pictures
            whose borders meet.

    """

    def __init__(
        self,
        network: SrNetwork,
        compute: Compute,
        options: UpscaleOptions | None = None,
        *,
        others: Sequence[SrNetwork] = (),
        between: BetweenScales | None = None,
    ) -> None:
        options = options or UpscaleOptions()
        self.network = network.to(compute.device).eval()
        if all(one.dim() != VOLUME_AXES for one in self.network.state_dict().values()):
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
        self.compute = compute.allowed(network.traits.reduced)
        if self.compute != compute:
            name = str(compute.dtype).removeprefix("torch.")
            logger.warning("This network is not known to work in %s, so it runs in float32.", name)
        self.ensemble = options.ensemble
        self.official_tiles = options.official_tiles
        if self.official_tiles and network.traits.chop is None:
            msg = "The authors of this network published no tiling of their own."
            raise UsageError(msg, hint="Leave out --official-tiles.")
        if self.official_tiles and options.borders != MIRRORED:
            msg = "The authors' tiles end at the border of a picture, and do not wrap."
            raise UsageError(msg, hint="Leave out --official-tiles or --wrap.")
        self.borders = options.borders
        self.pads_border = options.pad_border and not self.official_tiles
        self._between = between or BetweenScales()
        self._corrects = options.corrects
        self._tiles = TileRunner(
            compute=self.compute,
            tile=options.tile or default_tile(network.traits, output_side(compute.device)),
            ensemble=self.ensemble,
            official_tiles=self.official_tiles,
            pad_border=self.pads_border,
            borders=self.borders,
            fetcher=fetcher_for(compute.device),
        )
        self._rows: RowRunner | None = None
        by_rows = options.tile is None and not self.ensemble and compute.device.type == "cpu"
        if by_rows and isinstance(network, ResidualNetwork):
            self._rows = RowRunner(
                compute=self.compute, pad_border=self.pads_border, borders=self.borders
            )
        rest: NetworkKey = "rest" if network.traits.scale is None else None
        self._others: dict[NetworkKey, NetworkRunner] = {
            other.traits.scale or rest: NetworkRunner(other, compute, _options_for(other, options))
            for other in others
        }

    @property
    def tile(self) -> int:
        """Side of a tile of ``network``, in pixels of its input."""
        return self._tiles.tile

    @property
    def tiled_traits(self) -> tuple[TiledTraits, ...]:
        """The traits and the tile side of each network, those of ``network`` first."""
        traits = self.network.traits
        if isinstance(traits, FixedScaleTraits):
            traits = replace(traits, between=self._between)
        elif not self._corrects:
            traits = replace(traits, correction=None)
        panel = self._rows.panel if self._rows else None
        own = TiledTraits(key=traits.scale, traits=traits, tile=self.tile, panel=panel)
        others = ((key, one.tiled_traits[0]) for key, one in self._others.items())
        return (own, *(replace(traits, key=key) for key, traits in others))

    @property
    def is_local(self) -> bool:
        """Whether every network has a finite reach. Results then do not depend on the tiles."""
        return all(one.traits.receptive_radius is not None for one in self.tiled_traits)

    @property
    def networks(self) -> tuple[SrNetwork, ...]:
        """Every network, the one that was asked for first."""
        return (self.network, *(other.network for other in self._others.values()))

    @property
    def kernel(self) -> Kernel | None:
        """Kernel of plain resizing, if that was asked for instead of a network."""
        traits = self.network.traits
        return traits.kernel if isinstance(traits, AnyRatioTraits) else None

    def plan_passes(
        self, size: tuple[int, int], target: tuple[int, int], ratio: float
    ) -> tuple[Pass, ...]:
        """Plan a picture of ``size``; see ``plan_passes``."""
        return plan_passes(size, target, ratio, *(one.traits for one in self.tiled_traits))

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
            image: RGB (1, 3, H, W), float32 in [0, 1] or levels, uint8 or uint16.
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
        return self.run_passes(image, self.plan_passes((height, width), size, ratio), progress)

    def run_passes(
        self, image: Tensor, passes: Sequence[Pass], progress: Progress | None = None
    ) -> Tensor:
        """Enlarge a picture along planned passes; all else as for a call."""
        size = passes[-1].size if passes else (image.shape[2], image.shape[3])
        check_fits(size, working_bytes(passes) + BYTES_PER_PIXEL * math.prod(size))
        whole = WholeImage(size)
        self.run_into(image, passes, whole.put_clamped, progress)
        return whole.picture

    @torch.inference_mode()
    def run_into(  # noqa: PLR0913 - two of them by name, for pictures that are resumed
        self,
        image: Tensor,
        passes: Sequence[Pass],
        sink: RegionSink,
        progress: Progress | None = None,
        *,
        done: int = 0,
        hold: Callable[[tuple[int, int]], WholeImage] = WholeImage,
    ) -> None:
        """Enlarge a picture along planned passes, and give the result away in parts.

        What one pass makes for the next is held by what ``hold`` returns for its size; the result
        is not held. What ``sink`` receives is not clamped to [0, 1]; all else as for a call.
        Networks of finite reach need not make the rows of the result that are ``done`` already,
        counted from the top.
        """
        check_image(image)
        if not passes:
            sink(Region.whole((image.shape[2], image.shape[3])), from_levels(image))
            return
        progress = progress or SilentProgress()
        if hold is WholeImage:
            check_fits(passes[-1].size, working_bytes(passes))
        runners = [self._others.get(step.network, self) for step in passes]
        source, work = image, zip(runners, passes, strict=True)
        progress.begin(sum(one.rounds(step) * step.height * step.width for one, step in work))
        seen: WholeImage | None = None
        for runner, step in zip(runners[:-1], passes[:-1], strict=True):
            whole = hold(step.size)
            put = _reading(seen, whole.put_clamped)
            runner.run_pass(image, step, put, progress, whole.done)
            seen, image = whole, whole.picture
        last, put = passes[-1], _reading(seen, sink)
        if last.corrects:
            self._correct(source, image, put, progress, done)
        else:
            runners[-1].run_pass(image, last, put, progress, done)

    def rounds(self, step: Pass) -> int:
        """Return how often a pass goes over its picture."""
        if not step.has_network:
            return 1
        if self.official_tiles:
            return len(SYMMETRIES) if self.ensemble else 1
        traits = self.network.traits.at(step.ratio)
        size = step.height // traits.output_scale, step.width // traits.output_scale
        return 2 if traits.shares_statistics and len(self._tiles.plan(size, traits)) > 1 else 1

    def run_pass(
        self, image: Tensor, step: Pass, sink: RegionSink, progress: Progress, done: int = 0
    ) -> None:
        """Run one pass of this runner's own network, or a resize; the result is not clamped.

        Rows that are ``done`` are left out as far as possible.
        """
        if done >= step.size[0]:
            progress.advance(self.rounds(step) * step.height * step.width)
        elif step.resample:
            for strip in strips(step.size, RESAMPLED):
                kernel = self.kernel or "bicubic"
                window = resize(image, step.size, region=strip, borders=self.borders, kernel=kernel)
                sink(strip, window)
                progress.advance(strip.height * strip.width)
        elif self.official_tiles and self.ensemble:
            enlarge = ensembled(lambda picture: self._enlarge(picture, step, progress))
            sink(Region.whole(step.size), enlarge(from_levels(image)))
        else:
            shown = network_input(self.network, image, step, self.borders, self.compute.device)
            if self._rows and shown.layers:
                self._rows.run(shown, shown.layers, sink, progress, done)
            else:
                self._tiles.run(shown, sink, progress, done)

    def _correct(
        self, source: Tensor, image: Tensor, sink: RegionSink, progress: Progress, done: int
    ) -> None:
        """Correct ``image`` by back-projection of ``source``, but for rows that are ``done``."""
        size = image.shape[2], image.shape[3]
        read = corrected(source, image, self.borders)
        for strip in strips(size, RESAMPLED):
            if strip.bottom > done:
                sink(strip, read(strip))
            progress.advance(strip.height * strip.width)

    def _enlarge(self, image: Tensor, step: Pass, progress: Progress) -> Tensor:
        """Enlarge one symmetry of a picture by a fixed scale, as a whole."""
        shown = network_input(self.network, image, step, self.borders, self.compute.device)
        scale = shown.traits.output_scale
        whole = WholeImage((scale * image.shape[2], scale * image.shape[3]))
        self._tiles.run(shown, whole.put, progress)
        return whole.picture


def _reading(seen: WholeImage | None, sink: RegionSink) -> RegionSink:
    """Return a sink of what is made of an image, which is put away after each window."""

    def put(region: Region, window: Tensor) -> None:
        sink(region, window)
        if seen is not None:
            seen.put_away()

    return put


def _options_for(other: SrNetwork, options: UpscaleOptions) -> UpscaleOptions:
    """Leave out the authors' tiles where they published none."""
    chopped = options.official_tiles and other.traits.chop is not None
    return replace(options, official_tiles=chopped)
