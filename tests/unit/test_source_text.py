"""The text of expressions is that of `ast.unparse`, whether it is written here or there."""

from __future__ import annotations

import ast
import textwrap

import pytest

from xcs.frontend.staging.source.source_text import _plain_text, source_text

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
    "'text'.join(a, b)",
    "f'{b}'.join(a)",
    "text.join(a, key=b)",
    "join(a)",
    "a + f'{b}'",
]


@pytest.mark.parametrize("text", [*WRITTEN_HERE, *WRITTEN_THERE])
def test_the_text_is_that_of_unparse(text: str) -> None:
    node = ast.parse(text, mode="eval").body
    assert source_text(node) == ast.unparse(node)
    assert (_plain_text(node) is not None) is (text in WRITTEN_HERE)


@pytest.mark.parametrize("module", [ast, textwrap], ids=lambda module: module.__name__)
def test_every_expression_of_a_module_reads_as_unparse_has_it(module: object) -> None:
    with open(module.__file__, encoding="utf-8") as file:  # type: ignore[attr-defined]
        tree = ast.parse(file.read())
    kinds = (ast.Name, ast.Attribute, ast.Constant, ast.BinOp, ast.JoinedStr)
    expressions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    assert [source_text(node) for node in expressions] == [ast.unparse(node) for node in expressions]
