from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three small pictures with edges and texture."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for n, name in enumerate(("a.png", "b.png", "below/c.png")):
        rows, columns = np.mgrid[0:80, 0:96]
        waves = 128 + 60 * np.sin(rows / (3 + n)) + 60 * np.sign(np.sin(columns / 7))
        noise = generator.normal(0, 8, (80, 96, 3))
        Image.fromarray(np.clip(waves[..., None] + noise, 0, 255).astype(np.uint8)).save(
            folder / name
        )
    return folder
