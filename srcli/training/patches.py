"""Draw random HR crops from the pictures of a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The pictures of a run.

    Attributes:
        files: pictures to learn from.
        validation: HR pictures to validate on, uint8 (1, 3, H, W).
        identity: hash of both, from ``identify``; empty if no one compares it.

    """

    files: tuple[Path, ...]
    validation: tuple[Tensor, ...]
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


def draw_places(sizes: Sequence[Size], count: int, side: int, random: Random) -> list[Place]:
    """Draw the places of ``count`` crops. A picture is drawn in proportion to its area."""
    areas = [height * width for height, width in sizes]
    chosen = random.choices(range(len(sizes)), areas, k=count)
    return [_draw_place(picture, sizes[picture], side, random) for picture in chosen]


def _draw_place(picture: int, size: Size, side: int, random: Random) -> Place:
    return Place(
        picture=picture,
        top=random.randint(0, size[0] - side),
        left=random.randint(0, size[1] - side),
        symmetry=random.choice(SYMMETRIES),
    )


class CropSource:
    """Draws crops from decoded pictures in memory, which take one byte a sample.

    A picture is drawn in proportion to its area.

    Args:
        files: picture files.
        side: side of the largest crop. Smaller pictures are left out.

    Raises:
        DataError: all pictures are smaller.

    """

    def __init__(self, files: tuple[Path, ...], side: int) -> None:
        with ThreadPoolExecutor() as pool:
            pictures = (picture.numpy() for picture in pool.map(read_uint8, files))
            self.pictures = [p for p in pictures if min(p.shape[2:]) >= side]
        self.sizes: list[Size] = [(p.shape[2], p.shape[3]) for p in self.pictures]
        if not self.pictures:
            msg = f"No training picture is as large as a crop of {side} pixels."
            raise DataError(msg, hint="Give larger pictures or a smaller --patch.")

    @property
    def bytes(self) -> int:
        """Bytes of all pictures."""
        return sum(picture.nbytes for picture in self.pictures)

    def draw(self, count: int, side: int, random: Random) -> Tensor:
        """Return ``count`` crops (count, 3, side, side), uint8, in random symmetries."""
        places = draw_places(self.sizes, count, side, random)
        return torch.cat([_crop(self.pictures[place.picture], place, side) for place in places])


def _crop(picture: NDArray[np.uint8], place: Place, side: int) -> Tensor:
    rows, columns = slice(place.top, place.top + side), slice(place.left, place.left + side)
    return place.symmetry.apply(torch.from_numpy(picture[..., rows, columns]))
