"""What ``srcli upscale`` is asked to do."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from srcli.batch.connection import Cluster
from srcli.engine.device import AUTO_PRECISION
from srcli.errors import UsageError
from srcli.files.text import decode_text
from srcli.images.output_options import OutputOptions
from srcli.images.picture.alpha import HiddenColors
from srcli.images.picture.background import parse_color
from srcli.images.read_rules import DEFAULT_RULES, ReadRules
from srcli.pipeline.choose import AUTO
from srcli.pipeline.sizes import SizeRequest
from srcli.pipeline.target_size import WhenLarge
from srcli.pixels.resize import MIRRORED, Borders
from srcli.weights.catalog.card import PURPOSES, check_purpose

TEMPLATE = "{stem}_{scale}"
Wrap = Literal["x", "y", "xy"]
"""Which borders of a picture meet: left and right, top and bottom, or both pairs."""
NEXT_PURPOSE = re.compile(rf",(?=\s*(?:{'|'.join(PURPOSES)})\s*=)")
"""The comma before a purpose and its model; one in the path of a model is none."""
_BORDERS: Mapping[Wrap | None, Borders] = {
    None: MIRRORED,
    "x": ("symmetric", "wrap"),
    "y": ("wrap", "symmetric"),
    "xy": ("wrap", "wrap"),
}
_DEPTHS: dict[int | None, Literal[8, 16] | None] = {None: None, 8: 8, 16: 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of ``count`` parts of a batch, numbered from 1; which picture is in which is fixed."""

    number: int
    count: int

    def holds(self, relative: str) -> bool:
        """Tell whether a picture is in this part, by its path below its folder, with slashes."""
        name = os.fsencode(relative)
        return int.from_bytes(hashlib.sha256(name).digest()) % self.count == self.number - 1


_UNITS = {
    "": 1,
    **{prefix: 1000**power for power, prefix in enumerate("kmg", 1)},
    **{f"{prefix}i": 1024**power for power, prefix in enumerate("kmg", 1)},
}
"""Bytes of the units of memory, in lower case and without the B."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleRequest:
    """What to enlarge, how far, and how.

    Attributes:
        inputs: files, folders or globs.
        size: of the results.
        if_large_enough: what becomes of pictures that have that size already.
        output: a file, a folder, or empty for beside each input.
        template: names of results without suffix, of ``{stem}``, ``{scale}`` and ``{model}``.
        suffix: of all results, such as ``.png``; empty to keep each one's own.
        quality: of the lossy formats, 1 to 100; None for 95, or as lossless as WebP or
            JPEG XL was.
        options: what is left out of results, and added to them.
        alpha: what becomes of colours under fully transparent pixels, see ``treat_hidden``.
        model: id of a model, path of a weights file, ``nearest``, ``bicubic`` or ``lanczos``
            for plain resizing, or ``auto`` for the model that suits each picture.
        auto: models that ``auto`` may use, by the purposes that they serve: see ``parse_auto``.
        guard: keep results between the source samples around them; None for as ``auto`` chooses,
            and not at all with any other model.
        denoise: how much of the noise ``auto`` removes, 0 to 1; None for as much as it measured.
        tile: side of a tile in pixels of the network's input; None for a default.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: of the convolutions: auto, float32, bfloat16 or float16.
        memory: bytes that the process takes at most, as far as it can choose; None for all that
            is free.
        ensemble: average over the eight symmetries.
        official_tiles: cut as the network's authors did.
        wrap: which borders meet; None if none do.
        offline: do not fetch a model.
        overwrite: replace files that are there, unless they are what would be made.
        shard: the part of the pictures to make; None for all.
        fail_fast: stop at the first failure.
        rules: how large and how damaged pictures may be that are read.
        cluster: the Ray cluster that makes them; None for this process.

    """

    inputs: tuple[str, ...]
    size: SizeRequest
    if_large_enough: WhenLarge = "shrink"
    output: str = ""
    template: str = TEMPLATE
    suffix: str = ""
    quality: int | None = None
    options: OutputOptions = field(default_factory=OutputOptions)
    alpha: HiddenColors = "bleed"
    model: str = AUTO
    auto: Mapping[str, str] = field(default_factory=dict)
    guard: bool | None = None
    denoise: float | None = None
    tile: int | None = None
    device: str = "auto"
    precision: str = AUTO_PRECISION
    memory: int | None = None
    ensemble: bool = False
    official_tiles: bool = False
    wrap: Wrap | None = None
    offline: bool = False
    overwrite: bool = False
    shard: Shard | None = None
    fail_fast: bool = False
    rules: ReadRules = DEFAULT_RULES
    cluster: Cluster | None = None

    @property
    def borders(self) -> Borders:
        """How pictures go on outside; see ``borders_of``."""
        return borders_of(self.wrap)

    @property
    def chooses(self) -> bool:
        """Tell whether the model is chosen for each picture."""
        return self.model == AUTO


def borders_of(wrap: Wrap | None) -> Borders:
    """Say how pictures go on above and below, and on the left and right.

    Raises:
        UsageError: there are no such borders.

    """
    if wrap not in _BORDERS:
        msg = f"There are no borders {wrap!r} that could meet."
        raise UsageError(msg, hint="Choose x, y or xy.")
    return _BORDERS[wrap]


def check_denoise(model: str, denoise: float) -> None:
    """Refuse a share of noise that makes no sense, or that no model can be told.

    Raises:
        UsageError: it is not between 0 and 1, or the model is not ``auto``.

    """
    if not 0 <= denoise <= 1:
        msg = f"The share of noise to remove must lie between 0 and 1, not at {denoise:g}."
        raise UsageError(msg)
    if model != AUTO:
        msg = f"Only the model {AUTO} can remove more or less noise, not {model}."
        raise UsageError(msg, hint="Leave out --denoise, or name no model.")


def parse_bytes(text: str) -> int | None:
    """Read an amount of memory such as ``2GB`` or ``1.5 GiB``; empty for no limit.

    Raises:
        UsageError: it is none.

    """
    if not text:
        return None
    number = text.rstrip("GMKgmkIiBb ")
    unit = text[len(number) :].strip().lower().removesuffix("b")
    try:
        amount = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        amount = 0
    if not 1 <= amount < sys.maxsize:
        msg = f"{text!r} is not an amount of memory."
        raise UsageError(msg, hint="Write 2GB or 800MB.")
    return int(amount)


def check_auto(auto: Mapping[str, str]) -> None:
    """Refuse purposes that there are not, and models that choose themselves.

    Raises:
        UnknownName: there is no such purpose.
        UsageError: a purpose has no model, or ``auto``.

    """
    for purpose, model in auto.items():
        check_purpose(purpose)
        if model in {"", AUTO}:
            msg = f"The purpose {purpose} needs the name of a model, not {model!r}."
            raise UsageError(msg, hint=f"Write {purpose}=ID, such as {purpose}=dat-light.")


def parse_auto(entries: Iterable[str]) -> dict[str, str]:
    """Read which models ``auto`` may use, such as ``photo=realesr-general-x4v3``.

    Args:
        entries: each has one purpose and its model, or several with commas between them.

    Returns:
        The models by purposes, in the order of ``PURPOSES``.

    Raises:
        UnknownName: there is no such purpose.
        UsageError: an entry is no purpose with a model.

    """
    found = {}
    for entry in (part for one in entries for part in NEXT_PURPOSE.split(one)):
        purpose, separator, model = entry.partition("=")
        if not separator:
            msg = f"{entry!r} does not say which model serves which purpose."
            raise UsageError(msg, hint="Write photo=ID for the model of photos that are spoilt.")
        found[purpose.strip()] = model.strip()
    check_auto(found)
    return {purpose: found[purpose] for purpose in PURPOSES if purpose in found}


def parse_cluster(
    engine: str, address: str, actors: int | None, gpus: float | None
) -> Cluster | None:
    """Say on which cluster pictures are made; None for this process.

    Raises:
        UsageError: it is described, but not asked for.

    """
    if engine == "ray":
        return Cluster(address=address, actors=actors, gpus=1.0 if gpus is None else gpus)
    if address or actors is not None or gpus is not None:
        msg = "Only the engine ray has an address, actors and their GPUs."
        raise UsageError(msg, hint="Add --engine ray.")
    return None


def parse_shard(text: str) -> Shard | None:
    """Read a part such as ``1/4``; empty for all.

    Raises:
        UsageError: it is none.

    """
    if not text:
        return None
    number, separator, count = text.partition("/")
    if not separator or not number.isdecimal() or not count.isdecimal():
        number, count = "0", "0"
    if not 1 <= int(number) <= int(count):
        msg = f"{text!r} is not a part of a whole."
        raise UsageError(msg, hint="Write 1/4 for the first of four parts.")
    return Shard(number=int(number), count=int(count))


def make_output_options(
    *, strip_metadata: bool, strip_gps: bool, depth: int | None, background: str | None
) -> OutputOptions:
    """Say what is left out of results; ``background`` is a colour such as white or #ff8800.

    Raises:
        UsageError: it is no colour, or the depth is neither 8 nor 16.

    """
    if depth not in _DEPTHS:
        msg = f"Results have 8 or 16 bits per sample, not {depth}."
        raise UsageError(msg)
    return OutputOptions(
        strip_metadata=strip_metadata,
        strip_gps=strip_gps,
        depth=_DEPTHS[depth],
        background=None if background is None else parse_color(background),
    )


def read_list(path: Path) -> tuple[str, ...]:
    """Return the inputs named in a text file, one a line; empty lines mean nothing.

    Text in UTF-16 is understood; other bytes are taken for the bytes of names.

    Raises:
        UsageError: it cannot be read.

    """
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read: {(error.strerror or str(error)).lower()}."
        raise UsageError(msg) from error
    lines = decode_text(content, errors="surrogateescape").split("\n")
    return tuple(line for line in lines if line.strip())
