"""Complete values of options in the shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

FACTOR = re.compile(r"-x\d+$")


def words(*known: str) -> Callable[[str], list[str]]:
    """Return a function that offers these words."""
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def listed(*known: str) -> Callable[[str], list[str]]:
    """Return a function that offers these words for the last item of a list with commas."""

    def offer(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        taken = before.split(",")
        return [
            f"{before}{comma}{word}"
            for word in known
            if word.startswith(last) and word not in taken
        ]

    return offer


def models(incomplete: str) -> list[str]:
    """Offer the ids of models and their families."""
    return sorted(name for name in set(_names()) if name.startswith(incomplete))


def upscale_models(incomplete: str) -> list[str]:
    """Offer models, and the words that stand in place of one."""
    return sorted([*models(incomplete), *instead_of_models(incomplete)])


def _names() -> Iterator[str]:
    from srcli.management.models import list_models

    for listed in list_models():
        yield listed.model.id
        yield FACTOR.sub("", listed.model.id)


instead_of_models = words("auto", "nearest", "bicubic", "lanczos")
devices = words("auto", "cpu", "cuda", "mps")
datasets = listed(
    *("Set5", "Set14", "BSD100", "Urban100", "Manga109", "DIV2K-val"),
    *("BSD68", "Kodak24", "McMaster", "LIVE1", "Classic5"),
)
formats = words("png", "jpg", "webp", "avif", "jxl", "tiff", "bmp", "gif")
