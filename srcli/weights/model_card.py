"""Write down, for people, what is known of a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from srcli.weights.card import Score, WeightCard
from srcli.weights.checkpoint import Model
from srcli.weights.digest import sha256_of

TAGS = ("image-to-image", "super-resolution", "srcli")


def render_card(card: WeightCard) -> str:
    """Return the page of a model of the catalogue, in Markdown."""
    scale = "any factor" if card.scale is None else f"x{card.scale}"
    facts = (
        ("network", f"{card.network}, preset {card.preset}"),
        ("scale", scale),
        ("file", f"`{card.file}`, {card.size:,} bytes"),
        ("sha256", f"`{card.sha256}`"),
        ("parameters", f"{card.parameters:,}"),
        ("cost", f"{card.kmacs:g} thousand multiply-adds per output pixel and pass"),
        ("licence", card.licence),
        ("trained on", card.trained_on),
        ("training", card.training),
    )
    parts = [f"# {card.id}", _table(("fact", "value"), facts), card.notes, _scores(card.scores)]
    return "\n\n".join(part for part in (*parts, _usage(card.id)) if part) + "\n"


def render_file(path: Path, model: Model) -> str:
    """Return the page of any weights file, in Markdown."""
    parameters = sum(parameter.numel() for parameter in model.network.parameters())
    config = ", ".join(f"{key} {value}" for key, value in asdict(model.header.config).items())
    facts = (
        ("network", model.header.network),
        ("configuration", config),
        ("file", f"`{path.name}`, {path.stat().st_size:,} bytes"),
        ("sha256", f"`{sha256_of(path)}`"),
        ("parameters", f"{parameters:,}"),
        ("origin", model.header.origin),
    )
    table = _table(("fact", "value"), [fact for fact in facts if fact[1]])
    return f"# {path.stem}\n\n{table}\n\n{_usage(path.name)}\n"


def render_index(repo: str, pages: Iterable[str], *, licence: str) -> str:
    """Return the front page of a hub repository: its metadata, and what it holds."""
    tags = "\n".join(f"- {tag}" for tag in TAGS)
    licence_line = f"license: {licence.lower()}\n" if licence else ""
    listed = "\n".join(f"- [{page.removesuffix('.md')}]({page})" for page in pages)
    return (
        f"---\n{licence_line}library_name: srcli\ntags:\n{tags}\n---\n\n"
        f"# {repo}\n\nWeights for srcli, which makes pictures larger.\n\n{listed}\n"
    )


def _scores(scores: Sequence[Score]) -> str:
    if not scores:
        return ""
    rows = [(s.dataset, f"x{s.scale:g}", f"{s.psnr_y:.2f}", f"{s.ssim_y:.4f}") for s in scores]
    return _table(("data set", "scale", "PSNR-Y, dB", "SSIM-Y"), rows)


def _usage(model: str) -> str:
    return f"```sh\nsrcli upscale photo.jpg --model {model}\n```"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
