"""What is left out of results, and added to them, on request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from srcli.images.animation import Picture, each
from srcli.images.background import flatten
from srcli.images.color_profile import Color
from srcli.images.location import exif_without_gps, xmp_without_gps
from srcli.images.photo import Metadata, Photo
from srcli.images.png import text_without_gps


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What becomes of metadata, transparency and depth.

    Attributes:
        strip_metadata: leave EXIF, XMP and texts behind; the colour profile and the density,
            without which the picture would look different, stay.
        strip_gps: leave behind where EXIF, XMP and texts say that it was taken.
        depth: bits per sample of results; None keeps each picture's own. Animations
            are not deepened.
        background: colour that transparent pictures are put on; None leaves them transparent.

    """

    strip_metadata: bool = False
    strip_gps: bool = False
    depth: Literal[8, 16] | None = None
    background: Color | None = None

    def apply(self, picture: Picture) -> Picture:
        """Return a picture without what is to be left out."""
        picture = replace(picture, metadata=self._kept(picture.metadata))
        if self.depth and isinstance(picture, Photo):
            picture = replace(picture, bits=self.depth)
        elif self.depth and self.depth < picture.bits:
            bits = self.depth
            picture = each(picture, lambda photo: replace(photo, bits=bits))
        color = self.background
        return picture if color is None else each(picture, lambda photo: flatten(photo, color))

    def _kept(self, metadata: Metadata) -> Metadata:
        if self.strip_metadata:
            return replace(metadata, exif=None, xmp=None, text_chunks=b"")
        if self.strip_gps:
            exif = metadata.exif and exif_without_gps(metadata.exif)
            xmp = metadata.xmp and xmp_without_gps(metadata.xmp)
            texts = text_without_gps(metadata.text_chunks)
            return replace(metadata, exif=exif, xmp=xmp, text_chunks=texts)
        return metadata
