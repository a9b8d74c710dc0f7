"""Which pictures of a batch are done already, asked for many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from srcli.batch.ledger import ClaimResult, Ledger
from srcli.batch.naming import Job, files_of
from srcli.batch.outcome import Skipped

BATCH = 1000
"""Pictures that are asked for at once."""


def unfinished(jobs: Sequence[Job], ledger: Ledger) -> Iterator[Job | Skipped]:
    """Yield each picture in order, of those that are sure to be done what became of it."""
    for start in range(0, len(jobs), BATCH):
        part = jobs[start : start + BATCH]
        files = list(files_of(part))
        done = ledger.finished(files)
        for number, (source, output) in enumerate(files):
            if number in done:
                paths = Path(*source), Path(*output)
                yield Skipped(source=paths[0], output=paths[1], reason=ClaimResult.DONE.value)
            else:
                yield part[number]
