"""`while` loops as other ones: with the condition in the body, and with what `else` does behind them."""

from __future__ import annotations

import ast

from .syntax import load_name, placed, store_name


def with_test_inside(node: ast.While, *noting: ast.stmt) -> ast.While:
    """`while test: body` as `while True: if not test: break; body`; `noting` comes before that `break`."""
    test = placed(ast.UnaryOp(ast.Not(), node.test), node.test)
    stop = placed(ast.If(test, [*noting, placed(ast.Break(), node.test)], []), node.test)
    return placed(ast.While(placed(ast.Constant(True), node.test), [stop, *node.body], []), node)


def with_else_after(node: ast.While, ended: str) -> list[ast.stmt]:
    """A loop with its test inside, which sets a name where the test ends it, and what `else` does then."""
    true = placed(ast.Constant(True), node.test)
    noting = placed(ast.Assign([store_name(ended, node.test)], true), node.test)
    after = placed(ast.If(load_name(ended, node.test), node.orelse, []), node.orelse[0])
    return [with_test_inside(node, noting), after]


def unless_left(flag: str, test: ast.expr) -> ast.expr:
    """The condition of a loop that has not been left."""
    stays = placed(ast.UnaryOp(ast.Not(), load_name(flag, test)), test)
    if isinstance(test, ast.Constant) and test.value:
        return stays
    return placed(ast.BoolOp(ast.And(), [stays, test]), test)
