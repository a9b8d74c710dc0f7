import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.batch.database import NAME
from srcli.batch.earlier import earlier_results
from srcli.images.discover import find_sources

TEMPLATES = ("{stem}_{scale}", "{stem}")


def noise(path: Path, width: int, height: int, seed: int = 0) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(levels)
    image.save(path)
    return image


def enlarged(image: Image.Image, path: Path, factor: float = 2) -> None:
    size = round(image.width * factor), round(image.height * factor)
    image.resize(size, Image.Resampling.BICUBIC).save(path)


def found(folder: Path) -> set[str]:
    sources = find_sources([str(folder)])
    return {path.name for path in earlier_results(sources, None, templates=TEMPLATES)}


def test_what_has_the_name_and_the_content_of_a_result_is_one(tmp_path, caplog):
    image = noise(tmp_path / "a.png", 20, 16)
    for factor in (2, 2.7):
        enlarged(image, tmp_path / f"a_x{factor}.png", factor)
    shutil.copy(tmp_path / "a_x2.png", tmp_path / "b_x2.png")  # of no picture that is here
    shutil.copy(tmp_path / "a_x2.png", tmp_path / "a_large.png")  # by no template
    assert found(tmp_path) == {"a_x2.png", "a_x2.7.png"}
    assert len(caplog.messages) == 2


@pytest.mark.parametrize("kind", ["other content", "smaller", "other shape", "broken", "tiny"])
def test_what_only_has_the_name_is_none(tmp_path, kind, caplog):
    image = noise(tmp_path / "a.png", 20, 16)
    result = tmp_path / "a_x2.png"
    if kind == "other content":
        noise(result, 40, 32, seed=1)
    elif kind == "smaller":
        image.resize((10, 8)).save(result)
    elif kind == "other shape":
        image.resize((40, 48)).save(result)
    elif kind == "broken":
        result.write_bytes(b"\x89PNG\r\n\x1a\n")
    else:
        enlarged(noise(tmp_path / "a.png", 7, 7), result)
    assert found(tmp_path) == set()
    assert caplog.messages == []


def test_a_picture_that_is_gone_is_none(tmp_path):
    enlarged(noise(tmp_path / "a.png", 20, 16), tmp_path / "a_x2.png")
    sources = find_sources([str(tmp_path)])
    (tmp_path / "a.png").unlink()
    assert earlier_results(sources, None, templates=TEMPLATES) == set()


def test_a_pipe_among_the_sources_in_the_place_of_a_manifest_is_said_and_not_opened(
    tmp_path, caplog
):
    noise(tmp_path / "a.png", 8, 8)
    os.mkfifo(tmp_path / NAME)
    assert found(tmp_path) == set()
    (told,) = caplog.messages
    assert told.startswith("Results of earlier runs are not known. ")
