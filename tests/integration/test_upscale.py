import shutil
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from srcli.images.decode import read_photo
from srcli.pixels.resize import resize
from srcli.weights.providers.store import locate

BUTTERFLY = Path(__file__).parents[1] / "golden/protocol/butterfly.png"
RAW = Path(__file__).parents[1] / "golden/raw/bayer.dng"
TURNED = Path(__file__).parents[1] / "golden/jxl/turned.jxl"


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


@pytest.mark.parametrize(
    ("options", "width", "height", "name"),
    [
        (["--scale", "2.7"], 62, 84, "photo_x2.7.png"),
        (["--scale", "1.3x2"], 30, 62, "photo_x1.3x2.png"),
        (["--width", "50"], 50, 67, "photo_50x.png"),
        (["--height", "50"], 37, 50, "photo_x50.png"),
        (["--width", "40", "--height", "33"], 40, 33, "photo_40x33.png"),
        ([], 46, 62, "photo_x2.png"),
        (["--scale", "0.5"], 12, 16, "photo_x0.5.png"),
        (["--scale", "1"], 23, 31, "photo_x1.png"),
    ],
)
def test_the_result_has_exactly_the_size_asked_for(srcli, photo, options, width, height, name):
    done = srcli("upscale", photo, *options)
    assert (done.returncode, done.stdout) == (0, f"{photo.parent / name}\n")
    assert opened(photo.parent / name).size == (width, height)


def test_a_picture_of_a_phone_becomes_png(srcli, tmp_path):
    image = pillow_heif.from_bytes("RGB", (30, 18), bytes(range(180)) * 9)
    image.save(tmp_path / "phone.HEIC")
    done = srcli("upscale", "phone.HEIC")
    assert (done.returncode, done.stdout) == (0, "phone_x2.png\n")
    assert opened(tmp_path / "phone_x2.png").size == (60, 36)


def test_a_camera_raw_file_becomes_png_of_sixteen_bits(srcli, tmp_path):
    shutil.copy(RAW, tmp_path / "camera.DNG")
    done = srcli("upscale", "camera.DNG", "--scale", 1.5)
    assert (done.returncode, done.stdout) == (0, "camera_x1.5.png\n")
    image = opened(tmp_path / "camera_x1.5.png")
    assert image.size == (96, 72)
    assert image.getexif()[271] == "Acme"
    assert (tmp_path / "camera_x1.5.png").read_bytes()[24] == 16


def test_a_jpeg_xl_file_stays_one_and_without_loss(srcli, tmp_path):
    shutil.copy(TURNED, tmp_path / "photo.jxl")
    done = srcli("upscale", "photo.jxl", "--scale", 1.5)
    assert (done.returncode, done.stdout) == (0, "photo_x1.5.jxl\n")
    assert srcli("upscale", "photo.jxl", "--scale", 1.5, "-o", "it.png").returncode == 0
    samples = [read_photo(tmp_path / name) for name in ("photo_x1.5.jxl", "it.png")]
    assert (samples[0].pixels == samples[1].pixels).all()
    assert samples[0].metadata.lossless


def test_tiles_do_not_show(srcli, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (97, 75, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    for tile in (32, 4096):
        done = srcli("upscale", "noise.png", "--scale", 2.7, "--tile", tile, "-o", f"{tile}.png")
        assert done.returncode == 0
    small, whole = (np.asarray(opened(tmp_path / f"{tile}.png")) for tile in (32, 4096))
    assert (small == whole).all()


def test_a_texture_has_no_border(srcli, tmp_path):
    noise = np.random.default_rng(0).integers(1, 256, (40, 30, 4), dtype=np.uint8)
    turned = np.roll(noise, (11, 8), (0, 1))
    for name, samples in {"noise": noise, "turned": turned}.items():
        Image.fromarray(samples).save(tmp_path / f"{name}.png")
    model = ("--model", "asdn-fast")  # auto may see other windows of them
    done = srcli("upscale", "noise.png", "turned.png", "-o", "out", "--wrap", "xy", *model)
    assert (done.returncode, done.stderr.count("consist")) == (0, 0)
    result, other = (np.asarray(opened(tmp_path / f"out/{n}_x2.png")) for n in ("noise", "turned"))
    assert (np.roll(result, (22, 16), (0, 1)) == other).all()
    again = ("upscale", "noise.png", "-o", "out", *model)
    assert "other settings" in srcli(*again).stderr
    assert srcli(*again, "--overwrite").returncode == 0
    plain = np.asarray(opened(tmp_path / "out/noise_x2.png"))
    assert not (plain == result).all()


@pytest.mark.parametrize("model", ["asdn-fast", "mine/of my.own.safetensors"])
def test_a_result_may_be_called_by_its_model(srcli, photo, model):
    (photo.parent / "mine").mkdir()
    shutil.copy(locate("asdn-fast"), photo.parent / "mine/of my.own.safetensors")
    done = srcli("upscale", photo.name, "--model", model, "--name", "{stem} {scale} {model}")
    called = "asdn-fast" if model == "asdn-fast" else "of my.own"
    assert (done.returncode, done.stdout) == (0, f"photo x2 {called}.png\n")


def test_the_result_is_not_just_resized(srcli, photo):
    import torch

    srcli("upscale", photo, "--scale", 2, "-o", "out.png")
    source = torch.from_numpy(np.asarray(opened(photo)).copy()).permute(2, 0, 1)[None] / 255
    plain = resize(source, (62, 46)).clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255
    found = np.asarray(opened(photo.parent / "out.png")).astype(float)
    assert np.abs(found - plain).max() > 0.5
    assert np.abs(found - plain).mean() < 6


def test_the_ensemble_changes_little_and_something(srcli, photo):
    srcli("upscale", photo, "-o", "one.png")
    srcli("upscale", photo, "-o", "eight.png", "--ensemble")
    one, eight = (
        np.asarray(opened(photo.parent / f"{n}.png")).astype(int) for n in ("one", "eight")
    )
    assert 0 < np.abs(one - eight).max() < 64


def test_shorter_numbers_change_no_more_than_what_rounding_may(srcli, photo):
    srcli("upscale", photo, "-o", "long.png", "--precision", "float32")
    srcli("upscale", photo, "-o", "short.png", "--precision", "bfloat16")
    long, short = (
        np.asarray(opened(photo.parent / f"{n}.png")).astype(int) for n in ("long", "short")
    )
    assert 0 < np.abs(long - short).max() <= 4
    assert np.abs(long - short).mean() < 0.25


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "bmp"])
def test_formats_follow_the_name(srcli, photo, suffix):
    done = srcli("upscale", photo, "-o", f"out.{suffix}")
    assert done.returncode == 0
    names = {"jpg": "JPEG"}
    assert opened(photo.parent / f"out.{suffix}").format == names.get(suffix, suffix.upper())


def test_grey_stays_grey_and_alpha_is_kept(srcli, tmp_path):
    ramp = np.linspace(0, 255, 20 * 16).reshape(20, 16).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "grey.png")
    Image.fromarray(np.dstack([ramp, ramp.T.reshape(20, 16)])).save(tmp_path / "soft.png")
    assert srcli("upscale", "grey.png", "soft.png", "-o", "out/").returncode == 0
    assert opened(tmp_path / "out/grey_x2.png").mode == "L"
    assert opened(tmp_path / "out/soft_x2.png").mode == "LA"


def test_orientation_is_applied(srcli, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20), "red").save(tmp_path / "turned.jpg", exif=exif)
    assert srcli("upscale", "turned.jpg", "-o", "out.png").returncode == 0
    assert opened(tmp_path / "out.png").size == (40, 60)


def test_a_folder_keeps_its_tree_and_names_every_failure(srcli, photo, tmp_path):
    (tmp_path / "in/deep").mkdir(parents=True)
    shutil.copy(photo, tmp_path / "in/a.png")
    shutil.copy(photo, tmp_path / "in/deep/b.png")
    (tmp_path / "in/broken.png").write_text("no picture")
    done = srcli("upscale", "in", "-o", "out")
    assert done.returncode == 3
    assert "broken.png" in done.stderr
    assert "Traceback" not in done.stderr
    written = sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "out").rglob("*.png"))
    assert written == ["out/a_x2.png", "out/deep/b_x2.png"]
    assert sorted(done.stdout.splitlines()) == written


def test_nothing_is_overwritten_unasked(srcli, photo, tmp_path):
    (tmp_path / "out.png").write_bytes(b"precious")
    done = srcli("upscale", photo, "-o", "out.png")
    assert done.returncode == 3
    assert (tmp_path / "out.png").read_bytes() == b"precious"
    assert srcli("upscale", photo, "-o", "out.png", "--overwrite").returncode == 0
    assert opened(tmp_path / "out.png").size == (46, 62)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.png"], 2, "does not exist"),
        (["text.png"], 3, "not a picture"),
        (["photo.png", "--scale", "0"], 2, "scale"),
        (["photo.png", "--scale", "nan"], 2, "scale"),
        (["photo.png", "--scale", "inf"], 2, "scale"),
        (["photo.png", "--scale", "-2"], 2, "scale"),
        (["photo.png", "--scale", "1e9"], 2, "scale"),
        (["photo.png", "--scale", "two"], 2, "scale"),
        (["photo.png", "--scale", "2", "--width", "9"], 2, "either"),
        (["photo.png", "--width", "0"], 2, "at least 1"),
        (["photo.png", "--width", "2000000", "--height", "2000000"], 5, "memory"),
        (["photo.png", "--model", "nothing"], 2, "no model"),
        (["photo.png", "--model", "none.safetensors"], 2, "none.safetensors"),
        (["photo.png", "--device", "abacus"], 2, "abacus"),
        (["photo.png", "--device", "cpu", "--precision", "float16"], 2, "GPU"),
        (["photo.png", "--precision", "float8"], 2, "float8"),
        (["photo.png", "-o", "out.xyz"], 2, "xyz"),
        (["empty"], 2, "no pictures"),
    ],
)
def test_bad_requests_are_one_sentence_and_a_code(srcli, photo, tmp_path, arguments, code, words):
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = srcli("upscale", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before
    assert photo.exists()


@pytest.mark.parametrize("place", ["photo.png/out.png", "/proc/out.png"])
def test_a_place_that_cannot_be_written_is_said(srcli, photo, place):
    before = photo.read_bytes()
    done = srcli("upscale", photo, "-o", place)
    assert done.returncode == 3
    assert place in done.stderr
    assert "Traceback" not in done.stderr
    assert photo.read_bytes() == before


@pytest.mark.parametrize("options", [(), ("-v",)])
def test_what_lay_behind_a_failure_is_told_if_asked_for(srcli, photo, options):
    half = photo.with_name("half.tif")
    half.write_bytes(b"II*\0\x08\0\0\0")
    done = srcli("upscale", half, *options)
    assert done.returncode == 3
    assert "half.tif cannot be decoded" in done.stderr
    assert ("The cause is " in done.stderr) == bool(options)


def test_the_model_for_photos_cleans_a_picture_that_keeps_its_size(srcli, tmp_path):
    with Image.open(BUTTERFLY) as clean:
        clean.convert("RGB").save(tmp_path / "old.jpg", quality=30)
    for model in ("asdn-photo", "asdn-fast"):
        srcli("upscale", "old.jpg", "--model", model, "--scale", 1, "-o", f"{model}.png")
    truth, old, cleaned, same = (
        np.asarray(opened(path)).astype(float)
        for path in (
            BUTTERFLY,
            tmp_path / "old.jpg",
            tmp_path / "asdn-photo.png",
            tmp_path / "asdn-fast.png",
        )
    )
    assert (same == old).all()
    assert ((cleaned - truth) ** 2).mean() < 0.8 * ((old - truth) ** 2).mean()


def test_alpha_that_keeps_its_size_stays_as_it_is(srcli, tmp_path):
    levels = np.random.default_rng(0).integers(0, 256, (24, 30, 4), np.uint8)
    Image.fromarray(levels).save(tmp_path / "a.png")
    srcli("upscale", "a.png", "--model", "asdn-photo", "--scale", 1, "-o", "out.png")
    found = np.asarray(opened(tmp_path / "out.png"))
    assert (found[..., 3] == levels[..., 3]).all()
    assert (found[..., :3] != levels[..., :3]).any()
