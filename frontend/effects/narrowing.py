"""What a test that came out one way says of the names in it."""

from __future__ import annotations

import ast
from collections.abc import Callable

from .abstract_type import NEVER, AbstractType, ExactType, InstanceType
from .frame import Frame
from .lattice import covers, join, members
from .value import NONE_VALUE, Value, value


def narrow(frame: Frame, node: ast.expr, holds: bool) -> None:
    """On this path the test came out as `holds`: `x is None`, `not x`, and `isinstance(x, C)` say something of `x`."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            narrow(frame, inner, not holds)
        case ast.BoolOp(op=ast.And(), values=parts) if holds:
            for part in parts:
                narrow(frame, part, True)
        case ast.BoolOp(op=ast.Or(), values=parts) if not holds:
            for part in parts:
                narrow(frame, part, False)
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]
        ):
            is_none = holds == isinstance(op, ast.Is)
            if is_none and any(covers(one, NONE_VALUE.type) for one in members(frame.lookup(name).type)):
                _rebind(frame, name, NONE_VALUE)
            else:
                _keep(frame, name, lambda one: not is_none and one != NONE_VALUE.type)
        case ast.Name(id=name) if holds:
            _keep(frame, name, lambda one: one != NONE_VALUE.type)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), ast.Name(id=cls_name)]):
            cls = getattr(frame.lookup(cls_name).type, "value", None)
            if isinstance(cls, type) and type(cls) is type:
                _keep(frame, name, lambda one: _may_be(one, cls, holds))
        case _:
            pass


def _may_be(one: AbstractType, cls: type, holds: bool) -> bool:
    exact = one.cls if isinstance(one, (ExactType, InstanceType)) else None
    return exact is None or issubclass(exact, cls) == holds


def _rebind(frame: Frame, name: str, held: Value) -> None:
    """A name that is followed on this path holds this."""
    if frame.names is not None and name in frame.names and name not in frame.shared:
        frame.names[name] = held


def _keep(frame: Frame, name: str, keeps: Callable[[AbstractType], bool]) -> None:
    if frame.names is None or name not in frame.names or name in frame.shared:
        return
    held = frame.names[name]
    parts = members(held.type)
    kept = [one for one in parts if keeps(one)]
    if len(kept) < len(parts) and held.bound is None:
        narrowed: AbstractType = NEVER
        for one in kept:
            narrowed = join(narrowed, one)
        frame.names[name] = value(narrowed, held.origins)
