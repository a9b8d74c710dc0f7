"""Writes what is known of a model as a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from srcli.files.digest import sha256_of
from srcli.report.formats import markdown_table
from srcli.report.tables import Cell, Table
from srcli.weights.catalog.card import WeightCard
from srcli.weights.formats.checkpoint import Model, count_parameters

TAGS = ("image-to-image", "super-resolution", "srcli")


def render_card(card: WeightCard) -> str:
    """Return the page of a model of the catalogue."""
    facts = (
        ("network", f"{card.network}, preset {card.preset}"),
        ("scale", card.reach),
        ("file", f"`{card.file}`, {card.size:,} bytes"),
        ("sha256", f"`{card.sha256}`"),
        ("parameters", f"{card.parameters:,}"),
        ("cost", f"{card.kmacs:g} thousand multiply-adds per output pixel and pass"),
        ("licence", card.licence),
        ("trained on", card.trained_on),
        ("training", card.training),
    )
    parts = [f"# {card.id}", _table(("fact", "value"), facts, labels=2), card.notes, _scores(card)]
    return "\n\n".join(part for part in (*parts, _usage(card.id, card.scale)) if part) + "\n"


def render_file(path: Path, model: Model) -> str:
    """Return the page of a weights file that is not in the catalogue."""
    config = ", ".join(f"{key} {value}" for key, value in asdict(model.header.config).items())
    facts = (
        ("network", model.header.network),
        ("configuration", config),
        ("file", f"`{path.name}`, {path.stat().st_size:,} bytes"),
        ("sha256", f"`{sha256_of(path)}`"),
        ("parameters", f"{count_parameters(model.network):,}"),
        ("origin", model.header.origin),
    )
    table = _table(("fact", "value"), [fact for fact in facts if fact[1]], labels=2)
    return f"# {path.stem}\n\n{table}\n\n{_usage(path.name, model.network.traits.scale)}\n"


def render_index(repo: str, pages: Iterable[str], *, licence: str) -> str:
    """Return the front page of a hub repository, which lists its pages."""
    tags = "\n".join(f"- {tag}" for tag in TAGS)
    licence_line = f"license: {licence.lower()}\n" if licence else ""
    listed = "\n".join(f"- [{page.removesuffix('.md')}]({page})" for page in pages)
    return (
        f"---\n{licence_line}library_name: srcli\ntags:\n{tags}\n---\n\n"
        f"# {repo}\n\nWeights for srcli, which makes pictures larger.\n\n{listed}\n"
    )


def _scores(card: WeightCard) -> str:
    if not card.scores:
        return ""
    cells = [
        (score.dataset, f"x{score.scale:g}", f"{score.psnr_y:.2f}", f"{score.ssim_y:.4f}")
        for score in card.scores
    ]
    table = _table(("data set", "scale", "PSNR-Y, dB", "SSIM-Y"), cells, labels=1)
    return f"{table}\n\nMeasured with `{card.bench_command}`."


def _usage(model: str, scale: int | None = None) -> str:
    chosen = "" if scale is None else f" --scale {scale}"
    return f"```sh\nsrcli upscale photo.jpg --model {model}{chosen}\n```"


def _table(header: tuple[str, ...], rows: Iterable[Sequence[str]], *, labels: int) -> str:
    cells = tuple(tuple(Cell(text=text) for text in row) for row in rows)
    return markdown_table(Table(caption="", header=header, rows=cells, labels=labels))
