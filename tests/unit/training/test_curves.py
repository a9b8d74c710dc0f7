import json

import numpy as np
import pytest
from PIL import Image

from srcli.training import curves


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.jsonl"

    def write(*news) -> None:
        lines = [
            json.dumps({"step": step, "loss": loss, "validation": score and {"psnr_y": score}})
            for step, loss, score in news
        ]
        path.write_text("\n".join(lines))
        curves.draw(path, tmp_path / "curves.png")

    def drawn(*news) -> np.ndarray:
        write(*news)
        with Image.open(tmp_path / "curves.png") as picture:
            return np.asarray(picture.convert("RGB")).astype(int)

    return drawn


def colourful(picture: np.ndarray) -> int:
    """Count the pixels of lines; axes and letters are grey."""
    return int((np.ptp(picture, axis=2) > 60).sum())


def test_loss_and_validation_are_drawn(metrics):
    without = metrics((100, 0.3, None), (200, 0.2, None))
    scored = metrics((100, 0.3, {"2.0": 30.0}), (200, 0.2, {"2.0": 31.0}))
    assert without.shape == scored.shape == (400, 900, 3)
    assert colourful(without[:, :450]) > 100
    assert colourful(without[:, 450:]) == 0
    assert colourful(scored[:, 450:]) > 100


def test_of_two_lines_of_a_step_the_later_counts(metrics):
    once = metrics((100, 0.3, None), (200, 0.2, None))
    twice = metrics((100, 0.3, None), (200, 0.9, None), (200, 0.2, None))
    assert np.array_equal(once, twice)


def test_lines_cut_short_and_scores_of_another_run_are_passed_over(metrics, tmp_path):
    whole = metrics((100, 0.3, {"2.0": 30.0}), (200, 0.2, {"3.0": 31.0}))
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 50, "lo\n' + path.read_text())
    curves.draw(path, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), whole)
