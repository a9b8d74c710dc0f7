import os
import zipfile

import pytest
import torch

from srcli.errors import CorruptWeights
from srcli.networks.san import SPEC, SanConfig
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.formats.importer import import_checkpoint

TINY = SanConfig(scale=2, groups=1, blocks=1, channels=16, squeeze=4)


@pytest.fixture
def state():
    return SPEC.build(TINY).state_dict()


def saved(path, content):
    torch.save(content, path)
    return path


def test_the_result_describes_itself(tmp_path, state):
    imported = import_checkpoint(saved(tmp_path / "in.pt", state))
    imported.save(tmp_path / "out.safetensors")
    model = load_model(tmp_path / "out.safetensors")
    assert model.header.config == TINY
    assert "imported from in.pt, sha256 " in model.header.origin
    assert all(torch.equal(state[k], v) for k, v in model.network.state_dict().items())


def test_two_imports_are_the_same_bytes(tmp_path, state):
    path = saved(tmp_path / "in.pt", state)
    for name in ("a", "b"):
        import_checkpoint(path).save(tmp_path / f"{name}.safetensors")
    first, second = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    with pytest.raises(CorruptWeights):
        import_checkpoint(saved(tmp_path / "bomb.pt", {"head.0.weight": Bomb()}))
    assert not (tmp_path / "ran").exists()


def test_a_zip_bomb_is_refused_unread(tmp_path, state):
    path = saved(tmp_path / "in.pt", state)
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        for entry in source.infolist():
            out.writestr(entry.filename, source.read(entry))
        out.writestr("archive/data/9999", b"\0" * 50_000_000)
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(CorruptWeights, match="packed archive"):
        import_checkpoint(bomb)


def test_tensors_larger_than_their_file_are_refused(tmp_path, state):
    grown = {name: torch.zeros(1).expand(value.shape) for name, value in state.items()}
    with pytest.raises(CorruptWeights):
        import_checkpoint(saved(tmp_path / "grown.pt", grown))


def test_shapes_that_do_not_fit_are_refused(tmp_path, state):
    state["head.0.bias"] = torch.zeros(17)
    with pytest.raises(CorruptWeights, match=r"head\.0\.bias"):
        import_checkpoint(saved(tmp_path / "misfit.pt", state))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, state, value):
    state["tail.1.bias"][0] = value
    with pytest.raises(CorruptWeights, match=r"nan\.pt is damaged: tail\.1\.bias"):
        import_checkpoint(saved(tmp_path / "nan.pt", state))


def test_names_that_claim_a_giant_are_refused_soon(tmp_path, state):
    """Groups times blocks grow with the square of the names."""
    for index in range(1000):
        state[f"RG.{index}.x"] = torch.zeros(1)
        state[f"RG.0.rcab.{index}.x"] = torch.zeros(1)
    with pytest.raises(CorruptWeights):
        import_checkpoint(saved(tmp_path / "giant.pt", state))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02.", b"<html>", b"\xff" * 99])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "bad.pt"
    path.write_bytes(content)
    with pytest.raises(CorruptWeights):
        import_checkpoint(path)


def test_damage_anywhere_is_refused_or_harmless(tmp_path, state):
    good = saved(tmp_path / "in.pt", state).read_bytes()
    path = tmp_path / "damaged.pt"
    refused = 0
    for place in range(0, len(good), len(good) // 60):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        try:
            import_checkpoint(path)
        except CorruptWeights:
            refused += 1
    for end in range(0, len(good), len(good) // 20):
        path.write_bytes(good[:end])
        with pytest.raises(CorruptWeights):
            import_checkpoint(path)
    assert refused > 0
