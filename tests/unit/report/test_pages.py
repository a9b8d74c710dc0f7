import base64
import hashlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import UndefinedError

from srcli.report.pages import render, render_page

PAGE = """{% extends "page.html" %}
{% import "parts.html" as parts %}
{% block title %}{{ name }}{% endblock %}
{% block main %}{{ parts.image(content, "png", name) }}{% endblock %}
"""
SCRIPT = 'if (1 < 2 && "</b>") { document.title = "ö"; }\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A package with one page, which has a style sheet and a script."""
    name = f"pages_of_{re.sub(r'[^a-z]', '_', request.node.name)}"
    templates = tmp_path / name / "templates"
    templates.mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    (templates / "plain.html").write_text(PAGE)
    (templates / "moved.html").write_text(PAGE)
    (templates / "moved.js").write_text(SCRIPT, encoding="utf-8")
    (templates / "moved.css").write_text("a > b { color: red; }")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, ModuleType(name))


def test_the_policy_allows_the_script_of_the_page_and_no_other(package: str) -> None:
    page = render_page(package, "moved", name="a", content=b"")
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert script == SCRIPT
    assert f"; script-src 'sha256-{digest}'\">" in page


def test_a_page_without_a_script_may_run_none(package: str) -> None:
    page = render_page(package, "plain", name="a", content=b"")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'\">" in page
    assert "script" not in page


def test_a_page_has_the_common_style_and_its_own(package: str) -> None:
    page = render_page(package, "moved", name="a", content=b"")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style.startswith(":root {")
    assert style.endswith("a > b { color: red; }")


def test_text_is_escaped_and_files_are_inside(package: str) -> None:
    page = render_page(package, "plain", name="\"><script>'&", content=b"\xff\0")
    assert "<title>&#34;&gt;&lt;script&gt;&#39;&amp;</title>" in page
    assert '<img alt="&#34;&gt;&lt;script&gt;&#39;&amp;" src="data:image/png;base64,/wA=">' in page


def test_a_forgotten_variable_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError, match="name"):
        render(package, "plain.html", style="", script="", policy="")
