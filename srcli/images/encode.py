"""Write a picture file, whole or not at all, losing nothing without saying so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import BinaryIO

from srcli.errors import UnknownFormat, UnwritableImage, UsageError
from srcli.files.atomic import refuse_existing, write_file
from srcli.images.codecs import png
from srcli.images.codecs.animation_files import Timing, encode_gif, encode_png, encode_webp
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.formats import (
    GIF,
    JXL,
    PNG,
    TIFF,
    WEBP,
    Format,
    by_suffix,
    unwritten_hint,
)
from srcli.images.metadata import exif, geo, gray_profile, xmp_rules
from srcli.images.metadata.color_profile import is_srgb
from srcli.images.picture.animation import Animation, Picture
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import from_photo
from srcli.images.still_encoders import (
    ENCODERS,
    LOSSLESS_QUALITY,
    WRITERS,
    embedded,
)
from srcli.pixels.levels import from_levels

QUALITY = 95
"""Quality of JPEG, WebP, AVIF and JPEG XL unless a caller names one."""

STILL_HINT = "Choose PNG, WebP or GIF, or save the frame you want as a file of its own."
"""What to do about an animation that a format cannot hold."""


def write_photo(
    photo: Photo, path: Path, *, quality: int | None = None, overwrite: bool = False
) -> None:
    """Encode and write a file in the format of the path's suffix.

    The file appears complete, under its name, or not at all. See ``encode_photo`` for what
    each format keeps.

    Args:
        photo: the picture.
        path: the file; missing folders are made.
        quality: 1 to 100 or None, see ``encode_photo``.
        overwrite: replace a file that is there.

    Raises:
        UsageError: if the quality is out of range.
        UnwritableImage: if the format is unknown or cannot hold the picture, if the file is
            there, or if the place does not allow writing.
        DiskFull: if the disk is full.
        ValueError: if a sample is not finite.

    """
    known = writable_format(path)
    if not overwrite:
        refuse_existing(path)
    data = encode_photo(photo, known, name=str(path), quality=quality)
    write_file(path, data, overwrite=overwrite, failure=UnwritableImage)


def writable_format(path: PurePath) -> Format:
    """The format that a path's suffix asks for.

    Raises:
        UnknownFormat: if there is none of that suffix, or it is only read, or an extra package
            writes it that is not installed.

    """
    known = by_suffix(path)
    if known is None or not known.writable:
        message = f"{path} cannot be written: srcli writes no format with its suffix."
        raise UnknownFormat(message, hint=unwritten_hint(path.suffix))
    if not known.readable:
        message = f"{path} cannot be written: an extra package writes {known.name} files."
        raise UnknownFormat(message, hint=known.remedy)
    return known


def encode_picture(
    picture: Picture, known: Format, *, name: str, quality: int | None = None
) -> bytes:
    """Encode a photo, see ``encode_photo``, or an animation.

    PNG keeps all of it, WebP all of 8 bits, GIF 255 colours and hard edges of transparency.

    Raises:
        UsageError: if the quality is not 1 to 100.
        UnwritableImage: as ``encode_photo``; if the format holds no animations.

    """
    if isinstance(picture, Photo):
        return encode_photo(picture, known, name=name, quality=quality)
    chosen = _choose_quality(quality, picture, known)
    with _refusals(name):
        if not known.animates:
            message = f"{known.name} cannot hold an animation"
            raise UnsupportedImage(message, hint=STILL_HINT)
        _check_limits(picture, known)
        return _encode_animation(picture, known, chosen)


def write_picture(
    file: BinaryIO, picture: Picture, known: Format, *, name: str, quality: int | None = None
) -> None:
    """Write what ``encode_picture`` returns; that of a PNG, TIFF or JPEG photo needs no memory."""
    writer = WRITERS.get(known)
    if writer is None or not isinstance(picture, Photo):
        file.write(encode_picture(picture, known, name=name, quality=quality))
        return
    chosen = _choose_quality(quality, picture, known)
    with _refusals(name):
        photo = _prepared(picture, known)
        writer(file, from_photo(photo, bits=known.depth_for(photo.bits)), _sized(photo), chosen)


def is_streamed(known: Format) -> bool:
    """Tell whether photos are written in this format without the whole of them in memory."""
    return known in WRITERS


def encode_photo(photo: Photo, known: Format, *, name: str, quality: int | None = None) -> bytes:
    """Encode a picture as the content of a file; ``name`` is what messages call it.

    ====  ===============  =====================================  ====================
    file  bits per sample  pixels                                 metadata
    ====  ===============  =====================================  ====================
    PNG   8, 16            lossless                               all but GeoTIFF
    TIFF  8, 16, 32        lossless                               all but texts and comments
    JPEG  8                4:4:4 at ``quality``                   all but texts and GeoTIFF
    WebP  8                at ``quality``, 100 being lossless     profile, EXIF, XMP
    AVIF  8                4:4:4 at ``quality``                   profile, EXIF, XMP
    JXL   8                at ``quality``, 100 being lossless     EXIF, XMP
    BMP   8                lossless                               dpi
    GIF   8                255 colours, seen or not               comment
    ====  ===============  =====================================  ====================

    Without a quality it is 95, and 100 for WebP and JPEG XL of what came as one of them without
    loss. JPEG XL says itself that its colours are sRGB, and takes no other profile.

    A picture of a lower depth than the format has takes the next that it has; one of a higher
    depth is refused. WebP has no grey; it gets three equal channels. Alpha that is
    one everywhere is left out where the format has none. What a format does not hold of the
    metadata, ``left_behind`` names.

    Raises:
        UsageError: if the quality is not 1 to 100.
        UnwritableImage: if the format cannot hold the size, the depth, the alpha, the profile,
            a colour space other than sRGB that color chunks tell, or the amount of metadata.
        ValueError: if a sample is not finite.

    """
    chosen = _choose_quality(quality, photo, known)
    with _refusals(name):
        photo = _prepared(photo, known)
        samples = from_photo(photo, bits=known.depth_for(photo.bits))
        return ENCODERS[known](samples, _sized(photo), chosen)


def _prepared(photo: Photo, known: Format) -> Photo:
    """Return a picture as a format holds it."""
    return _with_fitting_profile(_fitted(_told_by_code(photo, known), known), known)


def _choose_quality(quality: int | None, picture: Picture, known: Format) -> int:
    if quality is None:
        lossless = known in {WEBP, JXL} and picture.metadata.lossless
        return LOSSLESS_QUALITY if lossless else QUALITY
    if quality not in range(1, 101):
        message = f"Quality must be 1 to 100, not {quality}."
        raise UsageError(message)
    return quality


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    try:
        yield
    except UnsupportedImage as refused:
        message = f"{name} cannot be written: {refused.predicate}."
        raise UnwritableImage(message, hint=refused.hint) from refused


def _check_limits(picture: Picture, known: Format) -> None:
    if max(picture.height, picture.width) > known.longest_side:
        message = f"the sides of {known.name} pictures end at {known.longest_side:,} pixels"
        raise UnsupportedImage(message, hint="Choose PNG or TIFF, or a smaller size.")
    if known.depth_for(picture.bits) < picture.bits:
        message = f"{known.name} cannot hold {picture.bits} bits per sample"
        deep = "TIFF" if picture.bits == TIFF.depths[-1] else "PNG or TIFF"
        raise UnsupportedImage(
            message, hint=f"Choose {deep}, or round them with --depth {known.depths[-1]}."
        )
    if picture.metadata.icc_profile and not known.profile:
        message = f"{known.name} cannot hold the picture's colour profile"
        raise UnsupportedImage(message, hint="Choose PNG, JPEG or TIFF.")
    if known is not PNG and not png.tells_srgb(picture.metadata):
        message = f"{known.name} cannot hold the colour space that chunks or codes in the file tell"
        raise UnsupportedImage(message, hint="Choose PNG.")


def _sized(picture: Picture) -> Metadata:
    """The metadata with the picture's size, wherever they tell of pixels."""
    metadata = picture.metadata
    height, width = picture.height, picture.width
    before = metadata.size or (height, width)
    block = metadata.exif and exif.with_size(
        metadata.exif, height=height, width=width, before=before
    )
    packet = metadata.xmp and xmp_rules.with_size(metadata.xmp, before, (height, width))
    places = geo.with_size(metadata.geo, "<", height / before[0], width / before[1])
    return replace(metadata, exif=block, xmp=packet, geo=places)


def _told_by_code(photo: Photo, known: Format) -> Photo:
    """The photo without a profile for sRGB, which a JPEG XL file that is written tells itself."""
    profile = photo.metadata.icc_profile
    if known is JXL and profile and is_srgb(profile):
        return replace(photo, metadata=replace(photo.metadata, icc_profile=None))
    return photo


def _fitted(photo: Photo, known: Format) -> Photo:
    """The photo without alpha that says nothing; refused if the format cannot hold it."""
    _check_limits(photo, known)
    if photo.alpha is not None and not known.alpha:
        if not (from_levels(photo.alpha) == 1).all():
            message = f"{known.name} cannot hold transparency"
            raise UnsupportedImage(
                message, hint="Choose PNG, WebP or TIFF, or name a --background."
            )
        photo = replace(photo, alpha=None)
    return photo


def _with_fitting_profile(photo: Photo, known: Format) -> Photo:
    """The photo with as many channels as its profile is for, or with a profile for its channels.

    A grey picture with a profile of colours is written in colour; a format without grey gets
    an RGB profile with the curve of the grey one.
    """
    profile = photo.metadata.icc_profile
    space = gray_profile.space_of(profile) if profile else ""
    if space == "RGB":
        return replace(photo, gray=False)
    if profile and space == "GRAY" and (known is WEBP or not photo.gray):
        metadata = replace(photo.metadata, icc_profile=_rgb_profile(profile, known))
        return replace(photo, metadata=metadata, gray=False)
    return photo


def _rgb_profile(profile: bytes, known: Format) -> bytes:
    wide = gray_profile.as_rgb(profile)
    if wide is None:
        message = f"{known.name} stores three channels, and its colour profile is for one"
        raise UnsupportedImage(message, hint="Choose PNG or TIFF.")
    return wide


def _encode_animation(picture: Animation, known: Format, quality: int) -> bytes:
    timing = Timing(durations=picture.durations, plays=picture.plays)
    profile = picture.metadata.icc_profile
    if profile and gray_profile.space_of(profile) == "GRAY":
        metadata = replace(picture.metadata, icc_profile=_rgb_profile(profile, known))
        picture = replace(picture, metadata=metadata)
    if known is GIF:
        return encode_gif(picture.frames, timing, picture.metadata.comment)
    if known is PNG:
        return encode_png(picture.frames, timing, _sized(picture), colored=bool(profile))
    lossless = quality == LOSSLESS_QUALITY
    options = embedded(_sized(picture))
    return encode_webp(picture.frames, timing, options, quality=quality, lossless=lossless)
