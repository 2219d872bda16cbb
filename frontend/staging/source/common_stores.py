"""Stores with which all ways through a `try` end: `try: d[k] = ask(x)` and `except E: d[k] = "failed"`.

Where such a store can't fail, it may as well stand behind the `try`, which then only gives the value.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from .names import names_of
from .syntax import assign_name, load_name, placed
from .ways_out import always_leaves


@dataclass(frozen=True, slots=True)
class CommonStore:
    """One store.

    Attributes:
        container: the name of what it goes into.
        key: what for, a name or a constant; None where it is appended.
        statement: it, as the body of the `try` has it.
    """

    container: str
    key: ast.Name | ast.Constant | None
    statement: ast.stmt

    def behind(self, value: str) -> ast.stmt:
        """The same store, of the value of a name."""
        last, held = self.statement, load_name(value, self.statement)
        if isinstance(last, ast.Assign):
            return placed(ast.Assign(last.targets, held), last)
        assert isinstance(last, ast.Expr)
        assert isinstance(last.value, ast.Call)
        return placed(ast.Expr(placed(ast.Call(last.value.func, [held], []), last.value)), last)


def common_store(node: ast.Try) -> CommonStore | None:
    """The store with which the body and each handler that goes on end; what it names is the same throughout."""
    if node.orelse or node.finalbody:
        return None
    ends = [node.body[-1], *(one.body[-1] for one in node.handlers if not always_leaves(one.body))]
    found = [_store(statement) for statement in ends]
    first = found[0]
    if first is None or len(found) == 1 or any(one is None or _place(one) != _place(first) for one in found):
        return None
    bound = names_of([node]).bound | names_of([node]).deleted
    is_bound = first.container in bound or (isinstance(first.key, ast.Name) and first.key.id in bound)
    return None if is_bound else first


def with_values(node: ast.Try, name: str) -> ast.Try:
    """A `try` with a common store that gives the name the value instead."""
    handlers = [
        one if always_leaves(one.body) else placed(ast.ExceptHandler(one.type, one.name, _ending(one.body, name)), one)
        for one in node.handlers
    ]
    return placed(ast.Try(_ending(node.body, name), handlers, [], []), node)


def _ending(body: Sequence[ast.stmt], name: str) -> list[ast.stmt]:
    return [*body[:-1], assign_name(name, _value(body[-1]), body[-1])]


def _store(statement: ast.stmt) -> CommonStore | None:
    match statement:
        case ast.Assign([ast.Subscript(ast.Name(container), (ast.Name() | ast.Constant()) as key)]):
            return CommonStore(container, key, statement)
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(container), "append"), [value], [])):
            return None if isinstance(value, ast.Starred) else CommonStore(container, None, statement)
        case _:
            return None


def _value(statement: ast.stmt) -> ast.expr:
    if isinstance(statement, ast.Assign):
        return statement.value
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    return statement.value.args[0]


def _place(store: CommonStore) -> tuple[str, str]:
    return store.container, "" if store.key is None else ast.dump(store.key)
