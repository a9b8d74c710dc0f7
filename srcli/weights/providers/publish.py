"""Upload weights files and their pages to a repository of the hub, in one commit."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils.logging import set_verbosity
from huggingface_hub.utils.tqdm import disable_progress_bars

from srcli.errors import WeightsUnavailable

REFUSALS = (401, 403, 404)
"""What the hub answers, in turn, for no token, one without the right, and one of a stranger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to be uploaded: its name, and its content or the path of that."""

    name: str
    content: Path | str


def publish(repo: str, uploads: Iterable[Upload], *, private: bool) -> str:
    """Upload files, making the repository if there is none; return the commit.

    All of them appear at once or none does. Files of the repository that are not among them
    stay.

    Raises:
        WeightsUnavailable: the hub cannot be reached, or refuses.

    """
    set_verbosity(logging.ERROR)
    if not sys.stderr.isatty():
        disable_progress_bars()
    operations = [
        CommitOperationAdd(
            path_in_repo=upload.name,
            path_or_fileobj=upload.content.encode()
            if isinstance(upload.content, str)
            else upload.content,
        )
        for upload in uploads
    ]
    names = ", ".join(operation.path_in_repo for operation in operations)
    hub = HfApi(library_name="srcli")
    try:
        hub.create_repo(repo, private=private, exist_ok=True)
        made = hub.create_commit(repo, operations, commit_message=f"Publish {names}")
    except Exception as error:  # the client's transport, and its classes, change with its version
        raise _explained(repo, error) from error
    return made.oid


def _explained(repo: str, error: Exception) -> WeightsUnavailable:
    if isinstance(error, HfHubHTTPError) and error.response.status_code in REFUSALS:
        msg = f"The hub does not let you write to {repo}."
        hint = "Set HF_TOKEN to a token that may write there."
        return WeightsUnavailable(msg, hint=hint)
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
    msg = f"{repo} cannot be published to: {reason}."
    return WeightsUnavailable(msg, hint="Check the network and HF_ENDPOINT, then try again.")
