import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def png(number: int = 0, width: int = 20, height: int = 16, kind: str = "png") -> bytes:
    levels = np.random.default_rng(number).integers(0, 256, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, kind)
    return file.getvalue()


def size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size


def events(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def filled(bucket):
    for number, key in enumerate(("in/a.png", "in/b.png", "in/deep/c.jpg")):
        bucket.put(key, png(number, kind="png" if key.endswith("png") else "jpeg"))
    bucket.put("in/notes.txt", b"nothing")
    bucket.put("in/.hidden/d.png", png(9))
    return bucket


def test_a_folder_of_a_bucket_becomes_another(srcli, filled):
    done = srcli("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    assert done.returncode == 0, done.stderr
    made = [f"out/{name}" for name in ("a_x2.png", "b_x2.png", "deep/c_x2.jpg")]
    assert done.stdout.splitlines() == [f"s3://{filled.name}/{key}" for key in made]
    assert [key for key in filled.keys() if key.startswith("out/")] == made
    assert size(filled.get("out/a_x2.png")) == (40, 32)
    assert list(Path().iterdir()) == []


def test_the_same_command_goes_on(srcli, filled):
    command = ("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    srcli(*command)
    before = filled.versions()
    filled.delete("out/b_x2.png")
    filled.put("in/deep/e.png", png(7))
    again = srcli(*command)
    assert "2 done, 2 skipped, 0 failed of 4" in again.stderr
    after = filled.versions()
    assert all(after[key] == before[key] for key in ("out/a_x2.png", "out/deep/c_x2.jpg"))
