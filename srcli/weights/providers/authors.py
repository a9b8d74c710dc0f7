"""The files that a network's authors, or other people, published for download."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from srcli.errors import CorruptWeights, LicenceNotAccepted, WeightsError, WeightsUnavailable
from srcli.files.digest import is_file
from srcli.settings import read_setting
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import holds_several
from srcli.weights.providers.cache import (
    cache_folder,
    cached_file,
    check_sealed,
    discard,
    downloads_folder,
    drop_stale,
    locked,
    removed,
)
from srcli.weights.providers.download import Listener, download, part_of, unwritable


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """A file that other people published, converted into the tool's own folder.

    Attributes:
        source: what is known of it.
        accepts_licence: whether the user accepts a licence that restricts the use.
        keeps_original: whether the file stays as it was published, beside the converted one.
        is_pinned: true, as its sha256 is known.

    """

    source: WeightCard
    accepts_licence: bool = False
    keeps_original: bool = False
    is_pinned: bool = True

    @property
    def is_remote(self) -> bool:
        """Tell whether a program can fetch it at all."""
        return bool(self.source.addresses)

    def present(self) -> Path | None:
        """Return the converted file."""
        path = self._target()
        return path if is_file(path) else None

    def check(self, path: Path) -> None:
        """Compare the sha256 of the file with the one that was noted after the conversion."""
        hint = "" if self.is_remote else f"Run `{self._import()} --overwrite`."
        check_sealed(path, hint=hint)

    def fetch(self, listen: Listener) -> Path:
        """Download the published file, check it, convert it, and keep the result.

        A notice of licence and author is written beside it where they are known.

        Raises:
            LicenceNotAccepted: its licence restricts the use, and the user did not accept it.
            MissingExtra: it is a network of other people, and spandrel is not installed.
            WeightsUnavailable: it cannot be had, or cannot be kept.
            CorruptWeights: what came is another file.
            DiskFull: there is no room for it.

        """
        if not self.is_remote:
            raise self._by_hand()
        self.check_licence()
        target = self._target()
        original = downloads_folder() / self.source.id / self.source.file
        try:
            for folder in (target.parent, original.parent):
                folder.mkdir(parents=True, exist_ok=True)
            with locked(self.source.id):
                drop_stale(downloads_folder(), "*/*.part", but=part_of(original))
                drop_stale(target.parent, ".*.part", but=target)
                if self.lacks_original() or not self._is_sound(target):
                    self._make(target, original, listen)
        except OSError as error:
            raise unwritable(cache_folder(), error) from error
        return target

    def remove(self) -> bool:
        """Delete the converted file, and what is beside it."""
        for beside in (self._original(), self.notice()):
            removed(beside, partial(Path.unlink, missing_ok=True))
        path = self.present()
        return path is not None and removed(path, discard)

    def check_licence(self) -> None:
        """Refuse a model whose licence restricts its use, unless the user accepts that.

        Raises:
            LicenceNotAccepted: the user did not.

        """
        source = self.source
        if source.is_restricted and not self.accepts_licence:
            msg = f"{source.id} has the licence {source.licence}, which does not allow every use."
            command = f"srcli models fetch {source.id} --accept-licence"
            raise LicenceNotAccepted(
                msg, hint=f"Read it at {source.pages[0]}, then run `{command}`."
            )

    def lacks_original(self) -> bool:
        """Tell whether the published file is asked for, can be fetched, and is not here."""
        return self.keeps_original and self.is_remote and not is_file(self._original())

    def notice(self) -> Path:
        """Return where licence and author are written down."""
        return cached_file(self.source.id, ".NOTICE.txt")

    def addresses(self) -> tuple[str, ...]:
        """Return where to ask, in order; of the mirror alone if there is one."""
        mirror = read_setting("mirror").value.rstrip("/")
        if not mirror:
            return self.source.addresses
        return tuple(mirror + urlsplit(address).path for address in self.source.addresses)

    def _target(self) -> Path:
        return cached_file(self.source.id)

    def _original(self) -> Path:
        return cached_file(self.source.id, f".original{Path(self.source.file).suffix}")

    def _is_sound(self, path: Path) -> bool:
        try:
            check_sealed(path)
        except WeightsError:
            return False
        return True

    def _make(self, target: Path, original: Path, listen: Listener) -> None:
        if self.source.community:
            from srcli.weights.formats.spandrel_networks import require_spandrel

            require_spandrel()  # before the download, which may be large
        size, sha256 = self.source.size, self.source.sha256
        download(self.addresses(), original, size=size, sha256=sha256, listen=listen)
        try:
            self._convert(original, target)
        except CorruptWeights:
            original.unlink()
            raise
        if self.keeps_original:
            original.replace(self._original())
        else:
            original.unlink()

    def _convert(self, original: Path, target: Path) -> None:
        """Make ``target`` of the published file, which stays if the result cannot be kept."""
        if self.source.author:
            self.notice().write_text(render_notice(self.source), encoding="utf-8")
        if self.source.community:
            from srcli.weights.formats.conversion import convert

            convert(original, target, self.source)
        else:
            from srcli.weights.formats.importer import import_checkpoint

            import_checkpoint(original, self.source.scale).keep(target)

    def _by_hand(self) -> WeightsUnavailable:
        source = self.source
        msg = f"{source.id} is a manual download: {source.file} from {source.pages[0]}."
        return WeightsUnavailable(msg, hint=f"Download it, then run `{self._import()}`.")

    def _import(self) -> str:
        """Return the command that imports the file."""
        scale = f" --scale {self.source.scale}" if holds_several(self.source) else ""
        return f"srcli models import {self.source.file}{scale}"


def render_notice(source: WeightCard) -> str:
    """Return what the licence asks to be told with the weights: author, licence and changes."""
    return (
        f"{source.attribution}\n"
        f"\n"
        f"Licence: {source.licence}, https://spdx.org/licenses/{source.licence}.html\n"
        f"Published as: {source.file}, {source.size} bytes, sha256 {source.sha256}\n"
        f"From: {source.addresses[0]}\n"
        f"Changes: {source.id}.safetensors has the same tensors in another format.\n"
    )
