"""Name the output of each picture of a batch, and refuse clashes before any work starts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePath

from srcli.batch.naming import Job, Jobs, Naming, files_of, groups_of
from srcli.errors import UnknownFormat, UsageError
from srcli.files.objects.address import is_folder, located, location_of
from srcli.files.real_paths import RealPaths, hashes, repeated, shared
from srcli.images.formats import by_suffix, unwritten_hint
from srcli.images.found import FoundFiles, InputFile

OnClash = Callable[[Job, UsageError], None]


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
        return _without_clashes([Job(source=sources[0], output=located(naming.output))], on_clash)
    root = located(naming.output) if naming.output else None
    found = sources if isinstance(sources, FoundFiles) else FoundFiles(sources)
    return _without_clashes(Jobs(found, naming, root), on_clash)


def _names_a_file(output: str, *, count: int) -> bool:
    name = PurePath(output)
    if not name.suffix or output.endswith(("/", os.sep)) or is_folder(output):
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


def _without_clashes(jobs: Sequence[Job], on_clash: OnClash | None) -> Sequence[Job]:
    """Leave out jobs that clash.

    Texts of a million real paths would take much room, so that hashes say first which could.
    """
    if _are_apart(jobs):
        return jobs
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
            message = f"{location_of(*output)} would be written over a picture that is read."
        elif clashes and identity in outputs:
            first, path = jobs[outputs[identity]].source.path, jobs[number].source.path
            message = f"{first} and {path} would both become {location_of(*output)}."
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


def _are_apart(jobs: Sequence[Job]) -> bool:
    """Tell whether names alone say that none clash: where no file is a link, as is usual."""
    paths = RealPaths()
    read: Counter[str | None] = Counter()
    made: Counter[str | None] = Counter()
    beside: set[str | None] = set()
    for group in groups_of(jobs):
        folder = _normal(paths.unlinked(group.folder, group.names))
        output = _normal(paths.unlinked(group.output, group.outputs))
        outputs = set(map(os.path.normcase, group.outputs))
        if folder == output:
            beside.add(folder)
            if not outputs.isdisjoint(map(os.path.normcase, group.names)):
                return False
        if len(outputs) < len(group.outputs):
            return False
        read[folder] += 1
        made[output] += 1
    once = max((*made.values(), *(read[one] for one in beside)), default=1) == 1
    return once and None not in read | made and read.keys() & made.keys() <= beside


def _normal(folder: str | None) -> str | None:
    return folder and os.path.normcase(folder)


def _identity(paths: RealPaths, folder: str, name: str) -> str:
    return os.path.normcase(paths.of(folder, name))
