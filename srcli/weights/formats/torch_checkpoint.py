"""Read what ``torch.save`` wrote; nothing in it is run."""

from __future__ import annotations

from pathlib import Path

import torch

from srcli.errors import CorruptWeights
from srcli.files.digest import check_archive, check_start


def read_pickle(path: Path) -> object:
    """Return the tensors of a ``.pt`` or ``.pth`` file, on the CPU, and the names around them.

    Raises:
        CorruptWeights: it is something else, or would have to run code.

    """
    check_start(path)
    check_archive(path)
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a malformed pickle can make torch raise anything
        msg = f"{path} is not a readable checkpoint of tensors alone. Nothing in it was run."
        raise CorruptWeights(msg) from error
    return content
