import pytest

from srcli.weights.catalog import read_catalog

IDS = [card.id for card in read_catalog()]


def test_every_model_is_listed(srcli):
    done = srcli("models", "list")
    assert done.returncode == 0
    assert all(model in done.stdout for model in IDS)


@pytest.mark.parametrize("model", IDS)
def test_a_model_can_be_looked_at(srcli, model):
    done = srcli("models", "show", model)
    card = next(card for card in read_catalog() if card.id == model)
    assert done.returncode == 0
    assert card.sha256 in done.stdout
    assert f"{card.scores[0].psnr_y:.2f} dB" in done.stdout


def test_every_model_is_sound(srcli):
    done = srcli("models", "verify")
    assert done.returncode == 0
    assert done.stdout.split() == [word for model in IDS for word in (model, "ok")]


@pytest.mark.parametrize("command", ["show", "verify"])
def test_an_unknown_model_is_said(srcli, command):
    done = srcli("models", command, "nothing")
    assert done.returncode == 4
    assert "no model called 'nothing'" in done.stderr
