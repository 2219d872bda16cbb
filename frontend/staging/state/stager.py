"""The state of staging one function and the primitives that every kind of syntax uses.

The stager is built in layers, one file each, every layer a subclass of the one below: primitives (here), containers
of our own, native segments, expressions, calls, comprehensions, branches, loops, statements.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from xdsl.ir import Block, SSAValue

from ....diagnostics.effect import DYNAMIC, PURE, READS, Behaviour
from ....dialect.operation import hint_name
from ...effects.abstract_type import (
    AbstractType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    PlainType,
    SetType,
    TupleOfType,
    TupleType,
)
from ...effects.lattice import is_immutable, members
from ...effects.operations import KNOWN_VALUE_CLASSES, dunder
from ...effects.scope import CodeScope, class_view
from ...effects.sealing import with_open_parts
from ...effects.secret_literals import is_marked
from ...effects.summary import Guard
from ..source.names import Names
from ..values import (
    Absent,
    Closure,
    Keywords,
    LocalFunction,
    Maybe,
    Owned,
    Static,
    Tracer,
    TupleValue,
    Unbound,
    Unstageable,
    Value,
)
from .builder import Builder, Mark, Operand
from .facts import ProgramFacts
from .state import Point, State
from .written import Written

Start: TypeAlias = tuple[Point, Mark, tuple[Written, int]]
"""A place to come back to: names and containers, ops, and what is known of the program."""

_ASKED = ("__bool__", "__len__")  # of an object in a condition
SCALARS = (str, int, float, bool, complex, bytes, type(None), type(...))


def is_container(known: AbstractType) -> bool:
    """Whether a type is that of a builtin or library container, whose own operations run no code of the user's."""
    return isinstance(known, (ListType, DictType, SetType, CollectionType))


class Stager:
    """Stages one function: where it is, what its names mean, and the block that ops go to."""

    def __init__(self, program: ProgramFacts, scope: CodeScope, local_names: frozenset[str], names: Names) -> None:
        self.program = program
        self.builder = Builder(program.symbols, scope.file)
        self.scope = scope
        self.local_names = local_names
        self.function_names = names
        self.state = State()
        self.depth = 0
        self.loop_depth = 0  # depth of the innermost loop body
        self.num_temporaries = 0
        self.is_async = False
        self.inner_scope: type[ast.expr] | None = None  # the comprehension or generator whose elements are staged

    # Layers above provide these.
    def stage_expression(self, node: ast.expr) -> Value:
        """The value of an expression; emits what computes it."""
        raise NotImplementedError

    def at(self, node: ast.AST) -> None:
        """Ops emitted from now on come from this piece of source."""
        try:
            self.builder.locate(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        except AttributeError:  # syntax that is nowhere in the source
            self.builder.locate(0, 0)

    @contextmanager
    def region(self, block: Block, *, is_loop: bool = False) -> Iterator[Block]:
        """Emit into a nested block; what was emitted is dropped if staging it fails."""
        outer_loop = self.loop_depth
        self.depth += 1
        if is_loop:
            self.loop_depth = self.depth
        try:
            with self.builder.inside(block):
                yield block
        finally:
            self.depth -= 1
            self.loop_depth = outer_loop

    def mark(self) -> Start:
        """Where staging is now, to come back to."""
        return self.state.mark(), self.builder.mark(), self.program.checkpoint()

    def go_back(self, start: Start) -> None:
        """Forget everything since `mark`."""
        point, mark, facts = start
        self.state = State.rewind(point)
        self.builder.rewind(mark)
        self.program.rewind(facts)

    @contextmanager
    def inside_scope(self, scope: type[ast.expr]) -> Iterator[None]:
        """While what a comprehension or generator computes for each element is staged."""
        outer, self.inner_scope = self.inner_scope, scope
        try:
            yield
        finally:
            self.inner_scope = outer

    def temporary(self, value: Value) -> str:
        """A fresh local name bound to a value (no identifier of the user can be equal to it)."""
        self.num_temporaries += 1
        name = f"_xcs_{self.num_temporaries}"
        self.state.names[name] = value
        return name

    def forget_temporaries(self, number: int) -> None:
        """Unbind the temporaries made since there were so many: a statement reads none but its own."""
        for later in range(number + 1, self.num_temporaries + 1):
            self.state.names.pop(f"_xcs_{later}", None)

    def type_of(self, value: Value) -> AbstractType:
        """What is known of a value now: contents of objects that anything may have changed since are not."""
        if isinstance(value, TupleValue):
            return TupleType(tuple(map(self.type_of, value.elements)))
        known = self.state.type_of(value)
        if not self.program.written.stores or is_immutable(known):
            return known
        if self.is_owned(value):
            assert isinstance(value, Owned)
            return with_open_parts(known, self.state.heap[value].seal, lambda part: self.program.stale(part, None))
        return self.program.stale(known, value.places if isinstance(value, Tracer) else None)

    def is_owned(self, value: Value) -> bool:
        """Whether a value is a container, or an object of a class of the user's, that nobody else can see."""
        return isinstance(value, Owned) and not self.state.heap[value].escaped

    def literal(self, node: ast.Constant) -> Static:
        """A literal of the source; what is secret stays so wherever it is passed."""
        if is_marked(node):
            self.program.symbols.note_secret(node.value)
        return Static(node.value)

    def truth_effect(self, value: Value) -> Behaviour:
        """The effect of `bool(value)`."""
        known = self.state.type_of(value)
        if self.is_owned(value) and is_container(known):
            return PURE
        found = [self._truth_of(part) for part in members(known)]
        return DYNAMIC if DYNAMIC in found else READS if READS in found else PURE

    def _truth_of(self, known: AbstractType) -> Behaviour:
        """The effect of `bool` of a value of this type, none of several ones."""
        if is_immutable(known) or isinstance(known, (TupleType, TupleOfType)):
            return PURE
        if isinstance(known, (ListType, DictType, SetType, PlainType, DataType)):
            return READS
        if isinstance(known, ExactType) and known.cls in KNOWN_VALUE_CLASSES:
            return PURE
        if not isinstance(known, InstanceType) or any(dunder(known.cls, name) is not None for name in _ASKED):
            return DYNAMIC
        self.program.rely_on(Guard(class_view(known.cls), name, Guard) for name in _ASKED)
        return PURE

    def ssa(self, value: Value) -> SSAValue:
        """The SSA value that holds a value when the program runs."""
        match value:
            case Tracer(ssa=ssa):
                return ssa
            case Static(value=known):
                if type(known) in SCALARS:
                    return self.builder.constant(known)
                return self.builder.load_object(known)
            case TupleValue(elements=elements):
                return self.builder.make_tuple([self.ssa(element) for element in elements])
            case Owned():
                return self._owned_ssa(value)
            case Unbound() | Maybe() | Absent():
                raise AssertionError(f"an unbound name reached an operand: {value}")
            case Keywords(names=names, values=values):
                keys = [self.builder.constant(name) for name in names]
                return self.builder.make_dict(keys, [self.ssa(held) for held in values])
            case LocalFunction() | Closure():
                raise Unstageable("a local function is used as a value")

    def operand(self, value: Value) -> Operand:
        """A value as a call's argument: literals stay literals."""
        if isinstance(value, Static) and type(value.value) in SCALARS:
            return value
        return self.ssa(value)

    def _owned_ssa(self, owned: Owned) -> SSAValue:
        state = self.state.heap[owned]
        if state.ssa is None:
            assert state.elements is not None
            ssa = self.builder.make_list([self.ssa(element) for element in state.elements])
            self.state.update(owned, ssa=ssa)
            return ssa
        return state.ssa

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name."""
        if name in self.function_names.nonlocal_names:
            raise Unstageable(f"`{name}` is shared with another function")
        self.state.names[name] = value
        if isinstance(value, Tracer) and value.ssa.name_hint is None and not name.startswith("_"):
            hint_name(value.ssa, name)
