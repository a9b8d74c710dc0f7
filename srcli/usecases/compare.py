"""Compare pictures, in numbers and for the eye."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from srcli.compare.comparison import Comparison, LabelledImage, compare, comparison_tables
from srcli.compare.difference import difference, full_scale, paint
from srcli.compare.enlargement import same_shape
from srcli.compare.page import comparison_page
from srcli.errors import UsageError
from srcli.files.atomic import refuse_existing, write_file
from srcli.images.decode import read_photo
from srcli.images.encode import writable_format, write_photo
from srcli.report.tables import Table
from srcli.usecases.compare_models import ModelsRequest, enlarge_bicubically, enlarge_with_models


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """What to compare, and what to write.

    Attributes:
        pictures: two or more of one shape; the smaller ones are enlarged.
        models: one picture and the models that enlarge it, in the place of ``pictures``.
        reference: what they should look like.
        page: an HTML file to look at.
        difference: a picture of where the first two differ.
        shave: pixels of each border that the numbers leave out.
        overwrite: replace existing files.

    """

    pictures: tuple[Path, ...] = ()
    models: ModelsRequest | None = None
    reference: Path | None = None
    page: Path | None = None
    difference: Path | None = None
    shave: int = 0
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareResult:
    """What came out.

    Attributes:
        comparison: the pictures, and how alike they are.
        tables: the same for a terminal, and what the models cost if there are any.
        full_scale: the difference that is brightest in the picture of it, in levels of 255;
            None if there is no such picture.
        written: the files.

    """

    comparison: Comparison
    tables: tuple[Table, ...]
    full_scale: int | None
    written: tuple[Path, ...]


def compare_files(
    request: CompareRequest, on_model: Callable[[str], None] = lambda _: None
) -> CompareResult:
    """Measure the pictures and write what was asked for.

    Args:
        request: what to compare.
        on_model: told of each model before it runs.

    Raises:
        UsageError: there are fewer than two, the shapes differ, shaving leaves nothing, or two
            files would be one.
        ImageError: a picture cannot be read, or a file cannot be written.
        WeightsError: a model cannot be used.
        OutOfMemory: a result does not fit into memory.
        DiskFull: there is no room for a file.

    """
    _check_outputs(request)
    candidates, reference = _images(request, on_model)
    comparison = compare(candidates, reference, shave=request.shave)
    levels = None
    if request.page is not None:
        page = comparison_page(comparison).encode()
        write_file(request.page, page, overwrite=request.overwrite)
    if request.difference is not None:
        levels = _write_difference(comparison, request.difference, overwrite=request.overwrite)
    return CompareResult(
        comparison=comparison,
        tables=comparison_tables(comparison),
        full_scale=levels,
        written=_outputs(request),
    )


def _outputs(request: CompareRequest) -> tuple[Path, ...]:
    return tuple(path for path in (request.page, request.difference) if path is not None)


def _check_outputs(request: CompareRequest) -> None:
    """Refuse before any work what could not be written after it."""
    inputs = _inputs(request)
    outputs = _outputs(request)
    taken = [path.resolve() for path in (*inputs, *outputs)]
    for at, path in enumerate(outputs, start=len(inputs)):
        if taken.index(path.resolve()) != at:
            msg = f"{path} is named twice."
            raise UsageError(msg, hint="Give each file that is written a name of its own.")
        if not request.overwrite:
            refuse_existing(path)
    if request.difference is not None:
        writable_format(request.difference)


def _inputs(request: CompareRequest) -> tuple[Path, ...]:
    pictures = (request.models.picture,) if request.models else request.pictures
    return (*pictures, *([request.reference] if request.reference else []))


def _images(
    request: CompareRequest, on_model: Callable[[str], None]
) -> tuple[list[LabelledImage], LabelledImage | None]:
    """Return the candidates, all as large as the largest picture, and the reference."""
    if request.models:
        candidates = enlarge_with_models(request.models, on_model)
        reference = request.reference
        return candidates, None if reference is None else _read(reference, reference.name)
    paths = _inputs(request)
    distinct = len({path.name for path in paths}) == len(paths)
    images = [_read(path, path.name if distinct else str(path)) for path in paths]
    largest = max((image.size for image in images), key=math.prod)
    reference_image = images.pop() if request.reference else None
    return [_at_size(image, largest) for image in images], reference_image


def _read(path: Path, name: str) -> LabelledImage:
    return LabelledImage(name=name, photo=read_photo(path))


def _at_size(image: LabelledImage, size: tuple[int, int]) -> LabelledImage:
    """Enlarge a smaller picture of the same shape; others are compared, or refused, as they are."""
    if image.size == size or not same_shape(image.size, size):
        return image
    return enlarge_bicubically(image, size)


def _write_difference(comparison: Comparison, path: Path, *, overwrite: bool) -> int:
    first, second = comparison.candidates[:2]
    apart = difference(first.photo, second.photo)
    levels = full_scale([apart])
    write_photo(paint(apart, levels), path, overwrite=overwrite)
    return levels
