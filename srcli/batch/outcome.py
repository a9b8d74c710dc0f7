"""What became of one picture of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from srcli.batch.naming import Files, Job
from srcli.engine.progress import Progress
from srcli.errors import DiskFull, ImageError, OutputLost, ResourceError, UnwritableFile
from srcli.files.objects.address import Location, location_of
from srcli.pipeline.choose import Choice
from srcli.pipeline.consistency import Consistency
from srcli.pipeline.run import Encoded
from srcli.pipeline.target_size import Size

Failure = ImageError | ResourceError | UnwritableFile
FAILURES = (ImageError, ResourceError, UnwritableFile)
"""What may become of one picture, or of its line in the manifest, while the others are made."""
LARGE_ENOUGH = "large enough already"
"""Why a picture is skipped that has the size asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscaled:
    """A picture that was written.

    Attributes:
        source: the file it was made of.
        output: the file that was written.
        source_size: before.
        size: after.
        seconds: reading, enlarging, checking and encoding it took, without waiting.
        network_seconds: the part of these that enlarging took.
        consistency: how well the result gives its source back; None where it is smaller,
            or was restored.
        copied: it was large enough, and is the source byte for byte.
        jpeg_quality: about what the source was last compressed at; None if it is no JPEG.
        left_behind: what the source held beside its pixels and the output does not.
        warnings: sentences, each with the source's name, about what is wrong with it.
        choice: how it was enlarged; None if it was copied.
        attributions: who made the models of other people that ran, and their licences.

    """

    source: Location
    output: Location
    source_size: Size
    size: Size
    seconds: float
    network_seconds: float = 0.0
    consistency: Consistency | None = None
    copied: bool = False
    jpeg_quality: int | None = None
    left_behind: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    choice: Choice | None = None
    attributions: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Location, output: Location, encoded: Encoded) -> Upscaled:
        """Tell of a result, and of the files that it was made of and goes to."""
        return cls(
            source=source,
            output=output,
            source_size=encoded.source_size,
            size=encoded.size,
            seconds=encoded.seconds,
            network_seconds=encoded.network_seconds,
            consistency=encoded.consistency,
            copied=encoded.copied,
            jpeg_quality=encoded.jpeg_quality,
            left_behind=encoded.left_behind,
            warnings=encoded.warnings,
            choice=encoded.choice,
            attributions=encoded.attributions,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A picture that needed no work; there may be a million, whose paths nobody asks for.

    Attributes:
        files: folder and name of the picture, and of its result.
        reason: goes on after its name ("is ...").

    """

    files: Files
    reason: str

    @classmethod
    def of(cls, job: Job, reason: str) -> Skipped:
        """Tell of one picture."""
        paths = job.source.path, job.output
        source, output = ((str(path.parent), path.name) for path in paths)
        return cls(files=(source, output), reason=reason)

    @property
    def source(self) -> Location:
        """The file or object that holds the picture."""
        return location_of(*self.files[0])

    @property
    def output(self) -> Location:
        """The file or object that holds the result."""
        return location_of(*self.files[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A picture that was not made, and why."""

    source: Location
    error: Failure


Outcome = Upscaled | Skipped | Failed


def ends_run(outcome: Outcome, *, fail_fast: bool) -> bool:
    """Tell whether no more pictures are begun after this outcome."""
    return isinstance(outcome, Failed) and (
        fail_fast or isinstance(outcome.error, (DiskFull, OutputLost))
    )


class Listener(Progress, Protocol):
    """Told how far a batch is, beside the outcomes that it yields."""

    def found(self, count: int) -> None:
        """Tell that ``count`` more outcomes will follow."""
        ...

    def picture(self, source: Location, source_size: Size, size: Size) -> None:
        """A picture starts to be enlarged."""
        ...


class SilentListener:
    """A listener that ignores everything."""

    def found(self, count: int) -> None:
        """Ignore the count."""

    def picture(self, source: Location, source_size: Size, size: Size) -> None:
        """Ignore the picture."""

    def begin(self, total: int) -> None:
        """Ignore the total."""

    def advance(self, amount: int) -> None:
        """Ignore the step."""
