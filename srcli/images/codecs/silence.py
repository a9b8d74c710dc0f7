"""Keep libtiff from printing to stderr, where nobody could tell which file it speaks of."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from PIL import features

_SETTERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


@contextmanager
def silent_libtiff() -> Iterator[None]:
    """Take the handlers that print from the libtiff that Pillow uses, for a while.

    They are process-wide, so this stands within ``pillow_rules``. Where the library is not found,
    as on systems without /proc, it goes on printing.
    """
    with ExitStack() as stack:
        for setter in _setters():
            stack.callback(setter, setter(None))
        yield


@functools.cache
def _setters() -> tuple[ctypes._NamedFuncPointer, ...]:
    """The functions of Pillow's libtiff that set a handler and return the one before."""
    features.check("libtiff")  # loads Pillow's core, and libtiff with it
    with suppress(OSError, AttributeError):
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        path = next((line.split(maxsplit=5)[5] for line in lines if "/libtiff" in line), None)
        if path is None:
            return ()
        library = ctypes.CDLL(path)
        setters = tuple(getattr(library, name) for name in _SETTERS)
        for setter in setters:
            setter.restype, setter.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        return setters
    return ()
