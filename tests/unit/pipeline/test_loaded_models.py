from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from srcli.engine.device import choose_compute
from srcli.engine.network_runner import UpscaleOptions
from srcli.pipeline.choose import MODELS, Choice
from srcli.pipeline.loaded_models import ModelLoader


@pytest.fixture(scope="module")
def auto():
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    return loader.load("auto", 2.0)


def weights(models):
    return models.runner.network.state_dict()


def test_the_ends_of_the_mixes_are_the_models(auto):
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    for shares, model in zip(((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)), MODELS, strict=True):
        mix, noisy = shares
        found = auto.chosen(Choice(model=model, mix=mix, noisy=noisy))
        assert found.model == model
        expected = weights(loader.load(model, 2.0))
        assert all(torch.equal(expected[name], one) for name, one in weights(found).items())


def test_three_models_are_mixed_by_their_shares(auto):
    ends = [auto.chosen(Choice(model="", mix=mix)) for mix in (0.0, 1.0)]
    ends.append(auto.chosen(Choice(model="", noisy=1.0)))
    clean, spoilt, noisy = map(weights, ends)
    mixed = auto.chosen(Choice(model="", mix=0.75, noisy=0.5))
    for name, found in weights(mixed).items():
        expected = 0.125 * clean[name] + 0.375 * spoilt[name] + 0.5 * noisy[name]
        torch.testing.assert_close(found, expected)
    assert mixed.model == "+".join(MODELS)


def test_the_weights_of_a_mix_lie_between_the_two(auto):
    clean, spoilt = (weights(auto.chosen(Choice(model="", mix=mix))) for mix in (0.0, 1.0))
    mixed = auto.chosen(Choice(model="", mix=0.25))
    for name, found in weights(mixed).items():
        torch.testing.assert_close(found, 0.75 * clean[name] + 0.25 * spoilt[name])
    assert mixed.describe(mixed.runner.plan_passes((8, 8), (16, 16), 2.0)) == (
        f"{MODELS[0]}+{MODELS[1]} x2"
    )


def test_threads_that_ask_at_once_get_one_network(auto):
    choice = Choice(model="", mix=0.4375)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(auto.chosen, [choice] * 32))
    assert len({id(one) for one in found}) == 1


def test_a_named_model_is_never_mixed(auto):
    del auto
    loader = ModelLoader(choose_compute("cpu", "float32"), UpscaleOptions())
    model = loader.load(MODELS[0], 2.0)
    assert not model.chooses
    assert model.chosen(Choice(model=MODELS[1], mix=1.0)) is model
