"""One measurement, and the file that a bench can be resumed from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from srcli.errors import DataError, DiskFull, is_disk_full
from srcli.metrics.catalog import EXTRA_METRICS, METRICS
from srcli.metrics.protocol import Scores
from srcli.report.formats import json_value

SCHEMA = 2
USUAL_DTYPE = "float32"

T = TypeVar("T", "Task", "Conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What ran, and how it was measured.

    Attributes:
        model: id of the model or baseline.
        model_sha256: of its weights, empty for a baseline.
        options: how it was run where that changes pixels, such as ``ensemble``.
        device: what it ran on.
        dtype: precision it ran in.
        protocol: name of the protocol.
        tool_version: of this package.

    """

    model: str
    model_sha256: str
    options: str
    device: str
    dtype: str
    protocol: str
    tool_version: str

    @property
    def unusual(self) -> tuple[str, ...]:
        """What changes numbers beside weights and protocol, such as bfloat16 or ensemble."""
        return (*(() if self.dtype == USUAL_DTYPE else (self.dtype,)), *self.options.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One picture to be enlarged and measured: two equal tasks have equal scores.

    Attributes:
        dataset: name of the data set.
        image: file name of the HR picture.
        image_sha256: of the HR file, with that of the LR file where one was given.
        scale: the ratio.
        conditions: what ran, and how it was measured.

    """

    dataset: str
    image: str
    image_sha256: str
    scale: float
    conditions: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A task and what came of it.

    Attributes:
        task: what was measured.
        scores: None if it failed.
        seconds: spent enlarging, without decoding, reducing and measuring.
        megapixels: size of SR.
        parameters: of the model, 0 for a baseline.
        kmacs: thousand multiply-adds for each pixel of SR, of a small picture; 0 for a baseline.
        peak_memory: bytes held while enlarging, 0 if unknown; see ``peak_memory``.
        error: one sentence, empty if all went well.

    """

    task: Task
    scores: Scores | None = None
    seconds: float = 0.0
    megapixels: float = 0.0
    parameters: int = 0
    kmacs: float = 0.0
    peak_memory: int = 0
    error: str = ""


_KINDS: Mapping[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float)}
OPENING = '{"schema"'
"""What every file of records starts with, unless its first line was cut short."""


def to_line(record: Record) -> str:
    """Write a record as one JSON object; an infinite PSNR becomes the string ``inf``."""
    scores = asdict(record.scores) if record.scores else {}
    scores = {name: value for name, value in scores.items() if value is not None}
    task = asdict(record.task)
    values = {
        "schema": SCHEMA,
        **task.pop("conditions"),
        **task,
        **scores,
        "seconds": record.seconds,
        "megapixels": record.megapixels,
        "parameters": record.parameters,
        "kmacs": record.kmacs,
        "peak_memory": record.peak_memory,
        "error": record.error,
    }
    return json.dumps(json_value(values), allow_nan=False)


def from_line(line: str) -> Record:
    """Read what :func:`to_line` wrote.

    Raises:
        ValueError: if the line is cut, of another schema, or has values of another type.

    """
    try:
        values: dict[str, Any] = json.loads(line)
        if values["schema"] != SCHEMA:
            msg = f"schema {values['schema']}, not {SCHEMA}"
            raise ValueError(msg)
        _check_types(values)
        return Record(
            task=_pick(Task, values | {"conditions": _pick(Conditions, values)}),
            scores=None if values["error"] else _scores(values),
            seconds=values["seconds"],
            megapixels=values["megapixels"],
            parameters=values["parameters"],
            kmacs=values["kmacs"],
            peak_memory=values["peak_memory"],
            error=values["error"],
        )
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        msg = f"not a record: {error}"
        raise ValueError(msg) from error


def read_records(path: Path) -> tuple[Record, ...]:
    """Read the records of a file; lines that are cut or of another schema are passed over.

    Raises:
        DataError: if the file is there and cannot be read, or is one of something else.

    """
    if not path.exists():
        return ()
    try:
        text = path.read_text(encoding="utf-8", errors="replace").lstrip("\n")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise DataError(msg) from error
    if not (text.startswith(OPENING) or OPENING.startswith(text.rstrip("\n"))):
        msg = f"{path} holds something else than records of a bench."
        raise DataError(msg, hint="Give --resume a file of its own.")
    records = []
    for line in text.split("\n"):
        try:
            records.append(from_line(line))
        except ValueError:
            continue
    return tuple(records)


@contextmanager
def appending(path: Path) -> Iterator[FileIO]:
    """Open a file of records to add to; a line that a kill cut short stays a line of its own.

    Raises:
        DataError: if the file cannot be opened.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        cut = path.exists() and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"
        file = path.open("ab", buffering=0)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise DataError(msg) from error
    with file:
        if cut:
            file.write(b"\n")
        yield file


def append(file: FileIO, record: Record) -> None:
    """Add a record to a file that :func:`appending` opened.

    Raises:
        DiskFull: if there is no room for it.

    """
    line = to_line(record).encode() + b"\n"
    try:
        written = file.write(line)
    except OSError as error:
        if not is_disk_full(error):
            raise
        written = 0
    if written != len(line):
        msg = f"{file.name} cannot be written: the disk is full."
        raise DiskFull(msg, hint="Free some space. The bench then goes on where it stopped.")


def _pick(kind: type[T], values: dict[str, Any]) -> T:
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _check_types(values: dict[str, Any]) -> None:
    """Refuse what cannot be counted with or compared.

    Raises:
        TypeError: a text or a number is something else, or a number is not finite.

    """
    for field in (field for kind in (Conditions, Task, Record) for field in fields(kind)):
        kinds = _KINDS.get(str(field.type))
        if kinds is None:
            continue
        value = values[field.name]
        finite = not isinstance(value, float) or math.isfinite(value)
        if not isinstance(value, kinds) or isinstance(value, bool) or not finite:
            msg = f"{field.name} is {value!r}"
            raise TypeError(msg)


def _scores(values: dict[str, Any]) -> Scores:
    plain = {name: float(values[name]) for name in METRICS}
    names = (*EXTRA_METRICS, "psnr_b")
    extra = {name: float(values[name]) for name in names if values.get(name) is not None}
    return Scores(**plain, **extra)
