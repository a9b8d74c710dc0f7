import hashlib
from dataclasses import replace

import pytest

from srcli.pipeline.rest_policy import RestPolicy, rest_policy
from srcli.weights.catalog import published
from srcli.weights.catalog.published import read_community

GANS = [one.id for one in read_community() if one.purpose in {"photo", "drawing"}]


@pytest.mark.parametrize("model", GANS)
def test_nothing_undoes_the_look_of_a_gan(model):
    assert rest_policy(model) == RestPolicy(has_network=False, overshoot_until=None)


@pytest.mark.parametrize("model", ["dat-light", "dat-light-x2", "dat-light-x4"])
def test_a_model_that_is_measured_better_leads(model):
    assert rest_policy(model) == RestPolicy(has_network=True, overshoot_until=3.0)


@pytest.mark.parametrize(
    "model",
    ["san-light", "san-light-x2", "asdn-fast", "swinir-light-x2", "dejpg-realplksr", "no.pth"],
)
def test_others_are_finished_by_the_default_model(model):
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
