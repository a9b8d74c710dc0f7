"""Draw random HR crops from the pictures of a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcli.errors import DataError, NoPictures
from srcli.images.decode import read_uint8
from srcli.images.discover import find_sources
from srcli.pixels.dihedral import SYMMETRIES, Symmetry

Size = tuple[int, int]
"""Height and width."""
LARGEST_FACTOR = 8
"""Largest factor whose results of a teacher are looked for."""


def picture_files(folder: Path) -> tuple[Path, ...]:
    """Return the picture files of a folder and its subfolders, sorted, without hidden ones.

    Raises:
        NoPictures: the folder has no picture.
        UnreadableImage: a folder cannot be listed.

    """
    found = find_sources([str(folder)], allow_none=True) if folder.is_dir() else []
    if not found:
        msg = f"There are no pictures in {folder}."
        raise NoPictures(msg, hint="Give a folder of pictures.")
    return tuple(sorted(Path(source.path) for source in found))


def taught_files(folder: Path) -> Mapping[int, tuple[Path, ...]]:
    """Return the results of a teacher by their factors: those for 4 are in the subfolder ``x4``.

    Raises:
        NoPictures: the folder has no such subfolder, or one of them has no picture.
        UnreadableImage: a folder cannot be listed.

    """
    factors = [n for n in range(2, LARGEST_FACTOR + 1) if (folder / f"x{n}").is_dir()]
    if not factors:
        msg = f"There are no results of a teacher in {folder}."
        raise NoPictures(msg, hint="Give a folder whose subfolders are called x2, x3 or x4.")
    return {factor: picture_files(folder / f"x{factor}") for factor in factors}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The pictures of a run.

    Attributes:
        files: HR pictures to learn from.
        taught: results of a teacher to learn from at their factor, by factors.
        validation: HR pictures to validate on, uint8 (1, 3, H, W).
        identity: hash of all files, from ``identify``; empty if no one compares it.

    """

    files: tuple[Path, ...]
    validation: tuple[Tensor, ...]
    taught: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)
    identity: str = ""


def identify(*collections: Sequence[Path]) -> str:
    """Return a hash of the names and sizes in bytes of files. Their folders do not matter."""
    told = [[(path.name, path.stat().st_size) for path in files] for files in collections]
    return hashlib.sha256(repr(told).encode(errors="surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of a crop: number of its picture, top left corner, and symmetry."""

    picture: int
    top: int
    left: int
    symmetry: Symmetry


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtCrops:
    """Results of a teacher at one factor, and the side of the largest crop at it.

    Attributes:
        files: picture files.
        side: in pixels. Smaller pictures are left out.

    """

    files: tuple[Path, ...]
    side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDrawer:
    """Draws the places of crops. A picture is drawn in proportion to its area.

    Attributes:
        sizes: sizes of all pictures.
        hr: numbers of the HR pictures.
        taught: numbers of the results of a teacher, by their factors.
        share: share of the crops at such a factor that are cut out of the teacher's results.

    """

    sizes: Sequence[Size]
    hr: range
    taught: Mapping[int, range]
    share: float

    def draw(self, count: int, side: int, random: Random, *, factor: int | None) -> list[Place]:
        """Draw the places of ``count`` crops, which are going to be reduced by ``factor``.

        Args:
            count: number of crops.
            side: side of a crop.
            random: generator of the draws.
            factor: a whole factor, or None for any other.

        """
        results = self.taught.get(factor or 0, range(0))
        learned = round(self.share * count) if results else 0
        return [
            *self._draw_from(self.hr, count - learned, side, random),
            *self._draw_from(results, learned, side, random),
        ]

    def _draw_from(self, pictures: range, count: int, side: int, random: Random) -> list[Place]:
        areas = [self.sizes[picture][0] * self.sizes[picture][1] for picture in pictures]
        chosen = random.choices(pictures, areas, k=count) if count else []
        return [
            Place(
                picture=picture,
                top=random.randint(0, self.sizes[picture][0] - side),
                left=random.randint(0, self.sizes[picture][1] - side),
                symmetry=random.choice(SYMMETRIES),
            )
            for picture in chosen
        ]


class CropSource:
    """Draws crops from decoded pictures in memory, which take one byte a sample.

    Args:
        files: HR picture files.
        side: side of the largest crop. Smaller pictures are left out.
        taught: results of a teacher by their factors.
        taught_share: share of the crops at such a factor that are cut out of these.

    Raises:
        DataError: all pictures are smaller, or all results of a factor are.

    """

    def __init__(
        self,
        files: tuple[Path, ...],
        side: int,
        *,
        taught: Mapping[int, TaughtCrops] | None = None,
        taught_share: float = 0.0,
    ) -> None:
        self.pictures: list[NDArray[np.uint8]] = []
        self.places = PlaceDrawer(
            hr=self._read(files, side),
            taught={f: self._read(crops.files, crops.side) for f, crops in (taught or {}).items()},
            sizes=[(picture.shape[2], picture.shape[3]) for picture in self.pictures],
            share=taught_share,
        )

    def _read(self, files: tuple[Path, ...], side: int) -> range:
        """Read pictures that are large enough, and return their numbers."""
        first = len(self.pictures)
        with ThreadPoolExecutor() as pool:
            pictures = (picture.numpy() for picture in pool.map(read_uint8, files))
            self.pictures += [p for p in pictures if min(p.shape[2:]) >= side]
        if len(self.pictures) == first:
            msg = f"No picture in {files[0].parent} is as large as a crop of {side} pixels."
            raise DataError(msg, hint="Give larger pictures or a smaller --patch.")
        return range(first, len(self.pictures))

    @property
    def bytes(self) -> int:
        """Bytes of all pictures."""
        return sum(picture.nbytes for picture in self.pictures)

    def draw(self, count: int, side: int, random: Random, *, factor: int | None = None) -> Tensor:
        """Return ``count`` crops (count, 3, side, side), uint8, in random symmetries.

        Args:
            count: number of crops.
            side: side of a crop.
            random: generator of the draws.
            factor: factor by which the crops are going to be reduced, if it is a whole number.

        """
        places = self.places.draw(count, side, random, factor=factor)
        return torch.cat([_crop(self.pictures[place.picture], place, side) for place in places])


def _crop(picture: NDArray[np.uint8], place: Place, side: int) -> Tensor:
    rows, columns = slice(place.top, place.top + side), slice(place.left, place.left + side)
    return place.symmetry.apply(torch.from_numpy(picture[..., rows, columns]))
