"""The figures of README and docs are those of the catalogue, and their marks are known."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

from srcli import __version__
from srcli.bench.published import published_for
from srcli.weights.catalog.included import read_catalog

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("tables_of_pages")


@pytest.fixture
def remake(tables):
    assert tables.TABLES
    return importlib.import_module("remake_tables")


@pytest.mark.parametrize("name", ["readme", "models"])
def test_figures_of_our_models_are_those_of_the_catalogue(name, tables, remake):
    page, maker = tables.TABLES[name]
    rows = maker(tables.Catalogued())
    outcome = remake.remade(name, (ROOT / page).read_text(encoding="utf-8"), rows)
    assert outcome.changes == ()
    known = [cell for row in rows for cell in row.cells if cell]
    assert len(known) > (5 if name == "readme" else 100)


def test_every_cell_of_the_readme_is_made_where_costs_are_known(tables, remake):
    class Known(tables.Catalogued):
        def of(self, key):
            return super().of(key) or tables.Scored(28.43, 0.8)

        def cost(self, model):
            del model
            return tables.Cost("1,213,296", "1.0", "300")

    page, maker = tables.TABLES["readme"]
    outcome = remake.remade("readme", (ROOT / page).read_text(encoding="utf-8"), maker(Known()))
    assert outcome.left == 0
    assert "swinir-light-x4, parameters: 929,628 is now 1,213,296" in outcome.changes


def test_figures_in_the_words_of_the_readme_are_those_of_the_catalogue():
    (fast,) = (card for card in read_catalog() if card.id == "asdn-fast")
    assert f"| {fast.parameters:,} |" in README
    (rlfn,) = (one for one in published_for("Set5", 4, "psnr_y") if one.method == "RLFN")
    assert f"{rlfn.value} dB (published)" in README


def test_every_mark_is_known_and_every_table_is_marked(tables):
    found = {
        (mark, str(page.relative_to(ROOT)))
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for mark in re.findall(r"<!-- made: ([\w-]+) -->", page.read_text(encoding="utf-8"))
    }
    assert found == {(name, page) for name, (page, _) in tables.TABLES.items()}


def test_every_made_table_has_as_many_rows_as_its_maker(tables, remake):
    for name, (page, maker) in tables.TABLES.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        assert remake.remade(name, text, maker(tables.Catalogued())).text == text


def test_the_page_names_scripts_that_are_there():
    page = (ROOT / "docs" / "reproduce.md").read_text(encoding="utf-8")
    scripts = set(re.findall(r"`(?:python benchmarks/)?(\w+\.py)\b", page))
    assert len(scripts) > 6
    assert all((ROOT / "benchmarks" / script).is_file() for script in scripts)


def test_the_citation_is_of_this_version_and_of_every_network():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["cff-version"], cited["version"]) == ("1.2.0", __version__)
    assert {"message", "title", "authors", "type", "license"} <= set(cited)
    notes = " ".join(one["notes"] for one in cited["references"])
    assert {card.network for card in read_catalog()} <= set(re.findall(r"\w+", notes))
