import shutil
from pathlib import Path

import pytest

from srcli.errors import CorruptWeights, MissingWeights, UnknownModel, WeightsError
from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, shipped_folder
from srcli.weights.providers import origins, store
from srcli.weights.providers.store import locate, sha256_of, verify


def test_the_default_model_comes_along():
    path = locate(DEFAULT_MODEL)
    assert sha256_of(path) == find_card(DEFAULT_MODEL).sha256


def test_a_path_is_taken_as_it_is():
    path = shipped_folder() / find_card(DEFAULT_MODEL).file
    assert locate(str(path)) == path


@pytest.mark.parametrize("name", ["w/UP.SAFETENSORS", "w/Up.Pt", "w/up.PTH", "w/up.Ckpt"])
def test_the_ending_of_a_path_may_be_in_capitals(name):
    assert store.find(name) == origins.Local(path=Path(name))


@pytest.mark.parametrize("name", [f"{'a' * 300}.safetensors", "a\0.pt"])
def test_a_path_that_no_file_can_have_is_not_there(name):
    for find in (locate, verify):
        with pytest.raises(MissingWeights, match="no weights file"):
            find(name)


@pytest.mark.parametrize("model", ["", "asdn", "asdn-fastest", "../catalog.toml"])
def test_an_unknown_name_lists_the_known_ones(model):
    with pytest.raises(UnknownModel) as caught:
        locate(model)
    assert DEFAULT_MODEL in caught.value.hint


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(WeightsError):
        locate(str(tmp_path / "none.safetensors"))


def test_a_changed_file_is_found_out(tmp_path, monkeypatch):
    card = find_card(DEFAULT_MODEL)
    shutil.copy(shipped_folder() / card.file, tmp_path)
    monkeypatch.setattr(origins, "shipped_folder", lambda: tmp_path)
    assert verify(card) == tmp_path / card.file
    with (tmp_path / card.file).open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(CorruptWeights):
        verify(card)
    (tmp_path / card.file).unlink()
    with pytest.raises(WeightsError):
        verify(card)
