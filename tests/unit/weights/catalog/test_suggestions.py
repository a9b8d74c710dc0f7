"""Other names of models lead to the one that is to be typed."""

from pathlib import Path

import pytest

from srcli.errors import UnknownModel
from srcli.weights.catalog.included import find_card, read_catalog
from srcli.weights.catalog.published import read_community
from srcli.weights.catalog.suggestions import namesakes, suggestions
from srcli.weights.providers.origins import Local


@pytest.mark.parametrize("source", read_community(), ids=lambda source: source.id)
def test_every_name_that_others_use_leads_to_the_id(source):
    stem = source.file.rpartition(".")[0]
    for name in (source.file, stem, stem.upper(), *source.names):
        assert namesakes(name) == (source.id,)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("RealESRGAN_x4plus", "realesrgan-x4plus"),
        ("realesrgan", "realesrgan-x2plus"),
        ("SwinIR-light", "swinir-light"),
        ("real-esrgan-x4plus", "realesrgan-x4plus"),
        ("asdn-fsat", "asdn-fast"),
        ("ASDN_photo", "asdn-photo"),
        ("bsrgan_x4", "bsrgan-x4"),
        ("anime", "realesrgan-x4plus-anime-6b"),
        ("swinir", "swinir-light"),
        ("dat", ""),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_what_was_meant_comes_first(typed, first):
    assert next(iter(suggestions(typed, read_catalog())), "") == first


def test_a_name_of_several_says_all_of_them():
    with pytest.raises(UnknownModel) as refused:
        find_card("realesrgan")
    meant = ("realesrgan-x2plus", "realesrgan-x4plus", "realesrgan-x4plus-anime-6b")
    assert refused.value.hint.startswith(f"Did you mean {', '.join(meant)}")


def test_one_name_is_what_to_type():
    with pytest.raises(UnknownModel) as refused:
        find_card("RealESRGAN_x4plus")
    assert refused.value.hint == "Did you mean realesrgan-x4plus?"


def test_members_are_left_out_where_their_family_is_named():
    found = suggestions("swinir", read_catalog())
    assert found == ("swinir-light", "swinir-classical", "swinir-real-x4")


def test_a_file_that_is_not_there_is_known_by_its_name():
    missing = Local(path=Path("down/RealESRGAN_x4plus.pth")).missing()
    assert missing.hint == "A model of that name can be fetched: type --model realesrgan-x4plus."
    assert "models list" in Local(path=Path("mine.pth")).missing().hint
