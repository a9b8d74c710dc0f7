"""Flags that start from ``srcli.toml`` and from variables."""

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own(monkeypatch, tmp_path):
    """The user's own configuration file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "config/srcli").mkdir(parents=True)
    return tmp_path / "config/srcli/srcli.toml"


def made(srcli, photo, *flags):
    done = srcli("upscale", photo, "-o", "out.png", "--overwrite", *flags)
    assert done.returncode == 0, done.stderr
    with Image.open("out.png") as picture:
        return picture.size


def test_the_nearer_is_the_stronger_and_flags_win(srcli, photo, own, tmp_path, monkeypatch):
    assert made(srcli, photo) == (46, 62)
    own.write_text("[upscale]\nscale = 3\ntile = 32\n")
    assert made(srcli, photo) == (69, 93)
    (tmp_path / "srcli.toml").write_text("[upscale]\nscale = 1.5\n")
    assert made(srcli, photo) == (35, 47)
    monkeypatch.setenv("SRCLI_UPSCALE_SCALE", "1.2x1.1")
    assert made(srcli, photo) == (28, 34)
    assert made(srcli, photo, "--scale", 2) == (46, 62)


@pytest.mark.parametrize(
    ("line", "flags", "size"),
    [
        ("scale = 3", ("--width", 40), (40, 54)),
        ("long-side = 50", ("--scale", 2), (46, 62)),
        ("long_side = 50", (), (37, 50)),
        ('fit = "40x40"', (), (30, 40)),
    ],
)
def test_a_typed_size_replaces_one_from_a_file(srcli, photo, own, line, flags, size):
    own.write_text(f"[upscale]\n{line}\n")
    assert made(srcli, photo, *flags) == size


def test_a_size_from_a_stronger_place_replaces_others(srcli, photo, own, tmp_path, monkeypatch):
    own.write_text("[upscale]\nscale = 3\n")
    (tmp_path / "srcli.toml").write_text("[upscale]\nwidth = 40\nheight = 20\n")
    assert made(srcli, photo) == (40, 20)
    monkeypatch.setenv("SRCLI_UPSCALE_SHORT_SIDE", "46")
    assert made(srcli, photo) == (46, 62)


def test_switches_lists_and_other_names_are_understood(srcli, photo, own, monkeypatch):
    own.write_text(
        'offline = true\n[upscale]\noverwrite = true\nformat = "bmp"\n'
        '[bench]\ndataset = ["Set6", "Set5"]\nmodel = "bicubic"\n'
        "[models.fetch]\noffline = true\n"
    )
    for other in ((), ("--ensemble",)):
        assert srcli("upscale", photo, *other).stdout.strip().endswith("photo_x2.bmp")
    monkeypatch.setenv("SRCLI_UPSCALE_OVERWRITE", "no")
    assert "--overwrite" in srcli("upscale", photo).stderr
    assert "no data set named Set6" in srcli("bench").stderr
    monkeypatch.setenv("SRCLI_BENCH_DATASET", "Set7")
    assert "no data set named Set7" in srcli("bench").stderr


def test_a_list_is_taken_for_its_parts_by_commas(srcli, photo, own):
    own.write_text('[bench]\nmodel = ["nearest", "bicubic"]\nscale = [2, 3]\nformat = "csv"\n')
    done = srcli("bench", "--data", photo.parent)
    assert done.returncode == 0, done.stderr
    rows = [line.split(",")[1:3] for line in done.stdout.splitlines()[1:]]
    assert {(float(scale), model) for scale, model in rows} == {
        *((2, "nearest"), (2, "bicubic"), (3, "nearest"), (3, "bicubic"))
    }


@pytest.mark.usefixtures("no_packages")
def test_doctor_says_where_each_came_from(srcli, own, tmp_path, monkeypatch):
    own.write_text('[upscale]\nscale = 3\n[bench]\ndataset = ["Set5", "Set14"]\n')
    (tmp_path / "srcli.toml").write_text("[upscale]\nquality = 90\n")
    monkeypatch.setenv("SRCLI_MODELS_FETCH_OFFLINE", "1")
    lines = [line.split(maxsplit=2) for line in srcli("doctor").stdout.splitlines()]
    found = {name: value for topic, name, value in lines if topic == "setting"}
    assert found["upscale.scale"] == f"3, from {own}"
    assert found["upscale.quality"] == f"90, from {tmp_path / 'srcli.toml'}"
    assert found["bench.dataset"] == f"Set5,Set14, from {own}"
    assert found["models.fetch.offline"] == "1, from SRCLI_MODELS_FETCH_OFFLINE"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[upscale]\nscael = 2", "'scael' in [upscale]"),
        ("[upscale.more]\nscale = 2", "section [upscale.more]"),
        ("[upscael]\nscale = 2", "section [upscael]"),
        ("[models]\nscale = 2", "'scale' in [models]"),
        ("[doctor]\nscale = 2", "'scale' in [doctor]"),
        ("[models.verify]\nscale = 2", "section [models.verify]"),
        ("scale = 2", "'scale'"),
        ("[upscale]\ninputs = 2", "'inputs' in [upscale]"),
    ],
)
def test_what_means_nothing_is_named_with_its_file(srcli, own, content, words):
    own.write_text(content)
    done = srcli("models", "list")
    said = " ".join(done.stderr.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert words in said
    assert str(own) in done.stderr.replace("\n", "")


def test_a_value_of_the_wrong_kind_is_a_bad_request(srcli, photo, own):
    own.write_text('[upscale]\nquality = "high"\n')
    done = srcli("upscale", photo)
    assert done.returncode == 2
    assert "--quality" in done.stderr
