"""GIF: blocks and frames of files that Pillow wrote."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageSequence

from srcli.images.codecs import gif
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.compositing import Disposal

RANDOM = np.random.default_rng(0)


def written(count=3, **options):
    pictures = [
        Image.fromarray(RANDOM.integers(0, 8, (20, 30), dtype=np.uint8)) for _ in range(count)
    ]
    for picture in pictures:
        picture.putpalette(bytes(RANDOM.integers(0, 256, 24, dtype=np.uint8)))
    file = io.BytesIO()
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], **options)
    return file.getvalue()


def test_blocks_are_walked_to_the_trailer():
    data = written(loop=2, comment=b"told")
    blocks = list(gif.walk(data))
    assert [block.is_frame for block in blocks].count(True) == 3
    assert blocks[-1].kind == gif.TRAILER
    assert blocks[-1].end == len(data)
    assert gif.comments(data) == [b"told"]
    assert gif.further_applications(data) == []


def test_frames_are_those_that_pillow_shows():
    data = written(loop=4, duration=[70, 120, 50], disposal=1)
    found = gif.read_frames(data)
    assert (found.size, found.plays, found.durations) == ((20, 30), 5, (70.0, 120.0, 50.0))
    shown = ImageSequence.all_frames(
        Image.open(io.BytesIO(data)), lambda frame: frame.convert("RGB")
    )
    canvas = np.zeros((20, 30, 4), np.uint8)
    for layer, frame in zip(found.layers(), shown, strict=True):
        height, width = layer.samples.shape[:2]
        place = canvas[layer.top : layer.top + height, layer.left : layer.left + width]
        place[...] = np.where(layer.samples[..., 3:] > 0, layer.samples, place)
        assert np.array_equal(canvas[..., :3], np.asarray(frame))


@pytest.mark.parametrize(
    ("loop", "plays"), [({}, 1), ({"loop": 0}, 0), ({"loop": 1}, 2), ({"loop": 9}, 10)]
)
def test_repetitions_are_counted_beside_the_first_time(loop, plays):
    assert gif.read_frames(written(**loop)).plays == plays


@pytest.mark.parametrize(
    ("code", "disposal"), [(1, Disposal.KEEP), (2, Disposal.CLEAR), (3, Disposal.RESTORE)]
)
def test_what_becomes_of_a_frame_is_read(code, disposal):
    layers = list(gif.read_frames(written(disposal=code)).layers())
    assert {layer.disposal for layer in layers} == {disposal}


def test_interlaced_rows_are_put_in_order():
    picture = Image.fromarray(RANDOM.integers(0, 256, (21, 9), dtype=np.uint8))
    made = []
    for interlace in (0, 1):
        file = io.BytesIO()
        picture.save(file, "GIF", interlace=interlace)
        (layer,) = gif.read_frames(file.getvalue()).layers()
        made.append(layer.samples[..., :3])
    assert np.array_equal(*made)
    assert np.array_equal(made[0][..., 0], np.asarray(picture))


def test_a_frame_beyond_the_screen_makes_it_larger():
    data = bytearray(written(count=1))
    data[6:10] = struct.pack("<2H", 3, 3)
    assert gif.read_frames(bytes(data)).size == (20, 30)


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_that_is_cut_is_refused(kept):
    data = written()
    with pytest.raises(UnsupportedImage, match=r"is cut short|holds no picture"):
        gif.read_frames(data[: int(kept * len(data))])


def test_a_frame_far_larger_than_what_is_seen_is_refused():
    data = bytearray(written(count=2, disposal=2))
    second = [block for block in gif.walk(bytes(data)) if block.is_frame][1]
    data[second.start + 5 : second.start + 9] = struct.pack("<2H", 60_000, 60_000)
    with pytest.raises(UnsupportedImage, match="far larger than its canvas"):
        gif.read_frames(bytes(data))
