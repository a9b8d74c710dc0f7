"""The weights files that others published: two TOML files say where each is.

``sources.toml`` has those of the networks' authors, ``community.toml`` those of other people.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from srcli.weights.catalog.card import WeightCard, read_cards

SOURCES = Path(__file__).with_name("sources.toml")
COMMUNITY = Path(__file__).with_name("community.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A published network whose authors' files can be neither imported nor read by spandrel.

    Attributes:
        name: what a user may ask for, alone or followed by ``-x<scale>``.
        title: as the literature writes it.
        page: what its files are, and where.

    """

    name: str
    title: str
    page: str


@lru_cache(maxsize=1)
def read_unread() -> tuple[Unread, ...]:
    """Return every published network without a file that can be read."""
    content = tomllib.loads(SOURCES.read_text(encoding="utf-8"))
    return tuple(Unread(**entry) for entry in content["unread"])


@lru_cache(maxsize=1)
def read_sources() -> tuple[WeightCard, ...]:
    """Return the files of the networks' authors, in the order of ``sources.toml``."""
    return read_cards(SOURCES)


@lru_cache(maxsize=1)
def read_community() -> tuple[WeightCard, ...]:
    """Return the models of other people, in the order of ``community.toml``."""
    return read_cards(COMMUNITY)


def all_sources() -> tuple[WeightCard, ...]:
    """Return every source: those of the networks' authors first."""
    return (*read_sources(), *read_community())


def find_source(model: str, scale: float | None = None) -> WeightCard | None:
    """Return the source of an id, or of a family the one that fits ``scale`` best.

    Of a family, the smallest scale that reaches ``scale`` is taken, else the largest.
    """
    members = [source for source in all_sources() if model in (source.id, source.family)]
    members.sort(key=lambda source: source.scale or 0)
    reaching = [source for source in members if (source.scale or 0) >= (scale or 0)]
    return next(iter(reaching or members[-1:]), None)


def holds_several(source: WeightCard) -> bool:
    """Tell whether the file of a source holds the weights of other scales as well."""
    return any(
        (one.network, one.file) == (source.network, source.file) and one.scale != source.scale
        for one in all_sources()
    )


def find_file(sha256: str) -> WeightCard | None:
    """Return the source whose published file has a hash, if there is one."""
    return next((source for source in all_sources() if source.sha256 == sha256), None)


def find_unread(model: str) -> Unread | None:
    """Return the network that ``model`` names if it has no file that can be read."""
    name = re.sub(r"[-_]x\d$", "", model.lower())
    return next((unread for unread in read_unread() if unread.name == name), None)
