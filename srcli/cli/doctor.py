"""``srcli doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli import errors
from srcli.cli.console import data
from srcli.cli.defaults import flag_settings
from srcli.cli.events import described, emit

if TYPE_CHECKING:
    from srcli.usecases.doctor import Finding


def doctor_command(
    context: typer.Context,
    json: Annotated[
        bool, typer.Option("--json", help="Print each finding as a JSON object on a line.")
    ] = False,
) -> None:
    """Print versions, devices, caches and settings, and test the installation."""
    from srcli.usecases.doctor import examine

    codes = set()
    for finding in examine(flag_settings(context)):
        if json:
            _tell(finding)
        else:
            data(f"{finding.topic:<9}  {finding.name:<16} {finding.value}")
        if finding.problem is not None:
            if not json:
                errors.show(finding.problem)
            codes.add(finding.problem.exit_code)
    if codes:
        raise typer.Exit(max(codes))


def _tell(finding: Finding) -> None:
    """Print a finding as an event."""
    problem = finding.problem
    emit(
        "finding",
        topic=finding.topic,
        name=finding.name,
        value=finding.value,
        error=described(problem) if problem else None,
    )
