"""Estimate how much of the model for sharpened pictures suits a picture.

A small network reads how often each pattern of differences occurs: see ``patterns.py``.
``examples/sharpening.py`` trains it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from srcli.weights.formats.tensor_file import read_tensors

WEIGHTS = Path(__file__).with_suffix(".safetensors")


def sharpening(patterns: Tensor) -> float:
    """Return which share of the model for sharpened pictures suits a picture best.

    Args:
        patterns: float64 (F), what ``pattern_shares`` counted.

    Returns:
        0 (it was only reduced) to 1 (it was sharpened by half and more). A picture that does not
        tell, such as one without details, has a share that costs the least in either case.

    """
    weights = _weights()
    hidden = torch.relu(patterns @ weights["hidden.weight"].T + weights["hidden.bias"])
    output = hidden @ weights["output.weight"].T + weights["output.bias"]
    return float(torch.sigmoid(output)[0])


@cache
def _weights() -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in read_tensors(WEIGHTS).items()}
