"""Packages that carry weights, which not every environment has."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

import pytest


def need(package: str) -> None:
    """Skip the test where a package is not installed."""
    try:
        distribution(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed: see CONTRIBUTING.md")
