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
    assert "the brightest colour of map.png stands for 32 levels" in done.stderr
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
        (["near.png", "far.png", "small.png"], 2, "only pictures of one size"),
        (["near.png", "small.png"], 2, "only pictures of one size can be compared"),
        (["near.png", "none.png"], 2, "none.png does not exist"),
        (["near.png", "text.png"], 3, "text.png"),
        (["near.png", "far.png", "-o", "hr.png"], 3, "hr.png exists already"),
        (["near.png", "far.png", "--difference", "map.xyz"], 2, "map.xyz"),
        (["near.png", "far.png", "--difference", "near.png", "--overwrite"], 2, "named twice"),
        (["near.png", "far.png", "-o", "a.png", "--difference", "./a.png"], 2, "named twice"),
        (["near.png", "far.png", "--shave", "20"], 2, "nothing is left"),
    ],
)
def test_bad_requests_are_one_sentence_and_a_code(srcli, pictures, arguments, code, words):
    Image.new("RGB", (25, 20)).save(pictures / "small.png")
    (pictures / "text.png").write_text("no picture")
    before = sorted(path.name for path in pictures.iterdir())
    done = srcli("compare", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in pictures.iterdir()) == before
