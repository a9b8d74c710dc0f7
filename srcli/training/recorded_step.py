"""Training steps that a GPU records once for each shape, and then repeats as one piece of work.

The host needs longer to start the hundreds of kernels of a step of a small network than the
GPU needs to run them. A CUDA graph starts them together. It repeats its kernels with the same
shapes and addresses, so there is one graph for each :class:`BatchShape`. The table of crops and
the learning rate change from step to step, so they are written to the addresses that the kernels
read. The counts of the optimiser are on the device anyway. The recorded recipe is that of
:class:`Step`.
"""

from __future__ import annotations

import gc
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from srcli.pixels.sending import sent
from srcli.training.crop_batch import BatchShape
from srcli.training.device_batches import NUMBERS, BatchPlan
from srcli.training.step import Outcome, Step

MOST_RECORDED = 256
"""Number of shapes that are recorded at most, since each keeps some megabytes of the device.
Steps of further shapes are started kernel by kernel."""
CHECKED = 20
"""Number of recorded steps that are also made kernel by kernel, to compare the results."""
CLOSE = 2.0**-6
"""Largest relative difference of the two losses. Rounding in bfloat16 is 2^-9."""
SAME_WAY = 0.5
"""Largest distance between the ends of the two steps, over the length of a step. Muon amplifies
small differences."""

logger = logging.getLogger(__name__)

Work = Callable[[], Outcome]


class WorkRecorder:
    """Repeats work by calling it again: the recorder for devices without CUDA graphs.

    Tests compare :class:`CudaGraphRecorder` with it.

    Args:
        device: device that does the work.

    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def free_bytes(self) -> float:
        """Return the number of bytes on the device that pictures may take."""
        return math.inf

    @contextmanager
    def running(self) -> Iterator[None]:
        """Return the context for all work that is to be repeated, also for its first time."""
        yield

    def record(self, work: Work) -> Work:
        """Return a function that repeats the work, and returns the outcome in the same tensors."""
        return work


class CudaGraphRecorder(WorkRecorder):
    """Repeats work by CUDA graphs on one stream; the graphs share their memory."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # PyTorch's own
        self.pool = torch.cuda.graph_pool_handle()

    def free_bytes(self) -> float:
        """Return a quarter of the free memory."""
        return torch.cuda.mem_get_info(self.device)[0] / 4

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work on the stream of the graphs, in order with the work outside."""
        outside = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            yield
        outside.wait_stream(self.stream)

    def record(self, work: Work) -> Work:
        """Record the work without doing it."""
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self.device)
        with _no_collection():  # freeing memory would end the recording
            graph.capture_begin(pool=self.pool)
            try:
                outcome = work()
            finally:
                graph.capture_end()

        def repeat() -> Outcome:
            graph.replay()
            return outcome

        return repeat


class RecordedStep:
    """Makes the steps of a run from plans, and repeats recorded work where it can.

    The first step of a shape is made kernel by kernel, so that libraries choose their kernels.
    The second one is recorded. The first recorded steps are also made kernel by kernel, and the
    result of the latter is kept. If the two disagree, all further steps are made kernel by kernel.

    Args:
        step: the recipe.
        recorder: recorder for the device.

    """

    def __init__(self, step: Step, recorder: WorkRecorder) -> None:
        self.step = step
        self.recorder = recorder
        self.rate = torch.zeros((), device=recorder.device)
        shape = (step.config.batch, NUMBERS)
        self.table = torch.zeros(shape, dtype=torch.int64, device=recorder.device)
        self.met: set[BatchShape] = set()
        self.recorded: dict[BatchShape, Work] = {}
        self.unchecked = CHECKED
        self.can_record = True

    def __call__(self, plan: BatchPlan, rate: float) -> Outcome:
        """Learn from the batch of a plan at a learning rate."""
        with self.recorder.running():
            self.table.copy_(sent(plan.table, self.recorder.device))
            self.rate.fill_(rate)
            outcome = self._make(plan)
            return Outcome(loss=outcome.loss.clone(), norm=outcome.norm.clone())

    def _make(self, plan: BatchPlan) -> Outcome:
        def work() -> Outcome:
            return self.step.learn(plan.crop_batch(self.table), self.rate)

        repeat = self._recorded(plan.shape, work)
        if repeat is None:
            return work()
        return self._checked(work, repeat) if self.unchecked else repeat()

    def _recorded(self, shape: BatchShape, work: Work) -> Work | None:
        """Return the recorded step of a shape; record it if this is the second of that shape."""
        is_new = shape not in self.met
        self.met.add(shape)
        is_wanted = self.can_record and not is_new and shape not in self.recorded
        if is_wanted and len(self.recorded) < MOST_RECORDED:
            try:
                self.recorded[shape] = self.recorder.record(work)
            except RuntimeError as error:
                self._stop_recording(str(error).partition("\n")[0])
        return self.recorded.get(shape)

    def _checked(self, work: Work, repeat: Work) -> Outcome:
        """Make a step in both ways, and compare the losses and the resulting networks."""
        self.unchecked -= 1
        network = list(self.step.state.network.parameters())
        kept = [value for of in self.step.state.optimizer.state.values() for value in of.values()]
        changing = [parameter.detach() for parameter in network] + kept
        before = [tensor.clone() for tensor in changing]
        repeated = repeat().loss.item()
        ended = [parameter.detach().clone() for parameter in network]
        for tensor, old in zip(changing, before, strict=True):
            tensor.copy_(old)
        outcome = work()
        expected = outcome.loss.item()
        apart, moved = _distance(ended, network), _distance(before, network)
        is_close = abs(repeated - expected) <= CLOSE * abs(expected)
        if not (is_close and apart <= SAME_WAY * moved):
            self.recorded.clear()
            self._stop_recording(
                f"losses {repeated:.6g} and {expected:.6g}, "
                f"ends {apart:.3g} apart after {moved:.3g}"
            )
        return outcome

    def _stop_recording(self, reason: str) -> None:
        self.can_record = False
        logger.warning("Steps cannot be recorded any more and will be slower: %s.", reason)


@torch.no_grad()
def _distance(first: Sequence[Tensor], second: Sequence[Tensor]) -> float:
    """Return the Euclidean distance between as many tensors as ``second`` has."""
    squares = [(a - b).double().square().sum() for a, b in zip(first, second, strict=False)]
    return math.sqrt(torch.stack(squares).sum().item())


@contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
