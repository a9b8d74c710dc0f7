"""A process that makes pictures for a driver elsewhere, which alone writes the manifest."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from srcli.batch.budget import ByteBudget
from srcli.batch.ledger import ClaimResult, Made, NoLedger
from srcli.batch.naming import Job
from srcli.batch.outcome import Outcome, SilentListener
from srcli.batch.stages import BatchContext, Coded, Read, Ready, encode, enlarge, put, read
from srcli.engine.host import host_memory, keep_memory
from srcli.pipeline.run import Pipeline

SHARE_OF_MEMORY = 0.5
"""The workers of a machine may fill this share of its free memory with pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker starts with.

    Attributes:
        folder: that relative paths start from; it must be there on every machine.
        make_pipeline: loads the models.
        neighbours: workers on one machine, at most.
        settings: fingerprint of what results depend on beside their sources; kept with objects.

    """

    folder: str
    make_pipeline: Callable[[], Pipeline]
    neighbours: int
    settings: str = ""


class Worker:
    """Holds the models, and makes pictures in two calls: all but the file, then the file.

    Between the two the driver records what the file will be, so that whatever dies at any moment,
    a file in its place is known. Calls may come from several threads: reading, encoding and
    writing overlap with the network, which works on one picture at a time.
    """

    def __init__(self, setup: Setup) -> None:
        os.chdir(setup.folder)
        keep_memory()
        self._pipeline = setup.make_pipeline()
        self._budget = ByteBudget(int(host_memory() * SHARE_OF_MEMORY / setup.neighbours))
        self._settings = setup.settings
        self._network = threading.Lock()
        self._ready: dict[str, Coded] = {}

    def call(self, packed: bytes) -> bytes:
        """Call a method, by its name and arguments, and return what it does.

        Ray takes half a millisecond less at both ends for bytes than for objects of ours.
        """
        method, *arguments = pickle.loads(packed)  # noqa: S301 - whoever reaches us runs anything
        return pickle.dumps(getattr(self, method)(*arguments))

    def models(self) -> Sequence[str]:
        """Return the hashes of the weights, once they are loaded."""
        return self._pipeline.models.sha256

    def make(self, job: Job, claimed: ClaimResult) -> Made | Outcome:
        """Make the file of a picture that the driver claimed, and keep it in memory."""
        context = BatchContext(pipeline=self._pipeline, ledger=_Claimed(claimed))
        taken = read(job, context, self._budget)
        if not isinstance(taken, Read):
            return taken
        coded = None
        try:
            with self._network:
                ready = enlarge(taken, context, SilentListener())
            coded = encode(ready, context) if isinstance(ready, Ready) else ready
        finally:
            if not isinstance(coded, Coded):
                self._budget.release(taken.claim.memory)
        if not isinstance(coded, Coded):
            return coded
        self._ready[str(job.output)] = coded
        return coded.made

    def put(self, job: Job) -> Outcome:
        """Put the file of a picture in its place."""
        coded = self._ready.pop(str(job.output))
        try:
            claimed = _Claimed(coded.claim.claimed)
            context = BatchContext(pipeline=self._pipeline, ledger=claimed, settings=self._settings)
            return put(coded, context)
        finally:
            self._budget.release(coded.claim.memory)

    def drop(self, job: Job) -> None:
        """Forget the file of a picture."""
        self._budget.release(self._ready.pop(str(job.output)).claim.memory)


class _Claimed(NoLedger):
    """Says what the driver's ledger said of a picture; the driver records the rest."""

    def __init__(self, claimed: ClaimResult) -> None:
        super().__init__(overwrite=claimed is ClaimResult.REPLACE)
        self._claimed = claimed

    def claim(self, job: Job) -> ClaimResult:  # noqa: ARG002 - of the protocol
        """Return what the driver was told."""
        return self._claimed
