"""Super-resolution by any factor, with trained networks, on whatever machine there is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from srcli.errors import (
    DataError,
    ImageError,
    OutOfMemory,
    ResourceError,
    SrcliError,
    UnreadableImage,
    UnwritableFile,
    UnwritableImage,
    UsageError,
    WeightsError,
)

if TYPE_CHECKING:
    from srcli.management.models import list_models
    from srcli.usecases.library import Upscaler, upscale_file

__all__ = [
    "DataError",
    "ImageError",
    "OutOfMemory",
    "ResourceError",
    "SrcliError",
    "UnreadableImage",
    "UnwritableFile",
    "UnwritableImage",
    "Upscaler",
    "UsageError",
    "WeightsError",
    "__version__",
    "list_models",
    "upscale_file",
]

__version__ = "0.1.0"

_LAZY = {
    "Upscaler": "srcli.usecases.library",
    "list_models": "srcli.management.models",
    "upscale_file": "srcli.usecases.library",
}
"""What takes long to import, which is done only for those who ask for it."""


def __getattr__(name: str) -> object:
    """Import what was asked for."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    """List what there is, imported or not."""
    return sorted({*globals(), *__all__})
