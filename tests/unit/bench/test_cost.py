import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from srcli.bench import cost
from srcli.bench.baselines import bicubic
from srcli.bench.cost import count_macs, kmacs_per_pixel, peak_memory
from srcli.engine.device import Compute
from srcli.engine.network_runner import UpscaleOptions
from srcli.errors import OutOfMemory
from srcli.networks.blocks.nonlocal_attention import dot_product_attention
from srcli.pipeline.loaded_models import ModelLoader


@torch.inference_mode()
def test_multiply_adds_of_convolutions_and_matrix_products_are_counted() -> None:
    layer = nn.Conv2d(3, 8, 5, padding=2)
    image, matrix = torch.zeros(1, 3, 10, 12), torch.zeros(4, 6)
    assert count_macs(lambda: layer(image)) == 10 * 12 * 8 * 3 * 5 * 5
    assert count_macs(lambda: matrix @ matrix.T) == 4 * 6 * 4
    assert count_macs(lambda: image + 1) == 0


@torch.inference_mode()
def test_fused_attention_is_counted_as_its_matrix_products() -> None:
    query, key, value = (torch.zeros(2, channels, 30) for channels in (4, 4, 8))
    assert count_macs(lambda: dot_product_attention(query, key, value)) == 2 * 2 * 30 * 30 * 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("scale", "kmacs"), [(1.1, 95.9), (2.0, 95.9), (4.0, 28.5), (8.0, 95.9 + 28.5 / 4)]
)
def test_the_work_of_a_local_model_is_that_of_large_pictures(
    scale: float, kmacs: float, dtype: torch.dtype
) -> None:
    compute = Compute(device=torch.device("cpu"), dtype=dtype)
    runner = ModelLoader(compute, UpscaleOptions(), offline=True).load("asdn-fast", scale).runner
    counted = kmacs_per_pixel(
        lambda lr, size, ratio: runner(lr, size, ratio=ratio), scale, local=True
    )
    assert counted == pytest.approx(kmacs, rel=0.01)


def test_work_on_several_threads_is_counted() -> None:
    compute = Compute(device=torch.device("cpu"), dtype=torch.float32)
    runner = ModelLoader(compute, UpscaleOptions(), offline=True).load("asdn-fast", 2).runner
    torch.set_num_threads(4)
    macs = count_macs(lambda: runner(torch.zeros(1, 3, 24, 512), (48, 1024)))
    assert torch.get_num_threads() == 4
    assert macs == pytest.approx(48 * 1024 * 95_900, rel=0.05)


def test_the_work_of_a_model_that_cannot_run_is_not_known() -> None:
    def refuse(*_: object) -> torch.Tensor:
        raise OutOfMemory("none")  # noqa: EM101

    assert kmacs_per_pixel(refuse, 2.0, local=False) == 0


def test_a_small_picture_is_enough_to_count_whatever_the_scale() -> None:
    sizes = []

    def note(lr: torch.Tensor, size: tuple[int, int], ratio: float) -> torch.Tensor:
        sizes.append((tuple(lr.shape[2:]), size))
        return bicubic(lr, size, ratio)

    for scale, local in ((3.0, True), (100.0, True), (3.0, False), (1000.0, False)):
        kmacs_per_pixel(note, scale, local=local)
    assert sizes == [
        ((128, 128), (384, 384)),
        ((5, 5), (500, 500)),
        ((32, 32), (96, 96)),
        ((1, 1), (1000, 1000)),
    ]


def test_the_peak_is_of_the_block_and_not_of_what_was_before() -> None:
    large = torch.ones(25_000_000)
    with peak_memory("cpu") as before:
        pass
    del large
    with peak_memory("cpu") as without:
        pass
    with peak_memory("cpu") as peak:
        torch.ones(50_000_000)
    assert before.size - without.size > 80e6
    assert peak.size - without.size > 180e6


def test_a_system_that_does_not_tell_leaves_the_peak_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cost, "PROCESS", tmp_path / "missing")
    with peak_memory("cpu") as peak:
        torch.ones(1000)
    assert peak.size == 0


def test_the_peak_of_a_device_that_does_not_tell_is_unknown() -> None:
    with peak_memory("mps") as peak:
        pass
    assert peak.size == 0


def test_counting_does_not_wait_for_the_compiler_of_pytorch() -> None:
    program = (
        "import sys, torch; from srcli.bench.cost import count_macs; "
        "print(count_macs(lambda: torch.ones(2, 3) @ torch.ones(3, 4)), "
        "'torch._dynamo' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["24", "False"]
