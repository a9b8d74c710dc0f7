"""Where a model's file comes from: the tool itself, the hub, other people, or the user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from srcli.errors import MissingWeights, UsageError, WeightsUnavailable, listed
from srcli.files.digest import check_digest, is_file
from srcli.files.mistyped import missing_file_hint
from srcli.settings import read_setting
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.included import shipped_folder
from srcli.weights.catalog.suggestions import namesakes
from srcli.weights.providers.authors import Authors
from srcli.weights.providers.cache import removed
from srcli.weights.providers.download import Listener
from srcli.weights.providers.hub_reference import HubFile
from srcli.weights.providers.packaged import Packaged


class Origin(Protocol):
    """One place that a model can come from."""

    @property
    def is_pinned(self) -> bool:
        """Tell whether the file that it gives can never change."""

    @property
    def is_remote(self) -> bool:
        """Tell whether it takes a network to fetch it."""

    def present(self) -> Path | None:
        """Return the file if it is on this machine; asks no one."""

    def check(self, path: Path) -> None:
        """Compare the file with what is known of it.

        Raises:
            CorruptWeights: it differs.

        """

    def fetch(self, listen: Listener) -> Path:
        """Bring the file to this machine, and check it; one that is damaged stays till then.

        Raises:
            WeightsUnavailable: it cannot be had, or cannot be kept.
            CorruptWeights: what came is another file.

        """

    def remove(self) -> bool:
        """Delete the file from this machine, and say whether it was there.

        Raises:
            UsageError: it is not the tool's to delete.
            WeightsUnavailable: it cannot be deleted.

        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A file that is included in srcli."""

    card: WeightCard
    is_pinned: bool = True
    is_remote: bool = False

    def present(self) -> Path | None:
        """Return the file, unless the installation is broken."""
        path = shipped_folder() / self.card.file
        return path if is_file(path) else None

    def check(self, path: Path) -> None:
        """Compare the sha256 of the file with that of its card."""
        check_digest(path, self.card.sha256, hint="Install srcli again.")

    def fetch(self, listen: Listener) -> Path:
        """Fail, because the file can be fetched from nowhere."""
        del listen
        msg = f"This installation of srcli lacks the weights of {self.card.id}."
        hint = "Install srcli again, or set SRCLI_HUB_REPO to a hub repository that has them."
        raise WeightsUnavailable(msg, hint=hint)

    def remove(self) -> bool:
        """Refuse to delete it."""
        msg = f"{self.card.id} is included in srcli and cannot be removed."
        raise UsageError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A file of a hub repository, in the hub's own cache."""

    file: HubFile
    is_remote: bool = True

    @property
    def is_pinned(self) -> bool:
        """Tell whether a commit or a hash names the file; what a branch names may change."""
        return self.file.is_pinned

    def present(self) -> Path | None:
        """Return the cached copy."""
        from srcli.weights.providers import hub

        return hub.cached_copy(self.file)

    def check(self, path: Path) -> None:
        """Compare the file with the hash of the catalogue, or with the one that the hub gave."""
        from srcli.weights.providers import hub

        hub.check(path, self.file)

    def fetch(self, listen: Listener) -> Path:
        """Download the file."""
        from srcli.weights.providers import hub

        return hub.fetch(self.file, listen)

    def remove(self) -> bool:
        """Delete it from the hub's cache."""
        from srcli.weights.providers import hub, hub_client

        path = hub.cached_copy(self.file)
        return path is not None and removed(path, hub_client.forget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A weights file that the user names by its path."""

    path: Path
    is_pinned: bool = True
    is_remote: bool = False

    def present(self) -> Path | None:
        """Return the file if it exists."""
        return self.path if is_file(self.path) else None

    def check(self, path: Path) -> None:
        """Do nothing: a file of the user has no known hash, and is checked when it is loaded."""

    def fetch(self, listen: Listener) -> Path:
        """Fail, because the file can be fetched from nowhere."""
        del listen
        raise self.missing()

    def missing(self) -> MissingWeights:
        """Return what to raise where the file does not exist."""
        msg = f"There is no weights file {self.path}."
        otherwise = "`srcli models list` prints the models that srcli knows."
        known = namesakes(self.path.name)
        if known:
            hint = f"A model of that name can be fetched: type --model {listed(known)}."
            return MissingWeights(msg, hint=hint)
        return MissingWeights(msg, hint=missing_file_hint(self.path, otherwise=otherwise))

    def remove(self) -> bool:
        """Refuse to delete it."""
        msg = f"{self.path} is your own file: srcli does not delete it."
        raise UsageError(msg)


def origin_of(card: WeightCard) -> Origin:
    """Return where a model comes from.

    A model of ours that is not included is looked for in the repository of the setting
    ``hub_repo`` if there is one, else at the commit that its card names. Its hash decides either
    way. Other people's are in a Python package, or are fetched from where they are published.
    """
    if not card.is_ours:
        return Packaged(source=card) if card.package else Authors(source=card)
    from srcli.weights.providers.hub_reference import parse_repository

    shipped = Shipped(card=card)
    setting = read_setting("hub_repo").value
    if shipped.present() or not (setting or card.repo):
        return shipped
    repo, revision = parse_repository(setting or f"{card.repo}@{card.commit}")
    file = HubFile(repo=repo, revision=revision, file=card.file, size=card.size, sha256=card.sha256)
    return Hub(file=file)
