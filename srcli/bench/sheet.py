"""Cuts the same area out of HR and out of the result of each model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from srcli.bench.baselines import baselines_for
from srcli.bench.datasets import Dataset
from srcli.bench.image_pair import ImagePair
from srcli.bench.runner import Candidate
from srcli.bench.spoiling import compared
from srcli.images.encode import encode_photo
from srcli.images.formats import JPEG
from srcli.images.picture.photo import Photo
from srcli.metrics.protocol import CHANNELS, PUBLISHED, Protocol, Scores
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import resize
from srcli.report.crops import AREA_SIDE, CROP_SIDE, area_around, crop_png, worst_window

OVERVIEW_SIDE = 320
OVERVIEW_QUALITY = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of one picture.

    Attributes:
        title: ``HR``, or the id of the model.
        scores: scores of the whole picture; None for HR.
        png: the area of the sheet as a PNG file.

    """

    title: str
    scores: Scores | None
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The crops of one picture at one scale.

    Attributes:
        title: data set and file name.
        scale: the ratio.
        height: height of HR in pixels.
        width: width of HR in pixels.
        window: place in HR of the crops that are shown first.
        area: place in HR of what each panel holds, and the reader may look at.
        overview: all of HR, reduced, as a JPEG file.
        panels: the crops of HR, of bicubic and of the models.

    """

    title: str
    scale: float
    height: int
    width: int
    window: Region
    area: Region
    overview: bytes
    panels: tuple[Panel, ...]


def crop_sheet(
    dataset: Dataset,
    index: int,
    candidates: Sequence[Candidate],
    scale: float,
    *,
    protocol: Protocol = PUBLISHED,
) -> Sheet:
    """Enlarge one picture with bicubic and every candidate, and cut out the same window.

    The window is where bicubic is most wrong, for that is where models differ.

    Args:
        dataset: the data set.
        index: place of the picture in the data set.
        candidates: models to show. Bicubic is shown once, even if it is among them.
        scale: the ratio.
        protocol: the way to compare.

    Raises:
        ImageError: the picture cannot be used; see ``ImagePair`` and ``score``.

    """
    image = dataset.images[index]
    lr_image = dataset.lr_images[index] if dataset.lr_images else None
    images = ImagePair(
        image, lr_image, jpeg=dataset.jpeg, protocol=protocol, spoiling=dataset.spoiling
    )
    lr, hr = images.pair(scale)
    size = (hr.shape[2], hr.shape[3])
    low, exact = from_levels(lr), from_levels(hr).expand(-1, CHANNELS, -1, -1)
    plain = baselines_for(protocol)["bicubic"](low, size, scale).float()
    window = worst_window(plain, exact, CROP_SIDE)
    area = area_around(window, size, AREA_SIDE)
    panels = [_panel("HR", exact, None, area)]
    compare = partial(compared, scale=scale, protocol=protocol, spoiling=dataset.spoiling)
    title = "as given" if dataset.spoiling else "bicubic"
    panels.append(_panel(title, plain, compare(plain, hr), area))
    for candidate in candidates:
        if candidate.model != "bicubic":
            sr = candidate.upscale(low, size, scale)
            panels.append(
                _panel(candidate.model, sr, compare(sr, hr), area),
            )
    return Sheet(
        title=f"{dataset.name}, {image.name}",
        scale=scale,
        height=size[0],
        width=size[1],
        window=window,
        area=area,
        overview=_overview(exact),
        panels=tuple(panels),
    )


def _panel(title: str, image: Tensor, scores: Scores | None, area: Region) -> Panel:
    return Panel(title=title, scores=scores, png=crop_png(image, area, name=title))


def _overview(hr: Tensor) -> bytes:
    ratio = min(1.0, OVERVIEW_SIDE / max(hr.shape[2:]))
    size = (max(1, round(hr.shape[2] * ratio)), max(1, round(hr.shape[3] * ratio)))
    small = Photo(pixels=resize(hr, size).clamp(0, 1))
    return encode_photo(small, JPEG, name="overview", quality=OVERVIEW_QUALITY)
