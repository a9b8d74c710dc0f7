import csv
import io
import json
import math

import pytest

from srcli.report.formats import csv_text, json_text, latex_table, markdown_table
from srcli.report.tables import Cell, Table


def table(**changes: object) -> Table:
    content: dict[str, object] = {
        "caption": "Sizes",
        "header": ("Name", "MB"),
        "rows": ((Cell(text="a"), Cell(text="1", best=True)),),
        "labels": 1,
    }
    return Table(**(content | changes))  # type: ignore[arg-type]


def test_markdown_has_caption_grid_and_notes() -> None:
    assert markdown_table(table(notes=("One.", "Two."))).splitlines() == [
        "**Sizes**",
        "",
        "| Name | MB |",
        "| --- | --: |",
        "| a | **1** |",
        "",
        "- One.",
        "- Two.",
    ]


def test_markdown_without_a_caption_begins_with_the_header() -> None:
    assert markdown_table(table(caption="")).startswith("| Name")


def test_a_cell_of_markdown_stays_on_its_line_and_in_its_column() -> None:
    text = markdown_table(table(rows=((Cell(text="a|b\nc"), Cell(text="1")),)))
    assert text.splitlines()[-1] == r"| a\|b c | 1 |"


def test_latex_has_a_rule_where_the_first_label_changes() -> None:
    rows = tuple((Cell(text=name), Cell(text="1")) for name in "aab")
    lines = latex_table(table(rows=rows)).splitlines()
    assert lines[5:14] == [
        r"\toprule",
        r"Name & MB \\",
        r"\midrule",
        r"a & 1 \\",
        r"a & 1 \\",
        r"\midrule",
        r"b & 1 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


@pytest.mark.parametrize("mark", "\\&%$#_{}~^")
def test_latex_escapes_what_it_would_obey(mark: str) -> None:
    assert f"\nx{mark} & " not in latex_table(table(rows=((Cell(text=f"x{mark}"),) * 2,)))


def test_csv_has_a_column_for_every_name_and_holes_where_a_line_lacks_it() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_text([{"a": 1}, {"a": 2, "b": "=x"}]))))
    assert lines == [{"a": "1", "b": ""}, {"a": "2", "b": "'=x"}]


def test_json_is_strict_wherever_an_infinite_number_is() -> None:
    content = {"rows": ({"psnr": math.inf, "names": ["größe", None]},), "n": 1.5}
    text = json_text(content)
    assert "größe" in text
    assert json.loads(text) == {"rows": [{"psnr": "inf", "names": ["größe", None]}], "n": 1.5}


def test_json_refuses_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="nan"):
        json_text({"psnr": math.nan})
