import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FOLDER = Path(__file__).parents[3] / "benchmarks"
PAGE = """# Page

<!-- made: small -->
| model | Set5, dB | CPU seconds |
|---|--:|--:|
| `a` | 30.00 | 2.0 |
| `b` | 31.00 | 4.0 |

The end.
"""


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("tables_of_pages")


@pytest.fixture
def remake(tables):
    assert tables
    return importlib.import_module("remake_tables")


def rows(tables, *cells):
    return [tables.Row(label=f"row {at}", cells=one) for at, one in enumerate(cells)]


def test_a_table_that_is_right_stays_as_it_is(remake, tables):
    outcome = remake.remade(
        "small", PAGE, rows(tables, ("`a`", "30.00", "2.0"), ("`b`", "31.00", "4.0"))
    )
    assert (outcome.changes, outcome.left, outcome.text) == ((), 0, PAGE)


def test_cells_that_changed_are_named_and_written(remake, tables):
    outcome = remake.remade(
        "small", PAGE, rows(tables, ("`a`", "30.25", None), (None, "31.00", None))
    )
    assert outcome.changes == ("row 0, Set5, dB: 30.00 is now 30.25",)
    assert outcome.left == 3
    assert outcome.text == PAGE.replace("30.00", "30.25")


def test_times_change_only_by_more_than_half(remake, tables):
    made = rows(tables, (None, None, "2.9"), (None, None, "9.0"))
    assert remake.remade("small", PAGE, made).changes == ("row 1, CPU seconds: 4.0 is now 9.0",)


def test_a_table_of_other_rows_or_without_a_mark_is_refused(remake, tables):
    with pytest.raises(ValueError, match="1 rows are made, and the page has 2"):
        remake.remade("small", PAGE, rows(tables, ("`a`", "30.00", "2.0")))
    with pytest.raises(ValueError, match="other"):
        remake.remade("other", PAGE, rows(tables, ("`a`", "30.00", "2.0")))


def test_figures_are_measured_once_and_only_of_named_sets(remake, tables, tmp_path, monkeypatch):
    levels = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    (tmp_path / "Set5").mkdir()
    for name in ("baby", "bird", "butterfly", "head", "woman"):
        Image.fromarray(levels).save(tmp_path / f"Set5/{name}.png")
    monkeypatch.setenv("SRCLI_DATA_DIR", str(tmp_path))
    store = tmp_path / "records.jsonl"
    figures = remake.Measured(datasets=("Set5",), store=store, peers=False)
    key = tables.Key(model="bicubic", dataset="Set5", scale=2.0)
    found = figures.of(key)
    assert found == pytest.approx(figures.of(key.of_picture("baby.png")))
    assert len(store.read_text().splitlines()) == 5
    monkeypatch.setattr(remake, "bench", lambda *_: pytest.fail("measured again"))
    assert figures.of(key) == found
    assert figures.of(tables.Key(model="bicubic", dataset="Set14", scale=2.0)) is None
    assert figures.cost("bicubic") is None


def test_the_command_says_what_changed_and_writes_it_if_asked(
    remake, tables, tmp_path, monkeypatch, capsys
):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/reference.md").write_text("old")
    (tmp_path / "page.md").write_text(PAGE)

    def maker(figures):
        assert figures.datasets == ("Set5",)
        return rows(tables, ("`a`", "30.25", None), (None, "31.00", None))

    monkeypatch.setattr(remake, "ROOT", tmp_path)
    monkeypatch.setattr(remake, "TABLES", {"small": ("page.md", maker)})
    monkeypatch.setattr("sys.argv", ["x", "--only", "small", "--datasets", "Set5"])
    assert remake.main() == 1
    told = capsys.readouterr().out
    assert "page.md, small: 1 cells changed; 3 cells were not measured." in told
    assert "  row 0, Set5, dB: 30.00 is now 30.25" in told
    assert (tmp_path / "page.md").read_text() == PAGE
    monkeypatch.setattr("sys.argv", ["x", "--only", "small", "--datasets", "Set5", "--write"])
    assert remake.main() == 0
    assert "30.25" in (tmp_path / "page.md").read_text()
    assert (tmp_path / "docs/reference.md").read_text() != "old"
