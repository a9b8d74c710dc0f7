"""Pictures whose results would have names that are taken."""

from __future__ import annotations

from collections.abc import Iterator

from srcli.batch.naming import Job
from srcli.batch.outcome import Failed, Listener
from srcli.errors import UnwritableImage, UsageError
from srcli.files.objects.address import Location
from srcli.usecases.upscale_request import Shard


class Clashes:
    """Pictures that clash, each of which fails once and stops no other."""

    def __init__(self) -> None:
        self.first: UsageError | None = None
        self._known: set[Location] = set()
        self._news: list[tuple[Job, UnwritableImage]] = []

    def add(self, job: Job, error: UsageError) -> None:
        """Take one in."""
        self.first = self.first or error
        path = job.source.path
        if path not in self._known:
            self._known.add(path)
            self._news.append((job, UnwritableImage(error.message, hint=error.hint)))

    def keep(self, shard: Shard | None) -> None:
        """Leave those that are in other parts of a batch to them."""
        if shard is not None:
            self._news = [
                (job, error)
                for job, error in self._news
                if shard.holds(job.source.relative.as_posix())
            ]

    def news(self) -> list[tuple[Job, UnwritableImage]]:
        """Return those that were not told of yet."""
        news, self._news = self._news, []
        return news

    def tell(self, listener: Listener) -> Iterator[Failed]:
        """Yield those that were not told of yet, as outcomes."""
        news = self.news()
        if news:
            listener.found(len(news))
        for job, error in news:
            yield Failed(source=job.source.path, error=error)
