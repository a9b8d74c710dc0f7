"""The choice follows from what was measured, and is the same everywhere."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from unittest.mock import ANY, patch

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.images.decode import decode_photo
from srcli.images.picture.photo import Metadata
from srcli.images.probe import ImageInfo, probe_image
from srcli.pipeline.choose import Choice, choose
from srcli.pipeline.inspection import Inspection, inspect
from srcli.pipeline.shares import BLURRED, CLEAN, CLEAN_SHARES, NOISY, SHARPENED, SPOILT

from .conftest import edges, levels, photo_of, smooth


def sure(inspection: Inspection, **options) -> Choice:
    """Choose without the doubt that there is of every photograph."""
    none = {"LEAST": 0.0, "UNSEEN_SHARPENING": 0.0}
    with patch.multiple("srcli.pipeline.shares", **none):
        return choose(inspection, **options)


@pytest.mark.parametrize(
    ("measured", "parts", "words"),
    [
        ({}, {CLEAN: 1}, "clean"),
        ({"noise": 0.5}, {CLEAN: 1}, "clean"),
        ({"noise": 2.0}, {CLEAN: 0.6875, SPOILT: 0.3125}, "noise of about 2 of 255"),
        (
            {"noise": 4.0},
            {CLEAN: 0.17578125, SPOILT: 0.76171875, NOISY: 0.0625},
            "noise of about 4 of 255",
        ),
        (
            {"compression": 5.0, "told": True},
            {CLEAN: 0.6875, SPOILT: 0.3125},
            "its file is compressed like JPEG of quality 95",
        ),
        (
            {"compression": 45.0},
            {SPOILT: 0.875, NOISY: 0.125},
            "pixels show traces of compression like JPEG of quality 55",
        ),
        ({"blur": 0.5}, {CLEAN: 1}, "clean"),
        ({"blur": 0.7}, {CLEAN: 0.375, BLURRED: 0.625}, "blurred"),
        ({"blur": 1.3}, {BLURRED: 1}, "blurred"),
        ({"blur": 0.7, "compression": 20}, {SPOILT: 0.625, BLURRED: 0.375}, "JPEG of quality 80"),
        ({"sharpening": 0.5}, {CLEAN: 0.5, SHARPENED: 0.5}, "looks clean, but may have been"),
        ({"sharpening": 0.8}, {CLEAN: 0.1875, SHARPENED: 0.8125}, "it was sharpened"),
        ({"drawn": True}, {CLEAN: 1}, "drawing or a screen"),
    ],
)
def test_the_shares_and_the_reason_follow_from_the_figures(measured, parts, words):
    choice = sure(Inspection(**measured))
    assert choice.parts == parts
    assert sum(choice.shares) == 1
    assert choice.model == "+".join(parts)
    assert words in choice.reason


@pytest.mark.parametrize(
    ("fault", "most"), [("noise", 20), ("compression", 20), ("blur", 20), ("sharpening", 1)]
)
def test_the_more_a_picture_is_spoilt_the_less_is_left_of_the_clean_model(fault, most):
    left = [sure(Inspection(**{fault: most * n / 1000})).shares[0] for n in range(1001)]
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (1, 0)


def test_no_step_of_a_fault_changes_the_weights_at_once():
    steps = {"noise": 0.1, "compression": 0.2, "blur": 0.01, "sharpening": 1 / 300}
    for fault, step in steps.items():
        shares = [choose(Inspection(**{fault: n * step})).shares for n in range(300)]
        for before, after in pairwise(shares):
            assert sum(abs(one - other) for one, other in zip(before, after, strict=True)) <= 0.26


def test_much_noise_mixes_the_model_for_noisy_pictures_in():
    noisy = [part(sure(Inspection(noise=n / 2)), NOISY) for n in range(100)]
    assert noisy == sorted(noisy)
    assert (noisy[0], noisy[-1]) == (0, 1)
    assert sure(Inspection(noise=50.0)).model == NOISY
    assert sure(Inspection(noise=12.0)).model == f"{SPOILT}+{NOISY}"
    assert sure(Inspection(noise=6.0)).model == f"{CLEAN}+{SPOILT}+{NOISY}"


def test_noise_that_compression_hides_counts_if_some_is_left():
    seen = sure(Inspection(noise=10.0, compression=20.0))
    assert part(seen, NOISY) == part(sure(Inspection(noise=20.0)), NOISY)
    assert part(sure(Inspection(noise=1.0, compression=20.0)), NOISY) == 0
    assert part(sure(Inspection(compression=40.0)), NOISY) == 0.125
    assert part(sure(Inspection(compression=40.0), denoise=0.0), NOISY) == 0


def test_denoising_as_asked_takes_the_place_of_the_noise_that_was_measured():
    noisy = Inspection(noise=12.0)
    assert sure(noisy, denoise=0.0).shares == CLEAN_SHARES
    assert sure(noisy, denoise=1.0) == replace(sure(noisy), reason=ANY)
    half, whole = sure(noisy, denoise=0.5), sure(noisy)
    assert 0 < part(half, NOISY) < part(whole, NOISY)
    assert part(half, CLEAN) > 0
    assert "50 % of noise is to be removed" in half.reason
    compressed = Inspection(noise=12.0, compression=40.0)
    assert sure(compressed, denoise=0.0).parts == {SPOILT: 1}


def test_denoising_a_clean_picture_calls_it_clean():
    assert sure(Inspection(), denoise=0.5).reason.startswith("it is clean")


UNSEEN = "it looks clean, but may have been sharpened a little"


def test_a_picture_that_looks_clean_may_have_been_sharpened():
    doubted, shown = choose(Inspection()), choose(Inspection(sharpening=1.0))
    assert 0 < part(doubted, SHARPENED) < part(shown, SHARPENED) == 1
    assert part(doubted, CLEAN) + part(doubted, SHARPENED) == 1
    assert doubted.reason == UNSEEN
    assert choose(Inspection(drawn=True)).parts == {CLEAN: 1}
    assert choose(Inspection(sharpening=1.0), ratio=2.1).parts == shown.parts


@pytest.mark.parametrize(
    ("measured", "first"),
    [
        ({"drawn": True}, {2.0: False, 2.1: False, 4.0: False}),
        ({}, {2.0: False, 2.1: False, 4.0: False}),
        ({"sharpening": 0.3}, {2.0: False, 2.1: True, 4.0: True}),
        ({"noise": 10.0}, {2.0: False, 3.0: False, 3.1: True}),
        ({"sharpening": 0.8}, {2.0: False, 3.0: False, 3.1: True}),
        ({"blur": 0.8}, {2.0: False, 3.0: False, 4.0: False}),
        ({"blur": 0.8, "noise": 4.0}, {4.0: False}),
    ],
)
def test_above_the_reach_of_a_mix_some_pictures_are_restored_first(measured, first):
    found = {ratio: choose(Inspection(**measured), ratio=ratio).restored_first for ratio in first}
    assert found == first


def test_the_share_follows_what_was_measured_until_noise_hides_it():
    shares = [part(choose(Inspection(sharpening=n / 100)), SHARPENED) for n in range(101)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.125, 1)
    noisy = [choose(Inspection(sharpening=n / 2, noise=4.0)) for n in range(3)]
    assert noisy[0].shares == noisy[1].shares == noisy[2].shares
    assert 0 < part(noisy[0], SHARPENED) < 0.25


@pytest.mark.parametrize("fault", [{"noise": 10.0}, {"compression": 20.0}, {"blur": 1.3}])
def test_where_another_fault_shows_there_is_no_doubt(fault):
    assert part(choose(Inspection(**fault)), SHARPENED) == 0
    assert choose(Inspection(**fault)) == sure(Inspection(**fault))


def test_a_trifle_of_another_model_is_spared_above_the_reach_of_a_mix():
    almost = Inspection()
    assert part(choose(almost), SHARPENED) == 1 / 8
    assert choose(almost, ratio=2.1).parts == {CLEAN: 1}
    assert choose(almost, ratio=2.1).reason == "it is clean"
    assert part(choose(almost, ratio=2.1, denoise=0.1), SPOILT) > 0


@pytest.mark.parametrize("fault", [{"noise": 2.0}, {"compression": 20.0}])
def test_a_slight_blur_is_not_believed_where_another_fault_may_look_like_it(fault):
    assert part(choose(Inspection(blur=0.59)), BLURRED) > 0
    assert part(choose(Inspection(blur=0.59, **fault)), BLURRED) == 0
    assert part(choose(Inspection(blur=0.9, **fault)), BLURRED) > 0.25


@pytest.mark.parametrize("purpose", ["clean", "drawing"])
def test_a_model_that_was_named_serves_whatever_is_in_doubt(purpose):
    chosen = choose(Inspection(drawn=purpose == "drawing"), named={purpose: "mine"})
    assert (chosen.model, chosen.purpose) == ("mine", purpose)


@pytest.mark.parametrize("unclear", [{"noise": 8.0}, {"blur": 0.7}, {"flat": 0.6}])
def test_a_sharpening_that_cannot_be_told_changes_nothing(unclear):
    assert part(sure(Inspection(sharpening=1.0, **unclear)), SHARPENED) == 0


def test_only_drawings_that_are_not_spoilt_are_guarded():
    assert sure(Inspection(drawn=True)).guard
    assert not sure(Inspection(drawn=True, compression=40)).guard
    assert not sure(Inspection()).guard


def test_what_is_removed_is_known():
    assert sure(Inspection()).removes == 0
    assert sure(Inspection(drawn=True)).removes == 8
    assert sure(Inspection(noise=12.0)).removes == pytest.approx(12)
    assert Choice(model=SPOILT).removes == 0
    assert sure(Inspection(blur=1.4, detail=5.0)).removes == pytest.approx(11)
    assert sure(Inspection(sharpening=1.0, detail=5.0)).removes == pytest.approx(4)


def test_a_choice_is_one_line():
    assert sure(Inspection(sharpening=0.8)).summary == (
        "asdn-fast with 81 % of asdn-sharpened: it was sharpened"
    )
    assert sure(Inspection(drawn=True)).summary == (
        "asdn-fast, guarded: it is a drawing or a screen"
    )
    assert sure(Inspection(noise=2.0)).summary == (
        "asdn-fast with 31 % of asdn-photo: it has noise of about 2 of 255 levels"
    )
    assert sure(Inspection(noise=15.0)).summary == (
        "asdn-photo with 38 % of asdn-noisy: it has noise of about 15 of 255 levels"
    )
    assert sure(Inspection(blur=0.7, compression=3)).summary == (
        "asdn-fast with 5 % of asdn-photo and 62 % of asdn-blurred: it is blurred"
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
    assert sure(inspect(tiny)).model == CLEAN
    assert sure(inspect(tiny, ImageInfo(size=(1, 1), jpeg_quality=80))).model == SPOILT


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
