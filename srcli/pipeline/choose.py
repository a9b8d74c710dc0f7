"""Choose the model for a picture: the rule behind ``--model auto``.

The networks for clean, for spoilt and for very noisy pictures have one shape, and the weights
between theirs make networks between them. The rule says how far to go, by lines that were set on
validation pictures, spoilt in twenty ways: see docs/auto.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from srcli.errors import listed
from srcli.pipeline.inspection import Inspection
from srcli.pipeline.piecewise import piecewise_linear
from srcli.weights.catalog.included import DEFAULT_MODEL, NOISY_MODEL, PHOTO_MODEL

AUTO = "auto"
RULE = 3
"""Raised whenever the rule or what it measures changes, so that results are made anew."""
NOISE_MIX = (
    *((1.0, 0.0), (1.3, 0.12), (2, 0.33), (3, 0.68)),
    *((4, 0.8), (6, 0.92), (8, 0.95), (10, 1.0)),
)
"""Levels of noise, and the share of the model for spoilt pictures that is best then, compression
apart; in between by lines."""
NOISY_MIX = (
    *((3.0, 0.0), (5, 0.08), (8, 0.18), (12, 0.3), (16, 0.42)),
    *((20, 0.52), (25, 0.62), (35, 0.8), (50, 1.0)),
)
"""Levels of noise, and the share of the model for noisy pictures that is best beside the others."""
HIDDEN_NOISE = 0.5
"""Levels of noise that compression hides, for each unit of compression."""
BELIEVED = ((2.0, 0.0), (5.0, 1.0))
"""Levels of noise that are left, and how far they are taken for noise that was compressed."""
UNSEEN_MIX = ((20.0, 0.0), (40, 0.125))
"""Compression, and the share of the model for noisy pictures where it may hide all noise."""
COMPRESSION_MIX = (
    *((0.0, 0.0), (3, 0.15), (5, 0.34), (8, 0.56)),
    *((12, 0.78), (16, 0.92), (20, 1.0)),
)
"""100 less the quality of JPEG, the same way, noise apart."""
MIX_STEPS = 16
"""Shares are whole sixteenths, so that few networks are made."""
BLUR, SOFT_EDGE = 0.5, 0.55
"""Softness from which, and steepness of the steepest edges up to which, a picture was blurred."""
HIDING_NOISE = 3.0
"""Levels of noise from which halos cannot be told from it."""
FLAT = 0.2
"""Share of flat pixels from which lines are beside lines, which look like halos."""
STRENGTHS = ((0.04, 1.0), (0.08, 0.65), (0.14, 0.3), (0.2, 0.2))
"""Overshoot, and how much of the network's details is best; in between by lines."""
CLEAN, SPOILT, NOISY = DEFAULT_MODEL, PHOTO_MODEL, NOISY_MODEL
MODELS = (CLEAN, SPOILT, NOISY)
"""Those that are chosen among, the first for clean pictures; or a mix of them."""
SPOILT_FROM = 0.5
"""Share of the model for spoilt pictures from which a model serves that the user named for them."""
RESTORING = frozenset({"photo", "jpeg", "noise"})
"""Purposes of models that leave out what spoils a picture."""
NONE_NAMED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How one picture is enlarged.

    Attributes:
        model: id of the model; of a mix the ids of its parts, joined by ``+``.
        mix: share of the model for spoilt pictures beside that for clean ones, 0 to 1; 0 for a
            named model.
        noisy: share of the model for noisy pictures beside the mix of these two, 0 to 1.
        strength: share of the network's details that are added to plain enlargement, above 0 to 1.
        guard: the result stays between the source samples around it.
        reason: why, one sentence without a full stop; empty where a model was asked for by name.
        inspection: what was measured; None where nothing was.
        purpose: the one of ``PURPOSES`` that the user named the model for; empty where the model
            is one of ``MODELS`` or was asked for by name.

    """

    model: str
    mix: float = 0.0
    noisy: float = 0.0
    strength: float = 1.0
    guard: bool = False
    reason: str = ""
    inspection: Inspection | None = None
    purpose: str = ""

    @property
    def summary(self) -> str:
        """Such as ``asdn-fast at 65 %, guarded: it is clean and its edges were sharpened``."""
        how = self.model if self.purpose or not self.mix else _parts(self.mix, self.noisy)
        how = f"{how} at {100 * self.strength:.0f} %" if self.strength < 1 else how
        guarded = ", guarded" if self.guard else ""
        return f"{how}{guarded}: {self.reason}" if self.reason else f"{how}{guarded}"

    @property
    def removes(self) -> float:
        """Levels of 255 by which the result may differ from its source because it is cleaner."""
        restored = self.mix > 0 or self.purpose in RESTORING
        if self.inspection is None or not restored:
            return 0.0
        return math.hypot(self.inspection.noise, self.inspection.compression / 10)


def choose(
    inspection: Inspection,
    *,
    denoise: float | None = None,
    named: Mapping[str, str] = NONE_NAMED,
) -> Choice:
    """Choose for a picture from what was measured of it.

    Args:
        inspection: of the picture.
        denoise: how much of its noise is removed, 0 to 1; None for as much as was measured. What
            compression left is removed either way.
        named: models that the user named, by the purposes of ``PURPOSES`` that they serve instead
            of ``MODELS``. They are neither weakened nor guarded.

    """
    mix, noisy = _mix(inspection, denoise), _noisy(inspection, denoise)
    for purpose in _purposes(inspection, mix, denoise):
        if purpose in named:
            why = _spoilt_by(inspection) if purpose in RESTORING else _unspoilt(inspection)
            reason = f"{why}, and you named this model for the purpose {purpose}"
            return Choice(
                model=named[purpose], reason=reason, inspection=inspection, purpose=purpose
            )
    strength = _strength(inspection)
    words = [_spoilt_by(inspection) if mix else _unspoilt(inspection)]
    if strength < 1:
        words.append("its edges were sharpened")
    if denoise is not None:
        words.append(f"{100 * denoise:.0f} % of noise is to be removed")
    return Choice(
        model="+".join(model for model, share in _shares_of(mix, noisy) if share),
        mix=mix,
        noisy=noisy,
        strength=strength,
        guard=inspection.drawn and not mix,
        reason=" and ".join(words),
        inspection=inspection,
    )


def _purposes(inspection: Inspection, mix: float, denoise: float | None) -> Iterable[str]:
    """Return the purposes that a picture belongs to, that which fits best first.

    How much a model that the user named removes cannot be told it, so that none serves where the
    user says how much.
    """
    if mix == 0:
        return ("drawing",) if inspection.drawn else ("clean",)
    if mix < SPOILT_FROM or denoise is not None:
        return ()
    noise, compression = _shares(inspection)
    if max(noise, compression) == 0:
        return ("photo",)
    return ("noise", "photo") if noise > compression else ("jpeg", "photo")


def _mix(inspection: Inspection, denoise: float | None) -> float:
    """Return the share of the model for spoilt pictures, in whole ``MIX_STEPS``."""
    soft = inspection.softness >= BLUR and inspection.steepness <= SOFT_EDGE
    if soft and not inspection.drawn:
        return 1.0
    noise, compression = _shares(inspection)
    noise = noise if denoise is None else denoise
    return round(MIX_STEPS * (1 - (1 - noise) * (1 - compression))) / MIX_STEPS


def _noisy(inspection: Inspection, denoise: float | None) -> float:
    """Return the share of the model for noisy pictures, in whole ``MIX_STEPS``."""
    noise, compression = inspection.noise, inspection.compression
    noise += HIDDEN_NOISE * compression * piecewise_linear(BELIEVED, noise)
    unseen = piecewise_linear(UNSEEN_MIX, compression)
    share = max(piecewise_linear(NOISY_MIX, noise), unseen)
    return round(MIX_STEPS * share * (1.0 if denoise is None else denoise)) / MIX_STEPS


def _shares_of(mix: float, noisy: float) -> tuple[tuple[str, float], ...]:
    """Return the share of each model in the weights."""
    shares = ((1 - mix) * (1 - noisy), mix * (1 - noisy), noisy)
    return tuple(zip(MODELS, shares, strict=True))


def _parts(mix: float, noisy: float) -> str:
    """Such as ``asdn-photo with 40 % of asdn-noisy``."""
    (first, _), *others = [(model, share) for model, share in _shares_of(mix, noisy) if share]
    rest = [f"{100 * share:.0f} % of {model}" for model, share in others]
    return f"{first} with {listed(rest, between=' and ')}" if rest else first


def _strength(inspection: Inspection) -> float:
    unclear = inspection.flat >= FLAT or inspection.noise >= HIDING_NOISE
    if unclear or inspection.overshoot <= STRENGTHS[0][0]:
        return 1.0
    return round(piecewise_linear(STRENGTHS, inspection.overshoot), 2)


def _shares(inspection: Inspection) -> tuple[float, float]:
    """Return the shares of the model for spoilt pictures that noise and compression ask for."""
    noise = piecewise_linear(NOISE_MIX, inspection.noise)
    return noise, piecewise_linear(COMPRESSION_MIX, inspection.compression)


def _unspoilt(inspection: Inspection) -> str:
    return "it is a drawing or a screen" if inspection.drawn else "it is clean"


def _spoilt_by(inspection: Inspection) -> str:
    """Name what changes the mix most."""
    noise, compression = _shares(inspection)
    if max(noise, compression) == 0:
        return "it is blurred"
    if noise > compression:
        return f"it has noise of about {inspection.noise:.0f} of 255 levels"
    quality = f"JPEG of quality {100 - round(inspection.compression)}"
    if inspection.told:
        return f"its file is compressed like {quality}"
    return f"its pixels show traces of compression like {quality}"
