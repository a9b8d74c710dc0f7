"""What models there are, and whether their files are sound."""

from __future__ import annotations

from dataclasses import dataclass

from srcli.errors import WeightsError
from srcli.weights.card import WeightCard
from srcli.weights.catalog import DEFAULT_MODEL, find_card, read_catalog
from srcli.weights.checkpoint import load_model
from srcli.weights.store import verify

__all__ = ["DEFAULT_MODEL", "Verdict", "list_models", "show_model", "verify_models"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Outcome of checking one model; ``problem`` is None if it is sound."""

    id: str
    problem: WeightsError | None


def list_models() -> tuple[WeightCard, ...]:
    """Return the cards of all models."""
    return read_catalog()


def show_model(model: str) -> WeightCard:
    """Return the card of one model.

    Raises:
        UnknownModel: not in the catalogue.

    """
    return find_card(model)


def verify_models(models: tuple[str, ...]) -> tuple[Verdict, ...]:
    """Compare hashes and rebuild the networks, of all models if none is named."""
    cards = [find_card(model) for model in models] or read_catalog()
    return tuple(Verdict(id=card.id, problem=_problem(card)) for card in cards)


def _problem(card: WeightCard) -> WeightsError | None:
    try:
        load_model(verify(card))
    except WeightsError as error:
        return error
    return None
