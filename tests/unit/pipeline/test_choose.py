"""The choice follows from what was measured, and is the same everywhere."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srcli.images.decode import decode_photo
from srcli.images.picture.photo import Metadata
from srcli.images.probe import ImageInfo, probe_image
from srcli.images.synthetic.filters import convolve
from srcli.pipeline.choose import Choice, choose
from srcli.pipeline.inspection import Inspection, inspect
from srcli.pipeline.shares import (
    BLURRED,
    CLEAN,
    CLEAN_SHARES,
    MODELS,
    NOISY,
    SHARPENED,
    SPOILT,
    whole_steps,
)
from srcli.training.kernels import grain

from .conftest import edges, levels, photo_of, smooth

HOUSE = Path(__file__).parents[3] / "examples/house.png"


def found(suited=None, **measured) -> Inspection:
    """Return what was measured of a photograph that a mix suits, by the shares of its models."""
    shares = {CLEAN: 1.0} if suited is None else suited
    return Inspection(suited=tuple(shares.get(model, 0.0) for model in MODELS), **measured)


@pytest.mark.parametrize(
    ("inspection", "parts", "words"),
    [
        (Inspection(), {CLEAN: 1}, "clean"),
        (Inspection(drawn=True), {CLEAN: 1}, "drawing or a screen"),
        (
            Inspection(compression=5.0, told=True),
            {CLEAN: 0.6875, SPOILT: 0.3125},
            "its file is compressed like JPEG of quality 95",
        ),
        (
            found({SPOILT: 0.9, NOISY: 0.1}, compression=45.0),
            {SPOILT: 0.875, NOISY: 0.125},
            "pixels show traces of compression like JPEG of quality 55",
        ),
        (
            found({CLEAN: 0.2, SPOILT: 0.7, NOISY: 0.1}, noise=5.0),
            {CLEAN: 0.1875, SPOILT: 0.625, SHARPENED: 0.125, NOISY: 0.0625},
            "noise of about 5 of 255",
        ),
        (
            found({NOISY: 1}, noise=14.0, coarse=True),
            {NOISY: 1},
            "noise of about 14 of 255",
        ),
        (found({CLEAN: 0.5, BLURRED: 0.5}, blur=0.6), {CLEAN: 0.5, BLURRED: 0.5}, "blurred"),
        (
            found({CLEAN: 0.8, BLURRED: 0.2}, blur=0.6),
            {CLEAN: 0.5625, BLURRED: 0.4375},
            "blurred",
        ),
        (
            found({CLEAN: 0.75, SPOILT: 0.1, BLURRED: 0.15}, blur=0.6, flat=0.6),
            {CLEAN: 0.5625, BLURRED: 0.4375},
            "blurred",
        ),
        (found({CLEAN: 0.2, SHARPENED: 0.8}), {CLEAN: 0.1875, SHARPENED: 0.8125}, "sharpened"),
        (found(), {CLEAN: 0.9375, SHARPENED: 0.0625}, "looks clean, but may have been sharpened"),
        (
            found({CLEAN: 0.6, SPOILT: 0.2, SHARPENED: 0.2}),
            {CLEAN: 0.625, SPOILT: 0.1875, SHARPENED: 0.1875},
            "looks clean, but may be compressed or noisy a little",
        ),
        (
            found({CLEAN: 0.5, BLURRED: 0.3, SHARPENED: 0.2}),
            {CLEAN: 0.5, BLURRED: 0.3125, SHARPENED: 0.1875},
            "looks clean, but may be blurred a little",
        ),
    ],
)
def test_the_shares_and_the_reason_follow_from_what_was_found(inspection, parts, words):
    choice = choose(inspection)
    assert choice.parts == parts
    assert sum(choice.shares) == 1
    assert choice.model == "+".join(parts)
    assert words in choice.reason


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda parts: sum(parts) > 0.1))
def test_shares_are_rounded_to_sixteenths_that_make_one(parts):
    shares = [part / sum(parts) for part in parts]
    rounded = whole_steps(shares)
    assert sum(rounded) == 1
    for share, other in zip(shares, rounded, strict=True):
        assert (16 * other).is_integer()
        assert abs(share - other) < 1 / 16


@pytest.mark.parametrize(
    ("fault", "step"),
    [("noise", 0.1), ("compression", 0.2), ("blur", 0.01), ("sharpening", 1 / 300)],
)
@pytest.mark.parametrize("model", MODELS)
def test_no_step_of_a_measure_changes_the_weights_at_once(fault, step, model):
    shares = [choose(found({model: 1}, **{fault: n * step})).shares for n in range(300)]
    for before, after in pairwise(shares):
        assert sum(abs(one - other) for one, other in zip(before, after, strict=True)) <= 0.26


def test_white_noise_limits_the_model_for_noisy_pictures():
    limited = [part(choose(found({NOISY: 1}, noise=n / 2)), NOISY) for n in range(100)]
    assert limited[8:] == sorted(limited[8:])
    assert max(limited[:9]) <= 0.125
    assert limited[-1] == 1
    assert part(choose(found({NOISY: 1}, noise=14.0, coarse=True)), NOISY) == 1
    assert part(choose(found({SPOILT: 1}, noise=20.0)), NOISY) == 0


def test_the_model_for_spoilt_pictures_needs_a_fault_that_shows():
    assert part(choose(found({SPOILT: 1})), SPOILT) < 0.4
    assert part(choose(found({SPOILT: 1}, noise=10.0)), SPOILT) == 1
    told = choose(found({SPOILT: 1}, compression=8.0, told=True))
    assert part(told, SPOILT) < part(choose(found({SPOILT: 1}, compression=8.0)), SPOILT)


def test_under_compression_only_a_blur_that_was_measured_is_believed():
    assert part(choose(found({BLURRED: 1})), BLURRED) > 0.5
    assert part(choose(found({BLURRED: 1}, compression=10.0)), BLURRED) == 0
    assert part(choose(found({BLURRED: 1}, compression=10.0, blur=0.9)), BLURRED) > 0.5


@pytest.mark.parametrize("fault", [{"noise": 2.0}, {"compression": 20.0}])
def test_a_slight_blur_is_not_believed_where_another_fault_may_look_like_it(fault):
    assert part(choose(found(blur=0.59)), BLURRED) > 0
    assert part(choose(found(blur=0.59, **fault)), BLURRED) == 0
    assert part(choose(found(blur=0.9, **fault)), BLURRED) > 0.25


def test_a_sharpening_that_shows_is_not_overlooked():
    shares = [part(choose(found(sharpening=n / 100)), SHARPENED) for n in range(101)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0625, 1)
    noisy = [choose(found(sharpening=n / 2, noise=4.0)) for n in range(3)]
    assert noisy[0].shares == noisy[1].shares == noisy[2].shares
    assert 0 < part(noisy[0], SHARPENED) < 0.5


@pytest.mark.parametrize("unclear", [{"noise": 10.0}, {"blur": 0.7}, {"flat": 0.6}])
def test_a_sharpening_that_cannot_be_told_changes_nothing(unclear):
    assert part(choose(found(sharpening=1.0, **unclear)), SHARPENED) == 0


def test_flat_pictures_are_drawings_that_may_be_compressed():
    suited = {SPOILT: 0.5, SHARPENED: 0.3, NOISY: 0.2}
    assert choose(found(suited, flat=0.6)).parts == {CLEAN: 1}
    assert choose(found(suited, flat=0.6, compression=20.0)).parts == {SPOILT: 1}
    assert part(choose(found(suited, flat=0.5)), SHARPENED) > 0


def test_denoising_as_asked_takes_the_place_of_the_noise_that_was_found():
    noisy = found({SPOILT: 0.5, NOISY: 0.5}, noise=20.0)
    assert choose(noisy, denoise=0.0).shares == CLEAN_SHARES
    assert choose(noisy, denoise=1.0) == replace(choose(noisy), reason=ANY)
    half, whole = choose(noisy, denoise=0.5), choose(noisy)
    assert 0 < part(half, NOISY) < part(whole, NOISY)
    assert part(half, CLEAN) > 0
    assert "50 % of noise is to be removed" in half.reason
    compressed = found({SPOILT: 0.5, NOISY: 0.5}, noise=12.0, compression=40.0)
    assert choose(compressed, denoise=0.0).parts == {SPOILT: 1}
    blurred = found({CLEAN: 0.5, BLURRED: 0.5}, blur=0.8)
    assert part(choose(blurred, denoise=0.0), BLURRED) == part(choose(blurred), BLURRED)


def test_denoising_a_clean_picture_calls_it_clean():
    assert choose(Inspection(), denoise=0.5).reason.startswith("it is clean")
    assert part(choose(Inspection(), denoise=0.5), SPOILT) == 0.5


@pytest.mark.parametrize(
    ("inspection", "first"),
    [
        (Inspection(drawn=True), {2.0: False, 2.1: False, 4.0: False}),
        (found(), {2.0: False, 2.1: False, 4.0: False}),
        (found({CLEAN: 0.7, SHARPENED: 0.3}), {2.0: False, 2.1: True, 4.0: True}),
        (found({SPOILT: 1}, noise=10.0), {2.0: False, 3.0: False, 3.1: True}),
        (found({SHARPENED: 1}), {2.0: False, 2.1: True, 3.1: True}),
        (found({SPOILT: 0.4, SHARPENED: 0.6}, noise=3.0), {2.0: False, 2.1: True}),
        (found(blur=0.8), {2.0: False, 3.0: False, 4.0: False}),
        (found({SPOILT: 0.5, BLURRED: 0.5}, noise=4.0), {4.0: False}),
        (found({SPOILT: 0.9, BLURRED: 0.1}, noise=4.0), {4.0: True}),
    ],
)
def test_above_the_reach_of_a_mix_some_pictures_are_restored_first(inspection, first):
    chosen = {ratio: choose(inspection, ratio=ratio).restored_first for ratio in first}
    assert chosen == first


def test_a_trifle_of_another_model_is_spared_above_the_reach_of_a_mix():
    assert part(choose(found()), SHARPENED) == 1 / 16
    assert choose(found(), ratio=2.1).parts == {CLEAN: 1}
    assert choose(found(), ratio=2.1).reason == "it is clean"
    assert part(choose(found(), ratio=2.1, denoise=0.1), SPOILT) > 0


@pytest.mark.parametrize("purpose", ["clean", "drawing"])
def test_a_model_that_was_named_serves_whatever_is_in_doubt(purpose):
    inspection = Inspection(drawn=True) if purpose == "drawing" else found()
    chosen = choose(inspection, named={purpose: "mine"})
    assert (chosen.model, chosen.purpose) == ("mine", purpose)
    assert "may have been" not in chosen.reason


@pytest.mark.parametrize(
    ("inspection", "purpose"),
    [
        (found({SPOILT: 1}, noise=5.0), "noise"),
        (found({SPOILT: 1}, compression=40.0), "jpeg"),
        (found({SPOILT: 1}, compression=40.0, noise=5.0), "jpeg"),
        (found({SPOILT: 1}, compression=10.0, noise=5.0), "noise"),
        (found({BLURRED: 1}), "photo"),
        (found({SHARPENED: 1}), "photo"),
        (found({CLEAN: 0.7, SPOILT: 0.3}, noise=2.0), ""),
    ],
)
def test_a_named_model_serves_the_purpose_that_fits(inspection, purpose):
    named = {one: one for one in ("clean", "noise", "jpeg", "photo")}
    assert choose(inspection, named=named).purpose == purpose
    assert not choose(inspection, named=named, denoise=0.5).purpose


def test_only_drawings_that_are_not_spoilt_are_guarded():
    assert choose(Inspection(drawn=True)).guard
    assert not choose(Inspection(drawn=True, compression=40)).guard
    assert not choose(Inspection()).guard


def test_what_is_removed_is_known():
    assert choose(Inspection()).removes == 0
    assert choose(Inspection(drawn=True)).removes == 8
    assert choose(found({SPOILT: 1}, noise=12.0)).removes == pytest.approx(12)
    assert Choice(model=SPOILT).removes == 0
    blurred = choose(found({CLEAN: 0.5, BLURRED: 0.5}, blur=0.6, detail=5.0))
    assert blurred.removes == pytest.approx(2.2 * 0.5 * 5)
    assert choose(found({SHARPENED: 1}, detail=5.0)).removes == pytest.approx(4)


def test_a_choice_is_one_line():
    assert choose(found({CLEAN: 0.2, SHARPENED: 0.8})).summary == (
        "asdn-fast with 81 % of asdn-sharpened: it was sharpened"
    )
    assert choose(Inspection(drawn=True)).summary == (
        "asdn-fast, guarded: it is a drawing or a screen"
    )
    mixed = found({CLEAN: 0.2, SPOILT: 0.6, BLURRED: 0.2}, compression=20.0, blur=0.7)
    assert choose(mixed).summary == (
        "asdn-fast with 44 % of asdn-photo and 38 % of asdn-blurred: "
        "its pixels show traces of compression like JPEG of quality 80"
    )
    assert Choice(model="san-light-x2").summary == "san-light-x2"


def part(choice, model) -> float:
    return choice.parts.get(model, 0)


def encoded(samples, kind, **settings):
    file = io.BytesIO()
    Image.fromarray(samples).save(file, kind, **settings)
    return file.getvalue()


def test_the_file_says_how_it_was_compressed():
    photo = photo_of(levels(edges()))
    assert inspect(photo, ImageInfo(size=(1, 1), jpeg_quality=80)).compression == 20
    assert inspect(photo, ImageInfo(size=(1, 1), jpeg_quality=80)).told
    assert inspect(photo).compression == 0


def test_a_file_is_not_believed_where_its_pixels_show_far_more():
    grain = np.random.default_rng(3).normal(0, 4, (256, 256, 1))
    spoilt = decode_photo(encoded(levels(edges() + grain), "JPEG", quality=20), name="a")
    found = inspect(spoilt, ImageInfo(size=(1, 1), jpeg_quality=98))
    assert found.compression > 27
    assert not found.told


@pytest.mark.parametrize(("first", "told"), [(55, False), (90, True)])
def test_a_file_is_not_believed_where_its_pixels_were_a_worse_file(first, told):
    random = np.random.default_rng(3)
    texture = smooth() + random.normal(0, 25, (128, 128, 1)).repeat(2, 0).repeat(2, 1)
    once = Image.open(io.BytesIO(encoded(levels(texture), "JPEG", quality=first)))
    twice = encoded(np.asarray(once), "JPEG", quality=92)
    found = inspect(decode_photo(twice, name="a"), probe_image(twice, name="a"))
    assert found.told == told
    assert found.compression == pytest.approx(8 if told else 100 - first, abs=3)


@pytest.mark.parametrize(("quality", "compression"), [(None, 0), (95, 4), (80, 15), (40, 50)])
def test_lossy_webp_is_compressed_as_much_as_its_file_says(quality, compression):
    grain = np.random.default_rng(0).normal(0, 1.5, (256, 256, 3))
    options = {"lossless": True} if quality is None else {"quality": quality}
    content = encoded(levels(smooth() + grain), "WEBP", **options)
    found = inspect(decode_photo(content, name="a"), probe_image(content, name="a"))
    assert found.compression == pytest.approx(compression, rel=0.2)
    assert found.told == (quality is not None)


@pytest.mark.parametrize(("quality", "compression"), [(100, 0), (90, 2.5), (60, 15), (30, 46)])
def test_avif_is_compressed_as_much_as_its_file_says(quality, compression):
    grain = np.random.default_rng(0).normal(0, 1.5, (256, 256, 3))
    content = encoded(levels(smooth() + grain), "AVIF", quality=quality, subsampling="4:4:4")
    found = inspect(decode_photo(content, name="a"), probe_image(content, name="a"))
    assert found.compression == pytest.approx(compression, rel=0.2)
    assert found.told == (quality < 100)


@pytest.mark.parametrize("size", [0.6, 1.0])
def test_noise_of_coarse_grain_is_found(size):
    """The Laplacians that measure white noise see none of it."""
    with Image.open(HOUSE) as house:
        plain = house.convert("RGB").resize((192, 192), Image.Resampling.BICUBIC)
    white = np.random.default_rng(0).normal(0, 15, (192, 192, 3)).astype(np.float32)
    soft = convolve(white, grain(size))
    clean = inspect(photo_of(np.asarray(plain)))
    noisy = inspect(photo_of(levels(np.asarray(plain) + soft)))
    assert not clean.coarse
    assert clean.noise < 2
    assert noisy.coarse
    assert 7 < noisy.noise < 30
    shares = choose(noisy)
    assert part(shares, SPOILT) + part(shares, NOISY) > 0.6


def test_any_depth_gives_the_same_figures():
    samples = levels(edges() + np.random.default_rng(0).normal(0, 5, (256, 256, 3)))
    found = inspect(photo_of(samples))
    deep = samples.astype(np.uint16) * 257
    assert inspect(photo_of(deep)) == found
    assert inspect(photo_of((samples / 255).astype(np.float32))) == found


def test_threads_change_nothing():
    photo = photo_of(levels(edges() + np.random.default_rng(0).normal(0, 5, (256, 256, 3))))
    alone = inspect(photo)
    torch.set_num_threads(2)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: inspect(photo), range(8))) == {alone}


def test_a_tiny_picture_is_judged_by_its_file():
    tiny = photo_of(np.zeros((8, 8, 3), np.uint8), metadata=Metadata())
    assert choose(inspect(tiny)).model == CLEAN
    assert choose(inspect(tiny, ImageInfo(size=(1, 1), jpeg_quality=80))).model == SPOILT


def test_a_screen_is_drawn_and_its_grid_of_eight_no_compression(screen):
    tiled = np.tile(screen[:128, :128], (2, 2, 1)).copy()
    tiled[::8] = (90, 90, 90)
    tiled[:, ::8] = (90, 90, 90)
    found = inspect(photo_of(tiled))
    assert found.drawn
    assert found.compression == 0
    assert inspect(photo_of(screen)).drawn
    assert not inspect(photo_of(levels(smooth()))).drawn


@pytest.mark.parametrize(("traces", "of_flat", "of_others"), [(0.03, 0, 5), (0.2, 40, 40)])
def test_faint_traces_of_blocks_are_not_believed_in_flat_pictures(
    traces, of_flat, of_others, screen, monkeypatch
):
    """Lines of a screen that was reduced often lie eight pixels apart."""
    monkeypatch.setattr("srcli.pipeline.inspection.block_traces", lambda _: traces)
    large = screen.repeat(3, 0).repeat(3, 1)
    size = (large.shape[1] * 3 // 4, large.shape[0] * 3 // 4)
    small = np.asarray(Image.fromarray(large).resize(size, Image.Resampling.BILINEAR))
    flat, other = inspect(photo_of(small)), inspect(photo_of(levels(smooth())))
    assert not flat.drawn
    assert flat.flat > 0.6
    assert other.flat < 0.4
    assert flat.compression >= of_flat
    assert (flat.compression == 0) == (of_flat == 0)
    assert other.compression >= of_others
