"""Commands with help in sentences: defaults are part of them, and examples follow."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from srcli.errors import listed

USUAL = "Usual options"
MESSAGES = "Messages"
WIDEST = 20
"""Characters of the values of an option that are shown beside it, not in its help."""
FARTHEST = 1e9
"""The largest bound of a number that is shown."""


class Command(TyperCommand):
    """A command whose help says ``Default: ...``, and names no type where a flag takes no value."""

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - Click's, which Typer vendors
        """Print the help."""
        self.help = unwrapped(self.help)
        completed(self, ctx)
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands whose own help looks the same."""

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - the same
        """Print the help."""
        completed(self, ctx)
        super().format_help(ctx, formatter)


def add(
    app: typer.Typer, name: str, *, panel: str | None = None, examples: str = ""
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds a function to ``app`` as a command.

    Args:
        app: the group.
        name: what is typed.
        panel: where the help of the group lists it.
        examples: a command a line, below its help.

    """
    lines = inspect.cleandoc(examples).splitlines()
    epilog = "\n".join(("Examples:", *(f"$ {line}" for line in lines))) if lines else None
    return app.command(name, cls=Command, rich_help_panel=panel, epilog=epilog)


def completed(command: TyperCommand | TyperGroup, context: typer.Context) -> list[Any]:
    """Return the parameters of a command, their helps completed."""
    parameters = command.get_params(context)
    options = [one for one in parameters if isinstance(one, TyperOption)]
    panels = [one.rich_help_panel for one in options if one.rich_help_panel]
    for argument in parameters:
        if isinstance(argument, TyperArgument):
            argument.display_type_rich = _no_type  # type: ignore[method-assign, assignment]
    for option in options:
        _narrow(option, context)
        if "--help" in option.opts:
            option.help = "Show this help."
            option.rich_help_panel = USUAL if USUAL in panels else next(reversed(panels), None)
        else:
            option.help = f"{option.help or ''} {_default(option, context)}".strip()
            option.show_default = False
    return parameters


def _narrow(option: TyperOption, context: typer.Context) -> None:
    """Leave room for the help: no type of a flag, no long list of values, no bound far away."""
    shown = option.display_type_rich(context) or ""
    if option.is_flag:
        option.metavar = ""
    elif option.metavar is None and "|" in shown and len(shown) > WIDEST:
        option.metavar = "NAME"
        values = listed(shown.strip("<>").split("|"))
        option.help = f"{option.help or ''} Choices: {values}."
    if option.max is not None and option.max > FARTHEST:
        option.max = None


def _no_type(ctx: typer.Context) -> str:
    """Show no type of an argument, whose help says what it is."""
    del ctx
    return ""


def _default(option: TyperOption, context: typer.Context) -> str:
    """Return a sentence about what the option starts from, if its help does not have one."""
    own = context.lookup_default(option.name or "")
    if own is not None:
        return f"Your settings: {_words(own)}."
    none = option.is_flag or option.default is None or option.default == ""
    if none or "Default:" in (option.help or ""):
        return ""
    return f"Default: {_words(option.default)}."


def _words(value: Any) -> str:  # noqa: ANN401 - whatever an option may be
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def unwrapped(text: str | None) -> str:
    """Join the lines of each paragraph."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(" ".join(lines.split("\n")) for lines in paragraphs)
