"""Connect to the Ray cluster that makes the pictures of a batch."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from srcli.errors import MissingExtra, UsageError, sentence

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a batch is made.

    Attributes:
        address: of the cluster, as Ray takes it; empty for one on this machine alone.
        actors: how many hold the models; None for one a GPU, or one for every few cores.
        gpus: that each actor takes, if the cluster has any.

    """

    address: str = ""
    actors: int | None = None
    gpus: float = 1.0


START = "300"
"""Seconds that a cluster on this machine may take to start; on a busy one, Ray's own 30 are few."""
LOOPBACK = "127.0.0.1"
"""Where a cluster of this machine alone listens: whoever reaches one may run anything there."""

ANSWER = 30.0
"""Seconds that a cluster may take to answer."""
MANY_MACHINES = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Unless this is 0, Ray takes the machine's outer address where it is given the loopback one."""


@contextmanager
def connected(cluster: Cluster) -> Iterator[Any]:
    """Connect to a cluster, or start one on this machine, unless this process did so before.

    Yields:
        The module of Ray.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError: no cluster answers.

    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_raylet_start_wait_time_s", START)
    if cluster.address.partition(":")[0] in {"", LOOPBACK}:
        os.environ.setdefault(MANY_MACHINES, "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        msg = "The engine ray needs Ray, which is not installed."
        raise MissingExtra(msg, hint="Run `pip install 'srcli[ray]'`.") from error
    was_there = ray.is_initialized()
    here: dict[str, Any] = {} if cluster.address else {"_node_ip_address": LOOPBACK}
    if not was_there:
        try:
            _check_answers(cluster.address)
            with _stdout_as_stderr():
                ray.init(
                    address=cluster.address or "local",
                    include_dashboard=None if cluster.address else False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    **here,
                )
        except (OSError, ValueError, RuntimeError) as error:
            msg = f"No Ray cluster answers at {cluster.address or 'this machine'}."
            hint = "Start one with `ray start --head`, or leave out --address."
            raise UsageError(msg, hint=hint) from error
        _keep_off_stdout()
    try:
        yield ray
    finally:
        if not was_there:
            ray.shutdown()


def _check_answers(address: str) -> None:
    """Refuse an address at which nothing listens, which Ray would try for minutes.

    Raises:
        OSError: nothing listens there.

    """
    host, _, port = address.rpartition(":")
    if host and "/" not in host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER).close()


@contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Send what this process and those that it starts print to standard error instead."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _keep_off_stdout() -> None:
    """Log what Ray says of lost workers, which it prints to standard output whatever is asked."""
    from ray._private import worker

    def tell(data: Any, ignore_prefix: bool) -> None:  # noqa: ANN401, ARG001, FBT001 - as Ray calls it
        for line in data["lines"]:
            logger.info("%s", sentence(str(line)))

    worker.print_to_stdstream = tell
