"""The names that syntax uses, found by its tables, are those that a visitor finds."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from xcs.frontend.staging.source import names as names_module
from xcs.frontend.staging.source.names import _NameCollector, names_of

WRITTEN = """
found = [ask(x, y) for x in xs for y in x if y > limit]
found = {x: [y for y in x] for x in x}
found = {a[i] for a[i] in f"{xs}"}
found += (y := x for x in xs)
try:
    a, *b = ask(k=c)
except Error as e:
    del d
"""


@pytest.mark.parametrize("text", [WRITTEN, *map(inspect.getsource, (ast, textwrap, names_module))])
def test_tables_find_what_a_visitor_finds(text: str) -> None:
    num_comprehensions = 0
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.stmt, ast.expr)):
            collector = _NameCollector()
            collector.visit(node)
            assert names_of([node]) == collector.names, ast.unparse(node)
            num_comprehensions += isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
    assert num_comprehensions
