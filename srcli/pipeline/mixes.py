"""Networks whose weights lie between those of the models of ``auto``."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from srcli.networks.spec import SrNetwork

if TYPE_CHECKING:
    from srcli.pipeline.loaded_models import LoadedModels

KEPT = 32
"""So many mixes stay ready, the latest ones: a folder may ask for thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A network with the weights of one model, or with weights between those of some.

    Attributes:
        network: the network itself.
        name: ids of the models, joined by ``+``.
        sha256: of the files that the weights are from.
        restores: whether it works at the size of the picture above the ratio that it reaches, and
            the model for clean pictures enlarges what comes of that.

    """

    network: SrNetwork
    name: str
    sha256: tuple[str, ...]
    restores: bool = False


class Mixes:
    """Models, and the networks whose weights lie between theirs.

    All have the parts of the last one. A mix leaves out what the others have besides, such as the
    trunk for ratios above 2. Each model was trained from another one of them, so that a straight
    line between their weights goes from the one to the other without a worse one on the way (Wang
    et al., "Deep Network Interpolation for Continuous Imagery Effect Transition", CVPR 2019).

    Args:
        models: those that are mixed, the one for clean pictures first.
        run: makes a mix ready to run.

    """

    def __init__(self, models: Sequence[LoadedModels], run: Callable[[Mix], LoadedModels]) -> None:
        self.models = tuple(models)
        self._run = run
        self._made: dict[tuple[tuple[float, ...], bool], LoadedModels] = {}
        self._lock = threading.Lock()

    def at(self, shares: tuple[float, ...], *, restores: bool = False) -> LoadedModels:
        """Return what the models make together, by the share of each in the weights.

        ``restores`` is an attribute of ``Mix``.
        """
        key = shares, restores
        with self._lock:
            made = self._made.pop(key, None)
            if made is None:
                made = self._mix(shares, restores=restores)
            self._made[key] = made
            if len(self._made) > KEPT:
                self._made.pop(next(iter(self._made)))
            return made

    def _mix(self, shares: tuple[float, ...], *, restores: bool) -> LoadedModels:
        parts = [(share, model) for share, model in zip(shares, self.models, strict=True) if share]
        last = parts[-1][1]
        if len(parts) == 1 and not restores:
            return last
        weights = [(share, part.runner.network.state_dict()) for share, part in parts]
        network = copy.deepcopy(last.runner.network)
        network.load_state_dict(
            {
                name: torch.stack([share * tensors[name] for share, tensors in weights]).sum(0)
                for name in weights[-1][1]
            }
        )
        return self._run(
            Mix(
                network=network,
                name="+".join(part.model for _, part in parts),
                sha256=tuple(sha256 for _, part in parts for sha256 in part.sha256),
                restores=restores,
            )
        )
