from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli import Upscaler
from srcli.compare.comparison import LabelledImage
from srcli.errors import UnknownModel, UnreadableImage
from srcli.images.decode import read_photo
from srcli.images.picture.photo import Photo
from srcli.pipeline.sizes import SizeRequest
from srcli.pixels.levels import from_levels
from srcli.usecases.compare_models import ModelsRequest, enlarge_bicubically, enlarge_with_models

TWICE = SizeRequest(scale=(2.0, 2.0))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    levels = np.random.default_rng(0).integers(0, 256, (16, 20, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(levels).save(path)
    return path


def samples(image: LabelledImage) -> np.ndarray:
    return (from_levels(image.photo.pixels)[0].permute(1, 2, 0) * 255).round().byte().numpy()


def test_the_bicubic_picture_comes_first_and_once(picture):
    request = ModelsRequest(picture=picture, models=("nearest", "bicubic"), size=TWICE)
    images = enlarge_with_models(request)
    assert [image.name for image in images] == ["bicubic", "nearest"]
    assert all(image.size == (32, 40) and image.enlargement.plain for image in images)


@pytest.mark.parametrize("model", ["asdn-fast", "auto", "lanczos"])
def test_a_picture_is_what_upscale_makes_of_it(picture, model):
    told = []
    request = ModelsRequest(picture=picture, models=(model,), size=TWICE)
    image = enlarge_with_models(request, told.append)[1]
    assert told == ["bicubic", model]
    assert np.array_equal(samples(image), Upscaler(model)(str(picture), 2.0))


def test_a_model_names_what_ran_its_licence_and_its_cost(picture):
    request = ModelsRequest(picture=picture, models=("auto", "san-light"), size=TWICE)
    _, auto, family = (image.enlargement for image in enlarge_with_models(request))
    assert auto.models == "asdn-fast x2"
    assert (auto.licence, auto.plain) == ("MIT", False)
    assert auto.choice.startswith("asdn-")
    assert auto.kmacs == pytest.approx(95.9, rel=0.01)
    assert auto.seconds > 0
    assert (family.models, family.licence) == ("san-light-x2", "MIT")
    assert family.source_size == (16, 20)


def test_the_licence_of_a_file_is_not_known(picture, tmp_path):
    weights = Path(__file__).parents[3] / "weights/asdn-fast.safetensors"
    (tmp_path / "mine.safetensors").write_bytes(weights.read_bytes())
    request = ModelsRequest(
        picture=picture, models=(str(tmp_path / "mine.safetensors"),), size=TWICE
    )
    made = enlarge_with_models(request)[1].enlargement
    assert (made.models, made.licence) == ("mine.safetensors x2", "")


def test_nothing_runs_before_every_model_is_there(picture):
    told = []
    request = ModelsRequest(picture=picture, models=("asdn-fast", "no-such"), size=TWICE)
    with pytest.raises(UnknownModel):
        enlarge_with_models(request, told.append)
    assert told == []


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "photo.png").write_text("no picture")
    request = ModelsRequest(picture=tmp_path / "photo.png", models=("auto",), size=TWICE)
    with pytest.raises(UnreadableImage):
        enlarge_with_models(request)


def test_a_small_picture_keeps_its_name_and_says_its_size(picture):
    small = LabelledImage(name="small", photo=read_photo(picture))
    image = enlarge_bicubically(small, (48, 60))
    assert (image.name, image.size) == ("small", (48, 60))
    assert np.array_equal(samples(image), Upscaler("bicubic")(str(picture), 3.0))
    assert image.enlargement.facts == ("enlarged by bicubic interpolation from 20x16 pixels",)


def test_opacity_is_enlarged_too():
    alpha = torch.zeros(1, 1, 8, 8)
    alpha[..., 4:] = 1
    photo = Photo(pixels=torch.rand(1, 3, 8, 8), alpha=alpha)
    large = enlarge_bicubically(LabelledImage(name="a", photo=photo), (16, 16)).photo
    assert large.alpha.shape == (1, 1, 16, 16)
    assert (large.alpha[0, 0, :, 0] == 0).all()
    assert (large.alpha[0, 0, :, -1] == large.alpha.amax()).all()


def test_the_page_is_named_after_picture_and_size():
    request = ModelsRequest(picture=Path("a/b.c.png"), models=("auto",), size=TWICE)
    assert request.page == Path("a/b.c_compare_x2.html")
