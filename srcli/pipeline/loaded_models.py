"""The models that a request needs, loaded and ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from srcli.engine.device import Compute
from srcli.engine.interpolation import KERNELS, Interpolation
from srcli.engine.recursion import Pass
from srcli.engine.routes import choose_route
from srcli.engine.upscaler import UpscaleOptions, Upscaler
from srcli.networks.spec import SrNetwork
from srcli.pipeline.choose import AUTO, MODELS, Choice
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import family, is_file_name, is_obtainable, locate, sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModels:
    """The networks of one model, and those that help it, ready to run.

    Attributes:
        upscaler: runs all of these networks.
        sha256: of the weights of each.
        names: of the model of each fixed scale, and of any ratio under None.
        choices: the models that ``auto`` chooses among, by their ids; empty for a named model.

    """

    upscaler: Upscaler
    sha256: tuple[str, ...]
    names: Mapping[int | None, str]
    choices: Mapping[str, LoadedModels] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The one that was asked for, or of ``auto`` the one for clean pictures."""
        return next(iter(self.names.values()))

    @property
    def chooses(self) -> bool:
        """Tell whether the model is chosen for each picture."""
        return bool(self.choices)

    def chosen(self, choice: Choice) -> LoadedModels:
        """Return the model that was chosen for a picture, or the only one."""
        return self.choices.get(choice.model, self)

    def each(self) -> tuple[LoadedModels, ...]:
        """Return every model that may enlarge a picture."""
        return tuple(self.choices.values()) or (self,)

    @property
    def parameters(self) -> int:
        """How many parameters all networks have together."""
        networks = self.upscaler.networks
        return sum(one.numel() for network in networks for one in network.parameters())

    def describe(self, passes: Sequence[Pass]) -> str:
        """Write what each pass does, such as ``san-light-x2, asdn-fast x1.35, resize``."""
        return ", ".join(map(self._describe, passes))

    def _describe(self, step: Pass) -> str:
        if step.resample:
            kernel = self.upscaler.network.traits.kernel
            return kernel or "resize"
        name = self.names[step.scale]
        return name if name.endswith(f"-x{step.scale}") else f"{name} x{step.ratio:g}"


class ModelLoader:
    """Finds, loads and keeps the networks of requests."""

    def __init__(self, compute: Compute, options: UpscaleOptions, *, offline: bool = False) -> None:
        self._compute, self._options, self._offline = compute, options, offline
        self._networks: dict[Path, SrNetwork] = {}
        self._ready: dict[tuple[Path, ...], LoadedModels] = {}

    def load(self, model: str, ratio: float | None) -> LoadedModels:
        """Return the networks that lead to ``ratio``, or of a family to any ratio if it is None.

        Of a family of fixed scales the member of that scale is taken, or else those that
        ``choose_route`` picks of all that can be had. A model of one fixed scale does at least
        one pass, and the default model may do the rest. ``auto`` has all models that it chooses
        among; a kernel of plain resizing stands in the place of a model.

        Raises:
            WeightsError: a model cannot be used.
            UsageError: official tiles of a network whose authors published none.

        """
        if model == AUTO:
            return self._load_all(ratio)
        if model in KERNELS:
            return self._interpolate(model)
        models = self._models(model, ratio)
        paths = {name: locate(name, ratio, offline=self._offline) for name in models}
        if _has_rest([self._network(path).traits.scale for path in paths.values()], ratio):
            paths[DEFAULT_MODEL] = locate(DEFAULT_MODEL)
        files = tuple(paths.values())
        if files not in self._ready:
            self._ready[files] = self._assemble(paths)
        return self._ready[files]

    def _load_all(self, ratio: float | None) -> LoadedModels:
        choices = {model: self.load(model, ratio) for model in MODELS}
        first = choices[MODELS[0]]
        sha256 = tuple(digest for one in choices.values() for digest in one.sha256)
        return replace(first, sha256=sha256, choices=choices)

    def _interpolate(self, name: str) -> LoadedModels:
        network = Interpolation(KERNELS[name])
        upscaler = Upscaler(network, self._compute, self._options)
        return LoadedModels(upscaler=upscaler, sha256=(name,), names={None: name})

    def _assemble(self, paths: Mapping[str, Path]) -> LoadedModels:
        networks = [self._network(path) for path in paths.values()]
        scales = [network.traits.scale for network in networks]
        return LoadedModels(
            upscaler=Upscaler(networks[0], self._compute, self._options, others=networks[1:]),
            sha256=tuple(sha256_of(path) for path in paths.values()),
            names=dict(zip(scales, map(_short, paths), strict=True)),
        )

    def _models(self, model: str, ratio: float | None) -> tuple[str, ...]:
        members = family(model)
        if ratio is not None and ratio in members:
            return (members[int(ratio)],)
        at_hand = {
            scale: name
            for scale, name in members.items()
            if is_obtainable(name, offline=self._offline)
        }
        if not at_hand or ratio is None:
            return tuple(at_hand.values()) or (model,)
        route = choose_route(ratio, at_hand, any_ratio=True)
        return tuple(dict.fromkeys(at_hand[scale] for scale in route.scales))

    def _network(self, path: Path) -> SrNetwork:
        if path not in self._networks:
            self._networks[path] = load_model(path).network
        return self._networks[path]


def _has_rest(scales: Sequence[int | None], ratio: float | None) -> bool:
    """Tell whether a network of any ratio would have something to do, for all that is known."""
    fixed = [scale for scale in scales if scale is not None]
    if not fixed or ratio is None:
        return bool(fixed)
    restores = fixed == [1]
    return ratio > 1 if restores else choose_route(ratio, fixed, any_ratio=True).rest > 1


def _short(model: str) -> str:
    return Path(model).name if is_file_name(model) else model
