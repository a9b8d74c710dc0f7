"""Share models through a repository of the hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from srcli.errors import UsageError, WeightsUnavailable
from srcli.report.model_card import render_card, render_file, render_index
from srcli.settings import read_setting
from srcli.weights.catalog.included import find_card
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.hub_reference import BRANCH, HubFile, parse_repository
from srcli.weights.providers.publish import Upload, publish
from srcli.weights.providers.store import SUFFIX, locate, verify

INDEX = "README.md"


def publish_models(
    models: Sequence[str], *, repo: str, private: bool = False
) -> tuple[HubFile, ...]:
    """Upload models, each with its page, and a front page that lists them.

    Args:
        models: ids of the catalogue, or weights files; every one is loaded first.
        repo: ``owner/name``; made if it is not there.
        private: whether to make it private.

    Returns:
        Where each model is now, pinned to the commit.

    Raises:
        UsageError: two files would have one name, or a revision is given.
        WeightsError: a model is not sound, or the hub refuses.

    """
    name, revision = parse_repository(repo)
    if revision != BRANCH:
        msg = f"{repo} names a revision, and publishing makes one."
        raise UsageError(msg)
    if read_setting("offline").is_on:
        msg = f"{repo} cannot be published to: srcli is offline."
        raise WeightsUnavailable(msg, hint="Unset SRCLI_OFFLINE and HF_HUB_OFFLINE.")
    uploads = [upload for model in models for upload in _uploads(model)]
    names = [*(upload.name for upload in uploads), INDEX]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        msg = f"Two of the files would have the same name, {twice[0]}."
        raise UsageError(msg, hint="Rename one of the models.")
    pages = [upload.name for upload in uploads if upload.name.endswith(".md")]
    index = Upload(name=INDEX, content=render_index(name, pages, licence=_licence(models)))
    commit = publish(name, [*uploads, index], private=private)
    files = (upload.name for upload in uploads if upload.name.endswith(SUFFIX))
    return tuple(HubFile(repo=name, revision=commit, file=file) for file in files)


def _uploads(model: str) -> Iterator[Upload]:
    if model.endswith(SUFFIX):
        path = locate(model, offline=True)
        page = render_file(path, load_model(path))
    else:
        card = find_card(model)
        path = verify(card)
        load_model(path)
        page = render_card(card)
    yield Upload(name=path.name, content=path)
    yield Upload(name=f"{path.stem}.md", content=page)


def _licence(models: Sequence[str]) -> str:
    """Return the licence that all of them have, or nothing; that of a mere file is not known."""
    licences = {"" if m.endswith(SUFFIX) else find_card(m).licence for m in models}
    return licences.pop() if len(licences) == 1 else ""
