"""How outputs are named, one by one or very many at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from string import Formatter
from typing import overload

from srcli.errors import UnreadableImage, UsageError
from srcli.files.objects.address import Location, ObjectPath, is_object, located, location_of
from srcli.files.objects.client import read_object
from srcli.images.formats import GIF, PNG, by_suffix
from srcli.images.found import FoundFiles, InputFile, Place, input_file, split_name

MANY = 4096
"""Names that are made at once."""
FIELDS = "{stem}, {scale} and {model}"
_PLAIN = re.compile(r"[^/\\:\0.][^/\\:\0]*")
"""Stems that are names of files on every system."""
_ALL_PLAIN = re.compile(rf"{_PLAIN.pattern}(?:\0{_PLAIN.pattern})*")
"""Several of them with zeros between."""
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
    output: Location
    root: Location | None = None


Files = tuple[tuple[str, str], tuple[str, str]]
"""Folder and name of a picture, and of its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pictures in order, all of one folder, and their results in another.

    Attributes:
        folder: of the pictures.
        names: of the pictures.
        output: folder of the results.
        outputs: names of the results.

    """

    folder: str
    names: Sequence[str]
    output: str
    outputs: Sequence[str]


class Jobs(Sequence[Job]):
    """Jobs in order, held by the names of their pictures; each is made when it is asked for.

    Args:
        sources: the pictures.
        naming: how their results are named.
        root: as of every job.

    """

    def __init__(self, sources: FoundFiles, naming: Naming, root: Location | None) -> None:
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
        folder, names = self._namer.of(place, [source.path.name])
        return self._job(source, folder, names[0])

    def __iter__(self) -> Iterator[Job]:
        for place, names in self._sources.groups(MANY):
            folder, results = self._namer.of(place, names)
            for name, result in zip(names, results, strict=True):
                yield self._job(input_file(place, name), folder, result)

    def take(self, numbers: Iterable[int]) -> Jobs:
        """Return those of some numbers, in that order."""
        return Jobs(self._sources.take(numbers), self._namer.naming, self._root)

    def groups(self, most: int) -> Iterator[Group]:
        """Yield the names of all, in order, those of one folder together: at most so many."""
        for place, names in self._sources.groups(most):
            folder, results = self._namer.of(place, names)
            yield Group(folder=place[0], names=names, output=folder, outputs=results)

    def paths_below(self) -> Iterator[str]:
        """Yield the paths of the pictures, as the function of that name."""
        for (_, below), names in self._sources.groups():
            start = "" if below == "." else f"{PurePath(below).as_posix()}/"
            for name in names:
                yield f"{start}{name}"

    def _job(self, source: InputFile, folder: str, name: str) -> Job:
        return Job(source=source, output=location_of(folder, name), root=self._root)


def groups_of(jobs: Sequence[Job], most: int = sys.maxsize) -> Iterator[Group]:
    """Yield the names of pictures and of their results, as ``Jobs.groups``."""
    if isinstance(jobs, Jobs):
        yield from jobs.groups(most)
        return
    for job in jobs:
        source, output = job.source.path, job.output
        yield Group(
            folder=str(source.parent),
            names=(source.name,),
            output=str(output.parent),
            outputs=(output.name,),
        )


def files_of(jobs: Sequence[Job]) -> Iterator[Files]:
    """Yield the folder and the name of each picture, and those of its result, as texts."""
    for group in groups_of(jobs, MANY):
        for name, result in zip(group.names, group.outputs, strict=True):
            yield (group.folder, name), (group.output, result)


def paths_below(jobs: Sequence[Job]) -> Iterator[str]:
    """Yield the path of each picture below the folder that it was found through, with slashes."""
    if isinstance(jobs, Jobs):
        return jobs.paths_below()
    return (job.source.relative.as_posix() for job in jobs)


def folders_of(jobs: Sequence[Job]) -> set[Path]:
    """Return the folders of this machine that the results go to."""
    folders = {group.output for group in groups_of(jobs, MANY)}
    return {Path(folder) for folder in folders if not is_object(folder)}


class _Namer:
    """Names results; what is the same for many names is found out once."""

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        self._texts: list[str] | None = None
        self._folders: dict[Place, str] = {}
        self._suffixes: dict[str, str] = {}

    def of(self, place: Place, names: Sequence[str]) -> tuple[str, list[str]]:
        """Return the folder and the names of the results of pictures in one place."""
        folder = self._folders.get(place)
        if folder is None:
            own = place[0]
            if self.naming.output:
                own = str(located(self.naming.output) / place[1])
            folder = self._folders.setdefault(place, own)
        parts = [split_name(name) for name in names]
        texts = self._around_stem()
        stems = [stem.join(texts) for stem, _ in parts]
        if not _ALL_PLAIN.fullmatch("\0".join(stems)):
            for stem, name in zip(stems, names, strict=True):
                self._check(stem, place, name)
        fixed = self.naming.suffix
        if fixed:
            return folder, [f"{stem}{fixed}" for stem in stems]
        kept = self._suffixes
        return folder, [
            f"{result}{kept.get(suffix) or self._kept_suffix(suffix, place, name)}"
            for result, (_, suffix), name in zip(stems, parts, names, strict=True)
        ]

    def _around_stem(self) -> list[str]:
        """Return the texts of the template that the stem of a picture stands between."""
        if self._texts is None:
            texts = [""]
            values = {"": "", "scale": self.naming.scale, "model": self.naming.model}
            for text, field in parse_template(self.naming.template):
                texts[-1] += text
                if field == "stem":
                    texts.append("")
                else:
                    texts[-1] += values[field]
            self._texts = texts
        return self._texts

    def _check(self, stem: str, place: Place, name: str) -> None:
        if not stem or "\0" in stem or PurePath(stem).name != stem:
            path = location_of(place[0], name)
            message = f"{self.naming.template} gives no name of a file for {path}."
            raise UsageError(message, hint=f"Use {FIELDS} in it, and no folders.")

    def _kept_suffix(self, suffix: str, place: Place, name: str) -> str:
        own = by_suffix(PurePath(name))
        fits = own and own.writable and (own is not GIF or _moves(location_of(place[0], name)))
        kept = suffix if fits else PNG.suffixes[0]
        if own is not GIF:
            self._suffixes[suffix] = kept
        return kept


def _moves(path: Location) -> bool:
    from srcli.images.codecs.animation_files import is_animated
    from srcli.images.decode import PIXEL_LIMIT

    if isinstance(path, ObjectPath):
        with suppress(UnreadableImage):  # whoever reads it to enlarge it says what is wrong
            return is_animated(BytesIO(read_object(path)[0]), pixel_limit=PIXEL_LIMIT)
        return False
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
