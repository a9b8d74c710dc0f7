"""What is wanted of every picture of a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from srcli.images.formats import Format
from srcli.images.output_options import OutputOptions
from srcli.images.picture.alpha import HiddenColors
from srcli.images.read_rules import DEFAULT_RULES, ReadRules
from srcli.pipeline.target_size import Resolve, WhenLarge
from srcli.pixels.resize import MIRRORED, Borders


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The format of a result, and what messages call its file."""

    format: Format
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """What is wanted of every picture.

    Attributes:
        resolve: gives the size of a result.
        when_large: what becomes of a picture that has that size already.
        options: what is left out of results, and added to them.
        borders: which borders of a picture meet.
        hidden: what becomes of colours under fully transparent pixels.
        rules: which files are read.
        quality: of the lossy formats, 1 to 100; None for the encoder's own choice.
        guard: keep results between the source samples around them; None for as ``auto`` chooses.
        denoise: how much of the noise ``auto`` removes, 0 to 1; None for as much as it measured.

    """

    resolve: Resolve
    when_large: WhenLarge = "shrink"
    options: OutputOptions = field(default_factory=OutputOptions)
    borders: Borders = MIRRORED
    hidden: HiddenColors = "bleed"
    rules: ReadRules = DEFAULT_RULES
    quality: int | None = None
    guard: bool | None = None
    denoise: float | None = None
