"""Metadata that are damaged end in a picture or in one sentence, never in anything else."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.errors import UnreadableImage, UnwritableImage
from srcli.images.decode import decode_picture
from srcli.images.encode import encode_picture
from srcli.images.formats import JPEG, PNG, TIFF
from srcli.images.output_options import OutputOptions
from srcli.images.read_rules import ReadRules

CASES = Path(__file__).parents[1] / "golden" / "cases"
FILES = (
    "avif-text-utf8/names.avif",
    "geotiff-tags/geo.tif",
    "gpano-xmp/pano.jpg",
    "jpeg-extended-xmp/ext.jpg",
    "jpeg-iptc/iptc.jpg",
    "motion-photo-xmp/motion.jpg",
    "png-raw-profiles/raw_iptc.png",
    "tiff-text-utf8/names.tif",
    "tiff-thumbnail-page/thumb.tif",
)
PLACES = st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255)), min_size=1, max_size=5)


@functools.cache
def content(name: str) -> bytes:
    return (CASES / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
@given(places=PLACES, strip=st.booleans())
def test_damage_anywhere_is_survived(name, places, strip):
    data = bytearray(content(name))
    for at, value in places:
        data[at % len(data)] = value
    with contextlib.suppress(UnreadableImage, UnwritableImage):
        picture = decode_picture(bytes(data), name="it", rules=ReadRules(pixel_limit=1_000_000))
        picture = OutputOptions(strip_gps=strip).apply(picture)
        for known in (JPEG, TIFF, PNG):
            encode_picture(picture, known, name="it")
