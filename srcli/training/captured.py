"""Steps that a GPU makes as one piece of work: recorded once for all sizes, then started at once.

The host needs longer to start the hundreds of kernels of a step of a small network than the
GPU needs to run them. A CUDA graph starts them together. It repeats its kernels with the same
shapes and addresses, so there is one for each :class:`Outline`, and what changes from step to
step is put where the kernels read it: the table of crops and the learning rate. What the
optimiser counts is on the device anyway. The recipe is the one of :class:`Step`, which is what
is recorded.
"""

from __future__ import annotations

import gc
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from srcli.training.degrade import Outline, sent
from srcli.training.planned import NUMBERS, Plan
from srcli.training.step import Outcome, Step

MOST_RECORDED = 256
"""Outlines: each keeps some megabytes of the device. Steps of any more are started kernel by
kernel."""
CHECKED = 20
"""Recorded steps of a run that are made in both ways and compared."""
CLOSE = 2.0**-6
"""How much the two losses may differ, in relation to them: rounding in bfloat16 is 2^-9."""
SAME_WAY = 0.5
"""How far apart the two steps may end, in relation to their length: Muon makes much of little."""

logger = logging.getLogger(__name__)

Work = Callable[[], Outcome]


class Repeater:
    """Repeats work by doing it again. That is how it goes without CUDA, and what tests compare.

    Args:
        device: that works.

    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def room(self) -> float:
        """Return how many bytes of the device pictures may take."""
        return math.inf

    @contextmanager
    def running(self) -> Iterator[None]:
        """Surround all work that is to be repeated, its first time too."""
        yield

    def record(self, work: Work) -> Work:
        """Return what does the work again, and returns the outcome in the same place."""
        return work


class Graphs(Repeater):
    """Repeats work by CUDA graphs on one stream, which share their memory between starts."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # PyTorch's own
        self.pool = torch.cuda.graph_pool_handle()

    def room(self) -> float:
        """Return a quarter of what is free."""
        return torch.cuda.mem_get_info(self.device)[0] / 4

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work on the stream; the device keeps the order with what is outside."""
        outside = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            yield
        outside.wait_stream(self.stream)

    def record(self, work: Work) -> Work:
        """Record the work, which is not done meanwhile."""
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self.device)
        with _no_collection():  # what is freed meanwhile would end the recording
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
    """Makes the steps of a run from plans, those of an outline that it has met before as one.

    The first step of an outline is made kernel by kernel, which lets libraries choose their
    kernels; the second one is recorded. The first recorded steps are made in both ways, and
    what was made kernel by kernel is kept. If they disagree, all steps are made so from then on.

    Args:
        step: the recipe.
        repeater: of the device.

    """

    def __init__(self, step: Step, repeater: Repeater) -> None:
        self.step = step
        self.repeater = repeater
        self.rate = torch.zeros((), device=repeater.device)
        shape = (step.config.batch, NUMBERS)
        self.table = torch.zeros(shape, dtype=torch.int64, device=repeater.device)
        self.met: set[Outline] = set()
        self.recorded: dict[Outline, Work] = {}
        self.unchecked = CHECKED
        self.can_record = True

    def __call__(self, plan: Plan, rate: float) -> Outcome:
        """Learn from the batch of a plan, at a learning rate."""
        with self.repeater.running():
            self.table.copy_(sent(plan.table, self.repeater.device))
            self.rate.fill_(rate)
            outcome = self._make(plan)
            return Outcome(loss=outcome.loss.clone(), norm=outcome.norm.clone())

    def _make(self, plan: Plan) -> Outcome:
        def work() -> Outcome:
            return self.step.learn(plan.pair(self.table), self.rate)

        repeat = self._recorded(plan.outline, work)
        if repeat is None:
            return work()
        return self._checked(work, repeat) if self.unchecked else repeat()

    def _recorded(self, outline: Outline, work: Work) -> Work | None:
        """Return what repeats the steps of an outline, recorded now if this is the second."""
        is_new = outline not in self.met
        self.met.add(outline)
        is_wanted = self.can_record and not is_new and outline not in self.recorded
        if is_wanted and len(self.recorded) < MOST_RECORDED:
            try:
                self.recorded[outline] = self.repeater.record(work)
            except RuntimeError as error:
                self._stop_recording(str(error).partition("\n")[0])
        return self.recorded.get(outline)

    def _checked(self, work: Work, repeat: Work) -> Outcome:
        """Make a step in both ways, and compare the losses and where the network ends."""
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
        logger.warning("steps cannot be recorded any more, and will be slower: %s", reason)


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
