"""libtiff says nothing while it is told to be silent, and prints again afterwards."""

import io

import numpy as np
from PIL import Image

from srcli.images.codecs.silence import _setters, silent_libtiff


def broken():
    """A strip under LZW whose data are none."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(file, "TIFF", compression="tiff_lzw")
    data = bytearray(file.getvalue())
    with Image.open(io.BytesIO(data)) as image:
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]
    data[start : start + size] = b"\xff" * size
    return bytes(data)


def load(data):
    try:
        Image.open(io.BytesIO(data)).load()
    except OSError:
        return "refused"
    return "read"


def test_libtiff_prints_before_and_after_and_not_meanwhile(capfd):
    data = broken()
    assert _setters()
    told = []
    for silent in (False, True, False):
        if silent:
            with silent_libtiff():
                assert load(data) == "refused"
        else:
            assert load(data) == "refused"
        told.append(bool(capfd.readouterr().err))
    assert told == [True, False, True]
