"""Super-resolution by any factor, with trained networks, on whatever machine there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srcli.usecases.arrays import Upscaler

__all__ = ["Upscaler", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import PyTorch only for those who ask for what needs it."""
    if name == "Upscaler":
        from srcli.usecases.arrays import Upscaler

        return Upscaler
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
