"""Messages have an end, and every condition has one code."""

import ast
from pathlib import Path

import pytest

import srcli
from srcli import errors
from srcli.errors import LONGEST_NAME, LONGEST_TEXT, DataError, SrcliError, listed

PACKAGE = Path(srcli.__file__).parent
TEXTS = {"msg", "message", "hint"}


def test_few_names_are_all_listed():
    assert listed(["a", "b"]) == "a, b"
    assert listed(str(number) for number in range(10)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed([]) == ""


def test_the_names_beyond_the_first_are_counted():
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(("name" for _ in range(200_000)), 1, between="; ") == "name and 199,999 more"


def test_a_giant_name_is_cut():
    assert listed(["a" * 10_000_000]) == "a" * LONGEST_NAME + "…"


def test_text_without_end_is_cut():
    error = DataError("a" * 10_000_000, hint="b" * 10_000_000)
    assert error.message == str(error) == "a" * LONGEST_TEXT + "…"
    assert error.hint == "b" * LONGEST_TEXT + "…"


def joins(tree: ast.AST) -> list[int]:
    """Return the lines on which a message or a hint is joined by hand."""
    found = []
    for node in ast.walk(tree):
        held: list[ast.AST] = []
        if isinstance(node, ast.Assign):
            names = {target.id for target in node.targets if isinstance(target, ast.Name)}
            held = [node.value] if names & TEXTS else []
        elif isinstance(node, ast.Call):
            held = [word.value for word in node.keywords if word.arg == "hint"]
        found += [
            part.lineno
            for one in held
            for part in ast.walk(one)
            if isinstance(part, ast.Attribute) and part.attr == "join"
        ]
    return found


def test_lists_in_messages_are_written_by_the_function_that_cuts_them():
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in sorted(PACKAGE.rglob("*.py"))
        if (lines := joins(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}, "use errors.listed"


def test_a_list_joined_by_hand_would_be_found():
    assert joins(ast.parse("msg = f'{\", \".join(names)}'")) == [1]
    assert joins(ast.parse("raise E(msg, hint='; '.join(names))")) == [1]


def classes() -> list[type[SrcliError]]:
    found = [SrcliError]
    for one in found:
        found += [below for below in one.__subclasses__() if below not in found]
    return [one for one in found if one is not SrcliError and one.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_a_class_stands_in_the_tree_and_has_a_code(kind):
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__doc__
    assert kind.exit_code in {2, 3, 4, 5}
