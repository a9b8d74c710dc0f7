"""Commands that need an optional part of srcli."""

from __future__ import annotations

from importlib.util import find_spec

from srcli.errors import MissingExtra, listed


def need(*packages: str, command: str) -> None:
    """Refuse a command whose packages are not installed; its extra has the same name.

    Raises:
        MissingExtra: one of them is not.

    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        msg = f"`srcli {command}` needs {listed(missing)}, which is not installed."
        raise MissingExtra(msg, hint=f"Run `pip install 'srcli[{command}]'`.")
