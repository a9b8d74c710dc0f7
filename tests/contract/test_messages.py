"""Errors and hints in the source are sentences: a capital at the start, a full stop at the end."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from srcli import errors

ROOT = Path(errors.__file__).parent
CLASSES = {
    name
    for name, member in vars(errors).items()
    if isinstance(member, type) and issubclass(member, errors.SrcliError)
}
SENTENCE = re.compile(r"[A-Z`{].*([.?!]|[.:] \{\})", re.DOTALL)
"""What is filled in stands as ``{}``; it may be a sentence of its own after one that has ended."""


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each message and hint."""
    tree = ast.parse(source)
    constants = assigned(tree.body)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        values = constants | assigned(ast.walk(function))
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") in CLASSES:
                hints = [word.value for word in call.keywords if word.arg == "hint"]
                for node in (*call.args[:1], *hints):
                    for value in values.get(getattr(node, "id", ""), [node]):
                        yield from written(value)


def assigned(nodes) -> dict[str, list[ast.expr]]:
    """Return every value that each name is given."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def written(node: ast.expr) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.IfExp):
        yield from written(node.body)
        yield from written(node.orelse)
    elif isinstance(node, ast.Constant) and node.value:
        yield node.lineno, str(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        yield node.lineno, "".join(map(str, parts))


def test_messages_and_hints_are_sentences():
    wrong = [
        (str(path.relative_to(ROOT)), *found)
        for path in sorted(ROOT.rglob("*.py"))
        for found in texts(path.read_text(encoding="utf-8"))
        if not SENTENCE.fullmatch(found[1])
    ]
    assert wrong == []


def test_messages_are_found_and_told_apart():
    source = (
        "HINT = 'Ask.' if asked else 'go'\n"
        "def f():\n"
        "    msg = f'no {name}'\n"
        "    raise UsageError(msg, hint=HINT)\n"
        "    raise DataError(f'{path} is unfit. {reason}', hint='Try again.')\n"
    )
    found = [text for _, text in texts(source)]
    assert found == ["no {}", "Ask.", "go", "{} is unfit. {}", "Try again."]
    assert [bool(SENTENCE.fullmatch(text)) for text in found] == [False, True, False, True, True]
