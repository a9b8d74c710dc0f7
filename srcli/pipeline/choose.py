"""Choose how a picture is enlarged: the rule behind ``--model auto``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from srcli.errors import listed
from srcli.pipeline.inspection import Inspection
from srcli.pipeline.shares import (
    BLURRED,
    CLEAN_SHARES,
    NOISY,
    SHARPENED,
    SPOILT,
    model_shares,
    share_table,
)

AUTO = "auto"
RULE = 11
"""Raised whenever the rule or what it measures changes, so that results are made anew."""
SURELY_SPOILT, SURELY_BLURRED, SURELY_SHARPENED = 0.25, 0.4, 0.6
"""Shares of the models for these faults from which a picture counts as one that has them."""
REPEATED_FROM = 0.25
"""Share of the model for blurred pictures from which none is restored at its own size."""
LIKE_NOISE = 2.5
"""Units of compression that ask for as much of the model for spoilt pictures as one level of
noise."""
DEBLURRED, SOFTENED = 2.2, 0.8
"""Levels by which a blurred and a sharpened picture change at most, for each level of detail."""
GUARDED = 8.0
"""Levels by which a guarded result may differ: lines get thinner, and no darker for it."""
SPOILT_FROM = 0.5
"""Share of the model for spoilt pictures from which a model serves that the user named for them."""
REACHED = 2.0
"""The largest ratio that a mix reaches in one pass."""
RESTORED_FIRST_FROM = 3.0
"""Ratio above which a compressed or noisy picture is restored at its own size, and then enlarged by
the model for clean pictures. Up to it, two passes of the mix are up to 0.1 dB better."""
SPARED = 1 / 8
"""Share of all other models together up to which the model for clean pictures works alone above
``REACHED``: to restore a picture first costs more."""
MAY_BE: Mapping[str, str] = MappingProxyType(
    {
        SPOILT: "it looks clean, but may be compressed or noisy a little",
        BLURRED: "it looks clean, but may be blurred a little",
        SHARPENED: "it looks clean, but may have been sharpened a little",
    }
)
"""What is said of a picture whose largest share beside that of the model for clean ones is small,
by the model that has it."""
RESTORING = frozenset({"photo", "jpeg", "noise"})
"""Purposes of models that leave out what spoils a picture."""
NONE_NAMED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How one picture is enlarged.

    Attributes:
        model: id of the model; of a mix the ids of its parts, joined by ``+``.
        shares: of each of ``MODELS`` in the weights; empty for a named model.
        guard: the result stays between the source samples around it.
        restored_first: it is restored at its own size, and the model for clean pictures enlarges
            what comes of that.
        reason: why, one sentence without a full stop; empty where a model was asked for by name.
        inspection: what was measured; None where nothing was.
        purpose: the one of ``PURPOSES`` that the user named the model for; empty where the model
            is one of ``MODELS`` or was asked for by name.

    """

    model: str
    shares: tuple[float, ...] = ()
    guard: bool = False
    restored_first: bool = False
    reason: str = ""
    inspection: Inspection | None = None
    purpose: str = ""

    @property
    def parts(self) -> dict[str, float]:
        """The models that the weights are mixed of, and the share of each."""
        return share_table(self.shares) if self.shares else {self.model: 1.0}

    @property
    def summary(self) -> str:
        """Such as ``asdn-fast, guarded: it is a drawing or a screen``."""
        how = _listed(self.parts)
        guarded = ", guarded" if self.guard else ""
        return f"{how}{guarded}: {self.reason}" if self.reason else f"{how}{guarded}"

    @property
    def removes(self) -> float:
        """Levels of 255 by which the result may differ from its source because it is better."""
        if self.guard:
            return GUARDED
        restores = self.purpose in RESTORING or any(self.shares[1:])
        if self.inspection is None or not restores:
            return 0.0
        found, parts = self.inspection, self.parts
        share = DEBLURRED * parts.get(BLURRED, 0.0) + SOFTENED * parts.get(SHARPENED, 0.0)
        return math.hypot(found.noise, found.compression / 10, share * found.detail)


def choose(
    inspection: Inspection,
    *,
    ratio: float = REACHED,
    denoise: float | None = None,
    named: Mapping[str, str] = NONE_NAMED,
) -> Choice:
    """Choose for a picture from what was measured of it.

    Args:
        inspection: of the picture.
        ratio: of the size of the result to that of the picture.
        denoise: how much of its noise is removed, 0 to 1; None for as much as was measured. What
            compression left is removed either way.
        named: models that the user named, by the purposes of ``PURPOSES`` that they serve instead
            of ``MODELS``. They are not guarded.

    """
    suited = model_shares(inspection)
    for purpose in _purposes(inspection, suited, denoise):
        if purpose in named:
            why = _why(inspection, suited if _fault(suited) else CLEAN_SHARES)
            reason = f"{why}, and you named this model for the purpose {purpose}"
            return Choice(
                model=named[purpose], reason=reason, inspection=inspection, purpose=purpose
            )
    if ratio > REACHED and 1 - suited[0] <= SPARED:
        suited = CLEAN_SHARES
    words, shares = [_why(inspection, suited)], suited
    if denoise is not None:
        shares = model_shares(inspection, denoise)
        words.append(f"{100 * denoise:.0f} % of noise is to be removed")
    return Choice(
        model="+".join(share_table(shares)),
        shares=shares,
        restored_first=_is_restored_first(shares, ratio),
        guard=inspection.drawn and shares == CLEAN_SHARES,
        reason=" and ".join(words),
        inspection=inspection,
    )


def _fault(shares: Sequence[float]) -> str:
    """Return the model for the fault that a picture surely has, or an empty text."""
    least = {SPOILT: SURELY_SPOILT, BLURRED: SURELY_BLURRED, SHARPENED: SURELY_SHARPENED}
    sure = {model: part for model, part in _by_fault(shares).items() if part >= least[model]}
    return max(sure, key=lambda model: sure[model], default="")


def _by_fault(shares: Sequence[float]) -> dict[str, float]:
    """Return the shares of the models for each fault; noise and compression are one."""
    parts = dict.fromkeys((SPOILT, BLURRED, SHARPENED, NOISY), 0.0) | share_table(shares)
    spoilt = parts[SPOILT] + parts[NOISY]
    return {SPOILT: spoilt, BLURRED: parts[BLURRED], SHARPENED: parts[SHARPENED]}


def _is_restored_first(shares: Sequence[float], ratio: float) -> bool:
    """Tell whether a mix works at the size of the picture, and the model for clean ones after it.

    What was blurred gets details back for which its own size has no room.
    """
    if shares == CLEAN_SHARES or _by_fault(shares)[BLURRED] >= REPEATED_FROM:
        return False
    return ratio > (RESTORED_FIRST_FROM if _fault(shares) == SPOILT else REACHED)


def _purposes(
    inspection: Inspection, shares: Sequence[float], denoise: float | None
) -> Iterable[str]:
    """Return the purposes that a picture belongs to, that which fits best first.

    How much a model that the user named removes cannot be told it, so that none serves where the
    user says how much.
    """
    fault = _fault(shares)
    if denoise is not None and (fault or denoise > 0):
        return ()
    if not fault:
        return ("drawing",) if inspection.drawn else ("clean",)
    if 1 - shares[0] < SPOILT_FROM:
        return ()
    if fault != SPOILT:
        return ("photo",)
    return ("noise", "photo") if _is_noise(inspection) else ("jpeg", "photo")


def _is_noise(inspection: Inspection) -> bool:
    """Tell whether noise spoils a picture more than compression does."""
    return LIKE_NOISE * inspection.noise > inspection.compression


def _listed(parts: Mapping[str, float]) -> str:
    """Such as ``asdn-photo with 40 % of asdn-noisy``."""
    first, *others = parts
    rest = [f"{100 * parts[model]:.0f} % of {model}" for model in others]
    return f"{first} with {listed(rest, between=' and ')}" if rest else first


def _why(inspection: Inspection, shares: Sequence[float]) -> str:
    """Say which fault changes the mix most, and how sure it is."""
    if inspection.drawn and shares == CLEAN_SHARES:
        return "it is a drawing or a screen"
    if shares == CLEAN_SHARES:
        return "it is clean"
    fault = _fault(shares)
    if not fault:
        parts = _by_fault(shares)
        return MAY_BE[max(parts, key=lambda one: parts[one])]
    if fault == SPOILT:
        return _spoilt_by(inspection)
    return "it was sharpened" if fault == SHARPENED else "it is blurred"


def _spoilt_by(inspection: Inspection) -> str:
    if _is_noise(inspection):
        return f"it has noise of about {inspection.noise:.0f} of 255 levels"
    quality = f"JPEG of quality {100 - round(inspection.compression)}"
    if inspection.told:
        return f"its file is compressed like {quality}"
    return f"its pixels show traces of compression like {quality}"
