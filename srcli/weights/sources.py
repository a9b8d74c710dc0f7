"""The weights files of the networks' authors: ``sources.toml`` says where each is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file of the authors.

    Attributes:
        id: what the user types; ``<network>-x<scale>``.
        network: name in the network catalogue.
        scale: the factor that it was trained for.
        file: its published name.
        size: in bytes; 0 if nobody measured it.
        sha256: hexadecimal; empty if nobody measured it.
        addresses: where a program finds it, asked in order; empty if it is offered by hand only.
        pages: where a person finds it.
        community: whether it is of an architecture that is not ours: kept as it is, and read
            through spandrel, instead of imported.

    """

    id: str
    network: str
    scale: int
    file: str
    size: int = 0
    sha256: str = ""
    addresses: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    community: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A published network that neither this tool nor spandrel can build.

    Attributes:
        name: what a user may ask for, alone or followed by ``-x<scale>``.
        title: as the literature writes it.
        page: where its files are.

    """

    name: str
    title: str
    page: str


@lru_cache(maxsize=1)
def read_unread() -> tuple[Unread, ...]:
    """Return every published network that cannot be used."""
    return tuple(Unread(**entry) for entry in _content()["unread"])


@lru_cache(maxsize=1)
def read_sources() -> tuple[Source, ...]:
    """Return every source, in the order of the file."""
    return tuple(
        Source(
            **{
                **entry,
                "addresses": tuple(entry.get("addresses", ())),
                "pages": tuple(entry.get("pages", ())),
            }
        )
        for entry in _content()["source"]
    )


def _content() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))


def find_source(model: str, scale: float | None = None) -> Source | None:
    """Return the source of an id, or of a network the one that fits ``scale`` best.

    Of a network, the smallest scale that reaches ``scale`` is taken, else the largest.
    """
    members = [source for source in read_sources() if model in (source.id, source.network)]
    members.sort(key=lambda source: source.scale)
    reaching = [source for source in members if source.scale >= (scale or 0)]
    return next(iter(reaching or members[-1:]), None)


def find_unread(model: str) -> Unread | None:
    """Return the network that ``model`` names if it is one that cannot be used."""
    name = re.sub(r"[-_]x\d$", "", model.lower())
    return next((unread for unread in read_unread() if unread.name == name), None)
