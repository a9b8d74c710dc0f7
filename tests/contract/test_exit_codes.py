"""``docs/exit-codes.md`` says of every class of errors what the class says."""

from __future__ import annotations

import re
from pathlib import Path

from srcli import errors
from srcli.cli.errors import BUG, DONE, INTERRUPTED
from srcli.errors import SrcliError

PAGE = Path(__file__).parents[2] / "docs/exit-codes.md"
CODE = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
CLASS = re.compile(r"^\| `(\w+)` \| (\d+) \|", re.MULTILINE)


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_table_of_classes_is_that_of_the_tree():
    known = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, SrcliError) and kind is not SrcliError
    }
    assert {name: int(code) for name, code in CLASS.findall(page())} == known


def test_the_table_of_codes_has_every_code():
    codes = {int(code) for _, code in CLASS.findall(page())} | {DONE, BUG, INTERRUPTED}
    assert {int(code) for code, _ in CODE.findall(page())} == codes
