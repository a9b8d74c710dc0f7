"""How a file of a hub repository is named."""

from __future__ import annotations

import re
from dataclasses import dataclass

from srcli.errors import UnknownModel

PREFIX = "hf:"
REPOSITORY = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w.-]*))?")
FILE = re.compile(r"(?!.*\.\.)\w[\w./+-]*\.(safetensors|pth?|ckpt|onnx)")
COMMIT = re.compile(r"[0-9a-f]{40}")
BRANCH = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A file of a hub repository.

    Attributes:
        repo: ``owner/name``.
        file: path within the repository.
        revision: a commit of 40 hexadecimal digits, a branch or a tag.
        size: in bytes, 0 if it is not known.
        sha256: hexadecimal, empty if it is not known.

    """

    repo: str
    file: str
    revision: str = BRANCH
    size: int = 0
    sha256: str = ""

    @property
    def is_pinned(self) -> bool:
        """Tell whether its content can never change."""
        return bool(self.sha256 or COMMIT.fullmatch(self.revision))

    def __str__(self) -> str:
        """Return the reference as the user types it."""
        return f"{PREFIX}{self.repo}@{self.revision}/{self.file}"


def parse_reference(text: str) -> HubFile:
    """Read ``hf:owner/repo[@revision]/file.safetensors``.

    Raises:
        UnknownModel: it is written otherwise, or points out of the repository.

    """
    owner, _, rest = text.removeprefix(PREFIX).partition("/")
    name, _, file = rest.partition("/")
    if not FILE.fullmatch(file):
        msg = f"{text!r} does not name a weights file of the hub."
        raise UnknownModel(msg, hint="Write hf:owner/repository[@revision]/file.safetensors.")
    repo, revision = parse_repository(f"{owner}/{name}")
    return HubFile(repo=repo, file=file, revision=revision)


def parse_repository(text: str) -> tuple[str, str]:
    """Read ``owner/name[@revision]``; the revision is the main branch if there is none.

    Raises:
        UnknownModel: it is written otherwise.

    """
    found = REPOSITORY.fullmatch(text)
    if not found:
        msg = f"{text!r} does not name a repository of the hub."
        raise UnknownModel(msg, hint="Write owner/repository or owner/repository@revision.")
    return found["repo"], found["revision"] or BRANCH
