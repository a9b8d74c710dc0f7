"""Networks of other people's architectures, as spandrel recognises them.

spandrel belongs to the extra ``community``. It imports three names of torchvision for two
architectures that restore faces and fill holes, which are not run here; where torchvision is
missing, or does not fit PyTorch, those names are stood in for while spandrel is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, MissingExtra, WeightsUnavailable
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.weights.formats.architectures import traits_of
from srcli.weights.formats.size_guard import bounded_by
from srcli.weights.formats.tensor_file import read_tensors
from srcli.weights.formats.torch_checkpoint import read_pickle

SUFFIXES = (".pt", ".pth", ".ckpt")
CHANNELS = 3
IMPORT = "srcli models import"
ODDITY = r"torch\.meshgrid: in an upcoming release"
"""What PyTorch says, once, of the way in which some of these architectures call it."""
MORE = "spandrel_extra_arches"
"""Architectures whose licences restrict their use: whoever installs them has chosen them."""
STAND_INS = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
_IMPORT_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityConfig:
    """Architecture and factor of a network that other people made."""

    architecture: str
    scale: int


class CommunityNetwork(FixedScaleNetwork):
    """Any network that spandrel built, called through spandrel."""

    def __init__(self, descriptor: Any) -> None:  # noqa: ANN401 - spandrel's, which may be absent
        super().__init__()
        self.model = descriptor.model.float().eval()
        self._descriptor = descriptor
        self._traits = traits_of(descriptor)
        self.config = CommunityConfig(
            architecture=descriptor.architecture.name, scale=descriptor.scale
        )

    @property
    def traits(self) -> FixedScaleTraits:
        """What the engine must know."""
        return self._traits

    def forward(self, image_B3HW: Tensor) -> Tensor:  # noqa: N803 - shape suffix
        """Enlarge pictures, some of them one after the other; some networks change their input."""
        if torch.compiler.is_exporting():  # a graph has no loop, and leaves its input alone
            traced: Tensor = self._descriptor(image_B3HW.clone())
            return traced
        together = image_B3HW.shape[0] if self._traits.receptive_radius is not None else 1
        with torch.inference_mode():
            parts = torch.split(image_B3HW, together)
            enlarged = [self._descriptor(part.clone()) for part in parts]
        return torch.cat(enlarged)


def load_community(path: Path) -> CommunityNetwork:
    """Rebuild the network of a checkpoint, on the CPU; nothing in it is run.

    Raises:
        WeightsUnavailable: spandrel is not installed.
        CorruptWeights: unreadable, or no network that enlarges or restores RGB pictures.

    """
    state = _read(path)
    spandrel = _import_spandrel()
    warnings.filterwarnings("ignore", ODDITY, UserWarning)  # catch_warnings is not for threads
    try:
        with bounded_by(list(_tensors(state)), path):
            descriptor = spandrel.ModelLoader("cpu").load_from_state_dict(state)
    except CorruptWeights:
        raise
    except Exception as error:  # each architecture has its own way to fail
        msg = f"{path} holds no network that spandrel can rebuild."
        raise CorruptWeights(
            msg, hint=f"Files of CSNLN, PANet and SAN are converted by `{IMPORT}`."
        ) from error
    _refuse_unfit(path, spandrel, descriptor)
    network = CommunityNetwork(descriptor)
    network.eval().requires_grad_(requires_grad=False)
    return network


def read_community_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by the names that spandrel knows; nothing in it is run.

    Raises:
        MissingExtra: spandrel is not installed.
        CorruptWeights: unreadable.

    """
    state = _import_spandrel().canonicalize_state_dict(_read(path))
    return {name: value for name, value in state.items() if isinstance(value, Tensor)}


def _refuse_unfit(path: Path, spandrel: ModuleType, descriptor: Any) -> None:  # noqa: ANN401 - the same
    channels = {descriptor.input_channels, descriptor.output_channels}
    name = descriptor.architecture.name
    if not isinstance(descriptor, spandrel.ImageModelDescriptor) or descriptor.purpose == "FaceSR":
        msg = f"{path} is a {name}, which does not enlarge pictures."
    elif channels != {CHANNELS}:
        msg = f"{path} is a {name} for pictures of {sorted(channels)} channels, not of RGB."
    elif descriptor.size_requirements.square:
        msg = f"{path} is a {name} for square pictures alone."
    else:
        return
    raise CorruptWeights(msg)


def _tensors(state: Mapping[str, Any]) -> Iterator[Tensor]:
    """Give the tensors of a checkpoint, and those one level down."""
    for value in state.values():
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, dict):
            yield from (inner for inner in value.values() if isinstance(inner, Tensor))


def _read(path: Path) -> dict[str, Any]:
    """Read the tensors, and the names around them, without running anything."""
    if path.suffix.lower() not in SUFFIXES:
        return dict(read_tensors(path))
    state = read_pickle(path)
    if not isinstance(state, dict):
        msg = f"{path} holds something other than named tensors."
        raise CorruptWeights(msg)
    return state


def require_spandrel() -> None:
    """Refuse models of other people where what builds their networks is missing.

    Raises:
        MissingExtra: spandrel is not installed.

    """
    if importlib.util.find_spec("spandrel") is None:
        msg = "Models of other tools need spandrel, which is not installed."
        hint = (
            "Run `pip install 'srcli[community]'`. "
            f"Files of CSNLN, PANet and SAN need `{IMPORT}` instead."
        )
        raise MissingExtra(msg, hint=hint)


def _import_spandrel() -> ModuleType:
    require_spandrel()
    with _IMPORT_LOCK:
        if "spandrel" in sys.modules:
            return sys.modules["spandrel"]
        with _torchvision():
            spandrel = importlib.import_module("spandrel")
            if importlib.util.find_spec(MORE) is not None:
                importlib.import_module(MORE).install(ignore_duplicates=True)
            return spandrel


@contextmanager
def _torchvision() -> Iterator[None]:
    """Have the names that spandrel imports, from torchvision or for the moment."""
    try:
        importlib.import_module(STAND_INS[-1])
    except (ImportError, RuntimeError):
        broken = [name for name in sys.modules if name.partition(".")[0] == STAND_INS[0]]
        for name in broken:
            del sys.modules[name]
        sys.modules.update({name: _stand_in(name) for name in STAND_INS})
        try:
            yield
        finally:
            for name in STAND_INS:
                del sys.modules[name]
    else:
        yield


def _stand_in(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(InterpolationMode=Enum("InterpolationMode", "NEAREST BILINEAR"))
    module.__dict__.update(rotate=_unavailable, normalize=_unavailable)
    return module


def _unavailable(*_: object, **__: object) -> None:
    msg = "This architecture needs torchvision."
    raise WeightsUnavailable(msg)
