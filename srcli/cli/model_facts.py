"""List the facts about one model as names and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srcli.weights.catalog.card import Score, WeightCard


def facts_of(model: WeightCard) -> list[tuple[str, str]]:
    """Return what there is to say of a model of ours or of other people."""
    return _card_facts(model) if model.is_ours else _source_facts(model)


def _card_facts(card: WeightCard) -> list[tuple[str, str]]:
    return [
        ("model", card.id),
        *_purpose(card),
        ("scale", card.reach),
        ("parameters", f"{card.parameters:,}"),
        ("cost", _cost(card.kmacs)),
        *_time(card),
        *_bfloat16(card),
        ("file", f"{card.file}, {card.size:,} bytes"),
        ("sha256", card.sha256),
        ("licence", card.licence),
        ("trained on", card.trained_on),
        ("training", card.training),
        ("notes", card.notes),
        *_measured(card.scores),
        ("measured by", card.bench_command),
    ]


def _source_facts(source: WeightCard) -> list[tuple[str, str]]:
    size = f", {source.size:,} bytes" if source.size else ""
    who = source.author or f"the authors of {source.network}"
    facts = [
        ("model", f"{source.id}, as {who} trained it"),
        *_purpose(source),
        ("scale", f"x{source.scale}"),
        ("parameters", f"{source.parameters:,}" if source.parameters else ""),
        ("cost", _cost(source.kmacs) if source.kmacs else ""),
        *_time(source),
        ("file", source.file + size),
        ("package", f"{source.package} {source.version}".strip()),
        ("needs", "the extra srcli[community]" if source.community else ""),
        ("sha256", source.sha256),
        ("licence", source.licence),
        ("attribution", source.attribution),
        *_measured(source.scores),
    ]
    facts += [("known as", name) for name in source.names]
    facts += [("address", address) for address in source.addresses]
    by_whom = "page" if source.addresses or source.package else "download"
    facts += [(by_whom, page) for page in source.pages]
    return [(name, value) for name, value in facts if value]


def _purpose(model: WeightCard) -> list[tuple[str, str]]:
    from srcli.management.models import PURPOSES

    facts = [("purpose", f"{model.purpose}: {PURPOSES[model.purpose]}")]
    return [*facts, ("good for", model.good_for)] if model.good_for else facts


def _cost(kmacs: float) -> str:
    return f"{kmacs:g} thousand multiply-adds per output pixel and pass"


def _time(model: WeightCard) -> list[tuple[str, str]]:
    if not model.relative_time:
        return []
    return [("time", f"{model.relative_time:g} times that of asdn-fast on one processor core")]


def _bfloat16(model: WeightCard) -> list[tuple[str, str]]:
    if model.bfloat16_loss is None:
        return []
    return [("bfloat16", f"loses {model.bfloat16_loss:.3f} dB at most on Set5")]


def _measured(scores: Sequence[Score]) -> list[tuple[str, str]]:
    facts = []
    for score in scores:
        figures = f"PSNR-Y {score.psnr_y:.2f} dB, SSIM-Y {score.ssim_y:.4f}"
        facts.append(("measured", f"{score.dataset} x{score.scale:g}: {figures}"))
    return facts
