import base64
import hashlib
import io
import re
from dataclasses import replace

import pytest
import torch
from PIL import Image

from srcli.compare.comparison import LabelledImage, compare
from srcli.compare.enlargement import Enlargement
from srcli.compare.page import comparison_page
from srcli.images.picture.photo import Metadata, Photo


def picture(name: str, seed: int, **changes: object) -> LabelledImage:
    generator = torch.Generator().manual_seed(seed)
    photo = Photo(pixels=torch.rand(1, 3, 100, 120, generator=generator))
    return LabelledImage(name=name, photo=replace(photo, **changes))


@pytest.fixture
def page() -> str:
    deep = picture("b.png", 2, bits=16, alpha=torch.full((1, 1, 100, 120), 0.5))
    return comparison_page(compare([picture("a.png", 1), deep], picture("<hr>.png", 3)))


def pictures(page: str) -> list[Image.Image]:
    codes = re.findall(r"data:image/png;base64,([^\"]+)", page)
    return [Image.open(io.BytesIO(base64.b64decode(code))) for code in codes]


def test_each_picture_is_inside_once_then_maps_then_crops(page: str) -> None:
    found = pictures(page)
    assert [image.size for image in found] == [(120, 100)] * 6 + [(96, 96)] * 3
    assert [image.mode for image in found[:3]] == ["RGB", "RGBA", "RGB"]


def test_nothing_is_fetched_and_only_the_one_script_may_run(page: str) -> None:
    assert not re.search(r"https?://|url\(|@import|<link|<script src|\bon\w+=", page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


def test_every_control_has_a_name_and_a_native_element(page: str) -> None:
    assert re.search(r'<input id="at" type="range"[^>]* aria-label="[^"]+"', page)
    for control in ("left", "right", "zoom"):
        assert re.search(rf'<label><span>\w+</span><select id="{control}">', page)
    assert page.count('type="radio"') == 3
    assert page.count('<div class="scroll check" tabindex="0" role="group" aria-label="') == 3


def test_the_script_finds_what_it_looks_for(page: str) -> None:
    for name in re.findall(r'querySelector\("#(\w+)"\)', page):
        assert f'id="{name}"' in page
    for name in set(re.findall(r'querySelector(?:All)?\("\.(\w+)"\)', page)):
        assert re.search(rf'class="{name}[ "]', page)


def test_the_page_opens_at_a_hundred_per_cent_where_the_pictures_differ_most() -> None:
    pixels = torch.zeros(1, 3, 100, 120)
    other = pixels.clone()
    other[..., :2, 118:] = 1
    pair = (LabelledImage(name=n, photo=Photo(pixels=p)) for n, p in (("a", pixels), ("b", other)))
    page = comparison_page(compare(list(pair)))
    assert re.findall(r'<option value="(\w+)" selected>', page) == ["1"]
    assert 'data-width="120" data-height="100" data-x="72.0" data-y="48.0"' in page


def test_the_difference_is_as_bright_as_its_full_scale_asks() -> None:
    pixels = torch.full((1, 3, 100, 120), 0.5)
    pair = [
        LabelledImage(name=n, photo=Photo(pixels=pixels + x)) for n, x in (("a", 0), ("b", 0.1))
    ]
    page = comparison_page(compare(pair))
    assert "32 of 255 levels or more apart" in page
    assert 'style="--gain:16"' in page
    assert '<input type="checkbox" id="difference">Difference, 16 times as bright' in page


def test_only_more_than_two_pictures_can_all_be_shown(page: str) -> None:
    assert 'value="all"' in page
    two = comparison_page(compare([picture("a", 1), picture("b", 2)]))
    assert 'value="all"' not in two


def test_what_is_known_of_a_model_stands_under_its_picture() -> None:
    model = Enlargement(source_size=(50, 60), models="<x2>", licence="MIT", kmacs=9.0, seconds=1.0)
    made = replace(picture("a", 1), enlargement=model)
    page = comparison_page(compare([made, picture("b", 2)]))
    below, nothing = re.findall(r'<p class="facts">(.*?)</p>', page)
    assert re.findall(r"<span>(.*?)</span>", below) == [
        *("&lt;x2&gt; ·", "MIT ·", "9.0 kMAC a pixel ·", "1.00 s"),
    ]
    assert nothing == ""


def test_every_key_that_the_script_obeys_is_told(page: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    keys = re.findall(r"^    (\w): ", script, re.MULTILINE)
    told = re.findall(r"<kbd>(\w)</kbd>", page)
    assert sorted(keys) == sorted(one.lower() for one in told)


def test_names_are_escaped(page: str) -> None:
    assert "<hr>" not in page
    assert page.count("&lt;hr&gt;.png") >= 5


def test_a_colour_profile_goes_along_and_nothing_else_does() -> None:
    metadata = Metadata(icc_profile=b"\0" * 128, exif=b"II*\0secret", dpi=(300, 300))
    images = pictures(
        comparison_page(compare([picture("a", 1, metadata=metadata), picture("b", 2)]))
    )
    assert images[0].info == {"icc_profile": b"\0" * 128}


def test_equal_pictures_have_a_black_map() -> None:
    page = comparison_page(compare([picture("a", 1), picture("b", 1)]))
    assert pictures(page)[2].getextrema() == ((0, 0),) * 3
    assert "inf" in page


def test_any_two_of_many_can_be_set_beside_each_other() -> None:
    page = comparison_page(compare([picture(name, seed) for seed, name in enumerate("abcd")]))
    assert len(pictures(page)) == 4 + 3 + 4
    (left,) = re.findall(r'<select id="left">(.*?)</select>', page, re.DOTALL)
    assert re.findall(r">(\w)<", left) == list("abcd")
