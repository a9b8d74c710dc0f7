"""Enlarge pictures by ``srcli.Upscaler`` and print hashes; ``result_hashes.py`` runs this.

    python benchmarks/library_hashes.py < REQUEST.json

The request is ``{"files": {NAME: PATH}, "squares": {NAME: PATH}, "models": [[ID, SCALE]]}``. Each
file is enlarged as a path and as a Pillow image, by the default model. Each square is enlarged as
a float32 array by every model, at the model's scale or at each of ``ANY_SCALE`` if it has none.
The answer is one JSON object: an entry for each result, by name.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from srcli import Upscaler

ANY_SCALE = (2, 2.7, 4)
FACTOR = 1.5

Entry = dict[str, str]


def told(enlarge: Callable[[], object]) -> Entry:
    """Return a hash of the samples of a result, or the class and sentence of the failure."""
    try:
        result: NDArray[np.generic] = np.asarray(enlarge())
    except Exception as error:  # noqa: BLE001 - the class of any error is the answer
        return {"error": type(error).__name__, "message": str(error)}
    samples = hashlib.sha256(np.ascontiguousarray(result)).hexdigest()[:32]
    return {"samples": samples, "kind": f"{result.dtype} {result.shape}"}


def of_file(name: str, path: str) -> dict[str, Entry]:
    """Enlarge a file, and what Pillow makes of it."""

    def by_pillow() -> object:
        with Image.open(path) as image:
            return Upscaler(offline=True)(image, scale=FACTOR)

    return {
        f"path/{name}": told(lambda: Upscaler(offline=True)(path, scale=FACTOR)),
        f"pillow/{name}": told(by_pillow),
    }


def of_square(name: str, path: str, models: list[tuple[str, float | None]]) -> dict[str, Entry]:
    """Enlarge a small picture by every model."""
    with Image.open(path) as image:
        square = np.asarray(image).astype(np.float32) / 255
    return {
        f"card/{model} x{factor:g}/{name}": told(
            lambda model=model, factor=factor: Upscaler(model, offline=True)(square, scale=factor)
        )
        for model, scale in models
        for factor in ([scale] if scale else ANY_SCALE)
    }


def main() -> None:
    asked = json.load(sys.stdin)
    entries: dict[str, Entry] = {}
    for name, path in asked["files"].items():
        entries |= of_file(name, path)
    for name, path in asked["squares"].items():
        entries |= of_square(name, path, asked["models"])
    print(json.dumps(entries))


if __name__ == "__main__":
    main()
