"""Writes a comparison of pictures as one HTML file that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from srcli.compare.comparison import Comparison, comparison_tables
from srcli.compare.difference import RAMP, difference, full_scale, paint, visible
from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Metadata, Photo
from srcli.pixels.region import Region
from srcli.report.crops import CROP_SIDE, crop_png, worst_window
from srcli.report.pages import render_page

ZOOMS = {"fit": "to fit"} | {
    f"{zoom:g}": f"{100 * zoom:g} %" for zoom in (0.25, 0.5, 1, 2, 4, 8, 16)
}
"""Pixels of the screen that a pixel of a picture takes, and their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """A PNG file, its title, and the facts under it."""

    title: str
    png: bytes
    facts: tuple[str, ...] = ()


def comparison_page(comparison: Comparison) -> str:
    """Write the page: a slider, numbers, difference maps, and the spot that differs most.

    The page holds each picture once, in 8 bits, with its colour profile. It opens at 100 % and
    shows the spot that differs most. Without scripts the pictures stand side by side.

    """
    height, width = comparison.pictures[0].size
    levels, maps = _maps(comparison)
    window = _window(comparison)
    return render_page(
        __package__,
        "compare",
        names=" · ".join(picture.name for picture in comparison.pictures),
        height=height,
        width=width,
        tables=comparison_tables(comparison),
        zooms=ZOOMS,
        pictures=[
            replace(
                _encoded(picture.photo, picture.name),
                facts=picture.enlargement.facts if picture.enlargement else (),
            )
            for picture in comparison.pictures
        ],
        gain=512 // levels,
        ramp=RAMP,
        levels=levels,
        maps=maps,
        window=window,
        crops=[
            PagePicture(
                title=picture.name,
                png=crop_png(visible(picture.photo), window, name=picture.name),
            )
            for picture in comparison.pictures
        ],
    )


def _maps(comparison: Comparison) -> tuple[int, list[PagePicture]]:
    """Draw where the two pictures of each pair differ, and return the full scale of all maps."""
    pairs = comparison.pairs
    maps = [difference(one.photo, other.photo) for one, other in pairs]
    levels = full_scale(maps)
    titles = (f"{one.name} − {other.name}" for one, other in pairs)  # noqa: RUF001 - minus
    return levels, [
        _encoded(paint(apart, levels), title) for title, apart in zip(titles, maps, strict=True)
    ]


def _window(comparison: Comparison) -> Region:
    """Find where the first picture differs most from the others."""
    first, *others = (visible(picture.photo) for picture in comparison.candidates)
    return worst_window(torch.cat(others), first, CROP_SIDE)


def _encoded(photo: Photo, title: str) -> PagePicture:
    plain = replace(photo, bits=8, metadata=Metadata(icc_profile=photo.metadata.icc_profile))
    return PagePicture(title=title, png=encode_photo(plain, PNG, name=title))
