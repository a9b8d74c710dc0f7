"""The reference and the manual page, made from the commands themselves.

``python -m srcli.cli.manual docs/reference.md`` writes the reference anew.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from srcli.cli.command import completed, unwrapped
from srcli.files.atomic import write_file

Named = tuple[str, TyperCommand | TyperGroup]
HEAD = """# Reference

Every command with all of its options, made from the program by `python -m srcli.cli.manual
docs/reference.md`. `srcli COMMAND --help` prints the same.
"""
SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": ""}


def reference(root: TyperGroup) -> str:
    """Return the reference of all commands as Markdown."""
    return "\n".join([HEAD, *("\n".join(_section(*named)) for named in _commands(root))])


def manual_page(root: TyperGroup, version: str) -> str:
    """Return the manual page of section 1, in the macros of ``man``."""
    lines = [
        f'.TH SRCLI 1 "" "srcli {version}" "User Commands"',
        ".SH NAME",
        f"srcli \\- {_roff(_summary(root).rstrip('.').lower())}",
        ".SH SYNOPSIS",
        ".B srcli",
        "COMMAND [OPTIONS]",
    ]
    for name, command in _commands(root):
        lines += [f".SH {_roff(name.upper())}", *_paragraphs(command)]
        for title, parameters in _panels(command):
            lines += [f".SS {_roff(title)}"]
            for shown, text in parameters:
                lines += [".TP", f".B {_roff(shown)}", _roff(text)]
        examples = _examples(command)
        if examples:
            lines += [".SS Examples", ".nf", *map(_roff, examples), ".fi"]
    return "\n".join(lines) + "\n"


def _commands(root: TyperGroup) -> Iterator[Named]:
    """Yield each command that does something, with what is typed for it."""
    waiting: list[Named] = [("srcli", root)]
    while waiting:
        name, command = waiting.pop(0)
        if not isinstance(command, TyperGroup):
            yield name, command
            continue
        below: list[Named] = [
            (f"{name} {word}", one)
            for word, one in command.commands.items()
            if isinstance(one, TyperCommand | TyperGroup) and not one.hidden
        ]
        waiting = below + waiting


def _section(name: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{_marked(unwrapped(command.help))}\n"
    for title, parameters in _panels(command):
        yield f"| {title} | Meaning |\n|---|---|"
        yield from (f"| `{_cell(shown)}` | {_cell(_marked(text))} |" for shown, text in parameters)
        yield ""
    examples = _examples(command)
    if examples:
        yield "\n".join(["```text", *examples, "```\n"])


def _panels(command: TyperCommand | TyperGroup) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each panel of the help: its title, and its parameters with their sentences."""
    context = typer.Context(command, info_name=command.name)
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in completed(command, context):
        if isinstance(parameter, TyperArgument):
            shown = (parameter.metavar or parameter.name or "").upper()
            panels.setdefault("Arguments", []).append((shown, parameter.help or ""))
        elif isinstance(parameter, TyperOption) and not parameter.hidden:
            title = parameter.rich_help_panel or "Options"
            panels.setdefault(title, []).append((_option(parameter, context), parameter.help or ""))
    yield from panels.items()


def _option(option: TyperOption, context: typer.Context) -> str:
    """Return the spellings of an option, and the value that it takes."""
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=len))
    value = "" if option.is_flag else option.metavar or option.display_type_rich(context)
    return f"{names} {value}".strip()


def _summary(command: TyperCommand | TyperGroup) -> str:
    return unwrapped(command.help).split("\n\n")[0]


def _paragraphs(command: TyperCommand | TyperGroup) -> list[str]:
    texts = unwrapped(command.help).split("\n\n")
    return [line for text in texts for line in (".PP", _roff(text))]


def _examples(command: TyperCommand | TyperGroup) -> list[str]:
    lines = inspect.cleandoc(command.epilog or "").splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def _marked(text: str) -> str:
    """Keep what Markdown would take for markup in placeholders of sentences."""
    return text.replace("<", "\\<").replace("_", "\\_").replace("*", "\\*")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _roff(text: str) -> str:
    """Write a line for ``man``, which takes a point or an apostrophe at its start for a macro."""
    plain = "".join(SPECIAL.get(mark, mark) for mark in text)
    return f"\\&{plain}" if plain.startswith(".") else plain


if __name__ == "__main__":
    from srcli.cli.app import app

    content = reference(typer.main.get_group(app)).encode()
    write_file(Path(sys.argv[1]), content, overwrite=True)
