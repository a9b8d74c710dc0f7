"""Moving pictures in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from srcli.images.formats import Bits
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import Samples, depth, from_photo, to_photo


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Animation:
    """Upright pictures of one size that are shown one after the other.

    Attributes:
        frames: whole pictures, uint8 or uint16 samples (H, W, C), C = 1 to 4, of one depth; all
            are held at once.
        durations: milliseconds that each is shown.
        plays: how often all are shown; 0 for ever.
        metadata: what is carried over from file to file.
        source_format: name of the format it was read from.

    """

    frames: tuple[Samples, ...]
    durations: tuple[float, ...]
    plays: int
    metadata: Metadata = field(default_factory=Metadata)
    source_format: str = ""

    @property
    def height(self) -> int:
        """The number of rows."""
        return int(self.frames[0].shape[0])

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.frames[0].shape[1])

    @property
    def bits(self) -> Bits:
        """Depth of the frames."""
        return depth(self.frames[0])


Picture = Photo | Animation


def photos(picture: Picture) -> Iterator[Photo]:
    """Each frame of an animation in turn, or the one photo."""
    if isinstance(picture, Photo):
        yield picture
        return
    for frame in picture.frames:
        yield to_photo(frame, picture.metadata, source_format=picture.source_format)


def each(picture: Picture, change: Callable[[Photo], Photo]) -> Picture:
    """Change a photo, or every frame of an animation; frames are rounded to their depth."""
    if isinstance(picture, Photo):
        return change(picture)
    frames = tuple(
        from_photo(changed, bits=changed.bits) for changed in map(change, photos(picture))
    )
    return replace(picture, frames=frames)


def frame_count(picture: Picture) -> int:
    """The number of frames."""
    return 1 if isinstance(picture, Photo) else len(picture.frames)
