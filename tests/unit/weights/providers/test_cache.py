import pytest

from srcli.errors import CorruptWeights, UsageError
from srcli.files.digest import check_digest, check_safetensors
from srcli.weights.providers.cache import cache_folder, cached_file, check_sealed, keep


def test_a_file_that_is_kept_is_sound_and_what_it_was_made_as_is_gone(tmp_path):
    made, kept = tmp_path / "made", tmp_path / "kept.safetensors"
    made.write_bytes(b"weights")
    keep(made, kept)
    check_sealed(kept)
    assert kept.read_bytes() == b"weights"
    assert {path.name for path in tmp_path.iterdir()} == {"kept.safetensors", "kept.sha256"}


def test_a_file_that_cannot_be_noted_gets_no_name(tmp_path):
    made, kept = tmp_path / "made", tmp_path / "kept.safetensors"
    made.write_bytes(b"weights")
    kept.with_suffix(".sha256").mkdir()
    with pytest.raises(OSError, match="kept"):
        keep(made, kept)
    assert made.exists()
    assert not kept.exists()


def test_the_home_of_no_one_is_no_folder(monkeypatch):
    monkeypatch.setenv("SRCLI_CACHE_DIR", "~nobody-of-this-name/x")
    with pytest.raises(UsageError, match="~nobody-of-this-name/x cannot be found") as caught:
        cached_file("san-x4")
    assert "SRCLI_CACHE_DIR" in caught.value.hint


def test_a_home_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SRCLI_CACHE_DIR", "~/x")
    assert cache_folder() == tmp_path / "x"


def test_what_cannot_be_read_is_not_sound(tmp_path):
    with pytest.raises(CorruptWeights, match="cannot be read: Is a directory"):
        check_digest(tmp_path, "0" * 64)
    with pytest.raises(CorruptWeights, match="cannot be read: Is a directory"):
        check_safetensors(tmp_path)
