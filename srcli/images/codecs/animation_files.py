"""Animated GIF, PNG and WebP files to frames and back."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from srcli.images.codecs import apng, gif
from srcli.images.codecs.pillow_codec import read_metadata
from srcli.images.codecs.png import for_pillow
from srcli.images.decode_errors import check_size, pillow_rules
from srcli.images.formats import GIF, PNG, WEBP, Format
from srcli.images.picture.animation import Animation
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import (
    GRAY_ALPHA,
    RGB,
    RGB_ALPHA,
    Samples,
    has_alpha,
    reduced,
    turn_upright,
    with_alpha,
)

_FEW_COLORS = 255
"""Colours of a GIF palette; one more entry is kept for transparency."""
_SAMPLED_PIXELS = 1 << 20
"""Pixels of all frames together from which a common palette is chosen."""
_OPAQUE = 128
_MARKS = {PNG: b"acTL", WEBP: b"ANIM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long each frame is shown, in milliseconds, and how often all are; 0 for ever."""

    durations: tuple[float, ...]
    plays: int


def open_animation(data: bytes, known: Format, *, pixel_limit: int) -> Image.Image | None:
    """Open a file as an animation, decoding nothing; None if it is none.

    Raises:
        UnsupportedImage: all frames together have too many pixels.

    """
    if not known.animates or _MARKS.get(known, b"") not in data:
        return None
    data = for_pillow(data) if known is PNG else data
    image = Image.open(io.BytesIO(data), formats=(known.name,))
    check_size(image.height, image.width, pixel_limit=pixel_limit)
    if not getattr(image, "is_animated", False):
        return None
    check_size(image.height * count_frames(image), image.width, pixel_limit=pixel_limit)
    return image


def is_animated(path: Path | io.BytesIO, *, pixel_limit: int) -> bool:
    """Tell whether a file holds an animation; not if it cannot be read."""
    try:
        with pillow_rules(pixel_limit=pixel_limit), Image.open(path) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 - whoever decodes it says what is wrong
        return False


def count_frames(image: Image.Image) -> int:
    """How many frames an open animation shows; a still picture in their stead is none of them."""
    return int(getattr(image, "n_frames", 1)) - bool(image.info.get("default_image"))


def read_animation(image: Image.Image, content: bytes, data: bytes) -> Animation:
    """Decode every frame as browsers show it: laid over the ones before it as the file says.

    Args:
        image: the content as Pillow opened it.
        content: the file, or what was made of it where it was damaged.
        data: the file, which says what there is beside the pixels.

    Raises:
        UnsupportedImage: frames are missing, out of order or outside their canvas.

    """
    metadata, orientation = read_metadata(image, data)
    moving = _SOURCES[str(image.format)](content, image)
    frames = tuple(
        turn_upright(reduced(seen, colored=bool(metadata.icc_profile)), orientation)
        for seen in moving.seen()
    )
    return Animation(
        frames=frames,
        durations=moving.durations,
        plays=moving.plays,
        metadata=metadata,
        source_format=str(image.format),
    )


class _Moving(Protocol):
    """An animated file taken apart."""

    @property
    def plays(self) -> int:
        """How often all frames are shown; 0 for ever."""
        ...

    @property
    def durations(self) -> tuple[float, ...]:
        """Milliseconds that each frame is shown; known once all were decoded."""
        ...

    def seen(self) -> Iterator[Samples]:
        """Decode the frames in turn, with colour and alpha (height, width, 4)."""
        ...


class _WebpFrames:
    """An animated WebP file, whose frames libwebp composes as browsers do."""

    def __init__(self, image: Image.Image) -> None:
        self.plays = int(image.info.get("loop", 0))
        self._durations: list[float] = []
        self._image = image

    @property
    def durations(self) -> tuple[float, ...]:
        return tuple(self._durations)

    def seen(self) -> Iterator[Samples]:
        for number in range(count_frames(self._image)):
            self._image.seek(number)
            self._image.load()
            self._durations.append(float(self._image.info.get("duration", 0)))
            yield np.asarray(self._image.convert("RGBA"))


_SOURCES: dict[str, Callable[[bytes, Image.Image], _Moving]] = {
    GIF.name: lambda data, _: gif.read_frames(data),
    PNG.name: lambda data, _: apng.read_frames(data),
    WEBP.name: lambda _, image: _WebpFrames(image),
}


def encode_webp(
    frames: Sequence[Samples],
    timing: Timing,
    blocks: Mapping[str, bytes],
    *,
    quality: int,
    lossless: bool,
) -> bytes:
    """Encode as animated WebP; ``blocks`` are Pillow's arguments for metadata."""
    return _save(
        [Image.fromarray(frame) for frame in _alike(frames)],
        WEBP,
        duration=[round(duration) for duration in timing.durations],
        loop=timing.plays,
        quality=quality,
        lossless=lossless,
        exact=True,
        **blocks,
    )


def encode_png(
    frames: Sequence[Samples], timing: Timing, metadata: Metadata, *, colored: bool = False
) -> bytes:
    """Encode as animated PNG, in grey if all frames are and it is not to be ``colored``."""
    gray = not colored and all(frame.shape[2] <= GRAY_ALPHA for frame in frames)
    alike = _alike(frames, gray=gray)
    return apng.encode(alike, timing.durations, timing.plays, metadata)


def encode_gif(frames: Sequence[Samples], timing: Timing, comment: bytes = b"") -> bytes:
    """Encode as GIF: 255 colours for all frames together, and pixels seen or not.

    Without dithering, what is flat stays flat and what stands still stands still. Times are
    rounded to hundredths of a second, their sum with them.
    """
    told: dict[str, Any] = {"comment": comment} if comment else {}
    if timing.plays != 1:
        told["loop"] = max(0, timing.plays - 1)
    ends = [round(end / 10) for end in itertools.accumulate(timing.durations, initial=0)]
    durations = [10 * (end - start) for start, end in itertools.pairwise(ends)]
    return _save(_with_palette(_alike(frames)), GIF, duration=durations, disposal=2, **told)


def _alike(frames: Sequence[Samples], *, gray: bool = False) -> list[Samples]:
    """All frames in colour unless ``gray``, and with alpha if any of them has it."""
    transparent = any(has_alpha(frame) for frame in frames)
    first, last = RGB - 1 if gray else 0, RGB_ALPHA if transparent else RGB
    return [with_alpha(frame)[..., first:last] for frame in frames]


def _with_palette(frames: Sequence[Samples]) -> list[Image.Image]:
    seen = np.concatenate([_visible(frame) for frame in frames])
    step = -(-len(seen) // _SAMPLED_PIXELS)
    sample = Image.fromarray(np.ascontiguousarray(seen[None, :: max(1, step)]))
    palette = sample.quantize(_FEW_COLORS, Image.Quantize.MEDIANCUT)
    images = []
    for frame in frames:
        image = Image.fromarray(np.ascontiguousarray(frame[..., :3]))
        image = image.quantize(palette=palette, dither=Image.Dither.NONE)
        if has_alpha(frame):
            indices = np.where(frame[..., 3] >= _OPAQUE, np.asarray(image), _FEW_COLORS)
            image = Image.fromarray(indices.astype(np.uint8), "P")
            image.putpalette(palette.getpalette() or [])
            image.info["transparency"] = _FEW_COLORS
        images.append(image)
    return images


def _visible(frame: Samples) -> Samples:
    if not has_alpha(frame):
        return frame.reshape(-1, 3)
    visible = frame[frame[..., 3] >= _OPAQUE][:, :3]
    return visible if len(visible) else np.zeros((1, 3), np.uint8)


def _save(images: Sequence[Image.Image], known: Format, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    file = io.BytesIO()
    rest = itertools.islice(images, 1, None)
    images[0].save(file, known.name, save_all=True, append_images=list(rest), **options)
    return file.getvalue()
