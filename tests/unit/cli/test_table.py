import pytest

from srcli.cli import table
from srcli.cli.console import SafeConsole
from srcli.report.tables import Cell, Table


def made(*row: str, labels: int = 1) -> Table:
    header = ("picture", "PSNR-Y", "SSIM-Y", "parameters")
    return Table(
        caption="A caption",
        header=header[: len(row)],
        rows=(tuple(Cell(text=text) for text in row),),
        labels=labels,
        notes=("A note.",),
    )


def narrow(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    monkeypatch.setattr(
        table,
        "SafeConsole",
        lambda **_: SafeConsole(width=40, force_terminal=terminal, no_color=True, markup=False),
    )


def test_names_in_a_table_are_no_markup(capsys):
    table.show_table(made(":key:[b].png"))
    assert ":key:[b].png\n" in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [True, False])
def test_no_number_is_cut_however_narrow_the_place(monkeypatch, capsys, terminal):
    narrow(monkeypatch, terminal=terminal)
    row = ("a-file-with-a-name-as-long-as-this-one.png", "37.123", ".9591", "123,456")
    table.show_table(made(*row))
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if "a-file" in line]
    assert line.split() == list(row)


def test_a_name_cannot_command_the_terminal_and_takes_the_place_it_is_shown_in(monkeypatch, capsys):
    narrow(monkeypatch, terminal=True)
    table.show_table(made("a\x1b[2J.png", "1"))
    head, line = capsys.readouterr().out.splitlines()[1:3]
    assert "\x1b[2J" not in line
    assert len(head.replace("\x1b[1m", "").replace("\x1b[0m", "")) == len(line)


def test_words_are_aligned_at_their_left_and_numbers_at_their_right():
    rows = [("NAME", "MB", "WHERE", "FILE"), ("a", "10.5", "here", "b.png"), ("long", "2", "", "")]
    assert ["|".join(row) for row in table.aligned(rows, numbers={1})] == [
        "NAME|  MB|WHERE|FILE",
        "a   |10.5|here |b.png",
        "long|   2|     |",
    ]


def test_columns_at_the_end_may_be_ragged():
    rows = [("a", "long name", "b"), ("cc", "d", "e")]
    assert list(table.aligned(rows, ragged=2)) == [["a ", "long name", "b"], ["cc", "d", "e"]]


def test_wide_characters_count_twice():
    rows = [("写真.png", "1"), ("a", "2")]
    assert ["".join(row) for row in table.aligned(rows)] == ["写真.png1", "a       2"]
