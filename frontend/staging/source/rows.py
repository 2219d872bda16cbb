"""What native pieces say that list rows of `zip` or `enumerate`, or a dict: loops over them wait for no more."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ....runtime.row_shape import DictView, Numbers, RowPart, RowShape
from ...effects.scope import CodeScope
from .static_names import static_of


def row_shape(body: ast.expr, inputs: Sequence[str], scope: CodeScope) -> RowShape | DictView | None:
    """The shape of `list(...)` of a `zip`, an `enumerate` or a view of a dict, of names that are inputs; or None."""
    match body:
        case ast.Call(func, [ast.Call(ast.Attribute(ast.Name(name), "keys" | "values" | "items" as kind), [], [])], []):
            return DictView(kind) if static_of(func, scope) is list and list(inputs) == [name] else None
        case ast.Call(func, [rows], []) if static_of(func, scope) is list:
            return _rows(rows, inputs, scope)
    return None


def _rows(node: ast.expr, inputs: Sequence[str], scope: CodeScope) -> RowShape | None:
    if not isinstance(node, ast.Call):
        return None
    parts: list[RowPart] = []
    match static_of(node.func, scope), node.args, node.keywords:
        case walker, args, [] | [ast.keyword("strict", ast.Constant(False))] if walker is zip:
            pass
        case walker, [*args], [] if walker is enumerate and len(args) == 1:
            parts.append(Numbers())
        case walker, [*args, ast.Constant(int(start))], [] if walker is enumerate and len(args) == 1:
            parts.append(Numbers(start))
        case walker, [*args], [ast.keyword("start", ast.Constant(int(start)))] if walker is enumerate:
            parts.append(Numbers(start))
        case _:
            return None
    for arg in args:
        part = inputs.index(arg.id) if isinstance(arg, ast.Name) and arg.id in inputs else _rows(arg, inputs, scope)
        if part is None:
            return None
        parts.append(part)
    return RowShape(tuple(parts)) if args else None
