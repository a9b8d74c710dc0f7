"""Settings that hold for every command, and where each came from.

A setting is looked for in the environment, then in the user's own ``srcli.toml``, then falls back
to its default. The file may also hold a section for each command, with the flags that it starts
from; which flags there are is the command line's to know.

The nearest ``srcli.toml`` from the current folder up is read as well. It may have come with
pictures that others made, so it sets none of the settings here, and only some of the flags.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from srcli.errors import UsageError, listed
from srcli.files.text import decode_text
from srcli.spelling import did_you_mean

FILE = "srcli.toml"
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
SWITCHES = ("offline",)
"""Settings that are one of these words."""
PATHS = ("cache_dir",)
"""Settings that count from the folder of the file that holds them."""
LARGEST_FILE = 16 * 1024
"""Bytes of a configuration file. One long dotted key of that size takes two seconds to read."""
DEEPEST = 50
"""Lists or sections within each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it stands; ``origin`` is a variable, a file or ``default``."""

    key: str
    value: str
    origin: str
    meaning: str

    @property
    def is_on(self) -> bool:
        """Tell whether the value says yes."""
        return self.value.lower() in TRUE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFile:
    """A ``srcli.toml``; ``is_own`` tells the user's from one in or above the current folder."""

    path: Path
    is_own: bool


MEANINGS: Mapping[str, str] = {
    "hub_repo": "hub repository of models that are not included, owner/name or owner/name@revision",
    "mirror": "base address asked instead of the hosts of the authors' files",
    "cache_dir": "folder of imported models and fetched data sets",
    "offline": "never use the network",
}

VARIABLES = ("SRCLI_DATA_DIR", *(f"SRCLI_{key.upper()}" for key in MEANINGS))
"""The environment variables that hold for every command."""


def read_setting(key: str) -> Setting:
    """Return a setting by its name in ``srcli.toml``; its variable is ``SRCLI_`` and the name.

    Raises:
        UsageError: a configuration file cannot be read as TOML, has a key that means nothing,
            or sets what it may not; or a switch says neither yes nor no.

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


def configuration_files() -> tuple[ConfigurationFile, ...]:
    """Return the configuration files that are there, the strongest first."""
    own = own_file()
    nearest = next((path for path in _files_above() if os.path.lexists(path)), None)
    found = [ConfigurationFile(path=own, is_own=True)] if os.path.lexists(own) else []
    if nearest is not None and not (found and _is_same(nearest, own)):
        found.insert(0, ConfigurationFile(path=nearest, is_own=False))
    return tuple(found)


def own_file() -> Path:
    """Return where the user's own configuration file is, or would be."""
    return _base_folder("XDG_CONFIG_HOME", ".config") / FILE


def read_sections() -> tuple[tuple[ConfigurationFile, Mapping[str, Any]], ...]:
    """Return the sections of each configuration file, the strongest file first.

    Raises:
        UsageError: as ``read_setting``.

    """
    return tuple((file, _parse_file(file)[1]) for file in configuration_files())


def refuse_in_project(path: Path, key: str, *, instead: str) -> UsageError:
    """Return what to raise where a file that is not the user's own sets ``key``.

    Args:
        path: the file.
        key: with its section, such as ``upscale.output``.
        instead: the variable or flag that may set it, too.

    """
    msg = f"{path} sets {key}, which only your own configuration file may set."
    return UsageError(msg, hint=f"Set it in {own_file()}, or with {instead}.")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file, which anyone may have written.

    Raises:
        UsageError: it is no regular file, larger than ``LARGEST_FILE``, in another encoding than
            UTF-8 and UTF-16, nested too deeply, not TOML, or holds a null character.

    """
    try:
        content = _parse(_read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        if isinstance(error, UnicodeError):
            reason = "it is neither UTF-8 nor UTF-16"
        if isinstance(error, RecursionError):
            reason = "it is nested too deeply"
        msg = f"{path} cannot be read as a configuration file: {reason}."
        raise UsageError(msg, hint="Correct the file, and save it as UTF-8.") from error
    return content


def _read_text(path: Path) -> str:
    """Read a regular file without waiting for a pipe."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            msg = "it is not a regular file"
            raise ValueError(msg)
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        msg = f"it is larger than {LARGEST_FILE:,} bytes"
        raise ValueError(msg)
    return decode_text(content)


@lru_cache(maxsize=4)
def _parse(text: str) -> dict[str, Any]:
    content = tomllib.loads(text)
    _check_values(content, DEEPEST)
    return content


def _check_values(value: object, depth: int) -> None:
    if not depth:
        raise RecursionError
    if isinstance(value, dict | list):
        held = value.values() if isinstance(value, dict) else value
        for one in held:
            _check_values(one, depth - 1)
    elif isinstance(value, str) and "\0" in value:
        msg = "it holds a null character"
        raise ValueError(msg)


def _layers() -> Iterator[tuple[str, Mapping[str, str]]]:
    for key in MEANINGS:
        variable = f"SRCLI_{key.upper()}"
        if os.environ.get(variable):
            yield variable, {key: os.environ[variable]}
    if os.environ.get("HF_HUB_OFFLINE"):
        yield "HF_HUB_OFFLINE", {"offline": os.environ["HF_HUB_OFFLINE"]}
    for file in configuration_files():
        yield str(file.path), _parse_file(file)[0]
    cache = str(_base_folder("XDG_CACHE_HOME", ".cache"))
    yield "default", {"hub_repo": "", "mirror": "", "cache_dir": cache, "offline": "no"}


def _files_above() -> tuple[Path, ...]:
    """Return where a file may be in the current folder and above; nowhere if it was removed."""
    try:
        here = Path.cwd()
    except OSError:
        return ()
    return tuple(folder / FILE for folder in (here, *here.parents))


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one == other


def _base_folder(variable: str, folder: str) -> Path:
    """Return our part of a folder that a variable names, else of one in the user's home.

    It is the same on every system. A library such as platformdirs would look elsewhere on macOS and
    Windows, where the files of users would be lost to it, and finds no folder for users without a
    home. The root stands for the home of users without one, as it does for accounts of services.
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
        msg = f"{origin} sets {key} to {value!r}, which is neither yes nor no."
        raise UsageError(msg, hint=f"Write one of {listed(TRUE + FALSE)}.")


def _parse_file(file: ConfigurationFile) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return the settings of a file that are not empty, and its sections."""
    path, content = file.path, read_toml(file.path)
    sections = {key: value for key, value in content.items() if isinstance(value, dict)}
    plain = {key: value for key, value in content.items() if key not in sections}
    for key, value in plain.items():
        if key not in MEANINGS:
            msg = f"{path} sets {key!r}, which means nothing."
            hint = f"It may set {listed(MEANINGS)}, or flags in a section such as [upscale]."
            raise UsageError(msg, hint=did_you_mean(key, MEANINGS, otherwise=hint))
        if not (file.is_own or (key == "offline" and value is True)):
            raise refuse_in_project(path, key, instead=f"SRCLI_{key.upper()}")
        if not isinstance(value, str | int):
            msg = f"{path} sets {key} to {as_text(value)}, which is not text."
            raise UsageError(msg, hint=f"Its value means: {MEANINGS[key]}.")
    texts = {key: as_text(value) for key, value in plain.items()}
    located = {key: _located(path.parent, texts[key]) for key in PATHS if texts.get(key)}
    return {key: value for key, value in (texts | located).items() if value}, sections


def _located(folder: Path, path: str) -> str:
    """Return where a path in a file of ``folder`` leads, unless it starts at a home."""
    return path if path.startswith("~") else str(folder / path)


def as_text(value: object) -> str:
    """Write a value of a configuration file as a variable would hold it."""
    if isinstance(value, list):
        return ",".join(map(as_text, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={as_text(one)}" for key, one in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
