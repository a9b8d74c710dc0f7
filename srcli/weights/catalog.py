"""The models that the tool knows: ``catalog.toml`` beside the weights files."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from srcli.errors import UnknownModel
from srcli.weights.card import Score, WeightCard

DEFAULT_MODEL = "asdn-fast"


def shipped_folder() -> Path:
    """Return the folder of the weights that come with the tool: in the wheel, or the project."""
    installed = Path(__file__).parent / "shipped"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "weights"


@lru_cache(maxsize=1)
def read_catalog() -> tuple[WeightCard, ...]:
    """Return every card, in the order of the file."""
    data = tomllib.loads((shipped_folder() / "catalog.toml").read_text(encoding="utf-8"))
    return tuple(_card(entry) for entry in data["model"])


def find_card(model: str, scale: float | None = None) -> WeightCard:
    """Return the card of an id, or of the family member that fits ``scale`` best.

    Of a family of fixed scales, the smallest one that reaches ``scale`` is taken, else the
    largest.

    Raises:
        UnknownModel: neither an id nor a family.

    """
    cards = read_catalog()
    members = [card for card in cards if model in (card.id, card.family)]
    if not members:
        known = ", ".join(dict.fromkeys(card.id for card in cards))
        msg = f"there is no model called {model!r}"
        raise UnknownModel(msg, hint=f"srcli models list names all, such as {known}")
    members.sort(key=lambda card: card.scale or 0)
    reaching = [card for card in members if (card.scale or 0) >= (scale or 0)]
    return (reaching or members[-1:])[0]


def _card(entry: dict[str, Any]) -> WeightCard:
    scores = tuple(Score(**score) for score in entry.pop("scores", []))
    return WeightCard(**{"scale": None, "notes": "", **entry}, scores=scores)
