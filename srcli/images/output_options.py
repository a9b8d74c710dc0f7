"""What is left out of results, and added to them, on request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from srcli.errors import UnwritableImage
from srcli.images.codecs.png import text_without_gps
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.metadata import photoshop
from srcli.images.metadata.color_profile import Color
from srcli.images.metadata.gps import exif_without_gps, xmp_without_gps
from srcli.images.picture.animation import Picture, each
from srcli.images.picture.background import flatten
from srcli.images.picture.photo import Metadata, Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """What becomes of metadata, transparency and depth.

    Attributes:
        strip_metadata: leave behind all that is said beside the pixels; the colour profile and the
            density, without which the picture would look different, stay.
        strip_gps: leave behind where EXIF, XMP, IPTC, texts and GeoTIFF say that it was taken.
        depth: bits per sample of results; None keeps each picture's own. Animations
            are not deepened.
        background: colour that transparent pictures are put on; None leaves them transparent.

    """

    strip_metadata: bool = False
    strip_gps: bool = False
    depth: Literal[8, 16] | None = None
    background: Color | None = None

    def apply(self, picture: Picture, *, name: str = "the picture") -> Picture:
        """Return a picture without what is to be left out; ``name`` is what messages call it.

        Raises:
            UnwritableImage: it cannot be put on the background.

        """
        picture = replace(picture, metadata=self._kept(picture.metadata))
        if self.depth and isinstance(picture, Photo):
            picture = replace(picture, bits=self.depth)
        elif self.depth and self.depth < picture.bits:
            bits = self.depth
            picture = each(picture, lambda photo: replace(photo, bits=bits))
        color = self.background
        if color is None:
            return picture
        try:
            return each(picture, lambda photo: flatten(photo, color))
        except UnsupportedImage as refused:
            message = f"{name} {refused.predicate}."
            raise UnwritableImage(message, hint=refused.hint) from refused

    def _kept(self, metadata: Metadata) -> Metadata:
        if self.strip_metadata:
            return Metadata(
                icc_profile=metadata.icc_profile,
                dpi=metadata.dpi,
                color_chunks=metadata.color_chunks,
                lossless=metadata.lossless,
                size=metadata.size,
            )
        if self.strip_gps:
            resources = photoshop.resources(metadata.resources) or {}
            return replace(
                metadata,
                exif=metadata.exif and exif_without_gps(metadata.exif),
                xmp=metadata.xmp and xmp_without_gps(metadata.xmp),
                text_chunks=text_without_gps(metadata.text_chunks),
                resources=photoshop.join(photoshop.without_location(resources)),
                geo=(),
            )
        return metadata
