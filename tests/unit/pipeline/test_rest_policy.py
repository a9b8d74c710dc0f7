import hashlib
from dataclasses import replace

import pytest

from srcli.networks.spec import BetweenScales
from srcli.pipeline.rest_policy import RestPolicy, rest_policy
from srcli.weights.catalog import published
from srcli.weights.catalog.published import read_community

GANS = [one.id for one in read_community() if one.purpose in {"photo", "drawing"}]


@pytest.mark.parametrize("model", GANS)
def test_nothing_undoes_the_look_of_a_gan(model):
    assert rest_policy(model) == RestPolicy(has_network=False)


@pytest.mark.parametrize("model", ["dat-light", "dat-light-x2", "dat-light-x4"])
def test_a_model_that_is_measured_better_leads(model):
    assert rest_policy(model) == RestPolicy(
        between=BetweenScales(overshoot_until=3.0, corrected_below=2.0)
    )


@pytest.mark.parametrize(
    "model",
    ["san-light", "san-light-x2", "asdn-fast", "swinir-light-x2", "imdn-x2"],
)
def test_others_for_clean_pictures_are_finished_by_the_default_model_and_corrected(model):
    assert rest_policy(model) == RestPolicy(between=BetweenScales(corrected_below=2.0))


@pytest.mark.parametrize("model", ["dejpg-realplksr", "no.pth"])
def test_what_restores_or_is_not_known_is_not_corrected(model):
    assert rest_policy(model) == RestPolicy()


def test_a_file_is_known_by_its_hash(tmp_path, monkeypatch):
    path = tmp_path / "renamed.pth"
    path.write_bytes(b"weights")
    assert rest_policy(str(path)) == RestPolicy()
    known = replace(
        next(one for one in read_community() if one.purpose == "photo"),
        sha256=hashlib.sha256(b"weights").hexdigest(),
    )
    monkeypatch.setattr(published, "read_community", lambda: (known,))
    assert not rest_policy(str(path)).has_network
