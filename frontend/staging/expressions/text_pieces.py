"""Prompts: text put together of text and numbers that local names hold, in f-strings, with `+` and with `join`.

Such a piece does nothing but give text, whatever its operands are, so it needs no inference: one look at it says what
it reads.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from ....diagnostics.effect import PURE
from ....dialect.operation import effect_properties, symbol
from ...effects.abstract_type import FLOAT, INT, STR, ExactType, ListType
from ..source.segment import Segment
from ..state.builder import ir_type
from ..state.written import NEW
from ..values import Owned, Static, Tracer
from .expressions import ExpressionStager

_TEXT = (STR,)
_NUMBERS = (INT, FLOAT)
_LIST_OF_TEXT = ListType(STR)
_TEXT_OF_IR = ir_type(STR)


@dataclass(frozen=True, slots=True)
class TextPiece:
    """An expression that gives text: the names that it reads which are known when the program runs, and the others."""

    node: ast.expr
    inputs: dict[str, Tracer | Owned]
    statics: dict[str, Any]


class TextStager(ExpressionStager):
    """The layer of text put together of values that can't change."""

    def text_piece(self, node: ast.expr) -> TextPiece | None:
        """What an expression reads that surely gives text and does nothing else; None if it is another one."""
        if self.program.stage_all:
            return None
        names: set[str] = set()
        pending: list[Any] = [node]
        while pending:
            part = pending.pop()
            kind = part.__class__
            if kind is ast.JoinedStr:
                pending += part.values
            elif kind is ast.FormattedValue:
                shown, spec = part.value, part.format_spec
                pending += [] if spec is None else [spec]
                if shown.__class__ is not ast.Name or self._holds(shown.id, _TEXT):
                    pending.append(shown)
                elif self._holds(shown.id, _NUMBERS):
                    names.add(shown.id)
                else:
                    return None
            elif kind is ast.BinOp and part.op.__class__ is ast.Add:
                pending += (part.left, part.right)
            elif kind is ast.Call and (joined := self._joined_list(part)) is not None:
                pending.append(part.func.value)
                names.add(joined)
            elif kind is ast.Name and self._holds(part.id, _TEXT):
                names.add(part.id)
            elif kind is not ast.Constant or type(part.value) is not str:
                return None
        values = {name: self.state.names[name] for name in sorted(names)}
        inputs = {name: value for name, value in values.items() if isinstance(value, (Tracer, Owned))}
        statics = {name: value.value for name, value in values.items() if isinstance(value, Static)}
        return TextPiece(node, inputs, statics) if inputs else None

    def _holds(self, name: str, known: tuple[ExactType, ...]) -> bool:
        """Whether a local name surely holds a value of one of these classes."""
        value = self.state.names.get(name)
        if name in self.function_names.nonlocal_names:
            return False
        if isinstance(value, Tracer):
            return value.type in known
        return isinstance(value, Static) and any(type(value.value) is one.cls for one in known)

    def _joined_list(self, node: ast.Call) -> str | None:
        """The name of a list of text of this function's own that a call of `join` puts together, if it is one."""
        match node:
            case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Name(id=name)], keywords=[]):
                value = self.state.names.get(name)
                is_plain = isinstance(value, Owned) and value.cls is list and self.is_owned(value)
                is_text = is_plain and self.type_of(value) == _LIST_OF_TEXT  # type: ignore[arg-type]
                return name if is_text and name not in self.function_names.nonlocal_names else None
            case _:
                return None

    def make_text(self, piece: TextPiece) -> Tracer:
        """The text, as one call of native code."""
        self.at(piece.node)
        segment = Segment(piece.node, tuple(piece.inputs), (), self.scope, piece.statics)
        callee = self.program.symbols.callable(segment, segment.name, PURE, {"source": segment.name})
        properties = effect_properties(PURE, total=False, fresh=False)
        properties["callee"] = symbol(callee)
        operands = [self.ssa(value) for value in piece.inputs.values()]
        ssa = self.builder.call_again(properties, operands, (), _TEXT_OF_IR, None)
        self._last_places = NEW
        return Tracer(ssa, STR, NEW)
