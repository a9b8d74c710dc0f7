"""A state is taken over whole or refused in a sentence, with nothing taken over."""

import copy
import io
import os
import pickle
import zipfile

import pytest
import torch

from srcli.errors import DataError
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.training.config import TrainConfig
from srcli.training.optimizer import make_optimizer
from srcli.training.state import TrainState

ABSENT = object()


def config_for(optimizer: str) -> TrainConfig:
    return TrainConfig(network="asdn", preset="tiny", steps=9, optimizer=optimizer)


def fresh(optimizer: str, precision: str = "float32") -> TrainState:
    network = LocalAsdn(AsdnConfig(blocks=1, width=16, unshuffle=2))
    return TrainState(
        network=network,
        average=copy.deepcopy(network),
        optimizer=make_optimizer(network, config_for(optimizer)),
        scaler=torch.amp.GradScaler("cpu", enabled=precision == "float16"),
        pictures="these",
    )


def run(optimizer: str, precision: str = "float32") -> TrainState:
    """Return a state after two steps."""
    state = fresh(optimizer, precision)
    for _ in range(2):
        loss = state.network(torch.rand(1, 3, 8, 8), 1.5).square().mean()
        state.optimizer.zero_grad()
        state.scaler.scale(loss).backward()
        state.scaler.step(state.optimizer)
        state.scaler.update()
    state.step, state.validated, state.best = 2, 1, 20.0
    return state


both = pytest.mark.parametrize("optimizer", ["adam", "muon"])


@pytest.fixture
def optimizer():
    return "muon"


@pytest.fixture
def saved(tmp_path, optimizer):
    path = tmp_path / "state.pt"
    run(optimizer).save(path, config_for(optimizer))
    return path


def change(content: dict, keys: tuple, value: object) -> None:
    *way, last = keys
    for key in way:
        content = content[key]
    if value is ABSENT:
        del content[last]
    else:
        content[last] = value


def refuse(path, optimizer) -> DataError:
    """Load the file in vain, and see that nothing of it was taken over."""
    state = fresh(optimizer)
    before = copy.deepcopy(state.network.state_dict())
    with pytest.raises(DataError) as caught:
        state.load(path, config_for(optimizer))
    assert caught.value.message == f"{path} is damaged, or is not the state of a training run."
    assert "\n" not in caught.value.hint
    assert 0 < len(caught.value.hint) < 3000
    assert (state.step, state.validated, state.best) == (0, 0, 0.0)
    assert all(torch.equal(value, before[k]) for k, value in state.network.state_dict().items())
    assert state.optimizer.state_dict()["state"] == {}
    return caught.value


@both
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_state_is_taken_over_as_it_was(tmp_path, optimizer, precision):
    before, after = run(optimizer, precision), fresh(optimizer, precision)
    before.save(tmp_path / "state.pt", config_for(optimizer))
    after.load(tmp_path / "state.pt", config_for(optimizer))
    assert (after.step, after.validated, after.best) == (2, 1, 20.0)
    assert after.scaler.state_dict() == before.scaler.state_dict()
    kept = [one.optimizer.state_dict()["state"] for one in (before, after)]
    assert kept[0].keys() == kept[1].keys()
    for number, values in kept[0].items():
        assert all(
            torch.equal(*map(torch.as_tensor, (v, kept[1][number][k]))) for k, v in values.items()
        )


NO_NUMBERS = (-1, float("nan"), float("-inf"), "2", None, [2], True, torch.tensor(2))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("step", "validated", "best") for value in NO_NUMBERS),
        *((name, value) for name in ("step", "validated") for value in (1.5, 10**30)),
    ],
)
def test_a_count_that_is_none_is_refused(saved, optimizer, name, value):
    content = torch.load(saved)
    content[name] = value
    torch.save(content, saved)
    assert f"Its {name} is " in refuse(saved, optimizer).hint


@pytest.mark.parametrize("value", [ABSENT, None, 1, "x", [1], {1: 2}, torch.zeros(2), {"a": 1}])
@pytest.mark.parametrize("name", ["config", "network", "average", "optimizer"])
def test_an_entry_of_another_type_is_refused(saved, optimizer, name, value):
    content = torch.load(saved)
    change(content, (name,), value)
    torch.save(content, saved)
    refuse(saved, optimizer)


@pytest.mark.parametrize("value", [1, ["a"], torch.zeros(2), b"these"])
def test_pictures_of_another_type_are_refused(saved, optimizer, value):
    content = torch.load(saved)
    content["pictures"] = value
    torch.save(content, saved)
    refuse(saved, optimizer)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tensor: tensor * float("nan"),
        lambda tensor: tensor * float("inf"),
        lambda tensor: tensor.int(),
        lambda tensor: tensor.to(torch.complex64),
        lambda tensor: tensor[None],
        lambda tensor: torch.zeros(1).expand(tensor.shape),
        lambda tensor: tensor.to_sparse(),
        lambda tensor: tensor.tolist(),
        lambda _: torch.zeros(1).expand(1 << 20, 1 << 20),
    ],
)
@pytest.mark.parametrize("name", ["network", "average", "optimizer"])
def test_a_tensor_that_does_not_fit_is_refused(saved, optimizer, name, spoil):
    content = torch.load(saved)
    place = content[name]["state"][0] if name == "optimizer" else content[name]
    key = next(key for key, value in place.items() if torch.is_tensor(value) and value.ndim)
    place[key] = spoil(place[key])
    torch.save(content, saved)
    refuse(saved, optimizer)


@both
@pytest.mark.parametrize("step", [-1, 0.5, float("nan"), "1", None, torch.tensor([1.0, 2.0])])
def test_steps_of_the_optimizer_that_are_none_are_refused(saved, optimizer, step):
    content = torch.load(saved)
    kept = next(kept for kept in content["optimizer"]["state"].values() if "step" in kept)
    kept["step"] = step
    torch.save(content, saved)
    assert "Step of parameter" in refuse(saved, optimizer).hint


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("optimizer", "state", 99), {}),
        (("optimizer", "state", "a"), {}),
        (("optimizer", "state", 0), 1),
        (("optimizer", "state", 0, "odd"), torch.zeros(1)),
        (("optimizer", "state"), []),
        (("optimizer", "param_groups"), []),
        (("optimizer", "param_groups", 0, "params"), [7]),
        (("optimizer", "param_groups"), ABSENT),
        (("config", "x" * 1_000_000), 1),
        (("config", "batch"), [1] * 1000),
        (("config", "network"), ABSENT),
        (("network", "stranger"), torch.zeros(1)),
        (("scaler",), 1),
        (("scaler",), {"scale": float("nan"), "_growth_tracker": 0}),
        (("scaler",), {"scale": 1.0, "_growth_tracker": -1}),
        (("scaler",), {"scale": 0.0, "_growth_tracker": 0}),
    ],
)
def test_what_cannot_be_gone_on_with_is_refused(saved, optimizer, keys, value):
    content = torch.load(saved)
    change(content, keys, value)
    torch.save(content, saved)
    refuse(saved, optimizer)


def test_what_an_optimizer_needs_is_missed(tmp_path):
    path = tmp_path / "state.pt"
    run("adam").save(path, config_for("adam"))
    content = torch.load(path)
    del content["optimizer"]["state"][0]["exp_avg"]
    torch.save(content, path)
    assert "keeps step, exp_avg_sq of parameter 0" in refuse(path, "adam").hint


def test_squares_below_nothing_are_refused(tmp_path):
    path = tmp_path / "state.pt"
    run("adam").save(path, config_for("adam"))
    content = torch.load(path)
    content["optimizer"]["state"][0]["exp_avg_sq"] -= 1
    torch.save(content, path)
    assert "squares below 0" in refuse(path, "adam").hint


@both
def test_the_settings_of_an_optimizer_are_those_of_the_run(saved, optimizer):
    content = torch.load(saved)
    group = content["optimizer"]["param_groups"][0]
    group.update(eps=-1.0, betas="none", lr=[1])
    torch.save(content, saved)
    state = fresh(optimizer)
    state.load(saved, config_for(optimizer))
    assert state.optimizer.param_groups[0]["eps"] == 1e-8
    assert state.optimizer.param_groups[0]["betas"] == (0.9, 0.999)


@pytest.mark.parametrize("content", [[], 1, None, torch.zeros(2), {}])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "state.pt")
    refuse(tmp_path / "state.pt", "adam")


def test_nothing_in_a_file_is_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    bomb = pickle.dumps(Bomb())
    (tmp_path / "plain.pt").write_bytes(bomb)
    torch.save({"step": Bomb()}, tmp_path / "packed.pt")
    for name in ("plain.pt", "packed.pt"):
        refuse(tmp_path / name, "adam")
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_too_large_or_packed_or_no_file_is_refused_unread(tmp_path):
    path = tmp_path / "state.pt"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "far more than such a network takes" in refuse(path, "adam").hint
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 1_000_000)
    path.write_bytes(packed.getvalue())
    assert "packed archive" in refuse(path, "adam").hint
    path.unlink()
    os.mkfifo(path)
    assert refuse(path, "adam").hint == "It is no file."
