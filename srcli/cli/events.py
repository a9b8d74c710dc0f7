"""``--json``: what happens, one JSON object a line; described in docs/events.md."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Self

from srcli import __version__
from srcli.cli.console import data
from srcli.cli.heartbeat import Heartbeat
from srcli.cli.tally import Tally

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome, Upscaled
    from srcli.batch.plan import Planned
    from srcli.errors import SrcliError
    from srcli.files.objects.address import Location
    from srcli.pipeline.choose import Choice
    from srcli.pipeline.target_size import Size

SCHEMA = 1
INTERVAL = 0.5
"""Seconds between two events about the same picture's progress."""
SILENCE = 5.0
"""Seconds without an event before one says that the work goes on: in time for who waits for 10."""


class JsonReporter:
    """Prints events."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._source = ""
        self._total = 0
        self._done = 0
        self._told = 0.0
        self._heartbeat = Heartbeat(self._alive, every=SILENCE)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._heartbeat.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._heartbeat.__exit__()

    def found(self, count: int) -> None:
        """Tell how many pictures there are."""
        self.tally.start(count)
        self._emit("start", version=__version__, found=count)

    def picture(self, source: Location, source_size: Size, size: Size) -> None:
        """Tell that a picture is begun."""
        self._source = str(source)
        self._emit(
            "picture", source=self._source, source_size=_sides(source_size), size=_sides(size)
        )

    def begin(self, total: int) -> None:
        """Count the pixels of one run over the picture from zero."""
        self._total, self._done, self._told = total, 0, time.monotonic()

    def advance(self, amount: int) -> None:
        """Tell how far it is, not too often."""
        self._done += amount
        if time.monotonic() - self._told >= INTERVAL:
            self._told = time.monotonic()
            self._emit("progress", source=self._source, pixels=self._done, of=self._total)

    def outcome(self, outcome: Outcome) -> None:
        """Tell what became of a picture."""
        from srcli.batch.outcome import Failed, Skipped

        self.tally.add(outcome)
        if isinstance(outcome, Failed):
            self._emit("failed", source=str(outcome.source), **described(outcome.error))
        elif isinstance(outcome, Skipped):
            source, output = str(outcome.source), str(outcome.output)
            self._emit("skipped", source=source, output=output, reason=outcome.reason)
        else:
            self._emit("done", **_done(outcome))

    def finish(self, *, interrupted: bool = False) -> None:
        """Tell how it ended."""
        tally = self.tally
        self._emit(
            "summary",
            found=tally.found,
            done=tally.done,
            skipped=tally.skipped,
            failed=tally.failed,
            not_reached=tally.not_reached,
            megapixels=round(tally.megapixels, 6),
            seconds=round(tally.seconds, 3),
            models=dict(sorted(tally.models.items())),
            interrupted=interrupted,
        )

    def _alive(self, seconds: float) -> None:
        """Tell that the work goes on."""
        tally = self.tally
        if tally.found and not tally.not_reached:  # waiting for more, as with --watch
            return
        ended = tally.done + tally.skipped + tally.failed
        source = self._source or None
        self._emit("alive", seconds=round(seconds, 3), source=source, ended=ended)

    def _emit(self, event: str, **fields: object) -> None:
        """Print one event, whole, from whichever thread."""
        with self._lock:
            self._heartbeat.beat()
            emit(event, **fields)


def emit(event: str, **fields: object) -> None:
    """Print one event."""
    line = json.dumps({"schema": SCHEMA, "event": event, **fields})
    data(line.replace("\x7f", "\\u007f"))  # json leaves this one control character as it is


def emit_plan(planned: Planned) -> None:
    """Print what would become of a picture."""
    size, cost = planned.size, planned.cost
    emit(
        "plan",
        source=str(planned.job.source.path),
        output=str(planned.job.output),
        action=planned.action,
        source_size=planned.source_size and _sides(planned.source_size),
        size=size and _sides(size),
        passes=cost and len(cost.passes),
        way=planned.way or None,
        choice=_choice(planned.choice),
        tiles=cost and cost.tiles,
        memory_bytes=cost and cost.memory,
        disk_bytes=cost and cost.disk,
        reason=planned.note or None,
        error=planned.error and described(planned.error),
    )


def _done(outcome: Upscaled) -> dict[str, object]:
    consistency = outcome.consistency
    return {
        "source": str(outcome.source),
        "output": str(outcome.output),
        "source_size": _sides(outcome.source_size),
        "size": _sides(outcome.size),
        "copied": outcome.copied,
        "source_jpeg_quality": outcome.jpeg_quality,
        "left_behind": list(outcome.left_behind),
        "warnings": list(outcome.warnings),
        "choice": _choice(outcome.choice),
        "attributions": list(outcome.attributions),
        "seconds": round(outcome.seconds, 3),
        "network_seconds": round(outcome.network_seconds, 3),
        "consistency_db": consistency and round(consistency.psnr, 2),
        "sound": consistency and consistency.sound,
    }


def _choice(choice: Choice | None) -> dict[str, object] | None:
    """Tell what was chosen and measured; nothing of a model that was asked for."""
    if choice is None or choice.inspection is None:
        return None
    return {
        "model": choice.model,
        "shares": choice.parts,
        "guard": choice.guard,
        "reason": choice.reason,
        "purpose": choice.purpose or None,
        "noise": round(choice.inspection.noise, 2),
        "compression": round(choice.inspection.compression, 1),
    }


def described(error: SrcliError) -> dict[str, object]:
    """Return the fields of an error."""
    return {
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def _sides(size: Size) -> dict[str, int]:
    return {"height": size[0], "width": size[1]}
