"""The parts of an HTML page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from srcli.report.tables import Table


def document(
    title: str,
    body: str,
    *,
    style: str = "",
    script: str = "",
) -> str:
    """Wrap a page around its body; its policy forbids everything that is not in the file.

    Args:
        title: plain text.
        body: HTML.
        style: CSS that follows that of every page.
        script: JavaScript, the only one that the page may run.

    """
    css = read_resource(__package__, "page.css") + style
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
        policy += f"; script-src 'sha256-{digest}'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{css}</style></head>"
        f"<body>{body}{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )


def table(content: Table) -> str:
    """Draw a table with its caption and notes."""
    head = "".join(
        f'<th class="{"label" if at < content.labels else "number"}">{escape(title)}</th>'
        for at, title in enumerate(content.header)
    )
    body = "".join(_row(content, at) for at in range(len(content.rows)))
    return (
        f'<figure class="table"><figcaption>{escape(content.caption)}</figcaption>'
        '<div class="wide">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{notes(content.notes)}</figure>"
    )


def notes(lines: Sequence[str]) -> str:
    """Draw small print."""
    return f'<ul class="notes">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def section(title: str, *parts: str) -> str:
    """Put parts under a heading."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def image(data: bytes, kind: str, text: str) -> str:
    """Draw a file of a picture, ``kind`` being png or jpeg; ``text`` says what it shows."""
    code = base64.b64encode(data).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/{kind};base64,{code}">'


def read_resource(package: str, name: str) -> str:
    """Return the text of a file that belongs to a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _row(content: Table, at: int) -> str:
    cells = content.rows[at]
    starts = at > 0 and cells[0].text != content.rows[at - 1][0].text
    inner = "".join(
        f'<td class="{"label" if column < content.labels else "number"}">'
        + (f"<b>{escape(cell.text)}</b>" if cell.best else escape(cell.text))
        + "</td>"
        for column, cell in enumerate(cells)
    )
    return f'<tr class="{"starts" if starts else "goes-on"}">{inner}</tr>'
