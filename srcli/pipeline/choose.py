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
    NO_FAULTS,
    SHARPENED,
    Faults,
    model_shares,
    share_table,
)

AUTO = "auto"
RULE = 9
"""Raised whenever the rule or what it measures changes, so that results are made anew."""
DEBLURRED, SOFTENED = 2.2, 0.8
"""Levels by which a blurred and a sharpened picture change at most, for each level of detail."""
GUARDED = 8.0
"""Levels by which a guarded result may differ: lines get thinner, and no darker for it."""
SPOILT_FROM = 0.5
"""Share of the model for spoilt pictures from which a model serves that the user named for them."""
REACHED = 2.0
"""The largest ratio that a mix reaches in one pass."""
RESTORED_FIRST_FROM = 3.0
"""Ratio above which a picture with faults is restored at its own size, and then enlarged by the
model for clean pictures. Up to it, two passes of the mix are up to 0.1 dB better."""
SPARED = 1 / 8
"""Share of all other models together up to which the model for clean pictures works alone above
``REACHED``: to restore a picture first costs more."""
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
        found = self.inspection
        faults = Faults.of(found)
        softened = max(faults.sharpening, self.parts.get(SHARPENED, 0.0))
        share = DEBLURRED * faults.blur + SOFTENED * softened
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
    sure = model_shares(inspection, denoise)
    is_clean = sure == CLEAN_SHARES
    for purpose in _purposes(inspection, sure, denoise):
        if purpose in named:
            why = _spoilt_by(inspection) if purpose in RESTORING else _unspoilt(inspection)
            reason = f"{why}, and you named this model for the purpose {purpose}"
            return Choice(
                model=named[purpose], reason=reason, inspection=inspection, purpose=purpose
            )
    shares = model_shares(inspection, denoise, doubt=True)
    if ratio > REACHED and denoise is None and 1 - shares[0] <= SPARED:
        shares = CLEAN_SHARES
    words = [_unspoilt(inspection) if is_clean else _spoilt_by(inspection)]
    if is_clean and shares != sure:
        words = ["it looks clean, but may have been sharpened a little"]
    if denoise is not None:
        words.append(f"{100 * denoise:.0f} % of noise is to be removed")
    return Choice(
        model="+".join(share_table(shares)),
        shares=shares,
        restored_first=_is_restored_first(shares, ratio, is_clean=is_clean),
        guard=inspection.drawn and is_clean,
        reason=" and ".join(words),
        inspection=inspection,
    )


def _is_restored_first(shares: Sequence[float], ratio: float, *, is_clean: bool) -> bool:
    """Tell whether a mix works at the size of the picture, and the model for clean ones after it.

    What was blurred gets details back for which its own size has no room.
    """
    if shares == CLEAN_SHARES or BLURRED in share_table(shares):
        return False
    return ratio > (REACHED if is_clean else RESTORED_FIRST_FROM)


def _purposes(
    inspection: Inspection, shares: Sequence[float], denoise: float | None
) -> Iterable[str]:
    """Return the purposes that a picture belongs to, that which fits best first.

    How much a model that the user named removes cannot be told it, so that none serves where the
    user says how much.
    """
    if shares == CLEAN_SHARES:
        return ("drawing",) if inspection.drawn else ("clean",)
    if 1 - shares[0] < SPOILT_FROM or denoise is not None:
        return ()
    faults = Faults.of(inspection)
    if max(faults.noise, faults.compression) == 0:
        return ("photo",)
    return ("noise", "photo") if faults.noise > faults.compression else ("jpeg", "photo")


def _listed(parts: Mapping[str, float]) -> str:
    """Such as ``asdn-photo with 40 % of asdn-noisy``."""
    first, *others = parts
    rest = [f"{100 * parts[model]:.0f} % of {model}" for model in others]
    return f"{first} with {listed(rest, between=' and ')}" if rest else first


def _unspoilt(inspection: Inspection) -> str:
    return "it is a drawing or a screen" if inspection.drawn else "it is clean"


def _spoilt_by(inspection: Inspection) -> str:
    """Name what changes the mix most."""
    faults = Faults.of(inspection)
    if faults == NO_FAULTS:
        return _unspoilt(inspection)
    most = max(faults.noise, faults.compression)
    if faults.sharpening > max(most, faults.blur):
        return "it was sharpened"
    if faults.blur > most:
        return "it is blurred"
    if faults.noise > faults.compression:
        return f"it has noise of about {inspection.noise:.0f} of 255 levels"
    quality = f"JPEG of quality {100 - round(inspection.compression)}"
    if inspection.told:
        return f"its file is compressed like {quality}"
    return f"its pixels show traces of compression like {quality}"
