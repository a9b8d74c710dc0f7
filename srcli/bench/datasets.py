"""Where the pictures of a benchmark are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from srcli.bench.spoiling import Spoiling
from srcli.errors import DataError, NoPictures, UnknownDataset, listed
from srcli.images.formats import is_readable
from srcli.spelling import did_you_mean

SIZES = {
    "Set5": 5,
    "Set14": 14,
    "BSD100": 100,
    "Urban100": 100,
    "Manga109": 109,
    "DIV2K-val": 100,
    "BSD68": 68,
    "Kodak24": 24,
    "McMaster": 18,
    "LIVE1": 29,
    "Classic5": 5,
}
"""The data sets known by name, and how many pictures each has."""

FOLDERS = ("bench/{0}", "{0}/HR", "{0}_HR", "{0}")
"""Where a root may keep the HR pictures of a data set, tried in this order."""

FOLDER_NAMES = {
    "DIV2K-val": ("DIV2K_valid", "DIV2K-val"),
    "BSD68": ("BSD68", "CBSD68"),
    "McMaster": ("McMaster", "McMaster18"),
}
"""What the folder is called where it is not the data set's name."""

HINTS = {
    "Manga109": "Ask for its licence at http://www.manga109.org, and put the 109 pictures into a "
    "folder named Manga109 in one of these places.",
    "DIV2K-val": "Get DIV2K_valid_HR.zip from https://data.vision.ee.ethz.ch/cvl/DIV2K/ and unpack "
    "it in one of these places.",
}

COMPRESSED = re.compile(r"(?P<name>.+)-JPEG(?P<quality>[1-9]\d?|100)", re.IGNORECASE)
"""The name of a data set whose LR pictures are to be compressed, and with what quality."""

ADDED = re.compile(r"(?P<stem>.+?)(_SRF_\d+)?(_HR|_LR|_LRBI)?(_?x\d+(\.\d+)?)?")
"""What data sets add to the name of a picture: a kind, a scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """HR pictures to measure on.

    Attributes:
        name: for tables and records.
        images: the HR files, sorted by name.
        lr_images: LR files of the same order, or empty if LR is to be made from HR.
        jpeg: quality, 1 to 100, with which LR that is made from HR is compressed, if it is.
        spoiling: how the pictures are spoilt that are to be restored; None for enlargement.

    """

    name: str
    images: tuple[Path, ...]
    lr_images: tuple[Path, ...] = ()
    jpeg: int | None = None
    spoiling: Spoiling | None = None


def known_name(name: str) -> str:
    """Return the name of a data set as it is written, given it in any case.

    Raises:
        UnknownDataset: if there is no such data set.

    """
    known = {title.lower(): title for title in SIZES}
    if name.lower() not in known:
        msg = f"There is no data set named {name}."
        hint = f"Choose one of {listed(SIZES)}, or give a folder with --data."
        raise UnknownDataset(msg, hint=did_you_mean(name, SIZES, otherwise=hint))
    return known[name.lower()]


def split_compression(name: str) -> tuple[str, int | None]:
    """Return ``Set5`` and 40 for ``Set5-JPEG40``, and None where nothing is to be compressed."""
    found = COMPRESSED.fullmatch(name)
    return (found["name"], int(found["quality"])) if found else (name, None)


def compressed(dataset: Dataset, quality: int) -> Dataset:
    """Return a data set of the same HR pictures whose LR pictures are compressed as JPEG."""
    return replace(dataset, name=f"{dataset.name}-JPEG{quality}", jpeg=quality)


def spoilt(dataset: Dataset, spoiling: Spoiling) -> Dataset:
    """Return a data set of the same pictures, which are to be restored."""
    return replace(dataset, name=f"{dataset.name}-{spoiling}", spoiling=spoiling)


def find_dataset(name: str, roots: Sequence[Path]) -> Dataset | None:
    """Find a data set in the first of ``roots`` that holds it, if any does.

    Raises:
        DataError: if pictures are missing there, for the mean over the others would mislead.

    """
    for folder in _places(name, roots):
        images = pictures(folder)
        if not images:
            continue
        if len(images) != SIZES[name]:
            msg = f"{folder} holds {len(images)} pictures, but {name} has {SIZES[name]}."
            raise DataError(msg, hint="Give it with --data to measure on what is there.")
        return Dataset(name=name, images=images)
    return None


def not_found(name: str, roots: Sequence[Path]) -> DataError:
    """Return what to raise where no root holds a data set, saying how to come by it."""
    searched = listed(_places(name, roots))
    msg = f"{name} was not found in {searched}."
    return DataError(msg, hint=HINTS.get(name, f"Put its HR pictures into a folder named {name}."))


def folder_dataset(folder: Path, lr_folder: Path | None = None) -> Dataset:
    """Take every picture of a folder as HR, and its namesake in ``lr_folder`` as LR.

    A namesake has the same name up to the suffix, or up to what data sets add to it, as in
    ``babyx4``, ``baby_LRBI_x4`` and ``img_001_SRF_4_LR`` for ``baby`` and ``img_001_SRF_4_HR``.

    Raises:
        NoPictures: if the folder is missing, or holds no pictures.
        DataError: if a picture has no LR.

    """
    images = pictures(folder)
    if not images:
        msg = f"There are no pictures in {folder}."
        raise NoPictures(msg, hint="Give a folder that holds pictures itself.")
    if lr_folder is None:
        return Dataset(name=folder.resolve().name, images=images)
    plain = {_plain_stem(path): path for path in pictures(lr_folder)}
    exact = {path.stem: path for path in pictures(lr_folder)}
    found = [exact.get(path.stem) or plain.get(_plain_stem(path)) for path in images]
    missing = [path.name for path, lr in zip(images, found, strict=True) if lr is None]
    if missing:
        msg = f"{lr_folder} has no LR picture for {len(missing)} of {len(images)}: {missing[0]}."
        raise DataError(msg, hint="LR pictures are named like their HR pictures.")
    lr_images = tuple(path for path in found if path is not None)
    return Dataset(name=folder.resolve().name, images=images, lr_images=lr_images)


def pictures(folder: Path) -> tuple[Path, ...]:
    """Return the pictures in a folder, sorted by name; none if there is no such folder."""
    if not folder.is_dir():
        return ()
    found = (
        path
        for path in folder.iterdir()
        if is_readable(path) and not path.name.startswith(".") and path.is_file()
    )
    return tuple(sorted(found))


def _places(name: str, roots: Sequence[Path]) -> list[Path]:
    return [
        root / pattern.format(title)
        for root in roots
        for title in FOLDER_NAMES.get(name, (name,))
        for pattern in FOLDERS
    ]


def _plain_stem(path: Path) -> str:
    """Return ``baby`` for ``babyx4.png``, ``baby_x4.png`` and ``baby_LRBI_x4.png``."""
    found = ADDED.fullmatch(path.stem)
    return found["stem"] if found else path.stem
