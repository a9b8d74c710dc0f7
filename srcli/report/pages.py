"""HTML pages that need nothing but themselves.

A page is a template of its package that extends ``page.html``. Text is escaped by Jinja.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = "templates"


def render_page(package: str, name: str, /, **content: object) -> str:
    """Write the page ``name.html`` of a package.

    The page holds its style sheets and its only script. Its policy forbids everything else.

    Args:
        package: package whose folder ``templates`` holds ``name.html`` and, where the page needs
            them, ``name.css`` and ``name.js``.
        name: name of the page.
        content: variables of the template.

    """
    script = _text(package, f"{name}.js")
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if script:
        policy += f"; script-src 'sha256-{_base64(hashlib.sha256(script.encode()).digest())}'"
    return render(
        package,
        f"{name}.html",
        style=chart_style() + _text(__package__, "page.css") + _text(package, f"{name}.css"),
        script=script,
        policy=policy,
        **content,
    )


def chart_style() -> str:
    """Return the style sheet of ``chart.svg``, which pages and pictures of charts hold."""
    return _text(__package__, "colors.css") + _text(__package__, "chart.css")


def render(package: str, template: str, /, **content: object) -> Markup:
    """Fill a template of a package, which may use those of this package."""
    return Markup(_environment(package).get_template(template).render(content))  # noqa: S704 - escaped


@cache
def _environment(package: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["base64"] = _base64
    environment.filters["px"] = _pixels
    return environment


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _pixels(length: float) -> str:
    return f"{length:.1f}"


def _text(package: str, name: str) -> str:
    """Return the text of a file beside the templates, empty if there is none."""
    file = files(package).joinpath(_FOLDER, name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
