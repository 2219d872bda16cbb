"""Text: prompts put together of text and numbers that local names hold, and what is asked of text.

Such a piece does nothing but give text, a number or a bool, whatever its operands are, so it needs no inference: one
look at it says what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....diagnostics.effect import PURE
from ....diagnostics.frozen import frozen
from ....dialect.operation import effect_properties, symbol
from ...effects.abstract_type import BOOL, FLOAT, INT, SCALAR_TYPES, STR, ExactType, ListType
from ...effects.method_table import STR_TO_BOOL, STR_TO_STR
from ..source.segment import Segment
from ..state.builder import ir_type
from ..state.written import NEW
from ..values import Owned, Static, Tracer
from .expressions import ExpressionStager

MAX_NESTING = 20  # of the syntax of a piece; what is deeper is inferred
_PROPERTIES = effect_properties(PURE, total=False, fresh=False)
_SHOWN = (STR, INT, FLOAT)
_LIST_OF_TEXT = ListType(STR)
_METHODS: Mapping[str, ExactType] = {**dict.fromkeys(STR_TO_STR, STR), **dict.fromkeys(STR_TO_BOOL, BOOL)}
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_CONTAINS = (ast.In, ast.NotIn)


@frozen(eq=False)
class TextPiece:
    """An expression about text: its type, the names that it reads which are known when the program runs, and others."""

    node: ast.expr
    type: ExactType
    inputs: dict[str, Tracer | Owned]
    statics: dict[str, Any]


class TextStager(ExpressionStager):
    """The layer of expressions about text."""

    def text_piece(self, node: ast.expr) -> TextPiece | None:
        """What an expression reads that surely gives a scalar and does nothing else; None if it is another one."""
        names: set[str] = set()
        found = None if self.program.stage_all else self._type_of_piece(node, names, MAX_NESTING)
        if found is None:
            return None
        inputs: dict[str, Tracer | Owned] = {}
        statics: dict[str, Any] = {}
        for name in sorted(names):
            value = self.state.names[name]
            if isinstance(value, Static):
                statics[name] = value.value
            elif isinstance(value, (Tracer, Owned)):
                inputs[name] = value
        return TextPiece(node, found, inputs, statics) if inputs else None

    def _type_of_piece(self, node: ast.expr, names: set[str], depth: int) -> ExactType | None:
        """The type of a piece, whose names are added to `names`; None where more must be looked at to know it.

        Numbers that names hold are only shown: what is computed of them may be a fact about an array.
        """
        kind: Any = node.__class__
        if kind is ast.Name:
            return self._type_of_name(node.id, names)  # type: ignore[attr-defined]
        if kind is ast.Constant:
            known = SCALAR_TYPES.get(type(node.value))  # type: ignore[attr-defined]
            return known if known is STR or known is INT else None
        told = _TOLD.get(kind) if depth else None
        return None if told is None else told(self, node, names, depth - 1)

    def _type_of_f_string(self, node: ast.JoinedStr, names: set[str], depth: int) -> ExactType | None:
        return STR if self._are_text(node.values, names, depth) else None

    def _type_of_shown(self, node: ast.FormattedValue, names: set[str], depth: int) -> ExactType | None:
        is_shown = self._type_of_piece(node.value, names, depth) in _SHOWN
        spec = () if node.format_spec is None else (node.format_spec,)
        return STR if is_shown and self._are_text(spec, names, depth) else None

    def _type_of_sum(self, node: ast.BinOp, names: set[str], depth: int) -> ExactType | None:
        is_sum = node.op.__class__ is ast.Add and self._are_text((node.left, node.right), names, depth)
        return STR if is_sum else None

    def _type_of_comparison(self, node: ast.Compare, names: set[str], depth: int) -> ExactType | None:
        if len(node.ops) > 1:
            return None
        left, op, right = node.left, node.ops[0], node.comparators[0]
        one, other = (self._type_of_piece(part, names, depth) for part in (left, right))
        if one is STR and other is STR:
            return BOOL if isinstance(op, (*_COMPARISONS, *_CONTAINS)) else None
        is_computed = not isinstance(left, ast.Name) and not isinstance(right, ast.Name)
        return BOOL if one is other is INT and is_computed and isinstance(op, _COMPARISONS) else None

    def _type_of_negation(self, node: ast.UnaryOp, names: set[str], depth: int) -> ExactType | None:
        return BOOL if node.op.__class__ is ast.Not and self._is_condition(node.operand, names, depth) else None

    def _type_of_conjunction(self, node: ast.BoolOp, names: set[str], depth: int) -> ExactType | None:
        return BOOL if all(self._type_of_piece(part, names, depth) is BOOL for part in node.values) else None

    def _type_of_choice(self, node: ast.IfExp, names: set[str], depth: int) -> ExactType | None:
        is_text = self._is_condition(node.test, names, depth) and self._are_text((node.body, node.orelse), names, depth)
        return STR if is_text else None

    def _type_of_call(self, node: ast.Call, names: set[str], depth: int) -> ExactType | None:
        """The type of what a method of text gives, or of the length of text."""
        callee: Any = node.func
        if callee.__class__ is ast.Name:
            is_length = callee.id == "len" and len(node.args) == 1 and not node.keywords
            if not is_length or self.static_of(callee) is not len:
                return None
            return INT if self._are_text(node.args, names, depth) else None
        if callee.__class__ is not ast.Attribute or node.keywords:
            return None
        if callee.attr == "join" and len(node.args) == 1 and self._is_own_list_of_text(node.args[0], names):
            return STR if self._are_text((callee.value,), names, depth) else None
        known = _METHODS.get(callee.attr)
        return known if known is not None and self._are_text((callee.value, *node.args), names, depth) else None

    def _are_text(self, nodes: Sequence[ast.expr], names: set[str], depth: int) -> bool:
        return all(self._type_of_piece(node, names, depth) is STR for node in nodes)

    def _is_condition(self, node: ast.expr, names: set[str], depth: int) -> bool:
        return self._type_of_piece(node, names, depth) in (BOOL, STR)

    def _type_of_name(self, name: str, names: set[str]) -> ExactType | None:
        """The type of the scalar that a local name surely holds."""
        value = self.state.names.get(name)
        if name in self.function_names.nonlocal_names:
            return None
        known = None
        if isinstance(value, Tracer):
            known = SCALAR_TYPES.get(value.type.cls) if isinstance(value.type, ExactType) else None
        elif isinstance(value, Static):
            known = SCALAR_TYPES.get(type(value.value))
        names.add(name)
        return known if known in _SHOWN else None

    def _is_own_list_of_text(self, node: ast.expr, names: set[str]) -> bool:
        """Whether a name is that of a list of text that nobody else sees."""
        if not isinstance(node, ast.Name) or node.id in self.function_names.nonlocal_names:
            return False
        value = self.state.names.get(node.id)
        is_own = isinstance(value, Owned) and value.cls is list and self.is_owned(value)
        names.add(node.id)
        return is_own and self.type_of(value) == _LIST_OF_TEXT  # type: ignore[arg-type]

    def make_text(self, piece: TextPiece) -> Tracer:
        """What the piece gives, as one call of native code."""
        self.at(piece.node)
        segment = Segment(piece.node, tuple(piece.inputs), (), self.scope, piece.statics)
        callee = self.program.symbols.callable(segment, segment.name, PURE, {"source": segment.name})
        properties = {**_PROPERTIES, "callee": symbol(callee)}
        operands = [self.ssa(value) for value in piece.inputs.values()]
        ssa = self.builder.call_again(properties, operands, (), ir_type(piece.type), None)
        self._last_places = NEW
        return Tracer(ssa, piece.type, NEW)


_TOLD: Mapping[type, Callable[..., ExactType | None]] = {
    ast.JoinedStr: TextStager._type_of_f_string,
    ast.FormattedValue: TextStager._type_of_shown,
    ast.BinOp: TextStager._type_of_sum,
    ast.Compare: TextStager._type_of_comparison,
    ast.UnaryOp: TextStager._type_of_negation,
    ast.BoolOp: TextStager._type_of_conjunction,
    ast.IfExp: TextStager._type_of_choice,
    ast.Call: TextStager._type_of_call,
}
"""What tells the type of each kind of syntax, for parts that are nested once less."""
