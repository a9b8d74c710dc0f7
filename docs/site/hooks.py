"""Prepares pages for the site, which holds the folder ``docs`` alone."""

from __future__ import annotations

import re
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./([^)\s]+)\)")


def on_page_markdown(markdown: str, *, config: Any, **_: object) -> str:  # noqa: ANN401 - MkDocs's
    """Point links that leave the folder at the repository; without its address, keep the words."""
    home = config.repo_url
    return OUTSIDE.sub(rf"[\1]({home}/blob/HEAD/\2)" if home else r"\1", markdown)


def on_post_page(output: str, **_: object) -> str:
    """Name the dialog of the theme that has no name."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')
