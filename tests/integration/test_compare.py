import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def pictures(tmp_path):
    """A reference, something near it, and something farther away; 40 rows by 50 columns."""
    rows, columns = np.mgrid[0:40, 0:50]
    hr = np.stack([rows * 6, columns * 5, (rows * columns) % 256], -1).astype(np.uint8)
    Image.fromarray(hr).save(tmp_path / "hr.png")
    Image.fromarray(hr ^ 1).save(tmp_path / "near.png")
    Image.fromarray(hr ^ 16).save(tmp_path / "far.png")
    return tmp_path


def test_two_pictures_are_compared_on_the_terminal(srcli):
    done = srcli("compare", "near.png", "hr.png")
    assert (done.returncode, done.stderr) == (0, "")
    numbers = next(line for line in done.stdout.splitlines() if line.startswith("hr.png"))
    assert numbers.split()[1:2] + numbers.split()[-2:] == ["near.png", "48.13", "1"]


def test_a_page_and_a_map_are_written(srcli, pictures):
    done = srcli(
        *("compare", "near.png", "far.png", "--reference", "hr.png"),
        *("-o", "new/page.html", "--difference", "map.png"),
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["new/page.html", "map.png"]
    assert done.stderr == "The brightest colour of map.png stands for 32 levels.\n"
    page = (pictures / "new/page.html").read_text()
    assert page.count("data:image/png;base64") == 3 + 3 + 3
    with Image.open(pictures / "map.png") as picture:
        assert (picture.mode, picture.size) == ("RGB", (50, 40))


def test_many_pictures_are_compared_with_the_first(srcli):
    done = srcli("compare", "near.png", "far.png", "hr.png", "-o", "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split()[:2] for line in done.stdout.splitlines() if ".png" in line]
    assert rows == [["far.png", "near.png"], ["hr.png", "near.png"]]


def test_json_is_one_object(srcli):
    done = srcli("compare", "near.png", "near.png", "-r", "hr.png", "--json", "--shave", "2")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["schema"], found["event"]) == (1, "compared")
    assert found["pairs"][0]["psnr_y"] == "inf"
    assert found["pairs"][1]["largest"] == pytest.approx(1)


def test_models_are_compared_on_one_picture(srcli, pictures):
    done = srcli("compare", "hr.png", "--models", "asdn-fast,nearest", "--scale", "1.5")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[2:4]] == [
        ["asdn-fast", "bicubic"],
        ["nearest", "bicubic"],
    ]
    (cost,) = (
        line for line in lines if line.startswith("asdn-fast  asdn-fast x2, resize, correct")
    )
    assert cost.split()[5:7] == ["MIT", "170.5"]
    assert lines[-1] == "hr_compare_x1.5.html"
    page = (pictures / "hr_compare_x1.5.html").read_text()
    assert "75 × 60 pixels" in page  # noqa: RUF001 - times
    assert page.count("data:image/png;base64") == 3 + 2 + 3
    assert "170.5 kMAC a pixel" in page


def test_models_are_measured_against_a_reference_and_their_cost_is_in_the_event(srcli, pictures):
    with Image.open(pictures / "hr.png") as picture:
        picture.resize((25, 20)).save(pictures / "lr.png")
    done = srcli(
        *("compare", "lr.png", "--models", "auto", "-s", "2", "-r", "hr.png"),
        *("-o", "page.html", "--json", "--offline"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [(one["first"], one["second"]) for one in found["pairs"]] == [
        ("bicubic", "auto"),
        ("bicubic", "hr.png"),
        ("auto", "hr.png"),
    ]
    plain, auto = found["enlarged"]
    assert (plain["picture"], plain["models"], plain["plain"]) == ("bicubic", "bicubic", True)
    assert auto["source_size"] == {"height": 20, "width": 25}
    assert (auto["picture"], auto["licence"]) == ("auto", "MIT")
    assert auto["choice"]
    assert found["written"] == ["page.html"]


def test_settings_for_models_are_no_matter_where_there_are_two_pictures(srcli, monkeypatch):
    monkeypatch.setenv("SRCLI_COMPARE_SCALE", "3")
    monkeypatch.setenv("SRCLI_COMPARE_MODELS", "asdn-fast")
    done = srcli("compare", "near.png", "hr.png")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_smaller_picture_of_the_same_shape_is_enlarged(srcli, pictures):
    with Image.open(pictures / "hr.png") as picture:
        picture.resize((25, 20)).save(pictures / "small.png")
    done = srcli("compare", "small.png", "hr.png", "-o", "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    told = "small.png was enlarged by bicubic interpolation from 25x20 pixels."
    assert told in done.stdout
    page = (pictures / "page.html").read_text()
    assert told in page
    assert "50 × 40 pixels" in page  # noqa: RUF001 - times


def test_grey_sixteen_bits_and_alpha_can_be_mixed(srcli, pictures):
    gray = (np.mgrid[0:40, 0:50][0] * 1000).astype(np.uint16)
    Image.fromarray(gray).save(pictures / "gray16.png")
    with Image.open(pictures / "hr.png") as picture:
        picture.putalpha(128)
        picture.save(pictures / "alpha.png")
    done = srcli("compare", "gray16.png", "alpha.png", "-o", "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Bits per sample differ" in done.stdout
    assert "mid-grey" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["near.png"], 2, "only be compared with another one"),
        (["near.png", "far.png", "wide.png"], 2, "Only pictures of one size"),
        (["near.png", "wide.png"], 2, "Only pictures of one size can be compared"),
        (["near.png", "far.png", "-r", "small.png"], 2, "Only pictures of one size"),
        (["near.png", "far.png", "--models", "auto"], 2, "on one picture, not on 2"),
        (["near.png", "--models", "auto,auto"], 2, "named twice"),
        (["near.png", "far.png", "--scale", "2"], 2, "--scale is for models"),
        (["near.png", "--models", "auto", "--scale", "0"], 2, "a scale must"),
        (["near.png", "--models", "no-such-model", "--offline"], 2, "no-such-model"),
        (["near.png", "--models", "auto", "-o", "hr.png"], 3, "hr.png exists already"),
        (["near.png", "none.png"], 2, "none.png does not exist"),
        (["near.png", "text.png"], 3, "text.png"),
        (["near.png", "far.png", "-o", "hr.png"], 3, "hr.png exists already"),
        (["near.png", "far.png", "--difference", "map.xyz"], 2, "map.xyz"),
        (["near.png", "far.png", "--difference", "near.png", "--overwrite"], 2, "named twice"),
        (["near.png", "far.png", "-o", "a.png", "--difference", "./a.png"], 2, "named twice"),
        (["near.png", "far.png", "--shave", "20"], 2, "Nothing is left"),
    ],
)
def test_bad_requests_are_one_sentence_and_a_code(srcli, pictures, arguments, code, words):
    Image.new("RGB", (25, 20)).save(pictures / "small.png")
    Image.new("RGB", (30, 20)).save(pictures / "wide.png")
    (pictures / "text.png").write_text("no picture")
    before = sorted(path.name for path in pictures.iterdir())
    done = srcli("compare", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in pictures.iterdir()) == before
