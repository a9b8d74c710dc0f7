"""Animations come out as they go in: what is seen, how long, and how often."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage, UnwritableImage, UsageError
from srcli.images.codecs import gif, png
from srcli.images.codecs.animation_files import is_animated
from srcli.images.decode import decode_photo, decode_picture
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.encode import encode_picture
from srcli.images.formats import GIF, JPEG, PNG, TIFF, WEBP, Format
from srcli.images.output_options import OutputOptions
from srcli.images.picture.animation import Animation, each, frame_count, photos
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.read_rules import ReadRules

FILES = Path(__file__).parents[3] / "robustness" / "files" / "image-rs" / "animated"
RANDOM = np.random.default_rng(0)


def moving(channels: int = 3, frames: int = 3, **options: object) -> Animation:
    noise = RANDOM.integers(0, 256, (frames, 6, 9, channels), dtype=np.uint8)
    given = {"durations": (80, 200, 30)[:frames], "plays": 0, **options}
    return Animation(frames=tuple(noise), **given)


def recoded(animation: Animation, known: Format, quality: int = 100) -> Animation:
    data = encode_picture(animation, known, name="it", quality=quality)
    picture = decode_picture(data, name="it")
    assert isinstance(picture, Animation)
    return picture


def seen(frame: np.ndarray) -> np.ndarray:
    """Colours over black (H, W, 3)."""
    colors, alpha = frame[..., :3], frame[..., 3:] if frame.shape[2] == 4 else 255
    return np.broadcast_to(colors * (np.asarray(alpha) / 255), (*frame.shape[:2], 3))


@pytest.mark.parametrize("known", [PNG, WEBP], ids=lambda known: known.name)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_and_webp_give_back_every_sample_that_is_seen(known: Format, channels: int) -> None:
    given = moving(channels)
    back = recoded(given, known)
    assert (back.durations, back.plays) == (given.durations, 0)
    for before, after in zip(photos(given), photos(back), strict=True):
        visible = 1 if before.alpha is None else before.alpha > 0
        assert np.array_equal(before.pixels * visible, after.pixels * visible)
        assert before.alpha is None or np.array_equal(before.alpha, after.alpha)


def test_gif_gives_back_few_colours_and_hard_edges() -> None:
    palette = RANDOM.integers(0, 256, (20, 3), dtype=np.uint8)
    frames = palette[RANDOM.integers(0, 20, (3, 6, 9))]
    alpha = RANDOM.choice(np.array([0, 255], np.uint8), (3, 6, 9, 1))
    given = Animation(
        frames=tuple(np.concatenate([frames, alpha], 3)), durations=(80, 200, 30), plays=0
    )
    back = recoded(given, GIF)
    assert back.durations == given.durations
    assert all(
        np.array_equal(seen(a), seen(b)) for a, b in zip(given.frames, back.frames, strict=True)
    )
    hidden = np.zeros((6, 9, 4), np.uint8)
    given = Animation(frames=(hidden, given.frames[0]), durations=(10, 10), plays=0)
    assert not recoded(given, GIF).frames[0][..., -1].any()


@pytest.mark.parametrize("known", [GIF, PNG, WEBP], ids=lambda known: known.name)
@pytest.mark.parametrize("plays", [0, 1, 2, 7])
def test_it_plays_as_often_as_before(known: Format, plays: int) -> None:
    assert recoded(moving(plays=plays), known).plays == plays


def test_gif_rounds_times_without_losing_any() -> None:
    back = recoded(moving(durations=(75, 75, 75)), GIF)
    assert back.durations == (80, 70, 70)


def test_a_profile_a_density_and_metadata_are_kept() -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0xA002] = 1
    block = tags.tobytes().removeprefix(b"Exif\0\0")
    metadata = Metadata(icc_profile=b"profile", exif=block, xmp=b"<x/>", dpi=(254.0, 127.0))
    given = moving(metadata=metadata)
    back = recoded(given, PNG).metadata
    assert (back.icc_profile, back.xmp, back.dpi) == (b"profile", b"<x/>", (254.0, 127.0))
    tags.load(back.exif)
    assert tags.get_ifd(0x8769)[0xA002] == 9
    assert recoded(given, WEBP).metadata.xmp == b"<x/>"
    with pytest.raises(UnwritableImage, match="colour profile"):
        encode_picture(given, GIF, name="it")


def test_png_keeps_texts_and_the_chunks_that_say_what_colours_mean() -> None:
    body = b"gAMA" + (100_000).to_bytes(4, "big")
    gamma = (4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    body = b"tEXtTitle\0it moves"
    text = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    back = recoded(moving(metadata=Metadata(color_chunks=gamma, text_chunks=text)), PNG).metadata
    assert (back.color_chunks, back.text_chunks) == (gamma, text)


@pytest.mark.parametrize("known", [JPEG, TIFF], ids=lambda known: known.name)
def test_formats_that_stand_still_refuse_animations(known: Format) -> None:
    with pytest.raises(UnwritableImage, match=r"it cannot be written: .* cannot hold an animation"):
        encode_picture(moving(), known, name="it")


def test_a_quality_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        encode_picture(moving(), WEBP, name="it", quality=0)


@pytest.mark.parametrize("name", ["any-disposal.gif", "anim.webp", "ball.png"])
def test_frames_are_composed_as_another_decoder_does(name: str) -> None:
    picture = decode_picture((FILES / name).read_bytes(), name=name)
    read, others = cv2.imreadanimation(str(FILES / name))
    assert read
    assert len(others.frames) == frame_count(picture)
    for frame, other in zip(picture.frames, others.frames, strict=True):
        colors = np.concatenate([other[..., 2::-1], other[..., 3:]], 2)
        assert np.abs(seen(frame) - seen(colors)).max() <= 2


def test_an_orientation_turns_every_frame() -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    block = tags.tobytes().removeprefix(b"Exif\0\0")
    turned = recoded(moving(metadata=Metadata(exif=block)), PNG)
    assert (turned.height, turned.width) == (9, 6)


def test_a_still_picture_in_front_of_an_animated_png_is_left_behind() -> None:
    frames = [Image.new("RGB", (5, 4), (level, 0, 0)) for level in (9, 90, 180)]
    file = io.BytesIO()
    frames[0].save(
        file, "PNG", save_all=True, append_images=frames[1:], default_image=True, duration=50
    )
    picture = decode_picture(file.getvalue(), name="it")
    assert [int(frame[0, 0, 0]) for frame in picture.frames] == [90, 180]
    assert picture.durations == (50, 50)


def test_all_frames_together_are_limited() -> None:
    data = encode_picture(moving(), GIF, name="it")
    assert frame_count(decode_picture(data, name="it", rules=ReadRules(pixel_limit=3 * 54))) == 3
    with pytest.raises(UnreadableImage, match="more pixels"):
        decode_picture(data, name="it", rules=ReadRules(pixel_limit=3 * 54 - 1))


def test_deep_animations_stay_deep_in_png_and_nowhere_else() -> None:
    noise = RANDOM.integers(0, 65_536, (2, 6, 9, 4), dtype=np.uint16)
    given = Animation(frames=tuple(noise), durations=(100 / 3, 70_000), plays=0)
    back = recoded(given, PNG)
    visible = noise[..., 3:] > 0
    read = np.stack(back.frames)
    assert np.array_equal(noise * visible, read * visible)
    assert back.durations == pytest.approx(given.durations, rel=1e-4)
    doubled = each(back, lambda photo: replace(photo, pixels=photo.pixels))
    assert (back.bits, doubled.bits, OutputOptions(depth=8).apply(back).bits) == (16, 16, 8)
    with pytest.raises(UnwritableImage, match="16 bits"):
        encode_picture(back, WEBP, name="it")


def damaged(data: bytes, kind: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The PNG file with the last chunk of a kind changed."""
    chunks = [(chunk.kind, chunk.body) for chunk in png.walk(data)]
    last = max(number for number, chunk in enumerate(chunks) if chunk[0] == kind)
    chunks[last] = (kind, change(chunks[last][1]))
    return png.SIGNATURE + b"".join(png.make_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (b"acTL", lambda body: bytes([0, 0, 0, 9]) + body[4:], "announces 9 frames"),
        (b"fcTL", lambda body: bytes([0, 0, 0, 9]) + body[4:], "out of order"),
        (b"fdAT", lambda body: bytes([0, 0, 0, 9]) + body[4:], "out of order"),
        (b"fcTL", lambda body: body[:12] + bytes([0, 0, 0, 9]) + body[16:], "outside its canvas"),
        (b"fcTL", lambda body: body[:24] + bytes([3]) + body[25:], "outside its canvas"),
    ],
)
def test_frames_that_do_not_fit_together_are_refused(kind, change, said) -> None:
    data = encode_picture(moving(channels=3), PNG, name="it")
    with pytest.raises(UnreadableImage, match=said):
        decode_picture(damaged(data, kind, change), name="it")


def test_a_gif_that_ends_within_a_block_is_cut_short() -> None:
    data = encode_picture(moving(), GIF, name="it")
    for cut in (data[:-1], data[:-20]):  # without an end mark, there may be more frames
        with pytest.raises(UnreadableImage, match="it is cut short"):
            decode_picture(cut, name="it")
        rules = ReadRules(allow_damaged=True)
        assert frame_count(decode_picture(cut, name="it", rules=rules)) == 3
    with pytest.raises(UnsupportedImage, match="is cut short"):
        gif.read_frames(data[:-20])


def test_a_gif_frame_far_larger_than_its_canvas_is_refused() -> None:
    data = bytearray(encode_picture(moving(), GIF, name="it"))
    place = data.rindex(b",\0\0\0\0")
    data[place + 5 : place + 9] = b"\xff\x0f\xff\x0f"
    with pytest.raises(UnsupportedImage, match="far larger than its canvas"):
        gif.read_frames(bytes(data))


def test_a_gif_of_no_frame_holds_no_picture() -> None:
    with pytest.raises(UnsupportedImage, match="holds no picture"):
        gif.read_frames(b"GIF89a" + bytes(7) + b";")


def test_gray_frames_stay_gray_in_png() -> None:
    assert [frame.shape[2] for frame in recoded(moving(channels=1), PNG).frames] == [1, 1, 1]


def test_what_stands_still_is_a_photo(tmp_path: Path) -> None:
    one = encode_picture(moving(frames=1), GIF, name="it")
    assert isinstance(decode_picture(one, name="it"), Photo)
    (tmp_path / "one.gif").write_bytes(one)
    (tmp_path / "three.gif").write_bytes(encode_picture(moving(), GIF, name="it"))
    (tmp_path / "none.gif").write_text("GIF89a nothing")
    animated = [is_animated(path, pixel_limit=100) for path in sorted(tmp_path.iterdir())]
    assert animated == [False, False, True]


def test_whoever_asks_for_a_photo_gets_none_of_several_frames() -> None:
    with pytest.raises(UnreadableImage, match="several frames"):
        decode_photo(encode_picture(moving(), WEBP, name="it"), name="it")


def test_a_photo_is_changed_as_the_only_frame() -> None:
    photo = next(photos(moving()))
    assert each(photo, lambda given: given) is photo
    assert frame_count(photo) == 1
