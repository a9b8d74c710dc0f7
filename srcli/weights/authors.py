"""The files that a network's authors, or other people, published for download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from srcli.errors import CorruptWeights, WeightsError, WeightsUnavailable
from srcli.settings import read_setting
from srcli.weights.cache import (
    cache_folder,
    cached_file,
    check_sealed,
    discard,
    downloads_folder,
    drop_stale,
    keep,
    locked,
    removed,
)
from srcli.weights.digest import is_file
from srcli.weights.download import Listener, download, part_of, unwritable
from srcli.weights.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """A file that the network's authors published, imported or kept in the tool's own folder."""

    source: Source
    is_pinned: bool = True

    @property
    def is_remote(self) -> bool:
        """Whether a program can fetch it at all."""
        return bool(self.source.addresses)

    def present(self) -> Path | None:
        """Return what was imported or kept."""
        path = self._target()
        return path if is_file(path) else None

    def check(self, path: Path) -> None:
        """Compare it with what was imported or kept."""
        hint = "" if self.is_remote else f"srcli models import {self.source.file} --overwrite"
        check_sealed(path, hint=hint)

    def fetch(self, listen: Listener) -> Path:
        """Download the authors' file, check it, import it if it is to be, and keep the result."""
        if not self.is_remote:
            raise self._by_hand()
        target = self._target()
        original = downloads_folder() / self.source.id / self.source.file
        try:
            for folder in (target.parent, original.parent):
                folder.mkdir(parents=True, exist_ok=True)
            with locked(self.source.id):
                drop_stale(downloads_folder(), "*/*.part", but=part_of(original))
                drop_stale(target.parent, ".*.part", but=target)
                if not self._is_sound(target):
                    self._make(target, original, listen)
        except OSError as error:
            raise unwritable(cache_folder(), error) from error
        return target

    def remove(self) -> bool:
        """Delete what was imported or kept."""
        path = self.present()
        return path is not None and removed(path, discard)

    def addresses(self) -> tuple[str, ...]:
        """Return where to ask, in order; of the mirror alone if there is one."""
        mirror = read_setting("mirror").value.rstrip("/")
        if not mirror:
            return self.source.addresses
        return tuple(mirror + urlsplit(address).path for address in self.source.addresses)

    def _target(self) -> Path:
        source = self.source
        if source.community:
            return cached_file(source.id, Path(source.file).suffix)
        return cached_file(source.id)

    def _is_sound(self, path: Path) -> bool:
        try:
            check_sealed(path)
        except WeightsError:
            return False
        return True

    def _make(self, target: Path, original: Path, listen: Listener) -> None:
        size, sha256 = self.source.size, self.source.sha256
        download(self.addresses(), original, size=size, sha256=sha256, listen=listen)
        if self.source.community:
            keep(original, target)
        else:
            _import(original, target)

    def _by_hand(self) -> WeightsUnavailable:
        source = self.source
        msg = f"the authors offer {source.id} only by hand: {source.file} from {source.pages[0]}"
        hint = f"when you have it: srcli models import {source.file}"
        return WeightsUnavailable(msg, hint=hint)


def _import(original: Path, target: Path) -> None:
    """Make ``target`` of the authors' file, which stays if the result cannot be kept."""
    from srcli.weights.importer import import_checkpoint

    try:
        import_checkpoint(original).keep(target)
    except CorruptWeights:
        original.unlink()
        raise
    original.unlink()
