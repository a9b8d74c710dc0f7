"""What a picture file may be at most, and whether a damaged one will do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)

Warn = Callable[[str], None]
"""Told, in one sentence that names the file, what is wrong with a picture that is read anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRules:
    """What is read and what is refused.

    Attributes:
        pixel_limit: pixels of the largest picture that is decoded, all frames counted.
        frame_limit: frames of the longest animation that is decoded.
        part_limit: chunks, segments, blocks, strips or tiles of the most divided file.
        allow_damaged: read what there is of a picture that lacks data, instead of refusing it.

    """

    pixel_limit: int = 512_000_000
    frame_limit: int = 5_000
    part_limit: int = 100_000
    allow_damaged: bool = False


DEFAULT_RULES = ReadRules()


def log_warning(sentence: str) -> None:
    """Log a warning about a picture, for callers that have no other place for it."""
    logger.warning("%s", sentence)
