"""What a picture tells about how it was made, measured from its pixels and its file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from srcli.images.picture.photo import Photo
from srcli.images.probe import ImageInfo
from srcli.pipeline.blocks import block_traces
from srcli.pipeline.blur import blur_and_detail
from srcli.pipeline.energies import block_energies
from srcli.pipeline.flatness import flat_and_crisp
from srcli.pipeline.lattice import jpeg_compression
from srcli.pipeline.noise import noise_level
from srcli.pipeline.patterns import pattern_shares
from srcli.pipeline.piecewise import piecewise_linear
from srcli.pipeline.sample import take_sample
from srcli.pipeline.sharpening import sharpening
from srcli.pipeline.suited import clues_of, suited

MOST_NOISE = 50.0
WEBP = ((0, 0.0), (3, 3), (7, 4.5), (11, 6), (21, 13), (34, 25), (44, 32), (64, 45), (100, 100))
"""100 less the quality of WebP, and the compression of JPEG that the same model suits."""
AVIF = (
    *((0, 0.0), (16, 2), (32, 2.5), (60, 3.5), (76, 4)),
    *((92, 7), (106, 12), (120, 15), (148, 17), (172, 25), (255, 90)),
)
"""AV1's base quantiser, and the same of it."""
TRACES = ((0.02, 0.0), (0.04, 12.0), (0.09, 25.0), (0.19, 45.0), (0.39, 80.0))
"""Traces of blocks and the compression that leaves them, in between by lines."""
DOUBT = 25.0
"""Pixels are believed against their file where they show more than twice what it says, and this:
the picture was compressed harder before."""
FLAT_TRACES = ((10.0, 0.0), (25.0, 25.0), (100.0, 100.0))
"""Compression that traces of blocks show, and what is believed of it in a picture of flat areas:
lines of a screen are often eight pixels apart."""
MANY_FLAT = ((0.4, 0.0), (0.6, 1.0))
"""Share of flat pixels, and how far a picture is taken for one of flat areas."""
WEBP_DOUBT = 75.0
"""The least that pixels must show against a WebP file, whose own blocks leave traces of JPEG's."""
LATTICE_DOUBT = 12.0
"""The same for pixels that tell the quality exactly: how much more than the file says they show."""
COARSE = (2.0, 1.0)
"""Noise of coarse grain is believed from this many times the level of white noise, and this many
levels more: white noise is measured better than it is learned."""
CRISP, FLAT = 0.35, 0.4
"""Shares of crisp steps and of flat pixels from which a picture was drawn at its own size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was measured.

    Attributes:
        noise: standard deviation of noise, in levels of 255, 0 to 50.
        coarse: its grain is coarser than that of white noise.
        compression: 100 less the quality of JPEG, 0 (none) to 100; of other lossy formats, and of
            pictures that were JPEG before, what is like it.
        told: the compression is what the file says of itself, not what its pixels show.
        blur: standard deviation of the Gaussian that blurred it, in pixels; see
            ``blur_and_detail``.
        detail: root mean square of its details, in levels; likewise.
        sharpening: share of the model for sharpened pictures that suits it; see ``sharpening``.
        flat: share of pixels that equal their left neighbours.
        drawn: the picture is a screen, text or line art, seen at the size it was drawn at.
        suited: share of each of ``shares.MODELS`` that suits it; see ``suited``. Empty where only
            the file was looked at, and where it is drawn.

    """

    noise: float = 0.0
    coarse: bool = False
    compression: float = 0.0
    told: bool = False
    blur: float = 0.0
    detail: float = 0.0
    sharpening: float = 0.0
    flat: float = 0.0
    drawn: bool = False
    suited: tuple[float, ...] = ()


def inspect(photo: Photo, info: ImageInfo | None = None) -> Inspection:
    """Measure a picture.

    Everything is counted in whole numbers or in float64, on a sample of at most 0.26 megapixels:
    one picture gives the same figures on every machine.

    Args:
        photo: the picture.
        info: what the head of its file says; None if it comes from none.

    """
    measured, clues = measure(photo, info)
    if clues is None:
        return measured
    found = suited(clues)
    is_coarse = found.noise > COARSE[0] * measured.noise + COARSE[1]
    noise = min(found.noise, MOST_NOISE) if is_coarse else measured.noise
    return replace(measured, noise=noise, coarse=is_coarse, suited=found.shares)


def measure(photo: Photo, info: ImageInfo | None = None) -> tuple[Inspection, Tensor | None]:
    """Measure a picture without the network that tells which models suit it.

    Returns:
        What was measured, with the level of white noise alone; and what that network reads, None
        where it is not asked.

    """
    said = _said(info) if info else 0.0
    sample = take_sample(photo)
    if sample is None:
        return Inspection(compression=said, told=said > 0), None
    flat, crisp = flat_and_crisp(sample.colors)
    if flat >= FLAT and crisp >= CRISP:
        return Inspection(compression=said, told=said > 0, flat=flat, drawn=True), None
    exact = jpeg_compression(sample.luma)
    shown = exact or _traces(sample.luma, flat)
    noise = min(noise_level(sample.colors), MOST_NOISE)
    blur, detail = blur_and_detail(sample.luma, noise)
    doubt = WEBP_DOUBT if info and info.webp_quality is not None else DOUBT
    most = said + LATTICE_DOUBT if exact else max(2 * said + DOUBT, doubt)
    told = said > 0 and shown <= most
    patterns = pattern_shares(sample.luma)
    found = Inspection(
        noise=noise,
        compression=said if told else max(said, shown),
        told=told,
        blur=blur,
        detail=detail,
        sharpening=sharpening(patterns),
        flat=flat,
    )
    return found, clues_of(found, patterns, block_energies(sample))


def _traces(luma: Tensor, flat: float) -> float:
    """Return the compression that traces of blocks show, on the scale of JPEG."""
    shown = piecewise_linear(TRACES, block_traces(luma))
    is_flat = piecewise_linear(MANY_FLAT, flat)
    return (1 - is_flat) * shown + is_flat * piecewise_linear(FLAT_TRACES, shown)


def _said(info: ImageInfo) -> float:
    """Return the compression that a file tells of itself, on the scale of JPEG."""
    if info.jpeg_quality is not None:
        return 100.0 - info.jpeg_quality
    if info.webp_quality is not None:
        return piecewise_linear(WEBP, 100 - info.webp_quality)
    if info.avif_quantizer is not None:
        return piecewise_linear(AVIF, info.avif_quantizer)
    return 0.0
