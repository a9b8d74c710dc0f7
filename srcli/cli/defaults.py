"""Defaults of flags from ``SRCLI_<COMMAND>_<FLAG>``, else from a section in ``srcli.toml``.

Typed flags win. A file in or above the current folder may set ``PROJECT_FLAGS`` only. Keys are the
long names of flags: ``[upscale]`` may hold ``long-side = 1920``, ``[models.fetch]`` may hold
``offline = true``, and ``SRCLI_UPSCALE_LONG_SIDE`` overrules them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from srcli.cli.project_flags import PROJECT_FLAGS
from srcli.errors import UsageError
from srcli.settings import (
    VARIABLES,
    ConfigurationFile,
    Setting,
    as_text,
    read_sections,
    refuse_in_project,
)
from srcli.spelling import did_you_mean

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One flag of one command.

    Attributes:
        path: the command, such as ``("models", "fetch")``.
        name: long, without its dashes.
        parameter: name of the parameter that it fills.
        is_list: whether it may be given several times.
        has_keys: whether its values are pairs, which a file may hold as a section.
        meaning: what its help says.

    """

    path: tuple[str, ...]
    name: str
    parameter: str
    is_list: bool
    has_keys: bool
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "_".join(("SRCLI", *self.path, self.name)).upper().replace("-", "_")

    @property
    def key(self) -> str:
        """How it is written with its section."""
        return ".".join((*self.path, self.name))

    def default(self, value: Any) -> Any:  # noqa: ANN401 - whatever a file may hold
        """Return the default of the flag where a file or a variable says ``value``.

        It is text, as on the command line, so that a wrong type is refused as it is there.
        """
        if not self.is_list:
            return as_text(value)
        if isinstance(value, dict):
            return [f"{key}={as_text(one)}" for key, one in value.items()]
        return [as_text(one) for one in (value if isinstance(value, list) else [value])]


def start_from_settings(context: typer.Context) -> None:
    """Let the flags of all commands start from what files and variables say.

    Raises:
        UsageError: a file has a section or a key that means nothing, or sets what only the
            user's own may set.

    """
    _warn_of_unknown_variables(context.command)
    defaults: dict[str, Any] = {}
    for flag, value, _ in _found(context.command):
        section = defaults
        for name in flag.path:
            section = section.setdefault(name, {})
        section[flag.parameter] = flag.default(value)
    context.default_map = defaults


def set_by_variables(context: typer.Context) -> dict[str, Any]:
    """Return the parameters of a command that variables set."""
    return {
        flag.parameter: flag.default(value)
        for flag, value, origin in _found(context.find_root().command)
        if flag.path == (context.info_name,) and origin == flag.variable
    }


def flag_settings(context: typer.Context) -> tuple[Setting, ...]:
    """Return every flag that a file or a variable sets, and which."""
    return tuple(
        Setting(key=flag.key, value=as_text(value), origin=origin, meaning=flag.meaning)
        for flag, value, origin in _found(context.find_root().command)
    )


def drop_overruled(context: typer.Context, values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep those of the parameters, which exclude each other, that come from the strongest source.

    The sources are the command line, then the environment, then the nearest file. The other
    parameters become None.
    """
    kept = {name for name in values if is_typed(context, name)}
    if not kept:
        set_by: dict[str, set[str]] = {}
        for flag, _, origin in _found(context.find_root().command):
            if flag.path == (context.info_name,) and flag.parameter in values:
                layer = "variables" if origin == flag.variable else origin
                set_by.setdefault(layer, set()).add(flag.parameter)
        layers = ("variables", *(str(file.path) for file, _ in read_sections()))
        kept = next((set_by[layer] for layer in layers if layer in set_by), set())
    return {name: value if name in kept else None for name, value in values.items()}


def is_typed(context: typer.Context, name: str) -> bool:
    """Tell whether a parameter of a command is on the command line, not in a variable or a file."""
    return getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"


def _found(app: object) -> Iterator[tuple[Flag, Any, str]]:
    """Yield each flag that is set, its value, and the variable or file."""
    flags = {flag.key: flag for flag in all_flags(app)}
    layers = [(str(file.path), _values(file, held, flags)) for file, held in read_sections()]
    for flag in flags.values():
        if os.environ.get(flag.variable):
            yield flag, os.environ[flag.variable], flag.variable
            continue
        for origin, values in layers:
            if flag.key in values:
                yield flag, values[flag.key], origin
                break


def all_flags(command: object, path: tuple[str, ...] = ()) -> Iterator[Flag]:
    """Yield the flags of a command, or of all commands of a group; ``path`` leads to it."""
    if isinstance(command, TyperGroup):
        for name, member in command.commands.items():
            yield from all_flags(member, (*path, name))
        return
    for option in getattr(command, "params", ()):
        if isinstance(option, TyperOption) and option.name:
            long = max(option.opts, key=len).removeprefix("--")
            yield Flag(
                path=path,
                name=long,
                parameter=option.name,
                is_list=option.multiple,
                has_keys="=" in str(option.metavar),
                meaning=option.help or "",
            )


def _values(
    file: ConfigurationFile, sections: Mapping[str, Any], flags: Mapping[str, Flag]
) -> dict[str, Any]:
    """Return the values of a file by the keys of their flags; refuse those it may not set."""
    values = _flat(str(file.path), sections, flags)
    for key in values:
        if not file.is_own and key not in PROJECT_FLAGS:
            flag = flags[key]
            instead = f"--{flag.name} or {flag.variable}"
            raise refuse_in_project(file.path, key, instead=instead)
    return values


def _flat(
    file: str, sections: Mapping[str, Any], flags: Mapping[str, Flag], path: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the values of a file by the keys of their flags."""
    values: dict[str, Any] = {}
    for name, value in sections.items():
        key = ".".join((*path, name.replace("_", "-")))
        if isinstance(value, dict) and not (key in flags and flags[key].has_keys):
            if not any(known.startswith(f"{key}.") for known in flags):
                msg = f"{file} has a section [{key}], but no command of that name has flags."
                named = {known.rpartition(".")[0] for known in flags}
                raise UsageError(msg, hint=did_you_mean(key, sorted(named)))
            values |= _flat(file, value, flags, (*path, name))
        elif key in flags:
            values[key] = value
        else:
            raise _unknown_key(file, name, path, flags)
    return values


def _unknown_key(
    file: str, name: str, path: Sequence[str], flags: Mapping[str, Flag]
) -> UsageError:
    section = ".".join(path)
    known = [flag.name for flag in flags.values() if ".".join(flag.path) == section]
    help_text = f"Run `{' '.join(('srcli', *path))} --help` for the flags that it may set."
    msg = f"{file} sets {name!r} in [{section}], which means nothing."
    return UsageError(msg, hint=did_you_mean(name, known, otherwise=help_text))


def _warn_of_unknown_variables(app: object) -> None:
    """Warn of variables that begin as ours do, and mean nothing."""
    known = {*VARIABLES, *(flag.variable for flag in all_flags(app))}
    for name in sorted(os.environ):
        if name.startswith("SRCLI_") and name not in known:
            hint = did_you_mean(name, sorted(known))
            logger.warning("%s", f"The variable {name} means nothing. {hint}".rstrip())
