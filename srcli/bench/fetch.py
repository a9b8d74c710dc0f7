"""Find a data set wherever it is: in a folder, in the cache, on the Hugging Face hub.

The cache has a folder for each data set and revision. The pictures in it, and the archive that
they came from, are listed with their sha256 in a file that ``sha256sum --check`` reads, and
are compared with it whenever they are used.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from filelock import FileLock

from srcli.bench.archive import LARGEST, unpack
from srcli.bench.datasets import (
    SIZES,
    Dataset,
    compressed,
    find_dataset,
    known_name,
    not_found,
    pictures,
    split_compression,
    spoilt,
)
from srcli.bench.spoiling import split_spoiling
from srcli.errors import DataError
from srcli.files.atomic import disk_errors
from srcli.files.digest import is_web_page, sha256_of
from srcli.settings import read_setting
from srcli.weights.providers.cache import cache_folder
from srcli.weights.providers.hub_client import (
    HubPlace,
    Offer,
    cached,
    download,
    forget,
    known_sha256,
)

OWNER = "eugenesiow"
ON_HUB = ("Set5", "Set14", "BSD100", "Urban100")
BRANCH = "main"
REVISION = re.compile(r"\w[\w.-]*")
SUMS = "SHA256SUMS"


def datasets_folder() -> Path:
    """Return the cache's folder of data sets; it need not exist."""
    return cache_folder() / "datasets"


def obtain_dataset(text: str, roots: Sequence[Path], *, offline: bool = False) -> Dataset:
    """Find a data set in ``roots`` or in the cache, or fetch it from the hub.

    Args:
        text: its name in any case, or ``name@revision`` for the hub's of that revision; a name
            that ends in ``-JPEG`` and a quality has its LR pictures compressed. One that ends in
            ``-NOISE50``, ``-YJPEG10`` or ``-MOSAIC`` is to be restored.
        roots: folders to look in first; passed over for a revision.
        offline: use no network, whatever the settings say.

    Raises:
        DataError: it is unknown or nowhere, pictures are missing, or it cannot be had.
        ImageError: the cache cannot be written.
        DiskFull: there is no room for it.

    """
    name, _, revision = text.partition("@")
    name, spoiling = split_spoiling(name)
    name, quality = split_compression(name) if spoiling is None else (name, None)
    dataset = _obtain_named(known_name(name), revision, roots, offline=offline)
    if spoiling is not None:
        return spoilt(dataset, spoiling)
    return dataset if quality is None else compressed(dataset, quality)


def _obtain_named(name: str, revision: str, roots: Sequence[Path], *, offline: bool) -> Dataset:
    searched = [*roots, datasets_folder()]
    found = None if revision else find_dataset(name, searched)
    if found is not None:
        return found
    if name not in ON_HUB:
        raise not_found(name, searched)
    if revision and not REVISION.fullmatch(revision):
        msg = f"{revision!r} is no revision of a data set."
        raise DataError(msg, hint=f"Write {name}@ and a commit, a branch or a tag.")
    archive = _archive(f"{OWNER}/{name}", f"data/{name}_HR.tar.gz", revision or BRANCH)
    images = _obtain(name, archive, offline=offline or read_setting("offline").is_on)
    return Dataset(name=name, images=images)


def _archive(repo: str, file: str, revision: str) -> HubPlace:
    title = f"{file} of {repo}@{revision}"
    return HubPlace(repo=repo, file=file, revision=revision, kind="dataset", title=title)


def _obtain(name: str, archive: HubPlace, *, offline: bool) -> tuple[Path, ...]:
    folder = datasets_folder() / name / archive.revision
    images = _checked(name, folder)
    if images:
        return images
    if offline and cached(archive) is None:
        msg = f"{name} is not on this machine, and srcli is offline."
        raise DataError(msg, hint="Fetch it once without --offline and SRCLI_OFFLINE.")
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{archive.revision}.lock")):
            return _checked(name, folder) or _fetch(name, archive, folder)


def _checked(name: str, folder: Path) -> tuple[Path, ...]:
    """Return the pictures of a folder if they are whole and all there; otherwise none."""
    sums = _read_sums(folder)
    images = pictures(folder / f"{name}_HR")
    named = {image.relative_to(folder).as_posix(): image for image in images}
    whole = len(images) == SIZES[name] and all(
        sums.get(place) == sha256_of(image) for place, image in named.items()
    )
    return images if whole else ()


def _fetch(name: str, archive: HubPlace, folder: Path) -> tuple[Path, ...]:
    """Put the pictures of the hub's archive into ``folder``, in one step."""
    path = cached(archive) or download(archive, partial(_check_size, archive))
    prefix = f".new-{archive.revision}-"
    for left in folder.parent.glob(
        f"{prefix}*"
    ):  # by a process that was killed: this one has the lock
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=prefix) as temporary:
        fresh = Path(temporary) / name
        fresh.mkdir()
        try:
            sha256 = _checked_sha256(archive, path)
            _check_known(archive, folder, sha256)
            unpack(path, fresh)
            _check_count(name, archive, fresh)
        except DataError:
            forget(path)
            raise
        _write_sums(name, archive, fresh, sha256)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return pictures(folder / f"{name}_HR")


def _check_size(archive: HubPlace, offer: Offer) -> None:
    """Refuse before the download what is larger than what may come out of it."""
    if offer.size > LARGEST:
        msg = f"{archive.title} has {offer.size:,} bytes, which no data set here has."
        raise DataError(msg)


def _checked_sha256(archive: HubPlace, path: Path) -> str:
    """Return the sha256 of an archive, which is not what the cache calls it if it is damaged."""
    sha256, known = sha256_of(path), known_sha256(path)
    if known and known != sha256:
        page = is_web_page(path)
        what = "a web page came instead of it" if page else f"its sha256 is not {known}"
        msg = f"{archive.title} is damaged: {what}."
        raise DataError(msg, hint="Try again. Check HF_ENDPOINT and any proxy in between.")
    return sha256


def _check_known(archive: HubPlace, folder: Path, sha256: str) -> None:
    known = _read_sums(folder).get(Path(archive.file).name, sha256)
    if known != sha256:
        what = "another file than the one that was fetched first"
        msg = f"{archive.title} is {what}, of sha256 {known}."
        raise DataError(msg, hint=f"Delete {folder} to take the new one.")


def _check_count(name: str, archive: HubPlace, folder: Path) -> None:
    count = len(pictures(folder / f"{name}_HR"))
    if count != SIZES[name]:
        msg = f"{archive.title} holds {count} pictures in {name}_HR, but {name} has {SIZES[name]}."
        raise DataError(msg)


def _write_sums(name: str, archive: HubPlace, folder: Path, sha256: str) -> None:
    lines = [f"{sha256}  {Path(archive.file).name}"]
    lines += [
        f"{sha256_of(image)}  {image.relative_to(folder).as_posix()}"
        for image in pictures(folder / f"{name}_HR")
    ]
    (folder / SUMS).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read_sums(folder: Path) -> dict[str, str]:
    """Return the sha256 that was noted of each file; nothing if nothing was."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    return {place: sha256 for sha256, _, place in (line.partition("  ") for line in lines)}
