"""Every page sets the custom properties that its style sheets use.

A browser says nothing of a property that nobody sets: colours, borders and the dark look are gone.
"""

import re
from importlib.resources import files

import pytest

from srcli.report.pages import chart_style
from srcli.serve.web import PAGE

USED = re.compile(r"var\((--[\w-]+)\)")
SET = re.compile(r"(--[\w-]+)\s*:")
SET_BY_SCRIPT = re.compile(r"setProperty\([\"`](--[\w-]+)|write\(\"([\w-]+)\"")
SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
SCRIPT = re.compile(r'<script type="module" src="([^"]+)">')
IMPORTED = re.compile(r"(?:from |script\.src = )\"(/[\w.]+)\"")


def served(path):
    package, name, _ = PAGE[path]
    return (files(package) / name).read_text(encoding="utf-8")


def template(package, name):
    path = files(package) / "templates" / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def of_server(path):
    """Return the page at a path, its style sheets, and its scripts."""
    page = served(path)
    scripts = [served(name) for name in SCRIPT.findall(page)]
    scripts += [served(name) for script in scripts for name in IMPORTED.findall(script)]
    return page, "".join(map(served, SHEET.findall(page))), "".join(scripts)


def of_report(package, name):
    """Return the template of a page that is written to a file, its style sheets, and its script."""
    styles = chart_style() + template("srcli.report", "page.css") + template(package, f"{name}.css")
    return template(package, f"{name}.html"), styles, template(package, f"{name}.js")


PAGES = {
    "server": of_server("/"),
    "viewer": of_server("/viewer"),
    "bench": of_report("srcli.bench", "bench"),
    "compare": of_report("srcli.compare", "compare"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_sets_what_its_styles_use(name):
    page, styles, script = PAGES[name]
    by_script = {one or f"--{other}" for one, other in SET_BY_SCRIPT.findall(script)}
    used = set(USED.findall(styles))
    assert used
    assert used - {*SET.findall(styles + page), *by_script} == set()
