"""A comparison of pictures as one HTML file that needs nothing but itself."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import torch

from srcli.compare.comparison import Comparison, LabelledImage, comparison_table
from srcli.compare.difference import RAMP, difference, full_scale, paint, visible
from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Metadata, Photo
from srcli.report import pages
from srcli.report.crops import CROP_SIDE, worst_window

ZOOMS = {"fit": "to fit", "1": "100 %", "2": "200 %", "4": "400 %", "8": "800 %"}


def comparison_page(comparison: Comparison) -> str:
    """Write the page: numbers, a slider, difference maps, and the spot that differs most.

    Each picture is in it once, in 8 bits, with its colour profile. Without scripts the
    pictures stand side by side.

    """
    names = " · ".join(picture.name for picture in comparison.pictures)
    body = [
        pages.section("Numbers", pages.table(comparison_table(comparison))),
        pages.section("Pictures", _controls(comparison.pictures), _stage(comparison.pictures)),
        pages.section("Where they differ", _maps(comparison)),
        pages.section("Where they differ most", _crops(comparison)),
    ]
    height, width = comparison.pictures[0].size
    return pages.document(
        f"srcli compare: {names}",
        f"<header><h1>Comparison</h1><p>{escape(names)} · {width} × {height} pixels</p></header>"  # noqa: RUF001 - times
        f"<main>{''.join(body)}</main>",
        style=pages.read_resource(__package__, "compare.css"),
        script=pages.read_resource(__package__, "compare.js"),
    )


def _controls(pictures: tuple[LabelledImage, ...]) -> str:
    """Draw the controls; the script shows them."""
    choices = "".join(
        f'<option value="{at}">{escape(picture.name)}</option>'
        for at, picture in enumerate(pictures)
    )
    zooms = "".join(f'<option value="{value}">{text}</option>' for value, text in ZOOMS.items())
    return (
        '<div class="controls" hidden><fieldset><legend>Layout</legend>'
        '<label><input type="radio" name="layout" value="slider" checked>Slider</label>'
        '<label><input type="radio" name="layout" value="side">Side by side</label></fieldset>'
        f'<label><span>Left</span><select id="left">{choices}</select></label>'
        f'<label><span>Right</span><select id="right">{choices}</select></label>'
        f'<label><span>Zoom</span><select id="zoom">{zooms}</select></label></div>'
    )


def _stage(pictures: tuple[LabelledImage, ...]) -> str:
    height, width = pictures[0].size
    panes = "".join(
        f'<figure class="pane"><figcaption>{escape(picture.name)}</figcaption>'
        f'<div class="scroll check">{_png(picture.photo, picture.name)}</div></figure>'
        for picture in pictures
    )
    return (
        f'<div class="viewer" style="--ratio:{width / height:.6f}"><div class="stage">{panes}'
        '<div class="handle" hidden></div></div>'
        '<input id="at" type="range" min="0" max="100" step="any" value="50" hidden '
        'aria-label="How much of the left picture is shown"></div>'
    )


def _maps(comparison: Comparison) -> str:
    pairs = comparison.pairs
    maps = [difference(one.photo, other.photo) for one, other in pairs]
    levels = full_scale(maps)
    colors = ",".join(f"rgb{color}" for color in RAMP)
    figures = "".join(
        f"<figure><figcaption>{escape(title)}</figcaption>{_png(paint(apart, levels), title)}"
        "</figure>"
        for title, apart in zip((f"{a.name} − {b.name}" for a, b in pairs), maps, strict=True)  # noqa: RUF001 - minus
    )
    return (
        '<p class="legend"><span>equal</span>'
        f'<i style="background:linear-gradient(90deg,{colors})"></i>'
        f"<span>{levels} of 255 levels or more apart</span></p>"
        f'<div class="maps">{figures}</div>'
    )


def _crops(comparison: Comparison) -> str:
    """Cut the window in which the first differs most from the others out of every picture."""
    first, *others = (visible(picture.photo) for picture in comparison.candidates)
    window = worst_window(torch.cat(others), first, CROP_SIDE)
    panels = "".join(
        f'<div class="panel">'
        f"{_png(Photo(pixels=window.of(visible(p.photo)).contiguous()), p.name)}"
        f"<b>{escape(p.name)}</b></div>"
        for p in comparison.pictures
    )
    place = f"{window.left}, {window.top}"
    size = f"{window.width} × {window.height}"  # noqa: RUF001 - times
    return (
        f'<figure class="crops"><figcaption>{size} pixels at {place}</figcaption>'
        f'<div class="row">{panels}</div></figure>'
    )


def _png(photo: Photo, name: str) -> str:
    plain = replace(photo, bits=8, metadata=Metadata(icc_profile=photo.metadata.icc_profile))
    return pages.image(encode_photo(plain, PNG, name=name), "png", name)
