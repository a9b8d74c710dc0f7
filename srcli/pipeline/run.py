"""One picture from bytes to bytes: probe, decode, choose, enlarge, check, encode.

Batches, pipes and the library all make pictures through ``Pipeline``. It knows neither where a
picture comes from nor where its result goes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from srcli.engine.memory import memory_errors
from srcli.engine.progress import Progress
from srcli.errors import BadTile, OutOfMemory
from srcli.files.content import Content
from srcli.images.decode import decode_picture
from srcli.images.encode import is_streamed, write_picture
from srcli.images.formats import Format
from srcli.images.metadata.inventory import left_behind
from srcli.images.output_options import OutputOptions
from srcli.images.picture.alpha import treat_hidden
from srcli.images.picture.animation import Picture, each, photos
from srcli.images.picture.photo import Photo
from srcli.images.probe import ImageInfo
from srcli.images.recognition import recognise
from srcli.pipeline.choose import Choice, choose
from srcli.pipeline.consistency import Consistency, worst_consistency
from srcli.pipeline.enlarge import enlarge_photo, enlarge_picture
from srcli.pipeline.inspection import inspect
from srcli.pipeline.loaded_models import LoadedModels
from srcli.pipeline.output_spec import Output, OutputSpec
from srcli.pipeline.preflight import check_encodable, check_format, fitting_format
from srcli.pipeline.probe import Probed, probe
from srcli.pipeline.shares import CLEAN, CLEAN_SHARES
from srcli.pipeline.target_size import Size, TargetSize
from srcli.pipeline.unfinished import Unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a picture that is being made, beside its pixels.

    Attributes:
        info: what the head of its file said.
        target: size of the result; None if it keeps its own.
        choice: how it is enlarged; None if it is not.
        output: where the result goes.
        content: the source, where the result is the same bytes; else empty.
        warnings: sentences about what is wrong with its file.
        seconds: that decoding it took.

    """

    info: ImageInfo
    target: TargetSize | None
    choice: Choice | None
    output: Output
    content: bytes
    warnings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A picture in memory; visible colours were spread into its transparent pixels."""

    facts: Facts
    picture: Picture


@dataclass(slots=True, kw_only=True)
class Enlarged:
    """A picture that is ready to be encoded.

    Attributes:
        facts: what is known of it.
        before: the source, until the result was compared with it: encoders need the room.
        result: what became of it.
        seconds: that enlarging it took.
        kept: the files that hold a large result, until it is encoded.

    """

    facts: Facts
    before: Picture | None
    result: Picture
    seconds: float
    kept: Unfinished | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """The file of a result, and what is told of it.

    Attributes:
        file: the content of the file.
        source_size: before.
        size: after.
        seconds: that decoding, enlarging, checking and encoding took.
        network_seconds: the part of these that enlarging took.
        consistency: how well the result gives its source back; None where that is not measured.
        copied: it was large enough already.
        jpeg_quality: about what the source was last compressed at; None if it is no JPEG.
        left_behind: what the source held beside its pixels and the file does not.
        warnings: sentences about what is wrong with the source.
        choice: how it was enlarged; None if it was copied.
        attributions: who made the models of other people that ran, and their licences.

    """

    file: Content
    source_size: Size
    size: Size
    seconds: float
    network_seconds: float
    consistency: Consistency | None
    copied: bool
    jpeg_quality: int | None
    left_behind: tuple[str, ...]
    warnings: tuple[str, ...]
    choice: Choice | None
    attributions: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """The file in memory."""
        return self.file.read()


class Pipeline:
    """Makes pictures, one after another or several steps at once; it keeps nothing of them.

    Args:
        spec: what is wanted of every picture.
        models: those that enlarge them.

    """

    def __init__(self, spec: OutputSpec, models: LoadedModels) -> None:
        self.spec = spec
        self.models = models

    def probe(self, content: bytes, *, name: str, info: ImageInfo | None = None) -> Probed:
        """Find out what is to be done about a file; see ``srcli.pipeline.probe.probe``."""
        return probe(content, self.spec, self.models, name=name, info=info)

    def decode(self, probed: Probed, output: Output) -> Decoded:
        """Decode a picture, once it is sure that its result can be held and written.

        Raises:
            UnreadableImage: the file is damaged.
            UnwritableImage: the format cannot hold the result.
            OutOfMemory: the result does not fit into memory.

        """
        began, spec, warnings = time.monotonic(), self.spec, list[str]()
        made = probed.action == "make"
        probed.check_memory(whole=not is_streamed(output.format))
        check_format(output.format, probed.size, frames=probed.info.frames, name=output.name)
        picture = self.read(probed, warnings)
        same = not made and recognise(probed.content) is output.format
        verbatim = same and spec.options == OutputOptions()
        if not verbatim:
            check_encodable(picture, output.format, name=output.name)
        choice = self.choose(picture, probed.target, probed.info) if made else None
        facts = Facts(
            info=probed.info,
            target=probed.target if made else None,
            choice=choice,
            output=output,
            content=probed.content if verbatim else b"",
            warnings=tuple(warnings),
            seconds=time.monotonic() - began,
        )
        return Decoded(facts=facts, picture=self.bleed(picture) if made else picture)

    def read(self, probed: Probed, warnings: list[str]) -> Picture:
        """Decode a file and leave out what was asked to be left out; ``warnings`` get more.

        Raises:
            UnreadableImage: the file is damaged.
            UnwritableImage: the picture cannot be put on the background.

        """
        spec, name = self.spec, probed.name
        picture = decode_picture(probed.content, name=name, rules=spec.rules, warn=warnings.append)
        return spec.options.apply(picture, name=name)

    def choose(self, picture: Picture, target: TargetSize, info: ImageInfo | None) -> Choice:
        """Choose how a picture is enlarged, from its pixels where ``auto`` was asked for.

        The first frame of an animation decides for all, so that it does not flicker.

        Args:
            picture: as it was read.
            target: the size that it will have.
            info: what the head of its file said; None if it comes from none.

        """
        larger = target.height > picture.height or target.width > picture.width
        if not self.models.chooses:
            choice = Choice(model=self.models.model)
        elif not larger:
            choice = Choice(model=CLEAN, shares=CLEAN_SHARES)
        else:
            found = inspect(next(photos(picture)), info)
            named, denoise = self.models.aliases, self.spec.denoise
            choice = choose(found, ratio=target.ratio, denoise=denoise, named=named)
        return choice if self.spec.guard is None else replace(choice, guard=self.spec.guard)

    def bleed(self, picture: Picture) -> Picture:
        """Give transparent pixels colours that the network can look at, unless told not to."""
        treat = partial(treat_hidden, hidden=self.spec.hidden, borders=self.spec.borders)
        return each(picture, treat)

    def make(  # noqa: PLR0913 - what is known of one picture, all by name
        self,
        content: bytes,
        *,
        name: str,
        progress: Progress,
        info: ImageInfo | None = None,
        output: Output | None = None,
        begun: Callable[[Probed], None] | None = None,
    ) -> Encoded:
        """Make the file of a result of the file of a picture.

        Args:
            content: the file.
            name: what messages call it.
            progress: told of the work.
            info: what its head says, if that is known already.
            output: where the result goes; None for the format of the source, or one that fits.
            begun: told of a picture that is about to be enlarged.

        Raises:
            UnreadableImage: it is no picture, or damaged.
            UnwritableImage: the format cannot hold the result.
            OutOfMemory: the result does not fit into memory.

        """
        with named_failures(name):
            probed = self.probe(content, name=name, info=info)
            if probed.action == "skip":
                probed = replace(probed, action="copy")
            known = output or Output(format=fitting_format(content, probed.info), name=name)
            decoded = self.decode(probed, known)
            if begun and probed.action == "make":
                begun(probed)
            return self.encode(self.enlarge(decoded, progress))

    def enlarge_photo(
        self, photo: Photo, target: TargetSize, info: ImageInfo | None, progress: Progress
    ) -> Photo:
        """Choose for a photo that is in memory, and enlarge it; ``info`` as for ``choose``."""
        choice = self.choose(photo, target, info)
        runner = self.models.chosen(choice).runner
        photo = treat_hidden(photo, self.spec.hidden, self.spec.borders)
        return enlarge_photo(photo, target, runner, choice, progress)

    def enlarge(self, decoded: Decoded, progress: Progress) -> Enlarged:
        """Run the network over a picture, unless it keeps its size.

        Raises:
            BadTile: the network made no numbers of it.
            OutOfMemory: a tile does not fit into memory.

        """
        facts, picture = decoded.facts, decoded.picture
        if facts.target is None or facts.choice is None:
            return Enlarged(facts=facts, before=None, result=picture, seconds=0.0)
        began = time.monotonic()
        result, kept = enlarge_picture(picture, facts.target, self.models, facts.choice, progress)
        seconds = time.monotonic() - began
        return Enlarged(facts=facts, before=picture, result=result, seconds=seconds, kept=kept)

    def encode(self, enlarged: Enlarged) -> Encoded:
        """Compare a result with its source and encode it.

        Raises:
            UnwritableImage: the format cannot hold it.

        """
        began, facts, result = time.monotonic(), enlarged.facts, enlarged.result
        found = self._compare(enlarged)
        known, file, left = facts.output.format, Content(facts.content), tuple[str, ...]()
        if not facts.content:
            left = left_behind(result.metadata, known)
            file = self._write(enlarged, known)
        if enlarged.kept:
            enlarged.kept.remove()
        return Encoded(
            file=file,
            source_size=facts.info.size,
            size=(result.height, result.width),
            seconds=facts.seconds + enlarged.seconds + time.monotonic() - began,
            network_seconds=enlarged.seconds,
            consistency=found,
            copied=facts.choice is None,
            jpeg_quality=facts.info.jpeg_quality,
            left_behind=left,
            warnings=facts.warnings,
            choice=facts.choice,
            attributions=self.models.credited(facts.choice, facts.info.size, facts.target),
        )

    def _write(self, enlarged: Enlarged, known: Format) -> Content:
        """Encode a result, in memory or in a file as the result itself is."""
        kept, name = enlarged.kept, enlarged.facts.output.name
        content = kept.content() if kept else Content()
        write_picture(content.file, enlarged.result, known, name=name, quality=self.spec.quality)
        return content

    def _compare(self, enlarged: Enlarged) -> Consistency | None:
        before, enlarged.before = enlarged.before, None
        choice = enlarged.facts.choice
        if before is None or choice is None:
            return None
        return worst_consistency(
            before,
            enlarged.result,
            self.models.chosen(choice).runner.tiled_traits,
            self.spec.borders,
            removes=choice.removes,
            put_away=enlarged.kept.put_away if enlarged.kept else bool,
        )


@contextlib.contextmanager
def named_failures(name: str) -> Iterator[None]:
    """Name the picture in failures of steps that know no names."""
    try:
        with memory_failures():
            yield
    except (BadTile, OutOfMemory) as error:
        told = f"{name} cannot be made larger. {error.message}"
        raise type(error)(told, hint=error.hint) from error


def memory_failures() -> AbstractContextManager[None]:
    """Turn running out of memory into one sentence."""
    hint = "Ask for a smaller size, or close other programs."
    return memory_errors("There is not enough memory for it.", hint=hint)
