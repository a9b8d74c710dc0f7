"""The format of a file by its content."""

from __future__ import annotations

from srcli.images.formats import RAW, SIGNATURE_LENGTH, TIFF, Format, sniff
from srcli.images.metadata.raw_blocks import holds_sensor_data


def recognise(data: bytes) -> Format | None:
    """The format of a whole file, whatever its name says; of a beginning, as ``sniff``."""
    known = sniff(data[:SIGNATURE_LENGTH])
    return RAW if known is TIFF and holds_sensor_data(data) else known
