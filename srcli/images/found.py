"""Pictures that were found, so many that each may take no more memory than its name."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from pathlib import Path
from typing import Self, overload

from srcli.files.objects.address import Location, is_object, location_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A picture to be read.

    Attributes:
        path: where it is.
        relative: where it is below the folder it was found through; its name alone if it was
            given itself. Outputs keep this tree.

    """

    path: Location
    relative: Path


Place = tuple[str, str]
"""A folder of pictures: its path, and that below the folder that they were found through."""


class FoundFiles(Sequence[InputFile]):
    """Pictures in order, held by their names and folders; each is made when it is asked for."""

    def __init__(self, files: Iterable[InputFile] = ()) -> None:
        self.places: list[Place] = []
        self._names: list[str] = []
        self._numbers = array("L")
        self._known: dict[Place, int] = {}
        for file in files:
            place = str(file.path.parent), str(file.relative.parent)
            self.add(place, file.path.name)

    def add(self, place: Place, *names: str) -> None:
        """Put more at the end: the files of some names in a place."""
        number = self._known.get(place)
        if number is None:
            number = self._known[place] = len(self.places)
            self.places.append(place)
        self._names += names
        self._numbers.extend(repeat(number, len(names)))

    def named(self) -> Iterator[tuple[Place, str]]:
        """Yield the place and the name of each, in order."""
        places = self.places
        for number, name in zip(self._numbers, self._names, strict=True):
            yield places[number], name

    def groups(self, most: int = sys.maxsize) -> Iterator[tuple[Place, list[str]]]:
        """Yield all in order: each time a place, and at most so many names of files in it."""
        at = 0
        for number, run in groupby(self._numbers):
            end = at + sum(1 for _ in run)
            while at < end:
                names = self._names[at : min(end, at + most)]
                yield self.places[number], names
                at += len(names)

    def take(self, numbers: Iterable[int]) -> Self:
        """Return those of some numbers, in that order."""
        taken = type(self)()
        for number in numbers:
            taken.add(self.places[self._numbers[number]], self._names[number])
        return taken

    def split(self) -> tuple[Self, Self]:
        """Return those that are on this machine, and those in buckets."""
        remote = [is_object(folder) for folder, _ in self.places]
        if not any(remote):
            return self, type(self)()
        here = [number for number, place in enumerate(self._numbers) if not remote[place]]
        there = [number for number, place in enumerate(self._numbers) if remote[place]]
        return self.take(here), self.take(there)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, number: int) -> InputFile: ...
    @overload
    def __getitem__(self, number: slice) -> FoundFiles: ...
    def __getitem__(self, number: int | slice) -> InputFile | FoundFiles:
        if isinstance(number, slice):
            return self.take(range(len(self))[number])
        return input_file(self.places[self._numbers[number]], self._names[number])

    def __iter__(self) -> Iterator[InputFile]:
        for place, name in self.named():
            yield input_file(place, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def input_file(place: Place, name: str) -> InputFile:
    """Return the file of that name in a place."""
    folder, below = place
    return InputFile(path=location_of(folder, name), relative=Path(below, name))


def split_name(name: str) -> tuple[str, str]:
    """Return the stem and the suffix, as ``PurePath`` tells them."""
    at = name.rfind(".")
    return (name[:at], name[at:]) if 0 < at < len(name) - 1 else (name, "")
