"""Where the pictures of a benchmark are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from srcli.errors import DataError
from srcli.images.formats import by_suffix

SIZES = {
    "Set5": 5,
    "Set14": 14,
    "BSD100": 100,
    "Urban100": 100,
    "Manga109": 109,
    "DIV2K-val": 100,
}
"""The data sets known by name, and how many pictures each has."""

FOLDERS = ("bench/{0}", "{0}/HR", "{0}_HR", "{0}")
"""Where a root may keep the HR pictures of a data set, tried in this order."""

FOLDER_NAMES = {"DIV2K-val": ("DIV2K_valid", "DIV2K-val")}
"""What the folder is called where it is not the data set's name."""

HINTS = {
    "Manga109": "Its licence is asked for at http://www.manga109.org; put the 109 pictures into "
    "a folder named Manga109 in one of these places.",
    "DIV2K-val": "Get DIV2K_valid_HR.zip from https://data.vision.ee.ethz.ch/cvl/DIV2K/ and unpack "
    "it in one of these places.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """HR pictures to measure on.

    Attributes:
        name: for tables and records.
        images: the HR files, sorted by name.
        lr_images: LR files of the same order, or empty if LR is to be made from HR.

    """

    name: str
    images: tuple[Path, ...]
    lr_images: tuple[Path, ...] = ()


def find_dataset(name: str, roots: Sequence[Path]) -> Dataset:
    """Find a data set by name, in any case, in the first of ``roots`` that holds it whole.

    Raises:
        DataError: if the name is unknown, no root holds the data set, or pictures are missing.

    """
    known = {title.lower(): title for title in SIZES}
    if name.lower() not in known:
        msg = f"there is no data set named {name}"
        raise DataError(msg, hint=f"Known are {', '.join(SIZES)}; or give a folder of pictures.")
    name = known[name.lower()]
    places = _places(name, roots)
    for folder in places:
        images = _pictures(folder)
        if not images:
            continue
        if len(images) != SIZES[name]:
            msg = f"{folder} holds {len(images)} pictures, but {name} has {SIZES[name]}"
            raise DataError(msg, hint="Give it as a folder to measure on what is there.")
        return Dataset(name=name, images=images)
    searched = ", ".join(map(str, places)) or "nowhere: no folder was given"
    msg = f"{name} was not found; searched: {searched}"
    raise DataError(msg, hint=HINTS.get(name, f"Put its HR pictures into a folder named {name}."))


def folder_dataset(folder: Path, lr_folder: Path | None = None) -> Dataset:
    """Take every picture of a folder as HR, and its namesake in ``lr_folder`` as LR.

    A namesake has the same name up to the suffix, or starts with it and ends with ``x`` and a
    number, as in ``babyx4.png``.

    Raises:
        DataError: if a folder is missing or without pictures, or a picture has no LR.

    """
    images = _pictures(folder)
    if not images:
        msg = f"there are no pictures in {folder}"
        raise DataError(msg, hint="Give a folder that holds pictures itself.")
    if lr_folder is None:
        return Dataset(name=folder.resolve().name, images=images)
    found = {_stem_of_lr(path): path for path in _pictures(lr_folder)}
    found |= {path.stem: path for path in _pictures(lr_folder)}
    missing = [path.name for path in images if path.stem not in found]
    if missing:
        msg = f"{lr_folder} has no LR picture for {len(missing)} of {len(images)}: {missing[0]}"
        raise DataError(msg, hint="LR pictures are named like their HR pictures.")
    lr_images = tuple(found[path.stem] for path in images)
    return Dataset(name=folder.resolve().name, images=images, lr_images=lr_images)


def _places(name: str, roots: Sequence[Path]) -> list[Path]:
    return [
        root / pattern.format(title)
        for root in roots
        for title in FOLDER_NAMES.get(name, (name,))
        for pattern in FOLDERS
    ]


def _pictures(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    found = (
        path
        for path in folder.iterdir()
        if by_suffix(path) and not path.name.startswith(".") and path.is_file()
    )
    return tuple(sorted(found))


def _stem_of_lr(path: Path) -> str:
    """Return ``baby`` for ``babyx4.png`` and ``baby_x4.png``."""
    head, _, tail = path.stem.rpartition("x")
    is_scale = tail.replace(".", "", 1).isdecimal()
    return head.removesuffix("_") if head and is_scale else path.stem
