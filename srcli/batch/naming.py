"""Where each output goes, decided and checked before any work starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from string import Formatter
from typing import overload

from srcli.errors import UnknownFormat, UsageError
from srcli.files.real_paths import RealPaths, hashes, repeated, shared
from srcli.images.formats import GIF, PNG, by_suffix, unwritten_hint
from srcli.images.found import FoundFiles, InputFile, Place, input_file

FIELDS = "{stem}, {scale} and {model}"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
"""Stems that are names of files on every system."""
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
Files = tuple[tuple[str, str], tuple[str, str]]
"""Folder and name of a picture, and of its result."""


class Jobs(Sequence[Job]):
    """Jobs in order, held by the names of their pictures; each is made when it is asked for.

    Args:
        sources: the pictures.
        naming: how their results are named.
        root: as of every job.

    """

    def __init__(self, sources: FoundFiles, naming: Naming, root: Path | None) -> None:
        self._sources, self._namer, self._root = sources, _Namer(naming), root

    def __len__(self) -> int:
        return len(self._sources)

    @overload
    def __getitem__(self, number: int) -> Job: ...
    @overload
    def __getitem__(self, number: slice) -> Jobs: ...
    def __getitem__(self, number: int | slice) -> Job | Jobs:
        if isinstance(number, slice):
            return self.take(range(len(self))[number])
        source = self._sources[number]
        place = str(source.path.parent), str(source.relative.parent)
        return self._job(source, *self._namer.of(place, source.path.name))

    def __iter__(self) -> Iterator[Job]:
        for place, name in self._sources.named():
            yield self._job(input_file(place, name), *self._namer.of(place, name))

    def take(self, numbers: Iterable[int]) -> Jobs:
        """Return those of some numbers, in that order."""
        return Jobs(self._sources.take(numbers), self._namer.naming, self._root)

    def files(self) -> Iterator[Files]:
        """Yield the folder and the name of each picture, and those of its result."""
        for place, name in self._sources.named():
            yield (place[0], name), self._namer.of(place, name)

    def _job(self, source: InputFile, folder: str, name: str) -> Job:
        return Job(source=source, output=Path(folder, name), root=self._root)


def files_of(jobs: Sequence[Job]) -> Iterator[Files]:
    """Yield the folder and the name of each picture, and those of its result, as texts."""
    if isinstance(jobs, Jobs):
        yield from jobs.files()
        return
    for job in jobs:
        source, output = job.source.path, job.output
        yield (str(source.parent), source.name), (str(output.parent), output.name)


def folders_of(jobs: Sequence[Job]) -> set[Path]:
    """Return the folders that the results go to."""
    return {Path(folder) for folder in {folder for _, (folder, _) in files_of(jobs)}}


def plan_outputs(
    sources: Sequence[InputFile], naming: Naming, *, on_clash: OnClash | None = None
) -> Sequence[Job]:
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
        return _without_clashes([Job(source=sources[0], output=Path(naming.output))], on_clash)
    root = Path(naming.output) if naming.output else None
    found = sources if isinstance(sources, FoundFiles) else FoundFiles(sources)
    return _without_clashes(Jobs(found, naming, root), on_clash)


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


class _Namer:
    """Names results; what is the same for many names is found out once."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self._parts: list[tuple[str, str]] | None = None
        self._folders: dict[Place, str] = {}
        self._suffixes: dict[str, str] = {}

    def of(self, place: Place, name: str) -> tuple[str, str]:
        """Return the folder and the name of the result of a picture."""
        folder = self._folders.get(place)
        if folder is None:
            own = place[0]
            if self.naming.output:
                own = str(Path(self.naming.output) / place[1])
            folder = self._folders.setdefault(place, own)
        stem, suffix = split_name(name)
        result = self._stem(stem, place, name)
        return folder, f"{result}{self.naming.suffix or self._kept_suffix(suffix, place, name)}"

    def _stem(self, stem: str, place: Place, name: str) -> str:
        if self._parts is None:
            self._parts = parse_template(self.naming.template)
        values = {"stem": stem, "scale": self.naming.scale, "model": self.naming.model}
        result = "".join([text + (values[field] if field else "") for text, field in self._parts])
        if _PLAIN.fullmatch(result):
            return result
        if not result or "\0" in result or PurePath(result).name != result:
            path = Path(place[0], name)
            message = f"{self.naming.template} gives no name of a file for {path}."
            raise UsageError(message, hint=f"Use {FIELDS} in it, and no folders.")
        return result

    def _kept_suffix(self, suffix: str, place: Place, name: str) -> str:
        kept = self._suffixes.get(suffix)
        if kept is None:
            own = by_suffix(PurePath(name))
            fits = own and own.writable and (own is not GIF or _moves(Path(place[0], name)))
            kept = suffix if fits else PNG.suffixes[0]
            if own is not GIF:
                self._suffixes[suffix] = kept
        return kept


def split_name(name: str) -> tuple[str, str]:
    """Return the stem and the suffix, as ``PurePath`` tells them."""
    at = name.rfind(".")
    return (name[:at], name[at:]) if 0 < at < len(name) - 1 else (name, "")


def _moves(path: Path) -> bool:
    from srcli.images.codecs.animation_files import is_animated
    from srcli.images.decode import PIXEL_LIMIT

    return path.is_file() and is_animated(path, pixel_limit=PIXEL_LIMIT)


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


def _without_clashes(jobs: Sequence[Job], on_clash: OnClash | None) -> Sequence[Job]:
    """Leave out jobs that clash.

    Texts of a million real paths would take much room, so that hashes say first which could.
    """
    paths = RealPaths()
    read = hashes(_identity(paths, *source) for source, _ in files_of(jobs))
    made = hashes(_identity(paths, *output) for _, output in files_of(jobs))
    suspects = repeated(made) | shared(read, made)
    if not suspects:
        return jobs
    inputs = {
        identity
        for source, _ in files_of(jobs)
        if hash(identity := _identity(paths, *source)) in suspects
    }
    outputs: dict[str, int] = {}
    kept: list[int] = []
    for number, (_, output) in enumerate(files_of(jobs)):
        identity = _identity(paths, *output)
        clashes = hash(identity) in suspects
        if clashes and identity in inputs:
            message = f"{Path(*output)} would be written over a picture that is read."
        elif clashes and identity in outputs:
            first, path = jobs[outputs[identity]].source.path, jobs[number].source.path
            message = f"{first} and {path} would both become {Path(*output)}."
        else:
            if clashes:
                outputs[identity] = number
            kept.append(number)
            continue
        error = UsageError(message, hint="Choose another name, format or folder.")
        if on_clash is None:
            raise error
        on_clash(jobs[number], error)
    return jobs.take(kept) if isinstance(jobs, Jobs) else [jobs[number] for number in kept]


def _identity(paths: RealPaths, folder: str, name: str) -> str:
    return os.path.normcase(paths.of(folder, name))
