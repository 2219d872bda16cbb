"""The text of expressions is that of `ast.unparse`, whether it is written here or there."""

from __future__ import annotations

import ast
import textwrap

import pytest

from xcs.frontend.effects.secret_literals import SECRET
from xcs.frontend.staging.source.shown_source import shown_source
from xcs.frontend.staging.source.source_text import plain_text

WRITTEN_HERE = [
    "name",
    "one.two.three",
    "'text'",
    '"it\'s \\n"',
    "a + b",
    "a + 'x' + b.c",
    "f'{a} and {b.c}'",
    "f''",
    "f'only text'",
    "'\\n'.join(a)",
    "text.join(a.b)",
    "'text'.join(a, b)",
    "text.replace('a', f'{b}')",
    "ask()",
    "ask(a, f'{b}')",
    "{}",
    "{'a': ask(b + 'x'), key: c.d}",
]
WRITTEN_THERE = [
    "f'{a!r}'",
    "f'{a:>{width}}'",
    "f'{{{a}}}'",
    'f"it\'s {a}"',
    "f'{a}\\n'",
    "f'{a + b}'",
    "a + (b + c)",
    "f'{a}' + b",
    "a - b",
    "u'text'",
    "1.5",
    "(1).real",
    "f'{b}'.join(a)",
    "text.join(a, key=b)",
    "join(*a)",
    "join(a)(b)",
    "join(a, key=b)",
    "{**a}",
    "{'a': 1.5}",
    "{1: a}",
    "a + f'{b}'",
]


@pytest.mark.parametrize("text", [*WRITTEN_HERE, *WRITTEN_THERE])
def test_the_text_is_that_of_unparse(text: str) -> None:
    node = ast.parse(text, mode="eval").body
    assert plain_text(node) == (ast.unparse(node) if text in WRITTEN_HERE else None)


@pytest.mark.parametrize("module", [ast, textwrap], ids=lambda module: module.__name__)
def test_every_expression_of_a_module_reads_as_unparse_has_it(module: object) -> None:
    with open(module.__file__, encoding="utf-8") as file:  # type: ignore[attr-defined]
        tree = ast.parse(file.read())
    kinds = (ast.Name, ast.Attribute, ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call, ast.Dict)
    expressions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    texts = [(plain_text(node), ast.unparse(node)) for node in expressions]
    assert all(written in (None, text) for written, text in texts)
    assert any(written == text for written, text in texts)


@pytest.mark.parametrize("text", ["'key'", "f'key {a}'", "a + 'key'", "'key'.join(a)", "a.join('key')"])
def test_what_is_marked_is_not_written(text: str) -> None:
    node = ast.parse(text, mode="eval").body
    for one in ast.walk(node):
        if isinstance(one, ast.Constant):
            one.kind = SECRET
    assert plain_text(node) is None
    assert "key" not in shown_source(node)
