"""Find a model's file, wherever it is, and make sure that it is what it should be."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from srcli.errors import CorruptWeights, WeightsUnavailable
from srcli.files.digest import sha256_of
from srcli.settings import read_setting
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.included import family_members, find_card
from srcli.weights.catalog.published import all_sources, find_source
from srcli.weights.providers.authors import Authors
from srcli.weights.providers.download import Listener, silent
from srcli.weights.providers.hub_reference import PREFIX, parse_reference
from srcli.weights.providers.origins import Hub, Local, Origin, origin_of
from srcli.weights.providers.packaged import Packaged

__all__ = [
    "family",
    "fetch",
    "find",
    "is_file_name",
    "is_obtainable",
    "locate",
    "sha256_of",
    "verify",
]

logger = logging.getLogger(__name__)

SUFFIX = ".safetensors"
FILES = (SUFFIX, ".pt", ".pth", ".ckpt", ".onnx")
"""What the path of a weights file ends in, ours or another tool's."""


def locate(model: str, scale: float | None = None, *, offline: bool = False) -> Path:
    """Return the verified file of a model, fetching it if it is not on this machine.

    Args:
        model: an id, a family, the path of a weights file, or
            ``hf:owner/repo[@revision]/file.safetensors``.
        scale: which member of a family is wanted.
        offline: use no network, whatever the settings say.

    Raises:
        UnknownModel: nothing is called so.
        LicenceNotAccepted: it would have to be fetched, and its licence restricts its use.
        WeightsUnavailable: it is not on this machine and cannot be had.
        CorruptWeights: the file is not the one that it should be.

    """
    origin = find(model, scale)
    path = origin.present()
    if path is None:
        _refuse_offline(origin, model, offline=offline)
        _announce(origin, model)
        return origin.fetch(silent)
    _check(origin, path, model)
    return path


def family(model: str) -> dict[int, str]:
    """Return the ids of a family's members by their scales; empty if there is no such family."""
    sources = [one for one in all_sources() if one.family == model and one.id != model]
    cards = [card for card in family_members(model) if card.id != model]
    return {one.scale: one.id for one in sources or cards if one.scale is not None}


def is_obtainable(model: str, *, offline: bool = False) -> bool:
    """Tell whether a model is on this machine, or can be fetched.

    Raises:
        UnknownModel: nothing is called so.

    """
    origin = find(model)
    return origin.present() is not None or (origin.is_remote and not _is_offline(offline=offline))


def fetch(
    model: str,
    *,
    offline: bool = False,
    accept_licence: bool = False,
    keep_original: bool = False,
    listen: Listener = silent,
) -> Path:
    """Bring a model to this machine, if it is not there, sound and certain to be up to date.

    Args:
        model: as ``locate`` takes it.
        offline: use no network.
        accept_licence: the user accepts a licence that restricts the use.
        keep_original: keep the file as it was published, too, where srcli converts it.
        listen: told of progress.

    Raises:
        WeightsError: as ``locate``; but a damaged file is replaced.

    """
    origin = find(model)
    if isinstance(origin, Authors):
        origin = replace(origin, accepts_licence=accept_licence, keeps_original=keep_original)
    path = origin.present()
    if path is not None:
        try:
            _check(origin, path, model)
        except CorruptWeights:
            if not origin.is_remote or _is_offline(offline=offline):
                raise
        else:
            is_final = origin.is_pinned or _is_offline(offline=offline)
            if is_final and not (isinstance(origin, Authors) and origin.lacks_original()):
                return path
    _refuse_offline(origin, model, offline=offline)
    return origin.fetch(listen)


def find(model: str, scale: float | None = None) -> Origin:
    """Return where a model comes from.

    Raises:
        UnknownModel: nothing is called so.

    """
    if model.startswith(PREFIX):
        return Hub(file=parse_reference(model))
    if is_file_name(model):
        return Local(path=Path(model))
    source = find_source(model, scale)
    return origin_of(source or find_card(model, scale))


def is_file_name(model: str) -> bool:
    """Tell whether a model is named by the path of its weights file."""
    return model.lower().endswith(FILES)


def verify(model: WeightCard | str) -> Path:
    """Return the file of a model after comparing its sha256; asks no one.

    Raises:
        UnknownModel: nothing is called so.
        MissingWeights: the path of a file that does not exist.
        MissingExtra: a file of a Python package that is not installed.
        WeightsUnavailable: the file is not on this machine.
        CorruptWeights: it differs from the one that was measured.

    """
    name = model if isinstance(model, str) else model.id
    origin = find(model) if isinstance(model, str) else origin_of(model)
    path = origin.present()
    if path is None:
        if isinstance(origin, (Local, Packaged)):
            raise origin.missing()
        hint = f"Run `srcli models fetch {name}`." if origin.is_remote else ""
        msg = f"{name} is not on this machine."
        raise WeightsUnavailable(msg, hint=hint)
    _check(origin, path, name)
    return path


def _check(origin: Origin, path: Path, model: str) -> None:
    try:
        origin.check(path)
    except CorruptWeights as error:
        hint = error.hint or f"Run `srcli models fetch {model}` again."
        raise CorruptWeights(error.message, hint=hint) from error


def _refuse_offline(origin: Origin, model: str, *, offline: bool) -> None:
    if origin.is_remote and _is_offline(offline=offline):
        msg = f"{model} is not on this machine, and srcli is offline."
        raise WeightsUnavailable(msg, hint="Fetch it once without --offline and SRCLI_OFFLINE.")


def _announce(origin: Origin, model: str) -> None:
    """Say that a model is about to come over the network, how large it is, and its licence."""
    if isinstance(origin, Authors) and origin.is_remote:
        origin.check_licence()
        source = origin.source
        licence = f", licence {source.licence}" if source.licence else ""
        told = f"{source.id} ({source.size / 1e6:.1f} MB{licence})"
    elif isinstance(origin, Hub):
        size = origin.file.size
        told = f"{model} ({size / 1e6:.1f} MB)" if size else model
    else:
        return
    logger.warning("%s is not on this machine. It is fetched once.", told)


def _is_offline(*, offline: bool) -> bool:
    return offline or read_setting("offline").is_on
