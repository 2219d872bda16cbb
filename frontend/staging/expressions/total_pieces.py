"""Pieces of code that can't raise: loads of what is known to be there, and arithmetic of plain numbers.

An op for such a piece may move: array code on both sides of it is one kernel.
"""

from __future__ import annotations

import ast
import types

from ...effects.abstract_type import (
    BOOL,
    FLOAT,
    INT,
    AbstractType,
    ArrayType,
    DictType,
    ExactType,
    InstanceType,
    StaticType,
    TupleType,
)
from ...effects.array_methods import attribute_type
from ...effects.classes import has_plain_attributes
from ...effects.lattice import widen
from ...effects.scope import fact, find
from ..source.class_attributes import is_stored_by_itself
from ..values import Owned, Static, Tracer, TupleValue
from .gains import GainStager

_NUMBERS = (INT, FLOAT, BOOL)
_WHOLE = (INT, BOOL)
_ARRAY_FACTS = frozenset(("shape", "ndim", "size", "dtype"))
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult)
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class TotalStager(GainStager):
    """The layer of what can't raise."""

    def is_total(self, node: ast.expr) -> bool:
        """Whether evaluating an expression surely gives a value, as long as nobody writes what it looks at."""
        return self._total_type(node) is not None

    def _total_type(self, node: ast.expr) -> AbstractType | None:
        """The type of the value that an expression surely has; None where it may raise instead."""
        match node:
            case ast.Constant(value=held):
                return widen(StaticType(held))
            case ast.Name(id=name):
                return self._total_name(name)
            case ast.Attribute(value=base, attr=name):
                return self._total_part(base, name, is_item=False)
            case ast.Subscript(value=base, slice=ast.Constant(value=int() | str() as key)):
                return self._total_part(base, key, is_item=True)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=part):
                known = self._total_type(part)
                return INT if known in _WHOLE else FLOAT if known == FLOAT else None
            case ast.BinOp(left=a, op=op, right=b):
                return _type_of_arithmetic(op, self._total_type(a), self._total_type(b))
            case ast.Compare(left=a, ops=[op], comparators=[b]):
                return _type_of_comparison(op, self._total_type(a), self._total_type(b))
            case _:
                return None

    def _total_part(self, base: ast.expr, key: int | str, *, is_item: bool) -> AbstractType | None:
        known = self._total_type(base)
        if isinstance(known, (DictType, InstanceType)) and not self._is_from_outside(base):
            return None  # what this function has made may have lost it again
        if known is None or not is_item:
            return None if known is None else _type_of_attribute(known, str(key))
        if isinstance(known, TupleType) and isinstance(key, int):
            return known.elements[key] if -len(known.elements) <= key < len(known.elements) else None
        return dict(known.items).get(key) if isinstance(known, DictType) else None  # type: ignore[arg-type]

    def _is_from_outside(self, node: ast.expr) -> bool:
        """Whether what an expression gives was there, as its type says, when the program started."""
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        value = self.state.names.get(node.id)
        return bool(value.places) if isinstance(value, Tracer) else value is None

    def _total_name(self, name: str) -> AbstractType | None:
        value = self.state.names.get(name)
        if value is not None:
            is_plain = isinstance(value, (Tracer, Static, Owned, TupleValue))
            return widen(self.type_of(value)) if is_plain else None
        if name in self.local_names or name in self.function_names.nonlocal_names:
            return None
        found = find(self.scope, name)
        is_there = found is not None and (found.guard is not None or name in self.scope.statics)
        return found.value.type if found is not None and is_there else None


def _type_of_attribute(owner: AbstractType, name: str) -> AbstractType | None:
    if isinstance(owner, ArrayType):
        return attribute_type(owner, name) if name in _ARRAY_FACTS else None
    if isinstance(owner, StaticType) and type(owner.value) is types.ModuleType:
        namespace = vars(owner.value)
        found = fact(namespace[name], namespace, name, "") if name in namespace else None
        return found.value.type if found is not None and found.guard is not None else None
    if not isinstance(owner, InstanceType) or name.startswith("__") or not has_plain_attributes(owner.cls):
        return None
    return dict(owner.attributes).get(name) if is_stored_by_itself(owner.cls, name) else None


def _type_of_arithmetic(op: ast.operator, left: object, right: object) -> ExactType | None:
    """Whole numbers among each other, and floats: one of each may be too large a number for a float."""
    if not isinstance(op, _ARITHMETIC):
        return None
    return INT if left in _WHOLE and right in _WHOLE else FLOAT if left == right == FLOAT else None


def _type_of_comparison(op: ast.cmpop, left: object, right: object) -> ExactType | None:
    if left is None or right is None:
        return None
    if isinstance(op, (ast.Is, ast.IsNot)):
        return BOOL
    are_numbers = left in _NUMBERS and right in _NUMBERS
    return BOOL if are_numbers and isinstance(op, (*_ORDER, ast.Eq, ast.NotEq)) else None
