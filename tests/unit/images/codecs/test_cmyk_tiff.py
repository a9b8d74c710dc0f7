from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_photo, read_photo
from srcli.images.picture.photo import Photo
from srcli.images.read_rules import ReadRules

TESTS = Path(__file__).parents[3]
RANDOM = np.random.default_rng(0)
DEEP = RANDOM.integers(0, 65_536, (6, 9, 5), dtype=np.uint16)
PLAIN = (DEEP >> 8).astype(np.uint8)
BEYOND = ("channels beyond colour and opacity",)
with tifffile.TiffFile(TESTS / "golden" / "cases" / "cmyk-alpha" / "print.tif") as file:
    PROFILE = file.pages.first.iccprofile


def written(samples: np.ndarray, *extras: int, **options: object) -> bytes:
    """A file by an independent writer."""
    file = io.BytesIO()
    options |= {"photometric": "separated", "planarconfig": "contig", "extrasamples": extras}
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def changed(tag: int, value: object) -> bytes:
    """A right file but for one tag."""
    file = io.BytesIO(written(PLAIN, 2))
    with tifffile.TiffFile(file, mode="r+b") as pages:
        pages.pages.first.tags[tag].overwrite(value)
    return file.getvalue()


def read(data: bytes, **rules: int) -> Photo:
    return decode_photo(data, name="it", rules=ReadRules(**rules))


def colors(photo: Photo) -> np.ndarray:
    return photo.pixels[0].movedim(0, 2).numpy()


def opacity(photo: Photo) -> np.ndarray:
    return photo.alpha[0, 0].numpy()


@pytest.mark.parametrize("profile", [None, PROFILE, b"not a profile"])
@pytest.mark.parametrize("samples", [PLAIN, DEEP], ids=["8 bits", "16 bits"])
def test_colours_are_those_of_the_same_file_without_alpha(samples, profile):
    whole = read(written(samples, 2, iccprofile=profile))
    assert np.array_equal(
        colors(whole), colors(read(written(samples[..., :4].copy(), iccprofile=profile)))
    )
    assert whole.bits == 8
    assert whole.metadata.icc_profile is None


def test_the_profile_counts():
    with_it, without = (colors(read(written(PLAIN, 2, iccprofile=one))) for one in (PROFILE, None))
    assert not np.array_equal(with_it, without)


def test_opacity_is_rounded_to_eight_bits():
    samples = DEEP.copy()
    samples[0, :5, 4] = 0, 128, 129, 65_406, 65_535
    found = opacity(read(written(samples, 2)))
    assert np.array_equal(found, (samples[..., 4] / 257).round())
    assert found[0, :5].tolist() == [0, 0, 1, 254, 255]


@pytest.mark.parametrize("samples", [PLAIN, DEEP], ids=["8 bits", "16 bits"])
def test_inks_that_were_multiplied_by_opacity_are_divided_again(samples):
    peak = np.iinfo(samples.dtype).max
    multiplied = samples.copy()
    share = samples[..., 4:].astype(float).clip(peak / 4) / peak
    multiplied[..., 4:] = (share * peak).round()
    multiplied[..., :4] = (samples[..., :4] * share).round()
    found = read(written(multiplied, 1))
    expected = colors(read(written(samples, 2))).astype(int)
    assert np.abs(colors(found) - expected).max() <= 4
    assert np.array_equal(opacity(found), opacity(read(written(multiplied, 2))))


def test_a_pixel_without_opacity_has_no_ink():
    found = read(written(np.zeros((2, 2, 5), np.uint8), 1))
    assert colors(found).min() == 255
    assert opacity(found).max() == 0


@pytest.mark.parametrize("samples", [PLAIN, DEEP], ids=["8 bits", "16 bits"])
def test_an_unspecified_channel_is_left_out_and_named(samples):
    found = read(written(samples, 0))
    assert found.alpha is None
    assert found.metadata.left == BEYOND
    assert np.array_equal(colors(found), colors(read(written(samples, 2))))


@pytest.mark.parametrize("extras", [(2, 0), (0, 2), (2, 2)])
def test_of_several_channels_the_first_that_is_opacity_is_alpha(extras):
    samples = np.concatenate([PLAIN, 255 - PLAIN[..., 4:]], axis=2)
    found = read(written(samples, *extras))
    assert np.array_equal(opacity(found), samples[..., 4 + extras.index(2)])
    assert found.metadata.left == BEYOND


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_comes_out_upright(orientation):
    found = read(written(PLAIN, 2, extratags=[(274, 3, 1, orientation, True)]))
    stored = Image.fromarray(PLAIN[..., 4])
    stored.getexif()[0x0112] = orientation
    assert np.array_equal(opacity(found), np.asarray(ImageOps.exif_transpose(stored)))


def test_a_file_of_another_program_is_read():
    found = read_photo(TESTS / "robustness/files/image-rs/good/hpredict_cmyk.tiff")
    assert colors(found)[16, :2].tolist() == [[0, 0, 0], [255, 112, 0]]
    assert opacity(found)[16, :4].tolist() == [0, 16, 33, 49]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (written(PLAIN, 2)[:-9], "it is cut short"),
        (changed(338, (2, 0)), "it is a TIFF file of 3 inks, where CMYK has 4"),
        (changed(338, (2,) * 6), "it is damaged: it tells of more channels than it has"),
        (changed(277, 6), "it is cut short"),
        (changed(258, (8, 8, 8, 8, 16)), "it stores samples of CMYK in a way that is not support"),
        (changed(284, 2), "it is damaged: it lacks some of its strips"),
        (written(PLAIN.astype(np.float32), 2), "it stores samples of CMYK in a way"),
        (written(np.zeros((2, 2, 17), np.uint8), 2, *[0] * 12), "it has 17 channels, where at"),
    ],
    ids=["cut", "inks", "extras", "samples", "depths", "planes", "floating point", "channels"],
)
def test_what_would_come_out_wrong_is_refused_in_one_sentence(data, said):
    with pytest.raises(UnreadableImage, match=said) as caught:
        read(data)
    assert caught.value.message.startswith("it ")
    assert "\n" not in caught.value.message


def test_the_limit_on_pixels_holds_for_pixels_not_samples():
    assert read(written(PLAIN, 2), pixel_limit=54).width == 9
    with pytest.raises(UnreadableImage, match="more pixels than the limit of 53"):
        read(written(PLAIN, 2), pixel_limit=53)
