"""Which model enlarges a picture, and how: the rule behind ``--model auto``.

The rule is of sums and limits. They were set on training and validation pictures, spoilt in twenty
ways, by the difference that the two models make: see docs/auto.md. A picture between two ways is
near a limit, where both models are equally good.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from srcli.pipeline.inspection import Inspection
from srcli.weights.catalog.included import DEFAULT_MODEL, PHOTO_MODEL

AUTO = "auto"
RULE = 1
"""Raised whenever the rule or what it measures changes, so that results are made anew."""
NOISE = 3.2
"""Levels of noise from which the model for photos is better, compression apart."""
COMPRESSION = 8.0
"""100 less the quality of JPEG, the same way, noise apart."""
BLUR, SOFT_EDGE = 0.5, 0.55
"""Softness from which, and steepness of the steepest edges up to which, a picture was blurred."""
NOISY = 3.0
"""Levels of noise from which halos cannot be told from it."""
FLAT = 0.2
"""Share of flat pixels from which lines are beside lines, which look like halos."""
STRENGTHS = ((0.04, 1.0), (0.08, 0.65), (0.14, 0.3), (0.2, 0.2))
"""Overshoot, and how much of the network's details is best; in between by lines."""
CLEAN, SPOILT = DEFAULT_MODEL, PHOTO_MODEL
MODELS = (CLEAN, SPOILT)
"""Those that are chosen among, the first for clean pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How one picture is enlarged.

    Attributes:
        model: id of the model.
        strength: share of the network's details that are added to plain enlargement, above 0 to 1.
        guard: the result stays between the source samples around it.
        reason: why, one sentence without a full stop; empty where a model was asked for by name.
        inspection: what was measured; None where nothing was.

    """

    model: str
    strength: float = 1.0
    guard: bool = False
    reason: str = ""
    inspection: Inspection | None = None

    @property
    def summary(self) -> str:
        """Such as ``asdn-fast at 65 %, guarded: it is clean and its edges were sharpened``."""
        how = f"{self.model} at {100 * self.strength:.0f} %" if self.strength < 1 else self.model
        guarded = ", guarded" if self.guard else ""
        return f"{how}{guarded}: {self.reason}" if self.reason else f"{how}{guarded}"

    @property
    def removes(self) -> float:
        """Levels of 255 by which the result may differ from its source because it is cleaner."""
        if self.inspection is None or self.model != SPOILT:
            return 0.0
        return math.hypot(self.inspection.noise, self.inspection.compression / 10)


def choose(inspection: Inspection) -> Choice:
    """Choose for a picture from what was measured of it; a tie goes to the model for photos."""
    noise, compression = inspection.noise / NOISE, inspection.compression / COMPRESSION
    soft = inspection.softness >= BLUR and inspection.steepness <= SOFT_EDGE
    blurred = soft and not inspection.drawn
    spoilt = noise + compression >= 1 or blurred
    strength = _strength(inspection)
    words = [_spoilt_by(inspection) if spoilt else _clean(inspection)]
    if strength < 1:
        words.append("its edges were sharpened")
    return Choice(
        model=SPOILT if spoilt else CLEAN,
        strength=strength,
        guard=inspection.drawn and not spoilt,
        reason=" and ".join(words),
        inspection=inspection,
    )


def _strength(inspection: Inspection) -> float:
    unclear = inspection.flat >= FLAT or inspection.noise >= NOISY
    if unclear or inspection.overshoot <= STRENGTHS[0][0]:
        return 1.0
    for (start, high), (end, low) in pairwise(STRENGTHS):
        if inspection.overshoot < end:
            share = high + (low - high) * (inspection.overshoot - start) / (end - start)
            return round(share, 2)
    return STRENGTHS[-1][1]


def _clean(inspection: Inspection) -> str:
    return "it is a drawing or a screen" if inspection.drawn else "it is clean"


def _spoilt_by(inspection: Inspection) -> str:
    """Name what the picture has most of, measured by its limit."""
    if inspection.compression / COMPRESSION >= max(inspection.noise / NOISE, 0.5):
        quality = f"JPEG of quality {100 - round(inspection.compression)}"
        if inspection.told:
            return f"its file is compressed like {quality}"
        return f"its pixels show traces of compression like {quality}"
    if inspection.noise / NOISE >= 0.5:  # noqa: PLR2004 - half of the limit
        return f"it has noise of about {inspection.noise:.0f} of 255 levels"
    return "it is blurred"
