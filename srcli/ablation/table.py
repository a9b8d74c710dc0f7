"""Sets the variants that were trained beside the figures of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from srcli.ablation.plan import Ablation, Budget, Line
from srcli.report.tables import NOTHING, Cell, Table

SMALL = (
    "The networks are small. Each learned for {steps} steps of {batch} patches of {patch}x{patch} "
    "pixels from seed {seed}. Such short runs tell how fast variants learn, not what they reach, "
    "and a change of a few hundredths of a dB tells nothing."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of one line.

    Attributes:
        psnr_y: mean PSNR of luma, in dB.
        parameters: number of parameters.
        kmacs: thousand multiply-adds for each pixel of SR.

    """

    psnr_y: float
    parameters: int
    kmacs: float


def ablation_table(
    ablation: Ablation,
    budget: Budget,
    measured: Mapping[tuple[str, float], Measured],
    *,
    seed: int,
    dataset: str,
) -> Table:
    """Lay out a line for each measurement.

    Args:
        ablation: the ablation.
        budget: budget that each variant had.
        measured: what was measured, by label and scale.
        seed: seed of the runs.
        dataset: name of the pictures that were measured.

    """
    first: dict[float, Line] = {}
    body = []
    for line in ablation.lines:
        base = first.setdefault(line.scale, line)
        mine, origin = measured[line.label, line.scale], measured[base.label, base.scale]
        body.append(
            (
                Cell(text=f"{line.scale:g}"),
                Cell(text=line.label),
                Cell(text=f"{mine.parameters:,}"),
                Cell(text=f"{mine.kmacs:,.1f}"),
                Cell(text=f"{mine.psnr_y:.2f}"),
                Cell(text=_change(mine.psnr_y, origin.psnr_y)),
                Cell(text=NOTHING if line.paper is None else f"{line.paper:.2f}"),
                Cell(text=_change(line.paper, base.paper)),
            )
        )
    return Table(
        caption=ablation.title,
        header=(
            *("Scale", "Variant", "Parameters", "kMAC/px"),
            *(f"{dataset}, dB", "change", "Paper, dB", "change"),
        ),
        rows=tuple(body),
        labels=2,
        notes=(
            SMALL.format(steps=budget.steps, batch=budget.batch, patch=budget.patch, seed=seed),
            "A change is against the first line of the scale. PSNR is that of luma.",
            ablation.paper,
        ),
    )


def _change(value: float | None, origin: float | None) -> str:
    return NOTHING if value is None or origin is None else f"{value - origin:+z.2f}"
