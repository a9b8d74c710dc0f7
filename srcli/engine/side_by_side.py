"""Share PyTorch's threads among the parts of a work, or do it in one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Protocol, TypeVar

import torch

Part = TypeVar("Part")
Made = TypeVar("Made")


class ForEach(Protocol):
    """Does something with each of several parts, and returns what comes of them, in order."""

    def __call__(self, work: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
        """Raise what ``work`` raised for the first part that failed, once all have ended."""


@contextmanager
def side_by_side(count: int) -> Iterator[ForEach]:
    """Yield what works on ``count`` parts at once.

    Threads of PyTorch wait for each other at the end of every operation, also for one that another
    program keeps from running. Each part has its own share of them, and waits for no other part.

    Args:
        count: of parts at once, at most the number of PyTorch's threads.

    """
    if count == 1:
        yield _in_turn
        return
    threads, inference = torch.get_num_threads(), torch.is_inference_mode_enabled()

    def begin() -> None:
        torch.get_num_threads()  # the first question in a thread sets its number to that of all
        torch.set_num_threads(threads // count)

    with ThreadPoolExecutor(count, "part", initializer=begin) as pool:
        started = threading.Barrier(count + 1)
        for _ in range(count):
            pool.submit(started.wait)
        started.wait()
        torch.set_num_threads(threads)  # threads that begin later would have a share as well

        def at_once(work: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
            def do(part: Part) -> Made:
                with torch.inference_mode(inference):
                    return work(part)

            made = [pool.submit(do, part) for part in parts]
            wait(made)
            return [one.result() for one in made]

        yield at_once


def _in_turn(work: Callable[[Part], Made], parts: Sequence[Part]) -> list[Made]:
    return [work(part) for part in parts]


@contextmanager
def one_thread() -> Iterator[None]:
    """Work in one thread, for many short operations that would wait for each other.

    On two cores shared with other work, reducing and measuring Set5 took 16 seconds in two
    threads and a third of a second in one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
