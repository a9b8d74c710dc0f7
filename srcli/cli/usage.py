"""Turn what Typer refuses about a command line into one of our errors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from typer.core import TyperGroup
from typer.exceptions import TyperException

from srcli.errors import UsageError, sentence
from srcli.spelling import did_you_mean

CHOICE = re.compile(r"'(?P<typed>[^']*)' is not one of (?P<known>.*)")
QUOTED = re.compile(r"'([^']*)'")
NO_COMMAND = "No such command "


def is_answered(error: TyperException) -> bool:
    """Tell whether the help that the command line asked for by having no words was printed."""
    return type(error).__name__ == "NoArgsIsHelpError"  # which has no public name


def as_usage_error(error: TyperException) -> UsageError:
    """Say what is wrong with a command line, and what was meant."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "srcli"
    otherwise = f"Run `{command} --help` for what may be typed."
    option = getattr(error, "option_name", "")
    if option and hasattr(error, "possibilities"):
        options = _options(context.command if context else None)
        msg = f"`{command}` has no option {option}."
        return UsageError(msg, hint=did_you_mean(option, options, otherwise=otherwise))
    if error.message.startswith(NO_COMMAND) and context is not None:
        return _no_command(error.message.removeprefix(NO_COMMAND).strip("'."), context.command)
    msg = sentence(_plain(error.format_message()))
    choice = CHOICE.search(error.message)
    if choice:
        known = QUOTED.findall(choice["known"])
        return UsageError(msg, hint=did_you_mean(choice["typed"], known))
    return UsageError(msg, hint=otherwise)


def _no_command(typed: str, group: object) -> UsageError:
    known = group.commands if isinstance(group, TyperGroup) else ()
    msg = f"There is no command {typed!r}."
    if Path(typed).exists():
        return UsageError(
            msg, hint=f"To enlarge that file, run `srcli upscale {shlex.quote(typed)}`."
        )
    return UsageError(msg, hint=did_you_mean(typed, known, otherwise="Run `srcli --help`."))


def _plain(message: str) -> str:
    """Take the words of the library that checks values out of a message."""
    return message.replace("Value error, ", "").replace("Input should be", "it must be")


def _options(command: object) -> Iterator[str]:
    """Yield every spelling of every option of a command."""
    for parameter in getattr(command, "params", ()):
        names: Iterable[str] = (*parameter.opts, *parameter.secondary_opts)
        yield from (name for name in names if name.startswith("-"))
