"""What a terminal would obey is spelled out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.cli.printable import DOCUMENT, HOSTILE, printable, printable_foreign

SPELLED = {
    "a\x1b[2Jb": "a\\x1b[2Jb",
    "a\nb\rc\td": "a\\nb\\rc\\td",
    "\x07\x08\x00\x7f": "\\x07\\x08\\x00\\x7f",
    "\x9b31m": "\\u009b31m",
    "gnp.\u202eexe": "gnp.\\u202eexe",
    "\u2066\u2069": "\\u2066\\u2069",
    "caf\udce9": "caf\\xe9",
    "\ud800": "\\ud800",
    "café 写真 🖼 ~": "café 写真 🖼 ~",
}


@pytest.mark.parametrize(("text", "shown"), SPELLED.items())
def test_it_is_spelled_out(text, shown):
    assert printable(text) == shown


def test_a_document_keeps_its_lines():
    assert printable("a\n\tb\x1b", keep=DOCUMENT) == "a\n\tb\\x1b"


@given(st.text(alphabet=st.characters(codec=None)))
def test_nothing_hostile_is_left_and_nothing_else_is_touched(text):
    assert not HOSTILE.search(printable(text))
    if not HOSTILE.search(text):
        assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m\n", "\x1b[31mred\x1b[0m\n"),
        ("\r 45%|###   |", "\r 45%|###   |"),
        ("\n\x1b[A", "\n\x1b[A"),
        ("name\x1b[A\rover", "name\\x1b[A\\rover"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x1b[2J\x1b[1;31mx", "\\x1b[2J\x1b[1;31mx"),
    ],
)
def test_bars_and_colours_of_other_libraries_stay(text, shown):
    assert printable_foreign(text) == shown
