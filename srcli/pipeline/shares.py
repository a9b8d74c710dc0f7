"""How much of each model ``auto`` puts into the weights for a picture.

The networks for clean, spoilt, blurred, sharpened and very noisy pictures have one shape up to
ratio 2, and the weights between theirs make networks between them. The lines were set on validation
pictures, spoilt in many ways, by ``benchmarks/mixes.py``: see docs/auto.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from srcli.pipeline.inspection import MANY_FLAT, Inspection
from srcli.pipeline.piecewise import piecewise_linear
from srcli.weights.catalog.included import (
    BLURRED_MODEL,
    DEFAULT_MODEL,
    NOISY_MODEL,
    PHOTO_MODEL,
    SHARPENED_MODEL,
)

CLEAN, SPOILT, NOISY = DEFAULT_MODEL, PHOTO_MODEL, NOISY_MODEL
BLURRED, SHARPENED = BLURRED_MODEL, SHARPENED_MODEL
MODELS = (CLEAN, SPOILT, BLURRED, SHARPENED, NOISY)
"""Those that are mixed. The first is for clean pictures."""
CLEAN_SHARES = (1.0, *(0.0 for _ in MODELS[1:]))
STEPS = 16
"""Each model is mixed into those before it by whole sixteenths, so that few networks are made."""
NOISE = (
    *((1.0, 0.0), (1.3, 0.12), (2, 0.33), (3, 0.68)),
    *((4, 0.8), (6, 0.92), (8, 0.95), (10, 1.0)),
)
"""Levels of noise, and the share of the model for spoilt pictures that is best then, compression
apart."""
COMPRESSION = (
    *((0.0, 0.0), (3, 0.15), (5, 0.34), (8, 0.56)),
    *((12, 0.78), (16, 0.92), (20, 1.0)),
)
"""100 less the quality of JPEG, the same way, noise apart."""
BLUR = (
    (0.54, 0.0),
    (0.6, 0.42),
    (0.65, 0.56),
    (0.7, 0.64),
    (0.8, 0.72),
    (0.9, 0.78),
    (1.0, 0.83),
    (1.3, 1.0),
)
"""Blur in pixels, and the share of the model for blurred pictures beside those two."""
OVERRATED_BY_NOISE = ((1.0, 0.0), (2.0, 0.1))
"""Levels of noise, and by how many pixels blur may be overrated for it. A share of the model for
blurred pictures that is too large costs far more than one that is too small."""
OVERRATED_BY_COMPRESSION = ((5.0, 0.0), (20.0, 0.05))
"""Compression, the same way."""
SOFTENED = ((12.0, 1.0), (25, 0.5), (50, 0.3))
"""Compression, and how far blur is believed: strong compression takes fine details as well."""
SURELY_SHARPENED = 0.6
"""Share of the model for sharpened pictures from which a picture counts as one of them."""
LEAST = 0.125
"""The least share of that model for a photograph: a light sharpening that is not seen costs more
than this share does where there was none."""
UNSEEN_SHARPENING = 0.44
"""The share where noise hides whether a picture was sharpened: it costs about as much in either
case."""
SHARP = ((0.5, 1.0), (0.6, 0.0))
"""Blur in pixels, and how far a sharpening is believed: a blurred picture that was sharpened is
still blurred."""
HIDDEN_BY_NOISE = ((2.0, 0.0), (4.0, 1.0))
"""Levels of noise, and how far they hide the patterns of a sharpening."""
MUCH_NOISE = (
    *((3.0, 0.0), (5, 0.08), (8, 0.18), (12, 0.3), (16, 0.42)),
    *((20, 0.52), (25, 0.62), (35, 0.8), (50, 1.0)),
)
"""Levels of noise, and the share of the model for noisy pictures beside all others."""
HIDDEN_NOISE = 0.5
"""Levels of noise that compression hides, for each unit of compression."""
BELIEVED = ((2.0, 0.0), (5.0, 1.0))
"""Levels of noise that are left, and how far they are taken for noise that was compressed."""
UNSEEN = ((20.0, 0.0), (40, 0.125))
"""Compression, and the share of the model for noisy pictures where it may hide all noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How far each fault asks for another model than that for clean pictures, 0 to 1."""

    noise: float
    compression: float
    blur: float
    sharpening: float

    @classmethod
    def of(cls, inspection: Inspection) -> Faults:
        """Return the faults of a picture."""
        sharpened = _sharpened(inspection)
        blur = inspection.blur
        blur -= piecewise_linear(OVERRATED_BY_NOISE, inspection.noise)
        blur -= piecewise_linear(OVERRATED_BY_COMPRESSION, inspection.compression)
        return cls(
            noise=piecewise_linear(NOISE, inspection.noise),
            compression=piecewise_linear(COMPRESSION, inspection.compression),
            blur=piecewise_linear(SOFTENED, inspection.compression) * piecewise_linear(BLUR, blur),
            sharpening=sharpened if sharpened >= SURELY_SHARPENED else 0.0,
        )


NO_FAULTS = Faults(noise=0.0, compression=0.0, blur=0.0, sharpening=0.0)


def model_shares(
    inspection: Inspection, denoise: float | None = None, *, doubt: bool = False
) -> tuple[float, ...]:
    """Return the share of each of ``MODELS`` in the weights for a picture; their sum is 1.

    Args:
        inspection: of the picture.
        denoise: how much of its noise is removed, 0 to 1; None for as much as was measured.
        doubt: it may have been sharpened where that is not sure.

    """
    faults = Faults.of(inspection)
    noise = faults.noise if denoise is None else denoise
    spoilt = 1 - (1 - noise) * (1 - faults.compression)
    noisy = _noisy(inspection) * (1.0 if denoise is None else denoise)
    sharpened = _sharpened(inspection) if doubt else faults.sharpening
    return _mixed_in(spoilt, faults.blur, sharpened * (1 - spoilt**4), noisy)


def share_table(shares: Sequence[float]) -> dict[str, float]:
    """Return the shares of those models that have one, by their ids."""
    return {model: share for model, share in zip(MODELS, shares, strict=True) if share}


def _mixed_in(*shares: float) -> tuple[float, ...]:
    """Mix one model after another into those before it, the first of which is the clean one."""
    mixed: tuple[float, ...] = (1.0,)
    for share in shares:
        whole = round(STEPS * share) / STEPS
        mixed = (*((1 - whole) * other for other in mixed), whole)
    return mixed


def _sharpened(inspection: Inspection) -> float:
    """Return the share of the model for sharpened pictures, sure or not, other faults apart."""
    if inspection.drawn:
        return 0.0
    hidden = piecewise_linear(HIDDEN_BY_NOISE, inspection.noise)
    seen = LEAST + (1 - LEAST) * inspection.sharpening
    share = (1 - hidden) * seen + hidden * UNSEEN_SHARPENING
    photographed = 1 - piecewise_linear(MANY_FLAT, inspection.flat)
    return photographed * share * piecewise_linear(SHARP, inspection.blur)


def _noisy(inspection: Inspection) -> float:
    """Return the share of the model for noisy pictures."""
    noise, compression = inspection.noise, inspection.compression
    noise += HIDDEN_NOISE * compression * piecewise_linear(BELIEVED, noise)
    return max(piecewise_linear(MUCH_NOISE, noise), piecewise_linear(UNSEEN, compression))
