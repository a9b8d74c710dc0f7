"""What an ablation consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srcli.engine.recursion import Pass, scaled_size

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A network that is trained.

    Attributes:
        name: name of its folder.
        config: its configuration.

    """

    name: str
    config: DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the table: one variant at one scale.

    Attributes:
        label: what is measured. Label and scale together name one line.
        variant: name of the variant.
        scale: the ratio.
        ratios: ratios of the passes, whose product is the scale; empty for a usual run.
        paper: PSNR in dB that the paper prints; None if it prints none.

    """

    label: str
    variant: str
    scale: float
    ratios: tuple[float, ...] = ()
    paper: float | None = None

    def passes(self, size: tuple[int, int], target: tuple[int, int]) -> tuple[Pass, ...]:
        """Return the passes from ``size`` to ``target``, both (height, width)."""
        reached, passes = 1.0, []
        for ratio in self.ratios[:-1]:
            reached *= ratio
            height, width = scaled_size(size, (reached, reached))
            passes.append(Pass(height=height, width=width, ratio=ratio))
        last = Pass(height=target[0], width=target[1], ratio=self.ratios[-1])
        return (*passes, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What every variant of an ablation is given: steps, patches a step, and HR pixels a side."""

    steps: int
    batch: int
    patch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """An ablation.

    Attributes:
        name: name on the command line.
        title: what is varied, for the caption of the table.
        network: name of the network in the catalogue.
        scale: scale of a network of a fixed scale; None for any ratio.
        budget: budget of each variant unless another number of steps is asked for.
        variants: networks that are trained.
        lines: lines of the table. The first one of each scale is what the others are compared
            with.
        paper: what the paper's figures are, or why there are none, in a sentence.

    """

    name: str
    title: str
    network: str
    scale: int | None = None
    budget: Budget
    variants: Sequence[Variant]
    lines: Sequence[Line]
    paper: str
