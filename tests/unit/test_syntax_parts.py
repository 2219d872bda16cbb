"""The parts of syntax are what `ast` says they are, but for contexts and operators."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import types

import pytest

from xcs.frontend.syntax_parts import parts_of_syntax, syntax_inside

MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
UNUSUAL = """
async def f[T](a, /, b: int = 1, *c, d=2, **e) -> T:
    async with a as (b, c): del b[1:2, ...]
    match a:
        case {"k": [1, *rest], **others} | C(x=None): pass
    try: x: int = (y := (yield))
    except* (A, B) as error: raise C from error
    finally: a @= b if c else not d
    return f"{a!r:>{b}}", lambda: {**e}, [i async for i in c if i], a < b <= c, *d
type U = list[int]
"""


@pytest.mark.parametrize("module", [ast, dataclasses, inspect, textwrap], ids=lambda module: module.__name__)
def test_parts_are_those_that_ast_gives(module: types.ModuleType) -> None:
    check(ast.parse(inspect.getsource(module)))


def test_so_are_those_of_unusual_syntax() -> None:
    try:
        tree = ast.parse(UNUSUAL)
    except SyntaxError:  # before Python 3.12
        tree = ast.parse(UNUSUAL.replace("[T]", "").replace("type U = list[int]", ""))
    check(tree)


def check(tree: ast.AST) -> None:
    inside = syntax_inside(tree)
    assert set(map(id, inside)) == {id(node) for node in ast.walk(tree) if not isinstance(node, MARKS)}
    for node in inside:
        assert parts_of_syntax(node) == [part for part in ast.iter_child_nodes(node) if not isinstance(part, MARKS)]
