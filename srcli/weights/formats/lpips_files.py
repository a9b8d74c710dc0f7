"""The weights of LPIPS, in the files that torchvision and the authors of LPIPS publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srcli.errors import CorruptWeights, MissingWeights
from srcli.files.digest import is_file, sha256_of
from srcli.files.mistyped import missing_file_hint
from srcli.metrics.lpips import ALEX, VGG, Features, Lpips
from srcli.weights.formats.torch_checkpoint import read_pickle


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A published file.

    Attributes:
        name: the name under which it is published.
        sha256: first digits of its hash, or all: those of a trunk are told by its name.

    """

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LpipsFiles:
    """The two files of one kind of LPIPS."""

    features: Features
    trunk: KnownFile
    heads: KnownFile

    @property
    def all(self) -> tuple[KnownFile, KnownFile]:
        """Both files."""
        return self.trunk, self.heads


LPIPS_FILES: Mapping[str, LpipsFiles] = {
    "lpips_alex": LpipsFiles(
        features=ALEX,
        trunk=KnownFile(name="alexnet-owt-7be5be79.pth", sha256="7be5be79"),
        heads=KnownFile(
            name="alex.pth",
            sha256="df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
        ),
    ),
    "lpips_vgg": LpipsFiles(
        features=VGG,
        trunk=KnownFile(name="vgg16-397923af.pth", sha256="397923af"),
        heads=KnownFile(
            name="vgg.pth",
            sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
        ),
    ),
}
"""The files of each metric. The trunk is torchvision's, the layers upon it are LPIPS 0.1's."""


def load_lpips(folder: Path, files: LpipsFiles) -> Lpips:
    """Return LPIPS with the weights in a folder. Nothing in the files is run.

    Raises:
        MissingWeights: one of the files is not there.
        CorruptWeights: one is another file than the published one.

    """
    trunk, heads = (_tensors(folder / one.name, one.sha256) for one in files.all)
    try:
        return Lpips(files.features, trunk, heads)
    except KeyError as error:
        msg = f"The files in {folder} have no {error}."
        raise CorruptWeights(msg) from error


def _tensors(path: Path, sha256: str) -> dict[str, Tensor]:
    if not is_file(path):
        msg = f"There is no weights file {path}."
        hint = missing_file_hint(path, otherwise="Give it the name under which it is published.")
        raise MissingWeights(msg, hint=hint)
    content = read_pickle(path)
    found = sha256_of(path)
    if not (found.startswith(sha256) and isinstance(content, Mapping)):
        msg = f"{path} is not the published file: its sha256 begins with {found[:8]}."
        raise CorruptWeights(msg, hint=f"That of the published one begins with {sha256[:8]}.")
    return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
