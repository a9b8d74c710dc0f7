"""What the tables of README and docs say, row by row, given figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from srcli.bench.published import published_for
from srcli.metrics.protocols import PROTOCOLS
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.included import DEFAULT_MODEL, read_catalog

DATASETS = ("Set5", "Set14", "Urban100")
SCALES = (2.0, 3.0, 4.0)
LARGE_SCALES = (*SCALES, 8.0)
FIGURE = re.compile(r"[\d.]+")
DASH = "\N{EN DASH}"
GRAY_PICTURE = "bridge.png"
README_MODELS = {
    "bicubic": "bicubic",
    "asdn-fast": "`asdn-fast`, the default for clean pictures",
    "asdn-base": "`asdn-base`",
}
"""The first rows of the README's table, and what they are called; those of other people's networks
follow."""
README_SCALE = 4.0
PEERS = {
    "swinir-light-x4": "SwinIR-light",
    "realesr-general-x4v3": "Real-ESRGAN general, small (`realesr-general-x4v3`)",
    "realesrgan-x4plus": "Real-ESRGAN (`realesrgan-x4plus`)",
}
"""Names in ``peers.py`` of the rows of other people's networks, and what they are called."""
MADE_FOR_LOOKS = "made to look sharp"
UNLISTED = frozenset({"panet-jpeg"})
"""Models whose quality is told in words, since they enlarge nothing."""


class Scored(NamedTuple):
    """PSNR-Y in dB, and SSIM-Y."""

    psnr_y: float
    ssim_y: float


class Cost(NamedTuple):
    """What a model costs as text: parameters, empty if they are not known, seconds, megabytes."""

    parameters: str
    seconds: str
    memory: str


@dataclass(frozen=True, kw_only=True)
class Key:
    """What was measured on what, and how; ``image`` is empty for the mean of the data set."""

    model: str
    dataset: str
    scale: float
    protocol: str = "A"
    image: str = ""

    def of_picture(self, image: str) -> Key:
        """Return the same of one picture."""
        return replace(self, image=image)


class Figures(Protocol):
    """Where figures come from."""

    def of(self, key: Key) -> Scored | None:
        """Return figures, None where they are not known."""
        ...

    def cost(self, model: str) -> Cost | None:
        """Return the cost of a model, None where it is not known."""
        ...


class Catalogued:
    """The figures of the catalogue of weights."""

    def of(self, key: Key) -> Scored | None:
        """Return figures of a card."""
        for card in read_catalog():
            for score in card.scores:
                named = (card.id, score.dataset, score.scale, "A", "")
                if named == (key.model, key.dataset, key.scale, key.protocol, key.image):
                    return Scored(score.psnr_y, score.ssim_y)
        return None

    def cost(self, model: str) -> Cost | None:
        """Return nothing: the catalogue has no times."""
        del model


@dataclass(frozen=True, kw_only=True)
class Row:
    """The cells of a row, None where they stay as they are, and what to call it."""

    label: str
    cells: tuple[str | None, ...]


def models_table(figures: Figures) -> list[Row]:
    """Make the table of our models in docs/models.md."""
    rows = [
        row for card in read_catalog() if card.id not in UNLISTED for row in _card(card, figures)
    ]
    for scale in SCALES:
        first = scale == SCALES[0]
        names = ("bicubic", "any", DASH) if first else ("", "", "")
        rows.append(_model_row("bicubic", scale, names, figures))
    return rows


def _card(card: WeightCard, figures: Figures) -> Iterator[Row]:
    scales = dict.fromkeys(one.scale for one in card.scores if one.dataset in DATASETS)
    for at, scale in enumerate(scales):
        default = " (default)" if card.id == DEFAULT_MODEL else ""
        reach = f"\N{MULTIPLICATION SIGN}{card.scale}" if card.scale else "any"
        names = (f"`{card.id}`{default}", reach, f"{card.parameters:,}") if not at else ("",) * 3
        yield _model_row(card.id, scale, names, figures)


def _model_row(model: str, scale: float, names: tuple[str, ...], figures: Figures) -> Row:
    cells = [_quality(figures.of(Key(model=model, dataset=one, scale=scale))) for one in DATASETS]
    factor = f"\N{MULTIPLICATION SIGN}{scale:g}"
    return Row(label=f"{model} {factor}", cells=(*names, factor, *cells))


def _quality(scored: Scored | None) -> str | None:
    if scored is None:
        return None
    return f"{scored.psnr_y:.2f} / {scored.ssim_y:.4f}".replace(" 0.", " .")


def readme_table(figures: Figures) -> list[Row]:
    """Make the table of quality, time and memory of the README."""
    cards = {card.id: card for card in read_catalog()}
    rows = []
    for model, name in README_MODELS.items():
        found = figures.of(Key(model=model, dataset="Set5", scale=README_SCALE))
        parameters = f"{cards[model].parameters:,}" if model in cards else DASH
        quality = None if found is None else f"{found.psnr_y:.2f}"
        _, *cost = figures.cost(model) or (None,) * 3
        rows.append(Row(label=model, cells=(name, parameters, quality, *cost)))
    (light,) = (
        number.value
        for number in published_for("Set5", README_SCALE, "psnr_y")
        if number.method == "SwinIR-light"
    )
    qualities = (f"{light} (published)", MADE_FOR_LOOKS, MADE_FOR_LOOKS)
    for (peer, name), quality in zip(PEERS.items(), qualities, strict=True):
        parameters, *cost = figures.cost(peer) or (None,) * 3
        rows.append(Row(label=peer, cells=(name, parameters, quality, *cost)))
    return rows


def protocols_table(figures: Figures) -> list[Row]:
    """Make the table of bicubic by each protocol."""
    rows = []
    for dataset in ("Set5", "Set14"):
        for scale in LARGE_SCALES:
            cells = [
                _exact(figures.of(Key(model="bicubic", dataset=dataset, scale=scale, protocol=one)))
                for one in PROTOCOLS
            ]
            factor = f"\N{MULTIPLICATION SIGN}{scale:g}"
            rows.append(Row(label=f"{dataset} {factor}", cells=(dataset, factor, *cells)))
    return rows


def _exact(scored: Scored | None) -> str | None:
    if scored is None:
        return None
    return f"{scored.psnr_y:.3f} / {scored.ssim_y:.4f}".replace(" 0.", " .")


def gray_table(figures: Figures) -> list[Row]:
    """Make the table of Set14, its grey picture, and the difference of protocols A and S."""
    rows = []
    for scale in LARGE_SCALES:
        cells: list[str | None] = []
        for image in ("", GRAY_PICTURE):
            for letter in ("A", "A8", "S"):
                key = Key(model="bicubic", dataset="Set14", scale=scale, protocol=letter)
                figures.of(key)
                found = figures.of(key.of_picture(image))
                cells.append(None if found is None else f"{found.psnr_y:.3f}")
        factor = f"\N{MULTIPLICATION SIGN}{scale:g}"
        rows.append(Row(label=factor, cells=(factor, *cells)))
    return rows


def networks_table(figures: Figures) -> list[Row]:
    """Make the table of a network by each protocol."""
    rows = []
    for dataset in ("Set5", "Set14"):
        cells = [
            _exact(figures.of(Key(model="asdn-fast", dataset=dataset, scale=2.0, protocol=one)))
            for one in PROTOCOLS
            if one != "W"
        ]
        rows.append(Row(label=dataset, cells=(dataset, *cells)))
    return rows


TABLES: Mapping[str, tuple[str, Callable[[Figures], list[Row]]]] = {
    "readme": ("README.md", readme_table),
    "models": ("docs/models.md", models_table),
    "protocols": ("docs/protocols.md", protocols_table),
    "gray": ("docs/protocols.md", gray_table),
    "networks": ("docs/protocols.md", networks_table),
}
"""The page of each table, and what makes it."""
