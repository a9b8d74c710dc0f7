"""Small data sets on disk, and candidates that count their work."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.bench.baselines import bicubic
from srcli.bench.datasets import Dataset
from srcli.bench.records import Conditions, Record, Task
from srcli.bench.runner import Candidate
from srcli.metrics.protocol import Scores


@pytest.fixture
def calls() -> list[tuple[object, ...]]:
    """LR size, SR size and ratio of every call of ``candidate``."""
    return []


@pytest.fixture
def candidate(calls: list[tuple[object, ...]]) -> Candidate:
    """Bicubic, which writes its calls down; flat pictures, as for warming up, do not count."""

    def upscale(lr: torch.Tensor, size: tuple[int, int], ratio: float) -> torch.Tensor:
        if lr.min() < lr.max():
            calls.append(((lr.shape[2], lr.shape[3]), size, ratio))
        return bicubic(lr, size, ratio)

    return Candidate(model="counted", upscale=upscale, sha256="ab" * 32, parameters=7)


def save_noise(path: Path, height: int, width: int, seed: int) -> Path:
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels).save(path)
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    images = (
        save_noise(tmp_path / "Tiny" / "a.png", 33, 41, 1),
        save_noise(tmp_path / "Tiny" / "b.png", 40, 36, 2),
    )
    return Dataset(name="Tiny", images=images)


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Make a record of one picture: data set, scale, model and PSNR, and what else matters."""

    def make(
        dataset: str, scale: float, model: str, psnr_y: float | None, **changes: object
    ) -> Record:
        conditions = Conditions(
            model=model,
            model_sha256="ab" * 32 if model == "asdn-fast" else "",
            options="",
            device="cpu",
            dtype="float32",
            protocol="published",
            tool_version="0.1.0",
        )
        record = Record(
            task=Task(
                dataset=dataset,
                image="a.png",
                image_sha256="12",
                scale=scale,
                conditions=conditions,
            ),
            scores=None
            if psnr_y is None
            else Scores(psnr_y=psnr_y, ssim_y=0.91234, psnr_rgb=psnr_y - 2),
            seconds=0.5 if model == "asdn-fast" else 0.125,
            megapixels=0.25,
            parameters=416000 if model == "asdn-fast" else 0,
            kmacs=95.904 if model == "asdn-fast" else 0.0,
            peak_memory=512_000_000,
            error="" if psnr_y is not None else f"a.png of {model} is broken",
        )
        return replace(record, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def records(make_record: Callable[..., Record]) -> tuple[Record, ...]:
    """Bicubic and a network, on two sets at two scales."""
    return (
        make_record("Set5", 2, "bicubic", 33.67),
        make_record("Set5", 2, "asdn-fast", 36.70),
        make_record("Set5", 4, "bicubic", 28.43),
        make_record("Set5", 4, "asdn-fast", 30.50),
        make_record("Set14", 2, "bicubic", 30.32),
        make_record("Set14", 2, "asdn-fast", 32.40),
        make_record("Set14", 4, "bicubic", 26.09),
        make_record("Set14", 4, "asdn-fast", 27.50),
    )
