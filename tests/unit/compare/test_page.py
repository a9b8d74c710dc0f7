import base64
import hashlib
import io
import re
from dataclasses import replace

import pytest
import torch
from PIL import Image

from srcli.compare.comparison import LabelledImage, compare
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
    assert page.count('type="radio"') == 2


def test_the_script_finds_what_it_looks_for(page: str) -> None:
    for name in re.findall(r'querySelector\("#(\w+)"\)', page):
        assert f'id="{name}"' in page
    for name in set(re.findall(r'querySelector(?:All)?\("\.(\w+)"\)', page)):
        assert re.search(rf'class="{name}[ "]', page)


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
