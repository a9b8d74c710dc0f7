"""What papers report, to set beside what was measured."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

SAME_SCALE = 1e-6
LIGHT = 2000
"""Thousand parameters that a light network has at most."""
USUAL_RESULT = 1280 * 720
"""Pixels of the result that papers count multiply-adds for."""

Choice = Literal["light", "all"]
"""The published methods that are shown: ``light`` for light networks and bicubic, or ``all``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNumber:
    """One number of one table.

    Attributes:
        method: as its authors call it.
        dataset: as in ``datasets.py``.
        scale: as printed.
        metric: a name of the metrics catalogue.
        value: with the digits that were printed.
        source: paper or repository, and the table.
        remark: what is odd about it, mostly empty.
        copied: what transcriptions that circulate have in its place; None where they agree.
        study: from a table that varies one part of one method.
        read_off: read off a curve, to about 0.1 dB.

    """

    method: str
    dataset: str
    scale: float
    metric: str
    value: Decimal
    source: str
    remark: str
    copied: Decimal | None
    study: bool
    read_off: bool

    @property
    def note(self) -> str:
        """What to know of it, in a few words; mostly empty."""
        if self.copied is None:
            return self.remark
        told = f"copies of the table have {self.copied}, a misprint"
        return f"{self.remark}; {told}" if self.remark else told


@cache
def published_numbers() -> tuple[PublishedNumber, ...]:
    """Every published number on record, in the order of ``published.toml``."""
    return tuple(number for table in _content()["table"] for number in _numbers(table))


def published_parameters(method: str, scale: float) -> int:
    """Return the number of parameters of a method in thousands; 0 if it is not on record."""
    known: Mapping[str, int] = _content()["parameters"].get(method, {})
    return known.get(f"{scale:g}", 0)


def published_kmacs(method: str, scale: float) -> float:
    """Return thousand multiply-adds for each pixel of SR; 0 if they are not on record."""
    known: Mapping[str, Decimal] = _content()["multiply_adds"].get(method, {})
    return float(known.get(f"{scale:g}", 0)) * 1e6 / USUAL_RESULT


def is_light(method: str, scale: float) -> bool:
    """Tell whether a method is bicubic, or known to have few parameters."""
    return method == "Bicubic" or 0 < published_parameters(method, scale) <= LIGHT


@cache
def _content() -> Mapping[str, Any]:
    text = files(__package__).joinpath("published.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def published_for(
    dataset: str, scale: float, metric: str, choice: Choice = "all"
) -> tuple[PublishedNumber, ...]:
    """The numbers of one data set, scale and metric, without those of studies and of curves."""
    return tuple(
        number
        for number in published_numbers()
        if number.dataset == dataset
        and number.metric == metric
        and abs(number.scale - scale) < SAME_SCALE
        and not (number.study or number.read_off)
        and (choice == "all" or is_light(number.method, scale))
    )


def _numbers(table: Mapping[str, Any]) -> Iterator[PublishedNumber]:
    columns = table.get("datasets") or table["scales"]
    remarks = {(r["method"], r["column"]): r["text"] for r in table.get("remarks", ())}
    copies = {(c["method"], c["column"]): c["value"] for c in table.get("copies", ())}
    for method, values in table["rows"].items():
        for column, value in zip(columns, values, strict=True):
            if value.is_nan():
                continue
            yield PublishedNumber(
                method=method,
                dataset=table.get("dataset") or column,
                scale=float(table.get("scale") or column),
                metric=table["metric"],
                value=value,
                source=table["source"],
                remark=remarks.get((method, column), ""),
                copied=copies.get((method, column)),
                study=table.get("study", False),
                read_off=table.get("read_off", False),
            )
