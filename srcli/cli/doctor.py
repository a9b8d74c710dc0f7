"""``srcli doctor``."""

from __future__ import annotations

import typer

from srcli.cli import errors
from srcli.cli.console import data
from srcli.cli.defaults import flag_settings


def doctor_command(context: typer.Context) -> None:
    """Print versions, devices, caches and settings, and test the installation."""
    from srcli.usecases.doctor import examine

    codes = set()
    for finding in examine(flag_settings(context)):
        data(f"{finding.topic:<9}  {finding.name:<16} {finding.value}")
        if finding.problem is not None:
            errors.show(finding.problem)
            codes.add(finding.problem.exit_code)
    if codes:
        raise typer.Exit(max(codes))
