"""What does the rest where the networks of a model do not reach a factor exactly."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from srcli.engine.routes import Route, choose_route
from srcli.errors import WeightsError
from srcli.files.digest import is_file, sha256_of
from srcli.networks.spec import BetweenScales
from srcli.weights.catalog.card import Score, WeightCard
from srcli.weights.catalog.included import DEFAULT_MODEL, find_card
from srcli.weights.catalog.published import find_file, find_source
from srcli.weights.providers.store import is_file_name

AS_IT_IS = BetweenScales()
"""How a model that nobody knows reaches other factors."""
LEAD = 0.2
"""PSNR-Y in dB by which a model is better than the default model wherever both were measured."""
PAST_UNTIL = 3.0
"""Ratio up to which such a model goes past a factor and is reduced: docs/any-scale.md."""
CORRECTED_BELOW = 2.0
"""Ratio below which results of models for clean pictures are corrected: docs/any-scale.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPolicy:
    """How a model of fixed scales reaches factors between them.

    Attributes:
        has_network: whether the default model may do the rest. It would undo the look that
            models have which invent texture.
        between: how it goes past a factor, and is corrected.

    """

    has_network: bool = True
    between: BetweenScales = AS_IT_IS

    def route(self, ratio: float, scales: Collection[int]) -> Route:
        """Return the route to a ratio along scales: see ``choose_route``."""
        return choose_route(
            ratio, scales, any_ratio=self.has_network, overshoot_until=self.between.overshoot_until
        )


def rest_policy(model: str) -> RestPolicy:
    """Return the policy for an id, a family or a file, which is known by its hash."""
    source = published_source(model)
    if source is not None:
        return RestPolicy(has_network=not source.invents_texture, between=_between(source))
    try:
        return RestPolicy(between=_between(find_card(model, 1)))
    except WeightsError:  # a file
        return RestPolicy()


def published_source(model: str) -> WeightCard | None:
    """Return what is known of an id or a family of other people's, or of a file, by its hash."""
    if not is_file_name(model):
        return find_source(model)
    path = Path(model)
    return find_file(sha256_of(path)) if is_file(path) else None


def _between(card: WeightCard) -> BetweenScales:
    """Return how a model reaches factors between its scales."""
    below = CORRECTED_BELOW if card.purpose == "clean" else None
    return BetweenScales(overshoot_until=_overshoot_until(card.scores), corrected_below=below)


def _overshoot_until(scores: Iterable[Score]) -> float | None:
    default = {(one.dataset, one.scale): one.psnr_y for one in find_card(DEFAULT_MODEL).scores}
    leads = [
        one.psnr_y - default[one.dataset, one.scale]
        for one in scores
        if (one.dataset, one.scale) in default
    ]
    return PAST_UNTIL if leads and min(leads) > LEAD else None
