"""Where weights files are, and whether they are what they should be."""

from __future__ import annotations

import hashlib
from pathlib import Path

from srcli.errors import CorruptWeights, WeightsError
from srcli.weights.card import WeightCard
from srcli.weights.catalog import find_card, shipped_folder

SUFFIX = ".safetensors"


def locate(model: str, scale: float | None = None) -> Path:
    """Return the verified file of a model id, a family, or the path of a weights file.

    Raises:
        UnknownModel: not in the catalogue.
        WeightsError: the file is not on this machine.
        CorruptWeights: the file is not the one of the catalogue.

    """
    if model.endswith(SUFFIX):
        path = Path(model)
        if not path.is_file():
            msg = f"there is no weights file {path}"
            raise WeightsError(msg, hint="srcli models list names the models that come along")
        return path
    return verify(find_card(model, scale))


def verify(card: WeightCard) -> Path:
    """Return the file of a card after comparing its sha256.

    Raises:
        WeightsError: the file is not there.
        CorruptWeights: it differs from the one that was measured.

    """
    path = shipped_folder() / card.file
    if not path.is_file():
        msg = f"the weights of {card.id} are not at {path}"
        raise WeightsError(msg, hint="install srcli again")
    found = sha256_of(path)
    if found != card.sha256:
        msg = f"{path} is damaged: its sha256 is {found}, not {card.sha256}"
        raise CorruptWeights(msg, hint="install srcli again")
    return path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
