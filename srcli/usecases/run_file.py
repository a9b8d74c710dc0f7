"""A training run as a TOML file: what it was asked to do, to be read and asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import tomli_w

from srcli.errors import UsageError, listed
from srcli.settings import read_toml
from srcli.spelling import did_you_mean
from srcli.training.config import TrainConfig
from srcli.usecases.train_request import TrainRequest

OCCASIONAL = ("resume", "max_minutes")
"""What belongs to one call, not to the run; a file may set it, none that we write does."""
APART = ("config", "shape")
"""What a file sets field by field, or not at all."""


def read_run_file(path: Path) -> Mapping[str, Any]:
    """Return the settings in a file, by the names of the fields of request and configuration.

    Raises:
        UsageError: it cannot be read, is not TOML, or sets something that means nothing.

    """
    content = read_toml(path)
    known = _request_keys() + _config_keys()
    unknown = [key for key in content if key not in known]
    if unknown:
        msg = f"{path} sets {unknown[0]!r}, which means nothing."
        hint = f"It may set {listed(known)}."
        raise UsageError(msg, hint=did_you_mean(unknown[0], known, otherwise=hint))
    return content


def run_file_text(request: TrainRequest) -> str:
    """Return the file that asks for ``request`` again, with every default spelled out."""
    settings = {key: getattr(request, key) for key in _request_keys() if key not in OCCASIONAL}
    settings |= {key: getattr(request.config, key) for key in _config_keys()}
    return tomli_w.dumps(
        {
            key: str(value) if isinstance(value, Path) else value
            for key, value in settings.items()
            if value is not None
        }
    )


def _request_keys() -> list[str]:
    return [field.name for field in fields(TrainRequest) if field.name not in APART]


def _config_keys() -> list[str]:
    return [field.name for field in fields(TrainConfig)]
