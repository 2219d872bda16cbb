"""Source rewriting: an expression's children in Python's evaluation order, and the same node with other children.

Staging an expression computes what must be staged first, binds it to temporaries, and leaves a node that runs
natively. The order of evaluation is Python's: what is evaluated before a staged child is computed before it too.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable

Place = tuple[ast.AST, str, int | None]
"""A child's place: the node it hangs on, the field, and the index in the field if that is a list."""


WHOLE = (ast.Name, ast.Constant, ast.Lambda, ast.GeneratorExp, ast.SetComp, ast.NamedExpr, ast.Yield, ast.YieldFrom)
"""Expressions that have no parts, or parts that don't run where they stand."""
FRAGMENTS = (ast.Starred, ast.Slice, ast.FormattedValue)
"""Expressions that only mean something inside another; they are as worth staging as their parts."""
STATEMENTS = (ast.For, ast.While, ast.If, ast.Try, ast.AugAssign, ast.Expr)


def comes_apart(node: ast.AST) -> bool:
    """Whether a piece of code is made of parts that could be staged one by one."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.expr):
        return not isinstance(node, (*WHOLE, *FRAGMENTS, ast.Await))
    return isinstance(node, STATEMENTS)


def children_in_order(node: ast.expr) -> list[Place] | None:
    """Where the operands of a node hang, in evaluation order; None for nodes whose operands may not all be evaluated
    (or not once)."""
    match node:
        case ast.BinOp():
            return [(node, "left", None), (node, "right", None)]
        case ast.UnaryOp() | ast.FormattedValue():
            return [(node, _FIELD[type(node)], None), *_format_spec(node)]
        case ast.Compare() if len(node.ops) == 1:
            return [(node, "left", None), (node, "comparators", 0)]
        case ast.Subscript():
            return [(node, "value", None), (node, "slice", None)]
        case ast.Slice():
            return [(node, name, None) for name in ("lower", "upper", "step") if getattr(node, name) is not None]
        case ast.Attribute() | ast.Starred() | ast.keyword():
            return [(node, "value", None)]
        case ast.Call() | ast.Await(value=ast.Call()):
            return _call_children(called(node))
        case ast.Await():
            return [(node, "value", None)]
        case ast.JoinedStr():
            return [(node, "values", index) for index in range(len(node.values))]
        case ast.Tuple() | ast.List() | ast.Set():
            return [(node, "elts", index) for index in range(len(node.elts))]
        case ast.Dict():
            return _dict_children(node)
        case _:
            return None


def called(node: ast.expr) -> ast.Call:
    """The call that a call, or the `await` of one, is about."""
    inner = node.value if isinstance(node, ast.Await) else node
    assert isinstance(inner, ast.Call)
    return inner


_FIELD = {ast.UnaryOp: "operand", ast.FormattedValue: "value"}


def _format_spec(node: ast.expr) -> list[Place]:
    spec = node.format_spec if isinstance(node, ast.FormattedValue) else None
    return [(spec, "values", index) for index in range(len(spec.values))] if isinstance(spec, ast.JoinedStr) else []


def _call_children(node: ast.Call) -> list[Place]:
    places: list[Place] = []
    if isinstance(node.func, ast.Attribute):
        places.append((node.func, "value", None))
    else:
        places.append((node, "func", None))
    places += [(node, "args", index) for index in range(len(node.args))]
    return places + [(keyword, "value", None) for keyword in node.keywords]


def _dict_children(node: ast.Dict) -> list[Place]:
    places: list[Place] = []
    for index, key in enumerate(node.keys):
        if key is not None:
            places.append((node, "keys", index))
        places.append((node, "values", index))
    return places


def get_child(place: Place) -> ast.expr:
    """The child at a place."""
    owner, name, index = place
    held = getattr(owner, name)
    return held if index is None else held[index]


def set_child(place: Place, child: ast.expr) -> None:
    """Hang another child there."""
    owner, name, index = place
    if index is None:
        setattr(owner, name, child)
    else:
        getattr(owner, name)[index] = child


def thaw(node: ast.expr) -> ast.expr:
    """A copy of a node whose own child places may be written (the children themselves are shared)."""
    fresh = copy.copy(node)
    for name, held in ast.iter_fields(node):
        if isinstance(held, list):
            setattr(fresh, name, [copy.copy(h) if isinstance(h, ast.keyword) else h for h in held])
    if isinstance(fresh, ast.Await) and isinstance(fresh.value, ast.Call):
        fresh.value = thaw(fresh.value)
    if isinstance(fresh, ast.Call) and isinstance(fresh.func, ast.Attribute):
        fresh.func = copy.copy(fresh.func)
    if isinstance(fresh, ast.FormattedValue) and fresh.format_spec is not None:
        fresh.format_spec = thaw(fresh.format_spec)
    return fresh


def rewrite_children(
    node: ast.expr,
    places: list[Place],
    has_gain: Callable[[ast.expr], bool],
    compute: Callable[[ast.expr], ast.expr],
    rewrite: Callable[[ast.expr], ast.expr],
    is_trivial: Callable[[ast.expr], bool],
    settle_receiver: Callable[[ast.Call], None],
) -> None:
    """Rewrite the children of a thawed node in place.

    `compute` turns a child into a temporary, `rewrite` into a native expression over temporaries. The last child
    with something to stage is rewritten in place; everything before it that isn't trivial (evaluating it later makes a
    difference) is computed first.
    """
    gaining = [index for index, place in enumerate(places) if has_gain(get_child(place))]
    if not gaining:
        return
    last = gaining[-1]
    for index, place in enumerate(places[: last + 1]):
        child = get_child(place)
        if index < last:
            if not is_trivial(child):
                set_child(place, compute(child))
            if index == 0 and isinstance(node, (ast.Call, ast.Await)) and not isinstance(places[0][0], ast.Await):
                settle_receiver(called(node))
        else:
            set_child(place, rewrite(child))
