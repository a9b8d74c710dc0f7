import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from srcli.bench import cost
from srcli.bench.cost import count_macs, peak_memory
from srcli.networks.blocks.nonlocal_attention import dot_product_attention


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
