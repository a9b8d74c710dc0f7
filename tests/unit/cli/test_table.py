import pytest
from rich.table import Table as RichTable

from srcli.cli import table
from srcli.cli.console import SafeConsole
from srcli.report.tables import Cell, Table


def test_names_in_a_table_are_no_markup(capsys):
    shown = RichTable(box=None)
    shown.add_row(":key:[b].png")
    table.print_whole(shown)
    assert ":key:[b].png" in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [True, False])
def test_no_number_is_cut_however_narrow_the_place(monkeypatch, capsys, terminal):
    monkeypatch.setattr(
        table,
        "_make_console",
        lambda: SafeConsole(width=40, force_terminal=terminal, no_color=True),
    )
    monkeypatch.setattr(table, "PIPE_WIDTH", 40)
    row = ("a-file-with-a-name-as-long-as-this-one.png", "37.123", ".9591", "123,456")
    shown = Table(
        caption="A caption",
        header=("picture", "PSNR-Y", "SSIM-Y", "parameters"),
        rows=(tuple(Cell(text=text) for text in row),),
        labels=1,
        notes=(),
    )
    table.show_table(shown)
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if "a-file" in line]
    assert line.split() == list(row)
