"""The actors of a cluster as its driver knows them, and the pictures that they have."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from srcli.batch.connection import Cluster
from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.naming import Job
from srcli.files.objects.address import ObjectPath

IN_WORKS = 3
"""Pictures that an actor has at once: one is read, one enlarged, one written."""
CORES = 4
"""Cores of an actor where there are no GPUs."""


@dataclass(slots=True, eq=False)
class Task:
    """A picture on its way."""

    number: int
    job: Job
    claimed: ClaimResult = ClaimResult.MAKE
    losses: int = 0
    made: Made | None = None

    @property
    def asks_a_store(self) -> bool:
        """Tell whether looking for its files takes requests."""
        return any(isinstance(at, ObjectPath) for at in (self.job.source.path, self.job.output))


@dataclass(slots=True, eq=False)
class Actor:
    """A process of the cluster, and what it works on."""

    handle: Any
    is_ready: bool = False
    tasks: set[Task] = field(default_factory=set)

    def ask(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - Ray's
        """Begin a call of a method of the worker; what comes is packed by ``pickle``."""
        return self.handle.call.remote(pickle.dumps((method, *arguments)))

    def takes(self, losses: int) -> bool:
        """Tell whether a picture may be given to it; one that workers were lost with goes alone."""
        alone = losses > 0 or any(other.losses for other in self.tasks)
        return self.is_ready and len(self.tasks) < (1 if alone else IN_WORKS)


def room_for(ray: Any, cluster: Cluster) -> tuple[int, Mapping[str, float]]:  # noqa: ANN401 - a module
    """Return how many actors are to work on a cluster, and what each takes, as Ray's options."""
    resources = ray.cluster_resources()
    gpus, cores = resources.get("GPU", 0), max(1, int(resources.get("CPU", 1)))
    each = cluster.gpus if gpus else 0
    by_device = int(gpus // each) if each else cores // CORES
    count = max(1, cluster.actors or by_device)
    alive = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
    room = int(max(alive, default=1))  # no actor spans two machines
    share = max(1, min(CORES, room, cores // count))
    return count, {"num_gpus": each, "num_cpus": share}
