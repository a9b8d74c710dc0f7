"""From whatever a decoder does about a bad file to one sentence about it."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFile

from srcli.errors import MissingImage, SrcliError, UnreadableImage
from srcli.files.mistyped import missing_file_hint

UNDECODABLE = "its {} data is damaged, incomplete or of a rare kind"

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else errors it logs go to stderr
_PILLOW = threading.RLock()
_BYTES_PER_PIXEL = 3  # 8-bit RGB


class UnsupportedImage(Exception):
    """A picture is refused; the message goes on after the file's name ("is empty")."""

    def __init__(self, predicate: str, *, hint: str = "") -> None:
        super().__init__(predicate)
        self.predicate = predicate
        self.hint = hint


def damaged_exif() -> UnsupportedImage:
    """Return the refusal to write a block of EXIF that the format's writer cannot read."""
    return UnsupportedImage(
        "its EXIF data is damaged", hint="Leave it behind with --strip-metadata."
    )


@contextmanager
def refusals(name: str, format_name: str) -> Iterator[None]:
    """Turn every failure inside into one ``UnreadableImage`` about ``name``."""
    try:
        yield
    except UnsupportedImage as refused:
        message = f"{name} {refused.predicate}."
        raise UnreadableImage(message, hint=refused.hint) from refused
    except MemoryError as error:
        message = f"{name} is too large for the memory of this machine."
        raise UnreadableImage(message) from error
    except Exception as error:
        message = f"{name} cannot be decoded: {UNDECODABLE.format(format_name)}."
        if "truncated" in str(error).lower():
            message = f"{name} is cut short."
        raise UnreadableImage(message) from error


def check_size(height: int, width: int, *, pixel_limit: int) -> None:
    """Refuse a picture of more pixels than the limit, before any of them is decoded."""
    if height * width > pixel_limit:
        raise _too_large(pixel_limit)


def check_frames(*, several: bool) -> None:
    """Refuse a picture of several frames or pages."""
    if several:
        message = "holds several frames or pages"
        raise UnsupportedImage(message, hint="Save the one you want as a file of its own.")


def _too_large(pixel_limit: int) -> UnsupportedImage:
    gigabytes = pixel_limit * _BYTES_PER_PIXEL / 1e9
    message = f"has more pixels than the limit of {pixel_limit:,}"
    hint = f"It needs more than {gigabytes:.1f} GB of memory. Raise the limit with --max-pixels."
    return UnsupportedImage(message, hint=hint)


@contextmanager
def pillow_rules(*, pixel_limit: int, allow_damaged: bool = False) -> Iterator[None]:
    """Keep Pillow silent, and set its limit on pixels for what it allocates on opening a file.

    Its settings and Python's warning filters are process-wide, so one thread decodes at a time.

    Args:
        pixel_limit: of the largest picture.
        allow_damaged: decode what there is of a picture that is cut short.

    Raises:
        UnsupportedImage: as ``check_size``, where Pillow found it out first.

    """
    with _PILLOW, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, cut = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        Image.MAX_IMAGE_PIXELS = -(-pixel_limit // 2)  # Pillow stops at twice its limit
        ImageFile.LOAD_TRUNCATED_IMAGES = allow_damaged
        try:
            yield
        except Image.DecompressionBombError as error:
            raise _too_large(pixel_limit) from error
        finally:
            Image.MAX_IMAGE_PIXELS = limit
            ImageFile.LOAD_TRUNCATED_IMAGES = cut


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a file into one sentence.

    Raises:
        MissingImage: it is missing.
        UnreadableImage: it is forbidden, or does not fit into memory.

    """
    try:
        yield
    except SrcliError:
        raise
    except FileNotFoundError as error:
        message = f"{path} does not exist."
        raise MissingImage(message, hint=missing_file_hint(path)) from error
    except (OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it is too large"
        message = f"{path} cannot be read: {reason.lower()}."
        raise UnreadableImage(message) from error
