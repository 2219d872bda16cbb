"""What operation on arrays a piece of syntax is, if its operands are arrays."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ....lowering.array_access import ArrayAccess

OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
}
COMPUTED_ATTRIBUTES = frozenset(("T", "mT", "real", "imag"))
OUTSIDE_OF_KERNELS = frozenset(("block_until_ready", "copy_to_host_async", "to_device", "addressable_data", "devices"))
"""Methods that a value inside a kernel doesn't have."""
LITERALS = (int, bool, str, type(None), type(...))

Operation: TypeAlias = tuple[Callable[..., Any], Sequence[ast.expr], Sequence[ast.keyword]]
"""What is called with which operands."""


def array_operation(node: ast.expr) -> Operation | None:
    """The operation that an expression is where its first operand is an array; None for what is no such expression."""
    match node:
        case ast.BinOp(left=a, op=op, right=b) | ast.Compare(left=a, ops=[op], comparators=[b]):
            name = OPERATORS.get(type(op))
            return None if name is None else (getattr(operator, name), (a, b), ())
        case ast.UnaryOp(op=op, operand=a):
            name = OPERATORS.get(type(op))
            return None if name is None else (getattr(operator, name), (a,), ())
        case ast.Subscript(value=array, slice=index):
            access = index_text(index)
            return None if access is None else (_access(*access), (array, *access[1]), ())
        case ast.Attribute(value=array, attr=name) if name in COMPUTED_ATTRIBUTES:
            return _access(f".{name}"), (array,), ()
        case ast.Call(func=ast.Attribute(value=array, attr=name), args=args) if name not in OUTSIDE_OF_KERNELS:
            return _access(f".{name}", is_call=True), (array, *args), node.keywords
        case _:
            return None


def _access(text: str, parts: Sequence[ast.expr] = (), *, is_call: bool = False) -> ArrayAccess:
    """The one access with this text: what it is asked for with tells it from others."""
    return ArrayAccess.of(text, len(parts), is_call=is_call)


def index_text(index: ast.expr) -> tuple[str, list[ast.expr]] | None:
    """An index as text with places for what must be computed; None for indices that aren't spelled out."""
    parts: list[ast.expr] = []
    text = _part_text(index, parts)
    return None if text is None else (f"[{text}]", parts)


def _part_text(node: ast.expr, parts: list[ast.expr]) -> str | None:
    match node:
        case ast.Constant(value=value) if type(value) in LITERALS:
            return "..." if value is ... else repr(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return f"-{value}"
        case ast.Slice(lower=lower, upper=upper, step=step):
            texts = ["" if bound is None else _part_text(bound, parts) for bound in (lower, upper, step)]
            return None if None in texts else ":".join(map(str, texts[: 2 if step is None else 3]))
        case ast.Tuple(elts=elements):
            texts = [_part_text(element, parts) for element in elements]
            return None if None in texts else ", ".join(map(str, texts)) + ("," if len(texts) == 1 else "")
        case ast.Starred():
            return None
        case _:
            parts.append(node)
            return f"p{len(parts) - 1}"
