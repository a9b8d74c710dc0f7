from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from srcli.engine.device import choose_compute
from srcli.engine.network_runner import UpscaleOptions
from srcli.pipeline.choose import Choice
from srcli.pipeline.loaded_models import ModelLoader
from srcli.pipeline.shares import MODELS


@pytest.fixture(scope="module")
def auto():
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    return loader.load("auto", 2.0)


def weights(models):
    return models.runner.network.state_dict()


def only(place) -> tuple[float, ...]:
    return tuple(float(place == n) for n in range(len(MODELS)))


def test_the_ends_of_the_mixes_are_the_models(auto):
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    for place, model in enumerate(MODELS):
        found = auto.chosen(Choice(model=model, shares=only(place)))
        assert found.model == model
        expected = weights(loader.load(model, 2.0))
        assert all(torch.equal(expected[name], one) for name, one in weights(found).items())


def test_all_models_are_mixed_by_their_shares(auto):
    shares = (0.125, 0.375, 0.25, 0.125, 0.125)
    ends = [weights(auto.chosen(Choice(model="", shares=only(n)))) for n in range(len(MODELS))]
    mixed = auto.chosen(Choice(model="", shares=shares))
    for name, found in weights(mixed).items():
        parts = zip(shares, ends, strict=True)
        torch.testing.assert_close(found, sum(share * one[name] for share, one in parts))
    assert mixed.model == "+".join(MODELS)


def test_a_mix_leaves_out_what_only_the_model_for_clean_pictures_has(auto):
    clean = auto.chosen(Choice(model="", shares=only(0))).runner
    mixed = auto.chosen(Choice(model="", shares=(0.75, 0.25, *only(-1)[2:]))).runner
    passes = {one: len(one.plan_passes((8, 8), (32, 32), 4.0)) for one in (clean, mixed)}
    assert passes == {clean: 1, mixed: 2}


def test_a_mix_of_two_is_called_by_both(auto):
    mixed = auto.chosen(Choice(model="", shares=(0.75, 0.25, *only(-1)[2:])))
    assert mixed.describe(mixed.runner.plan_passes((8, 8), (16, 16), 2.0)) == (
        f"{MODELS[0]}+{MODELS[1]} x2"
    )


def test_mixes_that_were_not_asked_for_lately_are_forgotten(monkeypatch):
    monkeypatch.setattr("srcli.pipeline.mixes.KEPT", 2)
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    mixes = loader.load("auto", 2.0).mixes
    shares = [(n / 16, 1 - n / 16, 0.0, 0.0, 0.0) for n in (4, 8, 12)]
    made = [mixes.at(one) for one in shares[:2]]
    assert mixes.at(shares[0]) is made[0]
    mixes.at(shares[2])
    assert mixes.at(shares[0]) is made[0]
    assert mixes.at(shares[1]) is not made[1]


def test_threads_that_ask_at_once_get_one_network(auto):
    choice = Choice(model="", shares=(0.5625, 0.4375, *only(-1)[2:]))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(auto.chosen, [choice] * 32))
    assert len({id(one) for one in found}) == 1


def test_a_named_model_is_never_mixed(auto):
    del auto
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    model = loader.load(MODELS[0], 2.0)
    assert not model.chooses
    assert model.chosen(Choice(model=MODELS[1], shares=only(1))) is model
