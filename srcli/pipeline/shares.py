"""How much of each model ``auto`` puts into the weights for a picture.

The networks for clean, spoilt, blurred, sharpened and very noisy pictures have one shape up to
ratio 2, and the weights between theirs make networks between them. See docs/auto.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
"""Shares are whole sixteenths, so that few networks are made."""
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
MUCH_NOISE = (
    *((3.0, 0.1), (5, 0.15), (8, 0.2), (12, 0.32), (16, 0.48)),
    *((20, 0.62), (25, 0.75), (32, 0.92), (40, 1.0)),
)
"""Levels of white noise, and the most that the model for noisy pictures has."""
COARSE_COUNTS = 3
"""Noise of coarse grain counts so many times there: the other models leave more of it."""
BLUR = (
    *((0.54, 0.0), (0.6, 0.42), (0.65, 0.56), (0.7, 0.64)),
    *((0.8, 0.72), (0.9, 0.78), (1.0, 0.83)),
)
"""Measured blur in pixels, and the least that the model for blurred pictures has."""
OVERRATED_BY_NOISE = ((1.0, 0.0), (2.0, 0.1))
"""Levels of noise, and by how many pixels blur may be overrated for it."""
OVERRATED_BY_COMPRESSION = ((5.0, 0.0), (20.0, 0.05))
"""Compression, the same way."""
MOST_BLURRED = 0.8
"""The most that the model for blurred pictures has where no larger blur was measured: too much of
it costs more than too little."""
HIDDEN_BY_COMPRESSION = ((0.0, 0.0), (8.0, 1.0))
"""Compression, and how far it hides other faults: only a blur that was measured is believed then,
and the patterns of a sharpening tell nothing."""
SOFTENED = ((12.0, 1.0), (25, 0.5), (50, 0.3))
"""Compression, and how far blur is believed: strong compression takes fine details as well."""
UNSEEN_FAULT = 0.35
"""The share of the model for spoilt pictures may be larger by this than what noise and compression
ask for. It may not where the file says how it was compressed."""
SHARPENED_LEAST = ((0.05, 0.0625), (0.15, 0.125), (0.3, 0.35), (0.4, 0.475), (1.0, 1.0))
"""The measure of sharpening, and the least share of the model for sharpened pictures in a
photograph without other faults: a light sharpening that is not seen costs more than this share
does where there was none."""
UNSEEN_SHARPENING = 0.3
"""The least share of that model where noise or compression hides a sharpening. With it, sharpened
pictures and others are about as far from their best mix."""
HIDDEN_BY_NOISE = ((2.0, 0.0), (4.0, 1.0))
"""Levels of noise, and how far they hide the patterns of a sharpening."""
SHARP = ((0.5, 1.0), (0.6, 0.0))
"""Blur in pixels, and how far a sharpening is believed: a blurred picture that was sharpened is
still blurred."""


def model_shares(inspection: Inspection, denoise: float | None = None) -> tuple[float, ...]:
    """Return the share of each of ``MODELS`` in the weights for a picture; their sum is 1.

    Args:
        inspection: of the picture.
        denoise: how much of its noise is removed, 0 to 1; None for as much as suits it.

    """
    compressed = piecewise_linear(COMPRESSION, inspection.compression)
    shares = {CLEAN: 1 - compressed, SPOILT: compressed, BLURRED: 0.0, SHARPENED: 0.0, NOISY: 0.0}
    if inspection.suited:
        shares = _suited(inspection, shares)
    if denoise is not None:
        shares = _denoised(shares, compressed, denoise)
    return whole_steps([shares[model] for model in MODELS])


def _suited(inspection: Inspection, plain: Mapping[str, float]) -> dict[str, float]:
    """Limit what suits a picture, so that a mistake costs little; a drawing is only compressed."""
    shares = dict(zip(MODELS, inspection.suited, strict=True))
    flat = piecewise_linear(MANY_FLAT, inspection.flat)
    rest = flat * (1 - shares[BLURRED])
    for model in (CLEAN, SPOILT, SHARPENED, NOISY):
        shares[model] = (1 - flat) * shares[model] + rest * plain[model]
    _limit(shares, BLURRED, _most_blurred(inspection), CLEAN)
    level = (COARSE_COUNTS if inspection.coarse else 1) * inspection.noise
    _limit(shares, NOISY, piecewise_linear(MUCH_NOISE, level), SPOILT)
    if not inspection.coarse:
        most_spoilt = _spoilt(inspection) + (0.0 if inspection.told else UNSEEN_FAULT)
        _limit(shares, SPOILT, most_spoilt, CLEAN)
    _raise(shares, BLURRED, _least_blurred(inspection))
    _raise(shares, SHARPENED, (1 - flat) * _least_sharpened(inspection))
    return shares


def _most_blurred(inspection: Inspection) -> float:
    """Return the most that the model for blurred pictures has."""
    hidden = piecewise_linear(HIDDEN_BY_COMPRESSION, inspection.compression)
    return (1 - hidden) * MOST_BLURRED + hidden * _least_blurred(inspection)


def _least_blurred(inspection: Inspection) -> float:
    """Return the least share of the model for blurred pictures."""
    blur = inspection.blur
    blur -= piecewise_linear(OVERRATED_BY_NOISE, inspection.noise)
    blur -= piecewise_linear(OVERRATED_BY_COMPRESSION, inspection.compression)
    return piecewise_linear(SOFTENED, inspection.compression) * piecewise_linear(BLUR, blur)


def _least_sharpened(inspection: Inspection) -> float:
    """Return the least share of the model for sharpened pictures in a photograph."""
    hidden = max(
        piecewise_linear(HIDDEN_BY_NOISE, inspection.noise),
        piecewise_linear(HIDDEN_BY_COMPRESSION, inspection.compression),
    )
    seen = piecewise_linear(SHARPENED_LEAST, inspection.sharpening)
    share = (1 - hidden) * seen + hidden * UNSEEN_SHARPENING
    return share * piecewise_linear(SHARP, inspection.blur) * (1 - _spoilt(inspection) ** 4)


def _spoilt(inspection: Inspection) -> float:
    """Return how much of the model for spoilt pictures noise and compression ask for together."""
    noise = piecewise_linear(NOISE, inspection.noise)
    return 1 - (1 - noise) * (1 - piecewise_linear(COMPRESSION, inspection.compression))


def _raise(shares: dict[str, float], model: str, least: float) -> None:
    """Give a model its least share, at the cost of all others."""
    if shares[model] >= least:
        return
    left = (1 - least) / (1 - shares[model])
    shares.update({other: left * share for other, share in shares.items()})
    shares[model] = least


def _limit(shares: dict[str, float], model: str, most: float, other: str) -> None:
    """Give what a model has above a limit to another one."""
    surplus = max(shares[model] - most, 0.0)
    shares[model] -= surplus
    shares[other] += surplus


def _denoised(shares: Mapping[str, float], compressed: float, denoise: float) -> dict[str, float]:
    """Let the user say how much noise is removed, and the picture all else."""
    mixed_in = {
        SPOILT: 1 - (1 - denoise) * (1 - compressed),
        BLURRED: shares[BLURRED],
        SHARPENED: shares[SHARPENED],
        NOISY: denoise * shares[NOISY],
    }
    mixed = {CLEAN: 1.0}
    for model, share in mixed_in.items():
        mixed = {other: (1 - share) * part for other, part in mixed.items()} | {model: share}
    return mixed


def whole_steps(shares: Sequence[float]) -> tuple[float, ...]:
    """Round shares to whole steps, so that their sum stays 1."""
    steps = [STEPS * share for share in shares]
    whole = [int(step) for step in steps]
    largest_rest = sorted(range(len(steps)), key=lambda n: whole[n] - steps[n])
    for n in largest_rest[: STEPS - sum(whole)]:
        whole[n] += 1
    return tuple(step / STEPS for step in whole)


def share_table(shares: Sequence[float]) -> dict[str, float]:
    """Return the shares of those models that have one, by their ids."""
    return {model: share for model, share in zip(MODELS, shares, strict=True) if share}
