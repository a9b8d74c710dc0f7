"""What is left out of results on request."""

from __future__ import annotations

from dataclasses import dataclass, replace

from srcli.images.animation import Picture, each
from srcli.images.background import flatten
from srcli.images.color_profile import Color
from srcli.images.location import exif_without_gps, xmp_without_gps
from srcli.images.photo import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What becomes of metadata and transparency.

    Attributes:
        strip_metadata: leave EXIF and XMP behind; the colour profile and the density, without
            which the picture would look different, stay.
        strip_gps: leave behind where EXIF and XMP say that it was taken.
        background: colour that transparent pictures are put on; None leaves them transparent.

    """

    strip_metadata: bool = False
    strip_gps: bool = False
    background: Color | None = None

    def apply(self, picture: Picture) -> Picture:
        """Return a picture without what is to be left out."""
        picture = replace(picture, metadata=self._kept(picture.metadata))
        color = self.background
        return picture if color is None else each(picture, lambda photo: flatten(photo, color))

    def _kept(self, metadata: Metadata) -> Metadata:
        if self.strip_metadata:
            return replace(metadata, exif=None, xmp=None)
        if self.strip_gps:
            exif = metadata.exif and exif_without_gps(metadata.exif)
            xmp = metadata.xmp and xmp_without_gps(metadata.xmp)
            return replace(metadata, exif=exif, xmp=xmp)
        return metadata
