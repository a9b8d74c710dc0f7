import pytest

from srcli.cli import extras
from srcli.cli.extras import need
from srcli.errors import MissingExtra


def test_packages_that_are_there_are_enough():
    need("fastapi", "uvicorn", command="serve")


def test_an_extra_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(MissingExtra) as missing:
        need("fastapi", "uvicorn", command="serve")
    assert missing.value.message == "`srcli serve` needs uvicorn, which is not installed."
    assert missing.value.hint == "Run `pip install 'srcli[serve]'`."
