"""Looks at pictures and makes them larger, with the pipeline of the command line."""

from __future__ import annotations

from dataclasses import dataclass

from srcli.engine.device import AUTO_PRECISION, choose_compute
from srcli.engine.memory import check_fits
from srcli.engine.network_runner import UpscaleOptions
from srcli.engine.progress import Progress, SilentProgress
from srcli.errors import UsageError
from srcli.images.decode import decode_picture
from srcli.images.encode import encode_photo
from srcli.images.formats import AVIF, BMP, GIF, JPEG, PNG, WEBP, Format
from srcli.images.output_options import OutputOptions
from srcli.images.picture.animation import Picture, photos
from srcli.images.picture.photo import Photo
from srcli.images.probe import ImageInfo, probe_image
from srcli.images.recognition import recognise
from srcli.pipeline.choose import choose
from srcli.pipeline.inspection import Inspection, inspect
from srcli.pipeline.loaded_models import ModelLoader
from srcli.pipeline.output_spec import Output, OutputSpec
from srcli.pipeline.probe import memory_needed
from srcli.pipeline.run import Encoded, Pipeline, named_failures
from srcli.pipeline.target_size import TargetSize
from srcli.serve.limits import MEGA, Limits
from srcli.serve.wanted import Wanted

SHOWN = (PNG, JPEG, WEBP, GIF, BMP, AVIF)
"""Formats that every browser shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of a picture before it is enlarged.

    Attributes:
        info: what the head of its file says.
        format: its format.
        inspection: what was measured.
        advice: which model ``auto`` would take for enlarging it, and why.
        warnings: sentences about what is wrong with its file.

    """

    info: ImageInfo
    format: Format
    inspection: Inspection
    advice: str
    warnings: tuple[str, ...] = ()


class Maker:
    """Makes pictures larger; threads may share one.

    Args:
        limits: what is accepted.
        device: auto, cpu, cuda, cuda:1 or mps.

    Raises:
        UsageError: there is no such device.

    """

    def __init__(self, limits: Limits, device: str = "auto") -> None:
        self.limits = limits
        options = UpscaleOptions(pad_border=True)
        self._loader = ModelLoader(choose_compute(device, AUTO_PRECISION), options, offline=True)

    def look(self, content: bytes, *, name: str) -> Look:
        """Decode a picture and measure what ``auto`` would go by.

        Raises:
            UnreadableImage: it is none, damaged, or larger than the limits.
            OutOfMemory: it does not fit into memory.

        """
        with named_failures(name):
            info = probe_image(content, name=name, rules=self.limits.rules)
            check_fits(info.size, memory_needed(info.size, (), frames=info.frames))
            warnings: list[str] = []
            picture = self._read(content, name, warnings)
            inspection = inspect(next(photos(picture)), info)
        return Look(
            info=info,
            format=format_of(content),
            inspection=inspection,
            advice=choose(inspection).summary,
            warnings=tuple(warnings),
        )

    def target(self, info: ImageInfo, wanted: Wanted) -> TargetSize:
        """Return the size that a result would have.

        Raises:
            UsageError: it makes no sense, or is larger than the limit.

        """
        wanted.size.check()
        target = wanted.size.resolve(*info.size)
        if target.height * target.width * info.frames > self.limits.result_pixels:
            most = self.limits.result_pixels / MEGA
            each = f"{info.frames} frames of " if info.frames > 1 else ""
            msg = (
                f"A result of {each}{target.width}x{target.height} pixels is larger than the "
                f"{most:g} megapixels that are allowed here."
            )
            raise UsageError(msg, hint="Ask for a smaller size.")
        return target

    def make(
        self, content: bytes, wanted: Wanted, *, name: str, progress: Progress | None = None
    ) -> Encoded:
        """Make the file of a result.

        Raises:
            SrcliError: as ``Pipeline.make`` and ``ModelLoader.load``.

        """
        rules = self.limits.rules
        info = probe_image(content, name=name, rules=rules)
        ratio = self.target(info, wanted).ratio
        spec = OutputSpec(resolve=wanted.size.resolve, rules=rules, quality=wanted.quality)
        known = wanted.output()
        return Pipeline(spec, self._loader.load(wanted.model, ratio)).make(
            content,
            name=name,
            info=info,
            output=Output(format=known, name=name) if known else None,
            progress=progress or SilentProgress(),
        )

    def shown(self, content: bytes, *, name: str) -> tuple[bytes, Format]:
        """Return a picture in a format that browsers show: itself, or a PNG of 8 bits.

        Raises:
            UnreadableImage: it is none.

        """
        known = format_of(content)
        if known in SHOWN:
            return content, known
        picture = OutputOptions(depth=8).apply(self._read(content, name, []))
        photo = picture if isinstance(picture, Photo) else next(photos(picture))
        return encode_photo(photo, PNG, name=name), PNG

    def _read(self, content: bytes, name: str, warnings: list[str]) -> Picture:
        return decode_picture(content, name=name, rules=self.limits.rules, warn=warnings.append)


def format_of(content: bytes) -> Format:
    """Return the format of a file that is a picture for certain."""
    known = recognise(content)
    if known is None:
        raise AssertionError
    return known
