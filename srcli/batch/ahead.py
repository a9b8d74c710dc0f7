"""Find the pictures of a batch that are done already, many with one question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from srcli.batch.ledger import ClaimResult, Ledger
from srcli.batch.naming import Group, Job, groups_of
from srcli.batch.outcome import Skipped

BATCH = 1000
"""Pictures that are asked for at once."""


def unfinished(jobs: Sequence[Job], ledger: Ledger) -> Iterator[Job | Skipped]:
    """Yield each picture in order, of those that are sure to be done what became of it."""
    number = 0
    for groups in _together(groups_of(jobs, BATCH)):
        for group, done in zip(groups, ledger.finished(groups), strict=True):
            files = zip(group.names, group.outputs, strict=True)
            for at, (name, result) in enumerate(files):
                if at in done:
                    paths = (group.folder, name), (group.output, result)
                    yield Skipped(files=paths, reason=ClaimResult.DONE.value)
                else:
                    yield jobs[number]
                number += 1


def _together(groups: Iterator[Group]) -> Iterator[list[Group]]:
    """Yield groups together that have about as many pictures as are asked for at once."""
    some: list[Group] = []
    count = 0
    for group in groups:
        if some and count + len(group.names) > BATCH:
            yield some
            some, count = [], 0
        some.append(group)
        count += len(group.names)
    if some:
        yield some
