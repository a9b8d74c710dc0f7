"""The models that a request needs, loaded and ready to run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from srcli.engine.device import Compute
from srcli.engine.interpolation import KERNELS, Interpolation
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.recursion import NetworkKey, Pass
from srcli.errors import UsageError, WeightsError
from srcli.networks.spec import SrNetwork
from srcli.pipeline.choose import AUTO, NONE_NAMED, Choice
from srcli.pipeline.mixes import Mix, Mixes
from srcli.pipeline.rest_policy import RestPolicy, published_source, rest_policy
from srcli.pipeline.shares import MODELS
from srcli.pipeline.target_size import Size, TargetSize
from srcli.weights.catalog.included import DEFAULT_MODEL, keeps_quality
from srcli.weights.formats.checkpoint import count_parameters, load_model
from srcli.weights.providers.store import family, is_file_name, is_obtainable, locate, sha256_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModels:
    """The networks of one model, and those that help it, ready to run.

    Attributes:
        runner: runs all of these networks.
        sha256: of the weights of each.
        names: of the models, by the keys of their networks in a plan.
        mixes: of ``auto``, makes what lies between its models; None for a named model.
        named: of ``auto``, the models that the user named, by the purposes that they serve.
        alias: what the user calls such a model; else empty.
        attributions: by the names of other people's models, who made each, and its licence.

    """

    runner: NetworkRunner
    sha256: tuple[str, ...]
    names: Mapping[NetworkKey, str]
    mixes: Mixes | None = None
    named: Mapping[str, LoadedModels] = field(default_factory=dict)
    alias: str = ""
    attributions: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The one that was asked for, or of ``auto`` the one for clean pictures."""
        return self.alias or next(iter(self.names.values()))

    @property
    def chooses(self) -> bool:
        """Tell whether the model is chosen for each picture."""
        return self.mixes is not None

    def chosen(self, choice: Choice) -> LoadedModels:
        """Return the model that was chosen for a picture, or the only one."""
        if choice.purpose:
            return self.named[choice.purpose]
        return self.mixes.at(choice.shares, restores=choice.restored_first) if self.mixes else self

    def each(self) -> tuple[LoadedModels, ...]:
        """Return the models that may enlarge a picture; a mix needs what the last of it does."""
        if self.mixes is None:
            return (self,)
        return (*self.mixes.models, *self.named.values())

    @property
    def parameters(self) -> int:
        """How many parameters all networks have together."""
        return sum(map(count_parameters, self.runner.networks))

    def describe(self, passes: Sequence[Pass]) -> str:
        """Write what each pass does, such as ``san-light-x2, asdn-fast x1.35, resize``."""
        return ", ".join(map(self._describe, passes))

    @property
    def aliases(self) -> Mapping[str, str]:
        """What the user calls the models that ``auto`` may use, by their purposes."""
        return {purpose: models.model for purpose, models in self.named.items()}

    def credited(
        self, choice: Choice | None, before: Size, target: TargetSize | None
    ) -> tuple[str, ...]:
        """Return who made the models of other people that run, each once.

        Args:
            choice: how the picture is enlarged; None if it is not.
            before: height and width of the picture.
            target: size of the result; None if it keeps its own.

        """
        if choice is None or target is None:
            return ()
        chosen, after = self.chosen(choice), (target.height, target.width)
        passes = chosen.runner.plan_passes(before, after, target.ratio)
        names = dict.fromkeys(chosen.names[step.network] for step in passes if step.has_network)
        known = chosen.attributions
        return tuple(known[name] for name in names if name in known)

    def _describe(self, step: Pass) -> str:
        if not step.has_network:
            return self.runner.kernel or step.plain_name
        name = self.names[step.network]
        return name if name.endswith(f"-x{step.scale}") else f"{name} x{step.ratio:g}"


class ModelLoader:
    """Finds, loads and keeps the networks of requests.

    Args:
        compute: where and in which type they run.
        options: how they run.
        offline: no model is fetched.
        auto: models that the user named for ``auto``, by purposes: see ``choose``.

    """

    def __init__(
        self,
        compute: Compute,
        options: UpscaleOptions,
        *,
        offline: bool = False,
        auto: Mapping[str, str] = NONE_NAMED,
    ) -> None:
        self._compute, self._options, self._offline = compute, options, offline
        self._auto = dict(auto)
        self._networks: dict[Path, SrNetwork] = {}
        self._ready: dict[tuple[Path, ...], LoadedModels] = {}
        self._parts: dict[str, LoadedModels] = {}
        self._policies: dict[str, RestPolicy] = {}
        self._told: set[torch.dtype] = set()

    def check(self, model: str) -> None:
        """Make sure that a model can be used: a single one is loaded, of a family one is found.

        Raises:
            WeightsError: it cannot be used.

        """
        members = family(model).values()
        if not members:
            self.load(model, None)
        elif not any(is_obtainable(name, offline=self._offline) for name in members):
            locate(next(iter(members)), offline=self._offline)

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
        policy = self._policy(model)
        models = self._models(model, ratio, policy)
        paths = {name: locate(name, ratio, offline=self._offline) for name in models}
        scales = [self._network(path).traits.scale for path in paths.values()]
        if _has_rest(scales, ratio, policy):
            paths[DEFAULT_MODEL] = locate(DEFAULT_MODEL)
        files = tuple(paths.values())
        if files not in self._ready:
            self._ready[files] = self._assemble(paths, policy)
        return self._ready[files]

    def _load_all(self, ratio: float | None) -> LoadedModels:
        models = [self._part_of_auto(model) for model in MODELS]
        named = {purpose: self._named(purpose, ratio) for purpose in self._auto}
        every = (*models, *named.values())
        return replace(
            models[0],
            sha256=tuple(sha256 for one in every for sha256 in one.sha256),
            mixes=Mixes(models, self._chosen_by_auto),
            named=named,
            attributions={name: line for one in every for name, line in one.attributions.items()},
        )

    def _part_of_auto(self, model: str) -> LoadedModels:
        """Load one of the models that ``auto`` mixes."""
        if model not in self._parts:
            path = locate(model)
            mix = Mix(network=self._network(path), name=model, sha256=(sha256_of(path),))
            self._parts[model] = self._chosen_by_auto(mix)
        return self._parts[model]

    def _chosen_by_auto(self, mix: Mix) -> LoadedModels:
        """Make a network ready that ``auto`` chose: it does not know how a picture was reduced."""
        names: dict[NetworkKey, str] = {None: mix.name}
        others, sha256 = [], mix.sha256
        if mix.restores:
            path = locate(DEFAULT_MODEL)
            names["rest"] = DEFAULT_MODEL
            others, sha256 = [self._network(path)], (*sha256, sha256_of(path))
        options = replace(self._options, corrects=False)
        runner = NetworkRunner(mix.network, self._compute_of(sha256), options, others=others)
        return LoadedModels(runner=runner, sha256=sha256, names=names)

    def _named(self, purpose: str, ratio: float | None) -> LoadedModels:
        """Load the model that the user named for a purpose."""
        model = self._auto[purpose]
        try:
            return replace(self.load(model, ratio), alias=_short(model))
        except (WeightsError, UsageError) as error:
            told = f"The model that you named for the purpose {purpose} cannot be used."
            msg = f"{told} {error.message}"
            raise type(error)(msg, hint=error.hint) from error

    def _compute_of(self, sha256: Iterable[str]) -> Compute:
        """Return where and how weights run together, by the hashes of their files."""
        keeps = all(map(keeps_quality, sha256))
        compute = self._compute.suited(keeps_quality=keeps)
        if compute.dtype not in self._told:
            self._told.add(compute.dtype)
            logger.info("Computing in %s.", str(compute.dtype).removeprefix("torch."))
        return compute

    def _interpolate(self, name: str) -> LoadedModels:
        compute = self._compute.suited(keeps_quality=False)
        runner = NetworkRunner(Interpolation(KERNELS[name]), compute, self._options)
        return LoadedModels(runner=runner, sha256=(name,), names={None: name})

    def _assemble(self, paths: Mapping[str, Path], policy: RestPolicy) -> LoadedModels:
        networks = [self._network(path) for path in paths.values()]
        scales = [network.traits.scale for network in networks]
        first, *others = networks
        sha256 = tuple(sha256_of(path) for path in paths.values())
        return LoadedModels(
            runner=NetworkRunner(
                first,
                self._compute_of(sha256),
                self._options,
                others=others,
                between=policy.between,
            ),
            sha256=sha256,
            names=dict(zip(scales, map(_short, paths), strict=True)),
            attributions={
                _short(model): source.attribution
                for model in paths
                if (source := published_source(model)) and source.attribution
            },
        )

    def _policy(self, model: str) -> RestPolicy:
        if model not in self._policies:
            self._policies[model] = rest_policy(model)
        return self._policies[model]

    def _models(self, model: str, ratio: float | None, policy: RestPolicy) -> tuple[str, ...]:
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
        route = policy.route(ratio, at_hand)
        return tuple(dict.fromkeys(at_hand[scale] for scale in route.scales))

    def _network(self, path: Path) -> SrNetwork:
        if path not in self._networks:
            self._networks[path] = load_model(path).network
        return self._networks[path]


def _has_rest(scales: Sequence[int | None], ratio: float | None, policy: RestPolicy) -> bool:
    """Tell whether a network of any ratio would have something to do, for all that is known."""
    fixed = [scale for scale in scales if scale is not None]
    if not fixed or not policy.has_network:
        return False
    if ratio is None or fixed == [1]:
        return ratio is None or ratio > 1
    return policy.route(ratio, fixed).rest > 1


def _short(model: str) -> str:
    return Path(model).name if is_file_name(model) else model
