"""Compare pictures, in numbers and for the eye."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from srcli.compare.comparison import Comparison, LabelledImage, Likeness, compare, comparison_table
from srcli.compare.difference import difference, full_scale, paint
from srcli.compare.page import comparison_page
from srcli.errors import UsageError
from srcli.files.atomic import refuse_existing, write_file
from srcli.images.decode import read_photo
from srcli.images.encode import writable_format, write_photo
from srcli.report.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """What to compare, and what to write.

    Attributes:
        pictures: two or more, of one size.
        reference: what they should look like.
        page: an HTML file to look at.
        difference: a picture of where the first two differ.
        shave: pixels of each border that the numbers leave out.
        overwrite: replace existing files.

    """

    pictures: tuple[Path, ...]
    reference: Path | None = None
    page: Path | None = None
    difference: Path | None = None
    shave: int = 0
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareResult:
    """What came out.

    Attributes:
        likenesses: of the first with every other; then, with a reference, of each with it.
        table: the same for a terminal.
        full_scale: the difference that is brightest in the picture of it, in levels of 255;
            None if there is no such picture.
        written: the files.

    """

    likenesses: tuple[Likeness, ...]
    table: Table
    full_scale: int | None
    written: tuple[Path, ...]


def compare_files(request: CompareRequest) -> CompareResult:
    """Measure the pictures and write what was asked for.

    Raises:
        UsageError: there are fewer than two, the sizes differ, shaving leaves nothing, or two
            files would be one.
        ImageError: a picture cannot be read, or a file cannot be written.
        DiskFull: there is no room for a file.

    """
    _check_outputs(request)
    candidates, reference = _pictures(request)
    comparison = compare(candidates, reference, shave=request.shave)
    levels = None
    if request.page is not None:
        page = comparison_page(comparison).encode()
        write_file(request.page, page, overwrite=request.overwrite)
    if request.difference is not None:
        levels = _write_difference(comparison, request.difference, overwrite=request.overwrite)
    return CompareResult(
        likenesses=comparison.likenesses,
        table=comparison_table(comparison),
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
            msg = f"{path} is named twice"
            raise UsageError(msg, hint="give each file that is written a name of its own")
        if not request.overwrite:
            refuse_existing(path)
    if request.difference is not None:
        writable_format(request.difference)


def _inputs(request: CompareRequest) -> tuple[Path, ...]:
    return (*request.pictures, *([request.reference] if request.reference else []))


def _pictures(request: CompareRequest) -> tuple[list[LabelledImage], LabelledImage | None]:
    """Read the pictures; they are called by their file names, or by their paths if these agree."""
    paths = _inputs(request)
    distinct = len({path.name for path in paths}) == len(paths)
    read = [LabelledImage(name=p.name if distinct else str(p), photo=read_photo(p)) for p in paths]
    reference = read.pop() if request.reference else None
    return read, reference


def _write_difference(comparison: Comparison, path: Path, *, overwrite: bool) -> int:
    first, second = comparison.candidates[:2]
    apart = difference(first.photo, second.photo)
    levels = full_scale([apart])
    write_photo(paint(apart, levels), path, overwrite=overwrite)
    return levels
