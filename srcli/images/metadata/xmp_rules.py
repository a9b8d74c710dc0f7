"""What becomes of XMP properties when a picture gets another size and its companions go.

A file that is written holds one picture. Properties that announce a gain map, a video, a depth
map or another picture beside it are taken out, and so is the history of its crop and retouch.
"""

from __future__ import annotations

from collections.abc import Mapping

from srcli.images.metadata.xmp import NotPlain, Property, edited, plain, properties

_GOOGLE = "http://ns.google.com/photos/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_PANORAMA = _GOOGLE + "panorama/"
_CAMERA = _GOOGLE + "camera/"
_DEPTH = _GOOGLE + "depthmap/"
_RAW = "http://ns.adobe.com/camera-raw-settings/1.0/"
_DARKROOM = "http://darktable.sf.net/"
_DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_COMPANIONS = (
    "http://ns.adobe.com/hdr-gain-map/",
    "http://ns.apple.com/HDRGainMap/",
    "http://ns.apple.com/pixeldatainfo/",
    "http://ns.google.com/photos/dd/",
    _GOOGLE + "container/",
)
"""How namespaces begin whose properties tell of something beside the picture."""
_TURNED_AWAY = (
    "http://www.metadataworkinggroup.com/schemas/regions/",
    "http://ns.microsoft.com/photo/1.2/",
    _PANORAMA,
    _DEPTH,
)
"""Namespaces whose properties say where something is in a picture that was not turned."""
_STORAGE = (
    *("BitsPerSample", "Compression", "PhotometricInterpretation", "SamplesPerPixel"),
    *("PlanarConfiguration", "YCbCrSubSampling", "YCbCrPositioning"),
)
_SIZES = {
    (_TIFF, "ImageLength"): 0,
    (_TIFF, "ImageWidth"): 1,
    (_EXIF, "PixelYDimension"): 0,
    (_EXIF, "PixelXDimension"): 1,
    (_DEPTH, "ImageHeight"): 0,
    (_DEPTH, "ImageWidth"): 1,
}
"""Properties that are a side of the picture, and which: 0 for its height, 1 for its width."""
_PIXELS = {
    **dict.fromkeys(("CroppedAreaImageHeightPixels", "CroppedAreaTopPixels"), 0),
    **dict.fromkeys(("FullPanoHeightPixels", "LargestValidInteriorRectTop"), 0),
    **dict.fromkeys(("LargestValidInteriorRectHeight",), 0),
    **dict.fromkeys(("CroppedAreaImageWidthPixels", "CroppedAreaLeftPixels"), 1),
    **dict.fromkeys(("FullPanoWidthPixels", "LargestValidInteriorRectLeft"), 1),
    **dict.fromkeys(("LargestValidInteriorRectWidth",), 1),
}
"""Properties of panoramas in pixels, and along which side."""
_MOST_APPLIED = 100
_WHOLE = (
    ("FullPanoHeightPixels", "CroppedAreaTopPixels", "CroppedAreaImageHeightPixels"),
    ("FullPanoWidthPixels", "CroppedAreaLeftPixels", "CroppedAreaImageWidthPixels"),
)
_PLACES = {
    *((_PHOTOSHOP, name) for name in ("City", "State", "Country")),
    *((_IPTC_CORE, name) for name in ("Location", "CountryCode")),
    *((_IPTC_EXTENSION, name) for name in ("LocationCreated", "LocationShown")),
}
_COORDINATES = ("latitude", "longitude", "longtitude", "lat", "long", "absolutealtitude")


def describing_the_picture(packet: bytes, *, turned: bool) -> bytes:
    """Return a packet that tells of the picture alone, upright.

    A packet that is not well-formed comes back as it is.

    Args:
        packet: XMP.
        turned: the picture was turned, so that places in it are no longer where they were.

    """

    def change(one: Property, value: bytes) -> bytes | None:
        if one.space.startswith(_COMPANIONS) or _is_history(one):
            return None
        if turned and (one.space.startswith(_TURNED_AWAY) or _is_place_in_picture(one)):
            return None
        return b"1" if (one.space, one.name) == (_TIFF, "Orientation") else value

    try:
        return edited(packet, change)
    except NotPlain:
        return packet


def tells_places_in_picture(packet: bytes) -> bool:
    """Tell whether a packet says where faces or other things are in its picture."""
    try:
        return any(
            one.space.startswith(_TURNED_AWAY) or _is_place_in_picture(one)
            for one in properties(plain(packet))
        )
    except NotPlain:
        return False


def with_size(packet: bytes, before: tuple[int, int], after: tuple[int, int]) -> bytes:
    """Return a packet whose sizes and places in pixels are those of a picture of another size.

    Args:
        packet: XMP; what is not well-formed comes back as it is.
        before: height and width of the picture it tells of.
        after: height and width of the picture it is to tell of.

    """
    try:
        packet = plain(packet)
        found = properties(packet)
    except NotPlain:
        return packet
    ratios = after[0] / before[0], after[1] / before[1]
    pixels = _panorama(packet, found, ratios)
    applied = [one for one in found if one.name == "AppliedToDimensions"][:_MOST_APPLIED]

    def change(one: Property, value: bytes) -> bytes | None:
        side = _SIZES.get((one.space, one.name))
        if side is not None:
            return str(after[side]).encode()
        if one.space == _PANORAMA and one.name in _PIXELS:
            return pixels.get(one.name)
        if (one.space, one.name) == (_EXIF, "SubjectArea") and before != after:
            return None
        inside = any(outer.start < one.start < outer.end for outer in applied)
        if one.space == _DIMENSIONS and one.name in {"w", "h"} and inside:
            return _multiplied(value, ratios["hw".index(one.name)])
        return value

    return edited(packet, change)


def without_location(packet: bytes) -> bytes:
    """Return a packet without properties that say where the picture was taken.

    Raises:
        NotPlain: it is not well-formed.

    """
    return edited(packet, lambda one, value: None if _is_location(one) else value)


def _is_history(one: Property) -> bool:
    if one.space == _RAW:
        edits = one.name.startswith(("Crop", "HasCrop", "Retouch", "RedEye", "MaskGroup"))
        return edits or one.name.endswith("Corrections")
    if one.space == _DARKROOM:
        return one.name.startswith(("history", "masks", "iop_order", "auto_presets"))
    if one.space == _CAMERA:
        return one.name.startswith(("MicroVideo", "MotionPhoto"))
    return one.space == _TIFF and one.name in _STORAGE


def _is_place_in_picture(one: Property) -> bool:
    return (one.space, one.name) in {
        (_IPTC_EXTENSION, "ImageRegion"),
        (_EXIF, "SubjectArea"),
        (_EXIF, "SubjectLocation"),
        ("http://ns.adobe.com/xap/1.0/", "Thumbnails"),
    }


def _is_location(one: Property) -> bool:
    name = one.name.lower()
    return "gps" in name or name in _COORDINATES or (one.space, one.name) in _PLACES


def _panorama(
    packet: bytes, found: list[Property], ratios: tuple[float, float]
) -> Mapping[str, bytes]:
    """Return the values of a panorama in new pixels; the whole is never less than its part."""
    sized = dict[str, int]()
    for one in found:
        if one.space == _PANORAMA and one.name in _PIXELS:
            value = _multiplied(packet[slice(*one.inside)], ratios[_PIXELS[one.name]])
            if value is not None:
                sized[one.name] = int(value)
    for whole, offset, part in _WHOLE:
        if whole in sized:
            sized[whole] = max(sized[whole], sized.get(offset, 0) + sized.get(part, 0))
    return {name: str(value).encode() for name, value in sized.items()}


def _multiplied(value: bytes, ratio: float) -> bytes | None:
    """Return a number times a ratio, halves up; None for what is no number."""
    try:
        return str(int(float(value) * ratio + 0.5)).encode()
    except (ValueError, OverflowError):
        return None
