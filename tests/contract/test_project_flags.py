"""Whether a ``srcli.toml`` that others wrote may set it is decided for every flag."""

import typer

from srcli.cli.app import app
from srcli.cli.defaults import all_flags
from srcli.cli.project_flags import OWN_FLAGS, PROJECT_FLAGS


def test_every_flag_is_decided_once():
    flags = {flag.key for flag in all_flags(typer.main.get_command(app))}
    assert flags == PROJECT_FLAGS | OWN_FLAGS
    assert not PROJECT_FLAGS & OWN_FLAGS
