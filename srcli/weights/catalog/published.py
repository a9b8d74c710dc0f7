"""The weights files that others published: two TOML files say where each is.

``sources.toml`` has those of the networks' authors, ``community.toml`` those of other people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from srcli.errors import UnknownName, listed
from srcli.spelling import did_you_mean
from srcli.weights.catalog.card import Score

PURPOSES = {
    "clean": "pictures without noise and compression",
    "photo": "photos with blur, noise or compression",
    "drawing": "drawings and animation",
    "jpeg": "removes what JPEG and video codecs left",
    "noise": "removes noise",
}
"""What models are for, in the order in which they are listed."""
INVENTIVE = frozenset({"photo", "drawing"})
"""Purposes for which other people train GANs."""
PERMISSIVE = frozenset({"Apache-2.0", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "MIT"})
"""Licences that allow every use of the weights, at most for naming the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedWeights:
    """One file that other people published.

    Attributes:
        id: what the user types; that of a fixed scale may end in ``-x<scale>``.
        network: name in the network catalogue, or of the community's architecture.
        scale: the factor that it was trained for; 1 keeps the size.
        file: its published name.
        size: in bytes; 0 if nobody measured it.
        sha256: hexadecimal; empty if nobody measured it.
        addresses: where a program finds it, asked in order; empty if it is offered by hand only.
        pages: where a person finds it.
        community: whether it is of an architecture that is not ours: its tensors keep their names
            and are read through spandrel.
        purpose: one of ``PURPOSES``.
        good_for: one sentence: when to choose it.
        licence: SPDX name; empty if its authors named none.
        author: who trained it.
        names: what others call it, besides the name of its file.
        package: the Python package that the file is in; empty if it is in none.
        version: of the package that has been looked at.
        inside: path within the package, with slashes.
        parameters: number of parameters; 0 if nobody counted them.
        kmacs: thousands of multiply-adds per output pixel; 0 if nobody counted them.
        relative_time: seconds for a megapixel, relative to asdn-fast; see ``WeightCard``.
        scores: the table that srcli measured.

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
    purpose: str = "clean"
    good_for: str = ""
    licence: str = ""
    author: str = ""
    names: tuple[str, ...] = ()
    package: str = ""
    version: str = ""
    inside: str = ""
    parameters: int = 0
    kmacs: float = 0
    relative_time: float = 0
    scores: tuple[Score, ...] = ()

    @property
    def family(self) -> str:
        """What the ids of models of several fixed scales share: the id without its scale."""
        return self.id.removesuffix(f"-x{self.scale}")

    @property
    def attribution(self) -> str:
        """The line that names title, author, licence and place; empty where no author is known."""
        if not self.author:
            return ""
        title = self.file.rpartition(".")[0]
        return ", ".join((f"{title} by {self.author}", self.licence, *self.pages[:1]))

    @property
    def invents_texture(self) -> bool:
        """Tell whether its pictures have a look of their own, as those of GANs do."""
        return self.community and self.purpose in INVENTIVE

    @property
    def is_restricted(self) -> bool:
        """Tell whether its licence forbids some uses, so that the user has to accept it."""
        return bool(self.licence) and self.licence not in PERMISSIVE


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


def check_purpose(purpose: str) -> None:
    """Refuse what no model can be for.

    Raises:
        UnknownName: it is none of ``PURPOSES``.

    """
    if purpose not in PURPOSES:
        msg = f"There is no purpose called {purpose!r}."
        hint = f"Choose one of {listed(PURPOSES)}."
        raise UnknownName(msg, hint=did_you_mean(purpose, PURPOSES, otherwise=hint))


@lru_cache(maxsize=1)
def read_unread() -> tuple[Unread, ...]:
    """Return every published network that cannot be used."""
    return tuple(Unread(**entry) for entry in _content()["unread"])


@lru_cache(maxsize=1)
def read_sources() -> tuple[PublishedWeights, ...]:
    """Return the files of the networks' authors, in the order of ``sources.toml``."""
    return tuple(map(_source, _content()["source"]))


@lru_cache(maxsize=1)
def read_community() -> tuple[PublishedWeights, ...]:
    """Return the models of other people, in the order of ``community.toml``."""
    return tuple(map(_source, _content("community.toml")["source"]))


def all_sources() -> tuple[PublishedWeights, ...]:
    """Return every source: those of the networks' authors first."""
    return (*read_sources(), *read_community())


def _source(entry: Mapping[str, Any]) -> PublishedWeights:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    scores = tuple(Score(**score) for score in entry.get("scores", ()))
    return PublishedWeights(**{**entry, **lists, "scores": scores})


def _content(name: str = "sources.toml") -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def find_source(model: str, scale: float | None = None) -> PublishedWeights | None:
    """Return the source of an id, or of a family the one that fits ``scale`` best.

    Of a family, the smallest scale that reaches ``scale`` is taken, else the largest.
    """
    members = [source for source in all_sources() if model in (source.id, source.family)]
    members.sort(key=lambda source: source.scale)
    reaching = [source for source in members if source.scale >= (scale or 0)]
    return next(iter(reaching or members[-1:]), None)


def find_file(sha256: str) -> PublishedWeights | None:
    """Return the source whose published file has a hash, if there is one."""
    return next((source for source in all_sources() if source.sha256 == sha256), None)


def find_unread(model: str) -> Unread | None:
    """Return the network that ``model`` names if it is one that cannot be used."""
    name = re.sub(r"[-_]x\d$", "", model.lower())
    return next((unread for unread in read_unread() if unread.name == name), None)
