import io

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage, UsageError
from srcli.pipeline.sizes import SizeRequest
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.wanted import Wanted
from srcli.usecases.library import Upscaler

from .conftest import TWICE, content


def test_the_result_is_that_of_the_pipeline(maker):
    made = maker.make(content(), Wanted(size=TWICE), name="a.png")
    assert made.content == Upscaler(device="cpu")(content(), 2)
    assert made.choice.summary.startswith("asdn-")


def test_the_advice_is_that_of_auto(maker):
    data = content(kind="JPEG")
    made = maker.make(data, Wanted(size=TWICE), name="a.jpg")
    assert maker.look(data, name="a.jpg").advice == made.choice.summary


def test_a_format_may_be_asked_for(maker):
    wanted = Wanted(size=TWICE, model="bicubic", format="webp")
    made = maker.make(content(), wanted, name="a.png")
    assert Image.open(io.BytesIO(made.content)).format == "WEBP"


def test_a_bomb_is_refused_by_its_head():
    maker = Maker(Limits(pixels=1000), "cpu")
    with pytest.raises(UnreadableImage, match=r"megapixels|pixels"):
        maker.look(content(), name="a.png")


def test_a_result_that_is_too_large_is_refused():
    maker = Maker(Limits(result_pixels=4000), "cpu")
    wanted = Wanted(size=SizeRequest(scale=(4.0, 4.0)), model="bicubic")
    with pytest.raises(UsageError, match=r"160x120 pixels is larger than the 0.004 megapixels"):
        maker.make(content(), wanted, name="a.png")


def test_what_browsers_show_is_shown_as_it_is(maker):
    data = content(kind="JPEG")
    assert maker.shown(data, name="a.jpg")[0] is data


def test_what_browsers_do_not_show_is_shown_as_png(maker):
    deep = np.full((8, 9), 40_000, np.uint16)
    file = io.BytesIO()
    Image.fromarray(deep).save(file, "TIFF")
    shown, known = maker.shown(file.getvalue(), name="a.tif")
    image = Image.open(io.BytesIO(shown))
    assert (known.name, image.format, image.mode, image.size) == ("PNG", "PNG", "L", (9, 8))
    assert image.getpixel((0, 0)) == 156
