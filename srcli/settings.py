"""Settings that hold for every command, and where each came from.

A setting is looked for in the environment, then in the nearest ``srcli.toml`` from the current
folder up, then in the user's, then falls back to its default. The same files may hold a section
for each command, with the flags that it is to start from; which flags there are is the command
line's to know.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcli.errors import UsageError
from srcli.files.text import decode_text

FILE = "srcli.toml"
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
SWITCHES = ("offline",)
"""Settings that are one of these words."""
PATHS = ("cache_dir",)
"""Settings that count from the folder of the file that holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it stands; ``origin`` is a variable, a file or ``default``."""

    key: str
    value: str
    origin: str
    meaning: str

    @property
    def is_on(self) -> bool:
        """Whether the value says yes."""
        return self.value.lower() in TRUE


MEANINGS: Mapping[str, str] = {
    "hub_repo": "hub repository of the models that do not come along, owner/name or owner/name@rev",
    "mirror": "base address asked instead of the hosts of the authors' files",
    "cache_dir": "folder of imported models and fetched data sets",
    "offline": "never use the network",
}


def read_setting(key: str) -> Setting:
    """Return a setting by its name in ``srcli.toml``; its variable is ``SRCLI_`` and the name.

    Raises:
        UsageError: a configuration file is not TOML, or has a key that means nothing; or a
            switch says neither yes nor no.

    """
    for origin, values in _layers():
        if key in values:
            if key in SWITCHES:
                _check_switch(key, values[key], origin)
            return Setting(key=key, value=values[key], origin=origin, meaning=MEANINGS[key])
    raise KeyError(key)


def read_settings() -> tuple[Setting, ...]:
    """Return every setting."""
    return tuple(read_setting(key) for key in MEANINGS)


def configuration_files() -> tuple[Path, ...]:
    """Return the configuration files that can be seen, the strongest first."""
    above = filter(os.path.isfile, [folder / FILE for folder in _folders_above()])
    own = filter(os.path.isfile, [_base_folder("XDG_CONFIG_HOME", ".config") / FILE])
    return tuple(dict.fromkeys([*list(above)[:1], *own]))


def read_sections() -> tuple[tuple[Path, Mapping[str, Any]], ...]:
    """Return the sections of each configuration file, the strongest file first.

    Raises:
        UsageError: as ``read_setting``.

    """
    return tuple((path, _parse_file(path)[1]) for path in configuration_files())


def _layers() -> Iterator[tuple[str, Mapping[str, str]]]:
    for key in MEANINGS:
        variable = f"SRCLI_{key.upper()}"
        if os.environ.get(variable):
            yield variable, {key: os.environ[variable]}
    if os.environ.get("HF_HUB_OFFLINE"):
        yield "HF_HUB_OFFLINE", {"offline": os.environ["HF_HUB_OFFLINE"]}
    for path in configuration_files():
        yield str(path), _parse_file(path)[0]
    cache = str(_base_folder("XDG_CACHE_HOME", ".cache"))
    yield "default", {"hub_repo": "", "mirror": "", "cache_dir": cache, "offline": "no"}


def _folders_above() -> tuple[Path, ...]:
    """Return the current folder and those above it; none if it was removed."""
    try:
        here = Path.cwd()
    except OSError:
        return ()
    return here, *here.parents


def _base_folder(variable: str, folder: str) -> Path:
    """Return our part of a folder that a variable names, else of one in the user's home.

    The root stands for the home of users without one, as it does for accounts of services.
    """
    named = os.environ.get(variable)
    if named:
        return Path(named) / "srcli"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(os.sep)
    return home / folder / "srcli"


def _check_switch(key: str, value: str, origin: str) -> None:
    if value.lower() not in TRUE + FALSE:
        msg = f"{origin} sets {key} to {value!r}, which is neither yes nor no"
        raise UsageError(msg, hint=f"write one of {', '.join(TRUE + FALSE)}")


def _parse_file(path: Path) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return the settings of a file that are not empty, and its sections."""
    try:
        content: dict[str, Any] = tomllib.loads(decode_text(path.read_bytes()))
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read"
        raise UsageError(msg, hint=str(error)) from error
    sections = {key: value for key, value in content.items() if isinstance(value, dict)}
    plain = {key: as_text(value) for key, value in content.items() if key not in sections}
    unknown = [key for key in plain if key not in MEANINGS]
    if unknown:
        msg = f"{path} sets {unknown[0]!r}, which means nothing"
        raise UsageError(msg, hint=f"it may set {', '.join(MEANINGS)}, or flags in [upscale]")
    located = {key: _located(path.parent, plain[key]) for key in PATHS if plain.get(key)}
    return {key: value for key, value in (plain | located).items() if value}, sections


def _located(folder: Path, path: str) -> str:
    """Return where a path in a file of ``folder`` leads, unless it starts at a home."""
    return path if path.startswith("~") else str(folder / path)


def as_text(value: object) -> str:
    """Write a value of a configuration file as a variable would hold it."""
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
