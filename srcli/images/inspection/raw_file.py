"""Tell whether a camera raw file holds all the data of its sensor."""

from __future__ import annotations

from srcli.images.decode_errors import UnsupportedImage
from srcli.images.formats import RAW, SIGNATURE_LENGTH, sniff
from srcli.images.inspection.boxes_file import inspect_boxes
from srcli.images.inspection.flaws import CUT_SHORT, Inspected
from srcli.images.metadata import raw_blocks


def inspect_raw(data: bytes) -> Inspected:
    """Look at where a file says that the data of its sensor are; LibRaw looks at the data.

    Raises:
        UnsupportedImage: it is cut short, which is never read: the colours of a whole raw file
            are found from all of its samples.

    """
    in_boxes = sniff(data[:SIGNATURE_LENGTH]) is RAW and inspect_boxes(data).flaws
    if in_boxes or raw_blocks.sensor_data_end(data) > len(data):
        raise UnsupportedImage(CUT_SHORT.predicate)
    return Inspected(content=data)
