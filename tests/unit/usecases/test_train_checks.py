import pytest
import torch

from srcli.errors import UsageError
from srcli.usecases.train_checks import make_config

WIDE = {"network": "asdn", "preset": "wide", "steps": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"network": "nothing"},
        {"preset": "huge"},
        {"scale": 3},
        {"optimizer": "sgd"},
        {"precision": "int4"},
        {"loss": "l3"},
        {"device": "abacus"},
        {"schedule": "never"},
        {"degradation": "rain"},
        {"degradation": "jpeg"},
        {"degradation": "noise"},
    ],
)
def test_what_is_not_in_the_catalogue_is_a_usage_error(wrong):
    with pytest.raises(UsageError):
        make_config(**{"network": "asdn", "preset": "fast", "steps": 1, **wrong})


@pytest.mark.parametrize(("built_in", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_precision_is_the_fast_one_of_the_device(monkeypatch, built_in, precision):
    asked = []

    def answer(device):
        asked.append(device)
        return built_in

    monkeypatch.setattr("srcli.usecases.train_checks.has_bfloat16", answer)
    run = {"network": "asdn", "preset": "fast", "steps": 1, "device": "cpu"}
    assert make_config(**run).precision == precision
    assert asked == [torch.device("cpu")]
    assert make_config(**run, precision="float16").precision == "float16"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"network": "panetir", "scale": 1, "degradation": "bicubic"}, "jpeg or noise"),
        ({"network": "panetir", "scale": 1, "degradation": "photo"}, "jpeg or noise"),
        ({"network": "san", "scale": 2, "degradation": "noise"}, "bicubic or photo or wild"),
        ({"network": "san", "scale": 4, "patch": 50}, "multiple of 4"),
        ({"network": "san", "scale": 4, "recursive": 0.5}, "--recursive"),
        ({"network": "asdn", "kept_noise": 0.5, "degradation": "photo"}, "--degradation wild"),
    ],
)
def test_a_task_that_a_network_cannot_learn_is_a_usage_error(wrong, said):
    with pytest.raises(UsageError) as caught:
        make_config(**{"preset": "light", "steps": 1, **wrong})
    assert said in caught.value.hint


@pytest.mark.parametrize("setting", ["learning_rate", "clip", "ema"])
def test_a_setting_that_is_no_number_is_a_usage_error(setting):
    with pytest.raises(UsageError, match="must be a finite number, not inf"):
        make_config(network="asdn", preset="fast", steps=1, **{setting: float("inf")})


@pytest.mark.parametrize("weights", ["1,2", "1,2,2,2", "-1,1,1", "0,0,0", "1,nan,1", "much"])
def test_range_weights_that_fit_no_range_are_refused(weights):
    with pytest.raises(UsageError, match="range"):
        make_config(**WIDE, range_weights=weights)


def test_range_weights_are_for_networks_of_any_ratio():
    with pytest.raises(UsageError, match="distinguishes 0 ranges of ratios, not 1"):
        make_config(network="san", preset="light", scale=2, steps=1, range_weights="1")


def test_later_passes_need_a_weight_for_the_range_that_they_train():
    with pytest.raises(UsageError, match="Later passes train the first range") as caught:
        make_config(**WIDE, range_weights="0,1,1", recursive=0.1)
    assert "--recursive" in caught.value.hint
    assert make_config(**WIDE, range_weights="0,1,1").weights() == (0, 1, 1)
    assert make_config(**WIDE, range_weights="0.1,1,1", recursive=0.1).recursive == 0.1
