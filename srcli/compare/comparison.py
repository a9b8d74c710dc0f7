"""Measures how much pictures differ, and which is nearest to a reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from srcli.compare.difference import difference, visible
from srcli.compare.enlargement import Enlargement, seconds_text
from srcli.errors import UsageError, listed
from srcli.images.picture.photo import Photo
from srcli.metrics.catalog import METRICS
from srcli.metrics.psnr import psnr_rgb, psnr_y
from srcli.metrics.ssim import WINDOW, ssim_y
from srcli.report.tables import NOTHING, Cell, Table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledImage:
    """A picture, its name, and how it was enlarged if it was."""

    name: str
    photo: Photo
    enlargement: Enlargement | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.photo.height, self.photo.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two pictures are.

    Attributes:
        first: name of one picture.
        second: name of the other picture.
        psnr_y: PSNR of luma in decibels; infinite if the luma is equal.
        ssim_y: SSIM of luma, at most 1; None if the pictures are smaller than its window.
        psnr_rgb: PSNR of the colours in decibels; infinite if they are equal.
        largest: largest difference of a sample, in levels of 255.

    """

    first: str
    second: str
    psnr_y: float
    ssim_y: float | None
    psnr_rgb: float
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Pictures of one size, set beside each other.

    Attributes:
        candidates: two pictures or more.
        reference: the picture that they should look like; None if there is none.
        pairs: the first candidate with every other, and then every candidate with the reference.
        likenesses: one for each pair.
        notes: sentences about how the numbers were measured.

    """

    candidates: tuple[LabelledImage, ...]
    reference: LabelledImage | None
    pairs: tuple[tuple[LabelledImage, LabelledImage], ...]
    likenesses: tuple[Likeness, ...]
    notes: tuple[str, ...]

    @property
    def pictures(self) -> tuple[LabelledImage, ...]:
        """The candidates, and the reference if there is one."""
        return (*self.candidates, self.reference) if self.reference else self.candidates


def compare(
    candidates: Sequence[LabelledImage], reference: LabelledImage | None = None, *, shave: int = 0
) -> Comparison:
    """Measure the first picture against every other, and each against a reference.

    Samples are compared at the depth they have, as they are stored. Transparent pictures are
    laid over mid-grey, so that what does not show does not count.

    Args:
        candidates: pictures of one size.
        reference: the picture that they should look like.
        shave: width of the border that the numbers leave out, in pixels.

    Raises:
        UsageError: there are fewer than two pictures, their sizes differ, or shaving leaves
            nothing.

    """
    if len(candidates) < 2:  # noqa: PLR2004 - a pair
        msg = "A picture can only be compared with another one."
        raise UsageError(msg, hint="Name two pictures or more, or one and --models.")
    first, *others = candidates
    pictures = (*candidates, reference) if reference else tuple(candidates)
    for other in pictures[1:]:
        _check_sizes(first, other)
    if 2 * shave >= min(first.size):
        msg = f"Nothing is left of {_size(first)} pixels without {shave} at each border."
        raise UsageError(msg)
    pairs = [(first, other) for other in others]
    if reference:
        pairs += [(candidate, reference) for candidate in candidates]
    return Comparison(
        candidates=tuple(candidates),
        reference=reference,
        pairs=tuple(pairs),
        likenesses=tuple(_likeness(one, other, shave) for one, other in pairs),
        notes=tuple(_notes(pictures, shave)),
    )


def comparison_tables(comparison: Comparison) -> tuple[Table, ...]:
    """Lay out how alike the pictures are and, if models made some, what these cost."""
    models = models_table(comparison)
    return (comparison_table(comparison), *([models] if models.rows else []))


def comparison_table(comparison: Comparison) -> Table:
    """Lay out the numbers. The candidate that is nearest to the reference is marked as best."""
    candidates = comparison.likenesses[len(comparison.candidates) - 1 :]
    return Table(
        caption="How alike the pictures are",
        header=("Compared with", "Picture", "PSNR-Y dB", "SSIM-Y", "PSNR-RGB dB", "Largest diff."),
        rows=tuple(_row(one, candidates) for one in comparison.likenesses),
        labels=2,
        notes=comparison.notes,
    )


def models_table(comparison: Comparison) -> Table:
    """Lay out what each model ran, its licence and its cost. Without models there are no rows."""
    made = [
        (image.name, image.enlargement)
        for image in comparison.pictures
        if image.enlargement and not image.enlargement.plain
    ]
    texts = [
        (
            *(name, one.models, one.licence or "not known"),
            *(f"{one.kmacs:,.1f}" if one.kmacs else NOTHING, seconds_text(one.seconds)),
        )
        for name, one in made
    ]
    choices = [f"{name} chose {one.choice}." for name, one in made if one.choice]
    return Table(
        caption="What the models are and cost",
        header=("Picture", "Models", "Licence", "kMAC/px", "Seconds"),
        rows=tuple(tuple(Cell(text=text) for text in row) for row in texts),
        labels=3,
        notes=(
            "kMAC/px: thousand multiply-adds a pixel of the result. Seconds: enlarging alone.",
            *choices,
        ),
    )


def _row(one: Likeness, candidates: tuple[Likeness, ...]) -> tuple[Cell, ...]:
    cells = [Cell(text=one.second), Cell(text=one.first)]
    for name in ("psnr_y", "ssim_y", "psnr_rgb"):
        value = getattr(one, name)
        values = [getattr(candidate, name) for candidate in candidates] if one in candidates else []
        best = len(set(values)) > 1 and value == max(values)
        cells.append(Cell(text=NOTHING if value is None else METRICS[name].text(value), best=best))
    return (*cells, Cell(text=f"{one.largest:.4g}"))


def _check_sizes(one: LabelledImage, other: LabelledImage) -> None:
    if one.size != other.size:
        msg = (
            f"{one.name} has {_size(one)} pixels and {other.name} {_size(other)}. "
            "Only pictures of one size can be compared."
        )
        raise UsageError(msg, hint="Upscale the smaller one with --width and --height first.")


def _size(picture: LabelledImage) -> str:
    return f"{picture.photo.width}x{picture.photo.height}"


def _likeness(one: LabelledImage, other: LabelledImage, shave: int) -> Likeness:
    first, second = (_inside(visible(p.photo), shave) for p in (one, other))
    apart = _inside(difference(one.photo, other.photo), shave)
    return Likeness(
        first=one.name,
        second=other.name,
        psnr_y=psnr_y(first, second),
        ssim_y=ssim_y(first, second) if min(first.shape[2:]) >= WINDOW else None,
        psnr_rgb=psnr_rgb(first, second),
        largest=float(apart.max()) * 255,
    )


def _inside(image: Tensor, shave: int) -> Tensor:
    height, width = image.shape[2:]
    return image[..., shave : height - shave, shave : width - shave]


def _notes(pictures: tuple[LabelledImage, ...], shave: int) -> Iterator[str]:
    photos = [picture.photo for picture in pictures]
    border = f"{shave} pixels of each border left out" if shave else "all pixels"
    yield f"BT.601 studio luma, peak 255, {border}; largest difference in levels of 255."
    for picture in pictures:
        if picture.enlargement and picture.enlargement.plain:
            yield f"{picture.name} was {picture.enlargement.interpolated}."
    if any(photo.alpha is not None for photo in photos):
        yield "Transparent pixels are laid over mid-grey; the largest difference minds opacity too."
    if len({photo.bits for photo in photos}) > 1:
        depths = listed(f"{p.name} {p.photo.bits}" for p in pictures)
        yield f"Bits per sample differ, and nothing was rounded: {depths}."
    if len({photo.metadata.icc_profile for photo in photos}) > 1:
        yield "The colour profiles differ; samples are compared as they are stored."
    if min(pictures[0].size) - 2 * shave < WINDOW:
        yield f"SSIM needs {WINDOW} pixels a side."
