import math
from pathlib import Path

import pytest

from srcli.errors import UsageError
from srcli.training.config import TrainConfig
from srcli.usecases.run_file import read_run_file, run_file_text
from srcli.usecases.train_request import TrainRequest


def test_a_run_is_read_as_it_was_written(tmp_path):
    config = TrainConfig(
        network="san", preset="light", steps=7, scale=2, learning_rate=3e-5, schedule="step"
    )
    request = TrainRequest(
        config=config,
        data=Path('my "best" pictures'),
        val=Path("größe/\\n"),
        out=Path("run"),
        resume=True,
        max_minutes=3.5,
    )
    path = tmp_path / "run.toml"
    path.write_text(run_file_text(request), encoding="utf-8")
    found = read_run_file(path)
    paths = {"data": str(request.data), "val": str(request.val), "out": "run"}
    assert {key: found[key] for key in paths} == paths
    fields = {key: found[key] for key in TrainConfig.__slots__}
    assert TrainConfig(**fields) == config
    assert not {"resume", "max_minutes", "init", "config"} & set(found)


@pytest.mark.parametrize("value", [math.inf, math.nan, 1e-5, 1e16])
def test_every_number_is_read_as_it_was_written(tmp_path, value):
    config = TrainConfig(network="san", preset="light", steps=7, clip=value)
    request = TrainRequest(config=config, data=Path("a"), val=Path("b"), out=Path("c"))
    path = tmp_path / "run.toml"
    path.write_text(run_file_text(request), encoding="utf-8")
    assert read_run_file(path)["clip"] == pytest.approx(value, nan_ok=True, rel=0)


@pytest.mark.parametrize("text", ["steps = ", "stepz = 3"])
def test_a_file_that_cannot_be_meant_is_a_usage_error(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"run\.toml"):
        read_run_file(path)


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_run_file(tmp_path / "none.toml")
