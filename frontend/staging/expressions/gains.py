"""Whether there is anything to gain in a piece of code: an external call, array work, or a callee that may be one."""

from __future__ import annotations

import ast
import enum
import types
from collections.abc import Set
from functools import cached_property

from ....diagnostics.effect import Effect
from ....diagnostics.identity import identity
from ...effects.abstract_type import (
    NEVER,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    SetType,
    StaticType,
    StreamType,
    TupleOfType,
    TupleType,
    UnionType,
)
from ...effects.array_results import is_array
from ...effects.contents import element_type
from ...effects.coroutines import makes_coroutine, unjitted
from ...effects.declared_calls import declared_behaviour
from ...effects.known import known
from ...effects.lattice import members
from ...effects.promised_result import promised_type
from ...effects.scope import class_view, find
from ...effects.summary import CodeSummary, Summary
from ...frame_reader import FRAME_READERS
from ...syntax_parts import parts_of_syntax, syntax_inside
from ..source.names import FUNCTIONS
from ..source.rewriting import comes_apart
from ..source.ways_out import leaves
from ..values import LocalFunction, Owned, Static, Tracer, Unstageable
from .native_pieces import FRAME_INSPECTION, PieceStager

WITHOUT_CALLS = frozenset((ast.Name, ast.Constant, ast.Load, ast.Store, ast.Pass))
_RUN_LATER = frozenset((*FUNCTIONS, ast.GeneratorExp, ast.ClassDef))
_LOOPS = frozenset((ast.For, ast.AsyncFor, ast.comprehension))
_ARRAY_SYNTAX = (ast.BinOp, ast.Compare, ast.UnaryOp, ast.Subscript, ast.Attribute)


class Gain(enum.Enum):
    """What there is to gain by staging a piece of code: nothing, by taking it apart, or as one call of the world."""

    NOTHING = 0
    PARTS = 1
    WHOLE = 2


class GainStager(PieceStager):
    """The layer of what is worth staging."""

    def has_gain(self, node: ast.expr | ast.stmt) -> bool:
        """Whether a piece of code contains an external call, array work, or a callee that may be one.

        Where everything is staged: whether it is made of parts.
        """
        return self.gain_of(node) is not Gain.NOTHING

    def gain_of(self, node: ast.expr | ast.stmt) -> Gain:
        """What there is to gain by staging a piece of code."""
        if isinstance(node, (ast.Name, ast.Constant)):
            return Gain.NOTHING
        if self.program.stage_all and comes_apart(node):
            return Gain.NOTHING if is_frame_inspection(node) else Gain.PARTS
        if self._calls_world(node) or self.makes_own_generator(node):
            return Gain.PARTS
        if not self._may_gain(node):
            return Gain.NOTHING
        known = self._summary_of_call(node)
        if known is not None:
            return Gain.PARTS if gains(known) else Gain.NOTHING
        try:
            found = self.describe(node)
        except Unstageable:
            is_tried = isinstance(node, ast.stmt) and not isinstance(node, (ast.With, ast.Try))
            return Gain.PARTS if is_tried else Gain.NOTHING
        if not gains(found.summary):
            return Gain.NOTHING
        return Gain.WHOLE if self.is_one_answer(found) else Gain.PARTS

    def is_one_answer(self, found: CodeSummary) -> bool:
        """Whether code does nothing that has a place in the order but read a stream that it opens itself.

        As one call it waits for an answer like any other call of a service; taken apart, its steps would wait in order.
        """
        summary = found.summary
        return (
            summary.reads_streams
            and summary.num_external_sites == 1
            and summary.effect <= Effect.UNORDERED
            and not (summary.unknown_types or summary.has_array_work)
            and summary.mutates <= found.owned.keys()
        )

    def makes_own_generator(self, node: ast.AST) -> bool:
        """Whether this is a call of a generator function of this function: lifted, it is known what it gives."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return False
        local = self.state.names.get(node.func.id)
        if not isinstance(local, LocalFunction) or not isinstance(local.node, ast.FunctionDef):
            return False
        return "yield" in leaves(local.node.body)

    def _calls_world(self, node: ast.AST) -> bool:
        """Whether a function that is declared to wait for the world is surely called by its name in this code.

        That says enough without inference, and is looked for once in each piece of code. Where a loop goes over what is
        known to be empty, only inference tells what is left.
        """
        if identity(node) not in self._world_calls:
            self._find_world_calls(node)
        _, is_found, iterated = self._world_calls[identity(node)]
        names = self.state.names
        return is_found and not any(
            name in names and holds_nothing(self.state.type_of(names[name])) for name in iterated
        )

    @cached_property
    def _world_calls(self) -> dict[int, tuple[ast.AST, bool, frozenset[str]]]:
        """For each piece of code looked at: whether such a call is in it, and the names that say what loops go over."""
        return {}

    def _find_world_calls(self, node: ast.AST) -> None:
        known = self._world_calls
        pending, found = [node], list[tuple[ast.AST, list[ast.AST]]]()
        while pending:
            node = pending.pop()
            inside = () if node.__class__ in _RUN_LATER else parts_of_syntax(node)
            parts = [part for part in inside if part.__class__ not in WITHOUT_CALLS]
            found.append((node, parts))
            pending += [part for part in parts if identity(part) not in known]
        for node, parts in reversed(found):
            is_found = node.__class__ is ast.Call and self._is_world(node.func)  # type: ignore[attr-defined]
            iterated = frozenset[str]()
            if node.__class__ in _LOOPS:
                iterated |= self.program.names([node.iter]).read  # type: ignore[attr-defined]
            for part in parts:
                _, is_inside, names = known[identity(part)]
                is_found = is_found or is_inside
                iterated = iterated | names if names else iterated
            known[identity(node)] = node, is_found, iterated

    def _is_world(self, callee: ast.expr) -> bool:
        """Whether a callee is a function found outside of this one, whose declared calls wait for the world."""
        root = callee
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id in self.local_names:
            return False
        function = self.static_of(callee)
        answer = self._waiting.get(identity(function))
        if answer is None:
            answer = self._waiting[identity(function)] = function, waits_for_world(unjitted(function))
        return answer[1]

    @cached_property
    def _waiting(self) -> dict[int, tuple[object, bool]]:
        """For each callee, by identity, whether its calls wait for the world."""
        return {}

    def _summary_of_call(self, node: ast.AST) -> Summary | None:
        """The summary of a call of a known callable with names and literals, found without looking at more."""
        if not isinstance(node, ast.Call):
            return None
        function = self.static_of(node.func)
        if not isinstance(function, types.FunctionType) and (not callable(function) or known(function) is None):
            return None
        positional = [self._type_of_simple(argument) for argument in node.args]
        named = [(keyword.arg, self._type_of_simple(keyword.value)) for keyword in node.keywords]
        if None in positional or any(name is None or known is None for name, known in named):
            return None
        return self.program.summary_of(function, tuple(positional), tuple(named))  # type: ignore[arg-type]

    def _type_of_simple(self, node: ast.expr) -> AbstractType | None:
        """The type of a literal, or of a name that is surely bound; None for anything else."""
        if isinstance(node, ast.Constant):
            return StaticType(node.value)
        value = self.state.names.get(node.id) if isinstance(node, ast.Name) else None
        return self.type_of(value) if isinstance(value, (Tracer, Static, Owned)) else None

    def static_of(self, node: ast.expr) -> object:
        """The object a name or attribute chain is known to mean, else None. The layer above knows."""
        raise NotImplementedError

    def has_gain_inside(self, node: ast.Try) -> bool:
        """Whether staging a `try` can gain anything."""
        try:
            return self.program.stage_all or gains(self.describe(node).summary)
        except Unstageable:
            return False

    def _may_gain(self, node: ast.AST) -> bool:
        """A quick look without inference: no call and no array means nothing to gain."""
        if isinstance(node, ast.Call):
            return True
        has_operator = False
        attributes = set[str]()
        for inner in syntax_inside(node):
            if isinstance(inner, (ast.Call, ast.Await)):
                return True
            has_operator = has_operator or isinstance(inner, _ARRAY_SYNTAX)
            if isinstance(inner, ast.Attribute):
                attributes.add(inner.attr)
        if not has_operator:
            return False
        read = self.program.names([node]).read
        return any(map(self._may_be_array, read)) or (bool(attributes) and self._may_compute(attributes, read))

    def _may_compute(self, attributes: Set[str], names: Set[str]) -> bool:
        """Whether one of these attributes is a property of what one of these names means, or of its elements."""
        known = [self.state.type_of(self.state.names[name]) for name in names if name in self.state.names]
        inside = (element for one in known if (element := element_type(one)) is not None)
        classes = {part.cls for one in (*known, *inside) for part in members(one) if isinstance(part, InstanceType)}
        return any(isinstance(class_view(cls).get(name), property) for cls in classes for name in attributes)

    def _may_be_array(self, name: str) -> bool:
        """Whether a name means an array, or an object that holds one."""
        if name in self.state.names:
            return may_hold_array(self.state.type_of(self.state.names[name]))
        if name in self.local_names:
            return False
        if name not in self._outside_arrays:
            found = find(self.scope, name)
            self._outside_arrays[name] = found is not None and may_hold_array(found.value.type)
        return self._outside_arrays[name]

    @cached_property
    def _outside_arrays(self) -> dict[str, bool]:
        return {}


def holds_nothing(known: AbstractType) -> bool:
    """Whether a value of this type is, or has inside, a container that is known to be empty."""
    match known:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return element == NEVER or holds_nothing(element)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            return held == NEVER or holds_nothing(key) or holds_nothing(held)
        case TupleType(elements=parts):
            return not parts or any(map(holds_nothing, parts))
        case UnionType(members=parts):
            return any(map(holds_nothing, parts))
        case InstanceType(attributes=attributes):
            return any(holds_nothing(held) for _, held in attributes)
        case StaticType(value=value):
            return isinstance(value, (str, bytes, range, tuple)) and not value
        case _:
            return False


def may_hold_array(known: AbstractType) -> bool:
    """Whether a value is an array, an object with one among its attributes, or a list or tuple of arrays."""
    if isinstance(known, InstanceType):
        return any(is_array(held) for _, held in known.attributes)
    if isinstance(known, (ListType, TupleOfType)):
        return known.element != NEVER and is_array(known.element)
    return is_array(known)


def is_frame_inspection(node: ast.AST) -> bool:
    """Whether a piece of code is a call that sees which function it stands in."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in FRAME_READERS
    return isinstance(node.func, ast.Name) and node.func.id in FRAME_INSPECTION | FRAME_READERS


def gains(summary: Summary) -> bool:
    """Whether staging a piece with this summary can gain anything."""
    return summary.num_external_sites > 0 or summary.has_array_work


def waits_for_world(function: object) -> bool:
    """Whether a function is declared to wait for the world, and gives what it gives all at once."""
    if type(function) is not types.FunctionType or makes_coroutine(function):
        return False
    declared = declared_behaviour(function)
    opens_stream = isinstance(promised_type(function.__dict__.get("__xcs_result__")), StreamType)
    return declared is not None and declared.external and not opens_stream
