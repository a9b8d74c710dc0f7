"""TIFF files that are right but rare, written byte by byte so that what they hold is known."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_photo
from srcli.images.picture.photo import Photo
from srcli.pixels.levels import from_levels

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (6, 9, 4), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (6, 9, 4), dtype=np.uint16)


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def levels(photo: Photo) -> NDArray[np.float64]:
    """Samples of the picture (H, W, 3 or 4) on the scale of its depth."""
    planes = (
        [from_levels(photo.pixels)]
        if photo.alpha is None
        else [from_levels(photo.pixels), from_levels(photo.alpha)]
    )
    samples = torch.cat(planes, 1)[0].permute(1, 2, 0).double().numpy()
    return samples if photo.bits == 32 else (samples * (2**photo.bits - 1)).round()


def read(data: bytes) -> Photo:
    return decode_photo(data, name="it")


def tiff(samples: NDArray[np.generic], order: str = "<", **changed: tuple[int, ...]) -> bytes:
    """An uncompressed TIFF file of one strip, and any tag named by ``t<number>``."""
    height, width, channels = samples.shape
    strip = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    kind = 3 if samples.dtype.kind == "f" else 1
    tags = {
        256: (width,),
        257: (height,),
        258: (samples.itemsize * 8,) * channels,
        259: (1,),
        262: (1 if channels < 3 else 2,),
        273: (8,),
        277: (channels,),
        278: (height,),
        279: (len(strip),),
        339: (kind,) * channels,
        **({338: (2,)} if channels in {2, 4} else {}),
        **{int(name[1:]): value for name, value in changed.items()},
    }
    start = 8 + len(strip)
    entries, tail, tail_start = b"", b"", start + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        body = struct.pack(f"{order}{len(values)}I", *values)
        if len(body) > 4:
            tail, body = tail + body, struct.pack(order + "I", tail_start + len(tail))
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + body
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + strip + struct.pack(order + "H", len(tags)) + entries + bytes(4) + tail


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_tiff_of_either_byte_order_is_kept(
    order: str, channels: int, dtype: type[np.generic]
) -> None:
    samples = DEEP[..., :channels]
    if dtype is np.float32:
        samples = (samples / 65_535).astype(dtype)
    photo = read(tiff(samples, order))
    picked = {1: [0, 0, 0], 2: [0, 0, 0, 1], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    assert (photo.gray, photo.bits) == (channels < 3, 16 if dtype is np.uint16 else 32)
    assert np.allclose(levels(photo), samples[..., picked], atol=1e-3)


def test_white_is_zero_in_deep_tiff_is_turned_over() -> None:
    assert np.array_equal(
        levels(read(tiff(DEEP[..., :1], t262=(0,))))[..., :1], 65_535 - DEEP[..., :1]
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_multiplied_by_alpha_are_divided_again(dtype: type[np.generic]) -> None:
    peak = np.iinfo(dtype).max
    color = np.full((4, 4, 4), [peak, peak // 2, 0, 0], np.float64)
    color[..., 3] = np.linspace(0.25, 1, 16).reshape(4, 4) * peak
    stored = (color * color[..., 3:] / peak).round()
    stored[..., 3] = color[..., 3].round()
    photo = read(tiff(stored.astype(dtype), t338=(1,)))
    assert np.allclose(levels(photo)[..., :3], color[..., :3], atol=0.02 * peak)
    assert np.array_equal(levels(photo)[..., 3], stored[..., 3])


@pytest.mark.parametrize("samples", [NOISE, DEEP, NOISE[..., :2], DEEP[..., :2]])
def test_a_channel_that_tiff_leaves_unspecified_is_no_opacity(samples: NDArray[np.integer]) -> None:
    photo = read(tiff(samples, t338=(0,)))
    assert photo.alpha is None
    assert np.array_equal(levels(photo)[..., : samples.shape[2] - 1], samples[..., :-1])


@pytest.mark.parametrize(
    "changed",
    [{"t284": (2,)}, {"t339": (2, 2, 2)}, {"t262": (8,)}],
    ids=["separate planes", "signed", "CIE Lab"],
)
def test_deep_tiff_that_would_come_out_wrong_is_refused(
    changed: dict[str, tuple[int, ...]],
) -> None:
    with pytest.raises(UnreadableImage, match=r"^it (is a deep TIFF|stores samples|is damaged)"):
        read(tiff(DEEP[..., :3], **changed))


def test_tiles_far_larger_than_their_picture_are_refused() -> None:
    with pytest.raises(UnreadableImage, match="its tiles are far larger than its picture"):
        read(tiff(NOISE, t322=(5000,), t323=(5000,), t324=(8,), t325=(1,), t259=(5,)))


def test_integers_of_32_bits_are_refused() -> None:
    with pytest.raises(UnreadableImage, match="samples of 32 bits"):
        read(tiff(DEEP[..., :1].astype(np.uint32)))


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan, np.inf])
def test_floating_point_out_of_range_is_refused(bad: float) -> None:
    samples = np.full((3, 4, 3), 0.5, np.float32)
    samples[1, 2, 0] = bad
    with pytest.raises(UnreadableImage, match="outside 0 to 1"):
        read(tiff(samples))


@pytest.mark.parametrize("samples", [DEEP[..., :2], (DEEP[..., :2] / 65_535).astype(np.float32)])
def test_deep_grey_with_alpha_is_read_however_it_is_stored(samples: NDArray[np.generic]) -> None:
    planes = np.moveaxis(samples, 2, 0).reshape(1, -1, 1)
    where = (8, 8 + planes.nbytes // 2)
    layout = {"t256": (9,), "t257": (6,), "t277": (2,), "t278": (6,), "t284": (2,), "t338": (2,)}
    counts = {"t273": where, "t279": (planes.nbytes // 2,) * 2}
    whole = levels(read(tiff(samples)))
    assert np.array_equal(levels(read(tiff(planes, **layout, **counts))), whole)
    assert np.array_equal(levels(read(tiff(samples, t317=(2,)))), whole)  # nothing is compressed


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("channels", [2, 3])
def test_deep_tiff_comes_out_upright(
    orientation: int, dtype: type[np.generic], channels: int
) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    samples = DEEP[..., :channels]
    if dtype is np.float32:
        samples = (samples / 65_535).astype(dtype)
    index = Image.fromarray(np.arange(54, dtype=np.uint8).reshape(6, 9))
    index.info["exif"] = tags.tobytes()
    turned = np.asarray(ImageOps.exif_transpose(index))
    found = levels(read(tiff(samples, t274=(orientation,))))
    picked = found[..., [0, 3]] if channels == 2 else found
    assert np.allclose(picked, samples.reshape(54, channels)[turned], atol=1e-3)


def test_a_density_in_centimetres_is_told_in_inches() -> None:
    density = {282: 100.0, 283: 50.0, 296: 3}
    photo = read(saved(Image.new("L", (8, 8)), "TIFF", tiffinfo=density))
    assert photo.metadata.dpi == (254, 127)


def test_big_tiff_is_read_at_full_depth() -> None:
    samples = DEEP[..., 0]
    photo = read(saved(Image.fromarray(samples), "TIFF", big_tiff=True))
    assert np.array_equal(levels(photo)[..., 0], samples)
