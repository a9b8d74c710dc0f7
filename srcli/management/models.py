"""What models there are, how they come to this machine, and whether their files are sound.

PyTorch is imported only where a network is built: listing and fetching must not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srcli.engine.host import load_pytorch
from srcli.errors import MissingWeights, UsageError, WeightsError
from srcli.files.atomic import disk_errors, refuse_existing
from srcli.files.digest import is_file
from srcli.files.mistyped import missing_file_hint
from srcli.weights.catalog.card import PURPOSES, WeightCard, check_purpose
from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, read_catalog
from srcli.weights.catalog.published import find_source, read_community, read_sources
from srcli.weights.providers.cache import cache_folder, cached_file, locked
from srcli.weights.providers.download import Listener, silent
from srcli.weights.providers.origins import Shipped, origin_of
from srcli.weights.providers.store import SUFFIX, fetch, find, is_file_name, verify

__all__ = [
    "DEFAULT_MODEL",
    "PURPOSES",
    "Fetched",
    "Listed",
    "VerifyResult",
    "fetch_model",
    "import_model",
    "is_file_name",
    "list_models",
    "model_path",
    "models_folder",
    "remove_model",
    "show_card",
    "show_model",
    "verify_models",
]

Place = Literal["included", "here", "fetch", "pip", "manual download"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A model of the catalogue, or one of the authors', and how to have it."""

    model: WeightCard
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model on this machine; ``attribution`` names author and licence where others made it."""

    path: Path
    attribution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """Outcome of checking one model; ``problem`` is None if it is sound."""

    id: str
    problem: WeightsError | None


def list_models(purpose: str = "", *, community: bool = True) -> tuple[Listed, ...]:
    """Return models with where each is: ours first, then the authors', then other people's.

    Args:
        purpose: only models for it, other people's included; all purposes if it is empty.
        community: whether other people's models belong to the list where no purpose is given.

    Raises:
        UnknownName: there is no such purpose.

    """
    if purpose:
        check_purpose(purpose)
    others = read_community() if community or purpose else ()
    known: tuple[WeightCard, ...] = (*read_catalog(), *read_sources(), *others)
    return tuple(
        Listed(model=model, place=_place(model))
        for model in known
        if purpose in {"", model.purpose}
    )


def show_model(model: str) -> WeightCard:
    """Return what is known of one model.

    Raises:
        UnknownModel: neither in the catalogue nor among the authors' files.

    """
    return find_source(model) or find_card(model)


def show_card(model: str) -> str:
    """Return the card of a model of the catalogue, or what a file says of itself, in Markdown.

    Raises:
        UsageError: a model of other authors, which has none.
        WeightsError: not in the catalogue, or not a sound file.

    """
    load_pytorch()
    from srcli.report.model_card import render_card, render_file
    from srcli.weights.formats.checkpoint import load_model

    source = find_source(model)
    if source is not None:
        msg = f"{model} has no card: other people trained it."
        raise UsageError(msg, hint="Leave out --markdown to see what is known of it.")
    if not is_file_name(model):
        return render_card(find_card(model))
    path = verify(model)
    return render_file(path, load_model(path))


def fetch_model(
    model: str,
    *,
    offline: bool = False,
    accept_licence: bool = False,
    keep_original: bool = False,
    listen: Listener = silent,
) -> Fetched:
    """Bring a model to this machine.

    Args:
        model: an id, or ``hf:owner/repo[@revision]/file.safetensors``.
        offline: use no network.
        accept_licence: the user accepts a licence that restricts the use.
        keep_original: keep the file as it was published, too, where srcli converts it.
        listen: told of progress.

    Raises:
        LicenceNotAccepted: its licence restricts its use, and the user did not accept it.
        WeightsError: it is unknown, cannot be had, or is not what it should be.

    """
    path = fetch(
        model,
        offline=offline,
        accept_licence=accept_licence,
        keep_original=keep_original,
        listen=listen,
    )
    source = find_source(model)
    return Fetched(path=path, attribution=source.attribution if source else "")


def model_path(model: str) -> Path:
    """Return the verified file of a model that is on this machine.

    Raises:
        WeightsError: it is not, or it is damaged.

    """
    return verify(model)


def models_folder() -> Path:
    """Return the folder where imported models are kept."""
    return cache_folder()


def remove_model(model: str) -> bool:
    """Delete a fetched or imported model from this machine; say whether it was there.

    Raises:
        UnknownModel: nothing is called so.
        UsageError: it is included in the tool, or is a file of the user's.
        WeightsUnavailable: it cannot be deleted.

    """
    return find(model).remove()


def import_model(
    path: Path, out: Path | None = None, *, scale: int | None = None, overwrite: bool = False
) -> Path:
    """Convert a checkpoint of the authors, and return the weights file that was made of it.

    Without ``out``, one of the models that ``list_models`` names is kept in the tool's folder,
    so that it can be used by its id: the file whose sha256 is known, or, where none is, any of
    the size that the authors published. Any other is written beside ``path``. Of a file that
    holds the weights of several scales, those of ``scale`` are imported, or of the largest.

    Raises:
        CorruptWeights: it cannot be read or recognised.
        MissingWeights: there is no such file.
        UsageError: ``out`` is no ``.safetensors`` file.
        AlreadyExists: the result is there, and is not to be replaced.
        UnwritableFile: the result cannot be written.
        DiskFull: there is no room for it.

    """
    if not is_file(path):
        msg = f"There is no file {path}."
        raise MissingWeights(msg, hint=missing_file_hint(path))
    if out is not None and out.suffix != SUFFIX:
        msg = f"{out} does not end in {SUFFIX}."
        raise UsageError(msg)
    load_pytorch()
    from srcli.weights.formats.importer import import_checkpoint

    imported = import_checkpoint(path, scale)
    source = None if out else imported.source
    target = cached_file(source.id) if source else out or path.with_suffix(SUFFIX)
    if not overwrite:
        refuse_existing(target)
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            imported.save(target)
        else:
            with locked(source.id):
                imported.keep(target)
    return target


def verify_models(models: tuple[str, ...]) -> tuple[VerifyResult, ...]:
    """Compare hashes and rebuild the networks, of all models on this machine if none is named."""
    here = (one.model.id for one in list_models() if one.place in ("included", "here"))
    return tuple(VerifyResult(id=name, problem=_problem(name)) for name in models or tuple(here))


def _problem(model: str) -> WeightsError | None:
    load_pytorch()
    from srcli.weights.formats.checkpoint import load_model
    from srcli.weights.formats.importer import check_finite

    try:
        path = verify(model)
        check_finite(path, load_model(path).network.named_parameters())
    except WeightsError as error:
        return error
    return None


def _place(model: WeightCard) -> Place:
    origin = origin_of(model)
    if isinstance(origin, Shipped):
        return "included"
    if origin.present() is not None:
        return "here"
    if model.package:
        return "pip"
    return "fetch" if model.is_ours or model.addresses else "manual download"
