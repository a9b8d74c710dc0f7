"""What is left out of results."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.images.output_options import OutputOptions
from srcli.images.picture.animation import Animation
from srcli.images.picture.photo import Metadata, Photo

XMP = b'<x exif:GPSLatitude="48" b="c"/>'


def exif_block() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "maker"
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes().removeprefix(b"Exif\0\0")


def text(body: bytes) -> bytes:
    whole = b"tEXt" + body
    return (len(body)).to_bytes(4, "big") + whole + zlib.crc32(whole).to_bytes(4, "big")


TITLE = text(b"Title\0GPS devices")
FULL = Metadata(
    icc_profile=b"profile",
    exif=exif_block(),
    xmp=XMP,
    dpi=(72, 72),
    text_chunks=text(b"exif:GPSLatitude\x0048/1") + TITLE,
)


def photo(metadata: Metadata = FULL) -> Photo:
    pixels = torch.rand(1, 3, 2, 2)
    return Photo(pixels=pixels, alpha=torch.zeros(1, 1, 2, 2), metadata=metadata)


def test_nothing_is_left_out_unless_asked_for():
    assert OutputOptions().apply(photo()).metadata == FULL


def test_metadata_goes_and_what_the_picture_looks_like_stays():
    kept = OutputOptions(strip_metadata=True, strip_gps=True).apply(photo()).metadata
    assert kept == Metadata(icc_profile=b"profile", dpi=(72, 72))


def test_the_place_goes_and_the_rest_stays():
    kept = OutputOptions(strip_gps=True).apply(photo()).metadata
    tags = Image.Exif()
    tags.load(kept.exif)
    assert (tags[0x010F], tags.get_ifd(0x8825)) == ("maker", {})
    assert kept.xmp == b'<x b="c"/>'
    assert kept.text_chunks == TITLE
    assert (kept.icc_profile, kept.dpi) == (FULL.icc_profile, FULL.dpi)
    assert OutputOptions(strip_gps=True).apply(photo(Metadata())).metadata == Metadata()


@pytest.mark.parametrize("alpha", [0, 255])
def test_every_frame_goes_on_the_background(alpha):
    frame = np.full((2, 2, 4), 10, np.uint8)
    frame[..., 3] = alpha
    moving = Animation(frames=(frame, frame), durations=(10, 10), plays=0)
    done = OutputOptions(background=(1, 2, 3)).apply(moving)
    assert [shown.shape for shown in done.frames] == [(2, 2, 3)] * 2
    assert done.frames[1][0, 0].tolist() == ([1, 2, 3] if alpha == 0 else [10, 10, 10])
