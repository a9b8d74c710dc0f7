"""What is known of weights files: one record, and one shape of the TOML files that hold it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcli.errors import UnknownName, listed
from srcli.spelling import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One cell of a model's measured table, by the published protocol.

    ``dataset`` is a name that ``srcli bench`` knows: ``Set5``, or ``Set5-JPEG40`` where the LR
    pictures were compressed as well.
    """

    dataset: str
    scale: float
    psnr_y: float
    ssim_y: float


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
class WeightCard:
    """What is known of one weights file: one of ours, or one that other people published.

    Attributes:
        id: what the user types; that of a fixed scale may end in ``-x<scale>``.
        network: name in the network catalogue, or of the community's architecture.
        scale: factor of a fixed-scale model, None for any; 1 keeps the size.
        file: its name, as it was published.
        size: in bytes; 0 if nobody measured it.
        sha256: hexadecimal; empty if nobody measured it.
        parameters: number of parameters; 0 if nobody counted them.
        kmacs: thousands of multiply-adds of one pass, per output pixel, at factor 2 if the model
            has none of its own; 0 if nobody counted them.
        relative_time: seconds for a megapixel of the result, divided by those of asdn-fast at
            factor 2, as ``benchmarks/model_times.py`` measures it; 0 if nobody did.
        scores: the table that srcli measured.
        purpose: what it is for, one of ``PURPOSES``.
        good_for: one sentence: when to choose it.
        licence: SPDX name; empty if its authors named none.
        preset: of a model of ours, the network's named configuration; empty for other people's.
        trained_on: of a model of ours, data and degradation.
        training: of a model of ours, command, steps and hardware that made it.
        notes: of a model of ours, what a user should know.
        repo: of a model of ours that is not included, its hub repository, ``owner/name``.
        commit: of that repository, 40 hexadecimal digits.
        author: of other people's model, who trained it.
        names: what others call it, besides the name of its file.
        addresses: where a program finds it, asked in order; empty if it is offered by hand only.
        pages: where a person finds it.
        community: whether it is of an architecture that is not ours: its tensors keep their names
            and are read through spandrel.
        package: the Python package that the file is in; empty if it is in none.
        version: of the package that has been looked at.
        inside: path within the package, with slashes.

    """

    id: str
    network: str
    file: str
    scale: int | None = None
    size: int = 0
    sha256: str = ""
    parameters: int = 0
    kmacs: float = 0
    relative_time: float = 0
    bfloat16_loss: float | None = None
    scores: tuple[Score, ...] = ()
    purpose: str = "clean"
    good_for: str = ""
    licence: str = ""
    preset: str = ""
    trained_on: str = ""
    training: str = ""
    notes: str = ""
    repo: str = ""
    commit: str = ""
    author: str = ""
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    community: bool = False
    package: str = ""
    version: str = ""
    inside: str = ""

    @property
    def is_ours(self) -> bool:
        """Tell whether the project trained it."""
        return bool(self.preset)

    @property
    def family(self) -> str:
        """What the ids of models of several fixed scales share: the id without its scale."""
        return self.id.removesuffix(f"-x{self.scale}")

    @property
    def reach(self) -> str:
        """The factors that the model enlarges by, in words."""
        if self.scale == 1:
            return "x1: it restores, and keeps the size"
        return "any factor" if self.scale is None else f"x{self.scale}"

    @property
    def bench_command(self) -> str:
        """The command that measures the scores again."""
        datasets = ",".join(dict.fromkeys(score.dataset for score in self.scores))
        scales = ",".join(dict.fromkeys(f"{score.scale:g}" for score in self.scores))
        return f"srcli bench --model {self.id} --dataset {datasets} --scale {scales}"

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


def read_cards(path: Path) -> tuple[WeightCard, ...]:
    """Return every model of a catalogue, in the order of the file."""
    return tuple(map(_card, tomllib.loads(path.read_text(encoding="utf-8"))["model"]))


def check_purpose(purpose: str) -> None:
    """Refuse what no model can be for.

    Raises:
        UnknownName: it is none of ``PURPOSES``.

    """
    if purpose not in PURPOSES:
        msg = f"There is no purpose called {purpose!r}."
        hint = f"Choose one of {listed(PURPOSES)}."
        raise UnknownName(msg, hint=did_you_mean(purpose, PURPOSES, otherwise=hint))


def _card(entry: Mapping[str, Any]) -> WeightCard:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    scores = tuple(Score(**score) for score in entry.get("scores", ()))
    return WeightCard(**{**entry, **lists, "scores": scores})
