"""Where each output goes, decided and checked before any work starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from string import Formatter

from srcli.errors import UnknownFormat, UsageError
from srcli.images.discover import InputFile
from srcli.images.formats import GIF, PNG, by_suffix, unwritten_hint

FIELDS = "{stem}, {scale} and {model}"
LABEL = r"(?:x[\d.]+(?:x[\d.]+)?|\d*x\d*|fit\d+x\d+|[\d.]+mp|(?:long|short)\d+)"
"""What ``{scale}`` may stand for, as a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How outputs are named.

    Attributes:
        output: ``-o``; empty for beside each source. For one picture a name with a suffix is a
            file; a folder that is there, a name without suffix or with a separator at its end
            is a folder.
        template: name without suffix, of the source's ``{stem}``, ``{scale}`` and ``{model}``.
        scale: the enlargement as the user would write it, such as ``2.7``.
        model: what it was made with, in a word.
        suffix: suffix of all outputs, such as ``.png``; empty for each source's own, or
            ``.png`` for what is not written, or would lose colours, as still GIF files would.

    """

    output: str = ""
    template: str
    scale: str
    model: str
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture and the file that it becomes.

    Attributes:
        source: the picture.
        output: the file.
        root: the folder that the user named for results, if there is one; below it no link is
            followed.

    """

    source: InputFile
    output: Path
    root: Path | None = None


OnClash = Callable[[Job, UsageError], None]


def plan_outputs(
    sources: Sequence[InputFile], naming: Naming, *, on_clash: OnClash | None = None
) -> list[Job]:
    """Give every source its output.

    Args:
        sources: the pictures.
        naming: how outputs are named.
        on_clash: told of every picture that clashes, which is left out then.

    Raises:
        UsageError: if the template or a suffix is none, if one file is named for several
            pictures; and without ``on_clash`` if pictures clash: if a second one would become
            the same file, or one would be written over any of the sources.

    """
    if naming.suffix:
        _check_suffix(f"_{naming.suffix}")
    if _names_a_file(naming.output, count=len(sources)):
        _check_suffix(naming.output)
        jobs = [Job(source=sources[0], output=Path(naming.output))]
    else:
        root = Path(naming.output) if naming.output else None
        jobs = [Job(source=one, output=_output(one, naming), root=root) for one in sources]
    return _without_clashes(jobs, on_clash)


def _names_a_file(output: str, *, count: int) -> bool:
    name = PurePath(output)
    if not name.suffix or output.endswith(("/", os.sep)) or Path(output).is_dir():
        return False
    if count > 1 and by_suffix(name):
        message = f"{output} is the name of one file, but there are {count} pictures."
        raise UsageError(message, hint="Name a folder.")
    return count == 1


def _check_suffix(name: str) -> None:
    known = by_suffix(PurePath(name))
    if known is None or not known.writable:
        message = f"{PurePath(name).suffix} is no format that srcli writes."
        hint = f"{unwritten_hint(PurePath(name).suffix)} End the name of a folder with {os.sep}."
        raise UnknownFormat(message, hint=hint)
    if not known.readable:
        message = f"An extra package writes {known.name} files."
        raise UnknownFormat(message, hint=known.remedy)


def _output(source: InputFile, naming: Naming) -> Path:
    folder = source.path.parent
    if naming.output:
        folder = Path(naming.output) / source.relative.parent
    return folder / f"{_stem(source, naming)}{naming.suffix or _kept_suffix(source)}"


def _kept_suffix(source: InputFile) -> str:
    own = by_suffix(source.relative)
    fits = own and own.writable and (own is not GIF or _moves(source.path))
    return source.relative.suffix if fits else PNG.suffixes[0]


def _moves(path: Path) -> bool:
    from srcli.images.codecs.animation_files import is_animated
    from srcli.images.decode import PIXEL_LIMIT

    return path.is_file() and is_animated(path, pixel_limit=PIXEL_LIMIT)


def _stem(source: InputFile, naming: Naming) -> str:
    values = {"stem": source.relative.stem, "scale": naming.scale, "model": naming.model}
    parts = parse_template(naming.template)
    stem = "".join(text + (values[field] if field else "") for text, field in parts)
    if not stem or "\0" in stem or PurePath(stem).name != stem:
        message = f"{naming.template} gives no name of a file for {source.path}."
        raise UsageError(message, hint=f"Use {FIELDS} in it, and no folders.")
    return stem


def parse_template(template: str) -> list[tuple[str, str]]:
    """Split a template into texts, each with the field that follows it, or with none at the end.

    Fields are names alone: a width such as ``{stem:>99}`` could ask for any amount of memory.

    Raises:
        UsageError: it is no template, or a field is none of ours or more than a name.

    """
    hint = f"Use {FIELDS} in it."
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        message = f"{template} is no template for names."
        raise UsageError(message, hint=hint) from error
    for _, field, spec, conversion in parsed:
        if field is not None and (field not in {"stem", "scale", "model"} or spec or conversion):
            message = f"{template} is no template for names."
            raise UsageError(message, hint=hint)
    return [(text, field or "") for text, field, _, _ in parsed]


def template_pattern(template: str) -> re.Pattern[str] | None:
    """Return what matches the stems of results, as the group ``stem`` that of their source.

    Returns:
        None if the template does not keep the stem of the source, or keeps nothing else.

    Raises:
        UsageError: as ``parse_template``.

    """
    fields = {"": "", "stem": "(?P<stem>.+)", "scale": LABEL, "model": ".+"}
    parts = parse_template(template)
    used = [field for _, field in parts if field]
    if used.count("stem") != 1 or "scale" not in used:
        return None
    return re.compile("".join(re.escape(text) + fields[field] for text, field in parts))


def _without_clashes(jobs: Sequence[Job], on_clash: OnClash | None) -> list[Job]:
    inputs = {_identity(job.source.path) for job in jobs}
    outputs: dict[str, Job] = {}
    for job in jobs:
        identity = _identity(job.output)
        if identity in inputs:
            message = f"{job.output} would be written over a picture that is read."
        elif identity in outputs:
            first = outputs[identity].source.path
            message = f"{first} and {job.source.path} would both become {job.output}."
        else:
            outputs[identity] = job
            continue
        error = UsageError(message, hint="Choose another name, format or folder.")
        if on_clash is None:
            raise error
        on_clash(job, error)
    return list(outputs.values())


def _identity(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))
