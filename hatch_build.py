"""Prepares the README for a package index, which knows no files beside it."""

from __future__ import annotations

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

README = "README.md"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")
SHOWN = re.compile(rf"{PICTURE.pattern}\n\n.+?\n\n", re.DOTALL)
"""A picture and the paragraph about it."""


class ReadmeHook(MetadataHookInterface):
    """Sets ``readme``, and the links of the project where its address is known."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, object]) -> None:
        """Add what depends on ``home``, the address of the repository or empty."""
        home = str(self.config.get("home", ""))
        text = Path(self.root, README).read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": without_files(text, home),
        }


def without_files(text: str, home: str) -> str:
    """Point links to files at the repository; without its address, leave their words alone.

    Pictures that cannot be shown are left out, each with the paragraph after it.
    """
    if home:
        text = PICTURE.sub(rf"![\1]({home}/raw/HEAD/\2)", text)
        return LINK.sub(rf"[\1]({home}/blob/HEAD/\2)", text)
    return LINK.sub(r"\1", SHOWN.sub("", text))
