"""The state of staging one function and the primitives that every kind of syntax uses.

The stager is built in layers, one file each, every layer a subclass of the one below: primitives (here), native
segments, expressions, calls, comprehensions, branches, loops, statements.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
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
    StaticType,
    TupleOfType,
    TupleType,
)
from ...effects.contents import element_type
from ...effects.lattice import is_immutable, join_all, members
from ...effects.operations import KNOWN_VALUE_CLASSES, dunder
from ...effects.regions import opened_up
from ...effects.scope import CodeScope, class_view
from ...effects.seal import SEALED, Seal, join_seals
from ...effects.sealing import is_sealable_inside, with_open_parts
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
    containers_in,
)
from .builder import Builder, Mark, Operand
from .facts import ProgramFacts
from .retrace import MustCarry, MustEscape, MustLend, MustUnseal
from .state import NO_PARTS, OwnedState, Point, State
from .written import Written

Start: TypeAlias = tuple[Point, Mark, tuple[Written, int]]
"""A place to come back to: names and containers, ops, and what is known of the program."""

_ASKED = ("__bool__", "__len__")  # of an object in a condition
COMPOUND = (TupleValue, Maybe, LocalFunction, Keywords, Closure)
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

    def own_list(self, elements: Sequence[Value]) -> Owned:
        """A fresh list of these values."""
        kinds = join_all(map(self.type_of, elements))
        if isinstance(kinds, InstanceType) and (seal := self._absorb_all(elements)) is not None:
            objects = self.builder.make_list([self.ssa(element) for element in elements])
            return self.own(objects, ListType(kinds), list, seal, apart=True)
        for element in elements:
            self.hold(element)
        is_inert = all(map(self.is_inert, elements))
        known, seal = tuple(elements), SEALED if is_inert else None
        return self.state.own(OwnedState(ListType(kinds), self.depth, self.depth, known, seal=seal, apart=is_inert))

    def own(self, ssa: SSAValue, known: AbstractType, cls: type, seal: Seal = None, apart: bool = False) -> Owned:
        """A fresh container that an op has made, with as much of what it holds; `apart`: each element by itself."""
        return self.state.own(OwnedState(known, self.depth, self.depth, None, ssa, seal=seal, apart=apart), cls)

    def is_inert(self, value: Value) -> bool:
        """Whether nothing that a value reaches can change, or is known by what it is."""
        known = self.state.type_of(value)
        return isinstance(known, StaticType) or is_immutable(known)

    def is_sealed(self, value: Value) -> bool:
        """Whether a value is a container that nobody else can see, nor anything in it."""
        return self.seal_of(value) == SEALED

    def has_seal(self, value: Value) -> bool:
        """Whether a value is a container that nobody else can see, nor anything in it but in open attributes."""
        return self.seal_of(value) is not None

    def seal_of(self, value: Value) -> Seal:
        """How much of what a container of ours holds is seen by nobody else."""
        return self.state.heap[value].seal if isinstance(value, Owned) and self.is_owned(value) else None

    def hold(self, value: Value) -> None:
        """A value goes into a container: what it may change in later is seen through that container too."""
        if isinstance(value, Owned):
            self.escape(value)
        elif isinstance(value, TupleValue):
            for element in value.elements:
                self.hold(element)
        elif isinstance(value, Keywords):
            for element in value.values:
                self.hold(element)
        elif isinstance(value, LocalFunction):
            for element in value.captured.values():
                self.hold(element)

    def hold_in(self, owned: Owned, value: Value) -> None:
        """The same for an owned container, which from then on may hold what others see."""
        seal, known = self.seal_of(owned), self.state.type_of(value)
        if seal is not None and (absorbed := self.absorb(value)) is not None:
            self.unseal(owned, opened_up(known, absorbed, seal))
            return
        self.hold(value)
        if not self.is_inert(value):
            self.unseal(owned)

    def _absorb_all(self, values: Sequence[Value]) -> Seal:
        """What objects without names that go into one container leave of its seal; None if others see one of them."""
        types = [self.state.type_of(value) for value in values]
        seals = []
        for value in values:
            seals.append(self.absorb(value))
            if seals[-1] is None:
                return None
        joined = functools.reduce(join_seals, seals, SEALED)
        found = [opened_up(known, seal, joined) for known, seal in zip(types, seals, strict=True)]
        return None if None in found else joined

    def absorb(self, value: Value) -> Seal:
        """The seal of an object of ours without a name; what it goes into is all that leads to it now. Else None."""
        seal = self.seal_of(value)
        if not isinstance(value, Owned) or seal is None or not is_sealable_inside(self.type_of(value), seal):
            return None
        state = self.state.heap[value]
        if state.shared or state.argument is not None:
            return None  # a caller has it, too
        if state.within is not None or state.made_at < self.loop_depth or self._is_named(value):
            return None
        if any(self._owned_ssa(value).uses):
            self.finish(value)  # who has read it by this name is done before somebody changes it by another one
        self.state.update(value, escaped=True, elements=None, type=self.state.type_of(value))
        return seal

    def _is_named(self, owned: Owned) -> bool:
        """Whether a name, or a container whose elements are known, leads to an owned container."""
        for value in self.state.names.values():
            if value is owned or (isinstance(value, COMPOUND) and owned in containers_in(value)):
                return True
        return any(state.elements and owned in state.elements for state in self.state.heap.values())

    def escape(self, owned: Owned) -> None:
        """From here on somebody else may see this container."""
        state = self.state.heap[owned]
        if state.escaped:
            return
        _refuse_shared(state)
        if state.within is not None:
            raise MustUnseal(state.within, None)
        if state.made_at < self.loop_depth:
            raise MustEscape(owned)
        self.program.note_mixed(state.argument)
        self._owned_ssa(owned)
        self.state.update(owned, escaped=True, elements=None, last=None, type=self.state.type_of(owned))

    def hand_out_parts(self, value: Value) -> None:
        """What a container holds gets names of its own; an object that runs code of its own at each step is let go."""
        if isinstance(value, Owned) and self.is_owned(value) and not is_container(self.state.type_of(value)):
            self.escape(value)
        elif isinstance(value, Owned) and self.has_seal(value) and not self.is_flat(self.state.type_of(value)):
            self.unseal(value)

    def is_flat(self, known: AbstractType) -> bool:
        """Whether nothing that a container of this type gives can change."""
        given = element_type(known)
        return given is not None and is_immutable(given)

    def unseal(self, owned: Owned, seal: Seal = None) -> None:
        """From here on somebody else may see what this container holds, or what it holds in the seal's open parts."""
        state = self.state.heap[owned]
        seal = opened_up(self.state.type_of(owned), state.seal, seal)
        if seal == state.seal:
            return
        _refuse_shared(state)
        if state.within is not None:
            raise MustUnseal(state.within, seal)
        if state.made_at < self.loop_depth:
            raise MustUnseal(owned, seal)
        self.program.note_mixed(state.argument)
        self.state.update(owned, seal=seal)

    def change(
        self,
        owned: Owned,
        ssa: SSAValue,
        known: AbstractType,
        seal: Seal = None,
        apart: bool = False,
        parts: Mapping[str, Value] = NO_PARTS,
    ) -> None:
        """A container's next version, in which only these parts hold what is known of them."""
        state = self.state.heap[owned]
        _refuse_shared(state)
        if state.within is not None and not self.state.heap[state.within].lent:
            raise MustLend(state.within, state.made_at)
        self.unseal(owned, seal)
        changes = {"elements": None, "apart": apart, "lent": False, "last": None, "parts": parts}
        self.state.update(owned, ssa=ssa, type=known, **changes)
        self.note_change(owned)

    def note_change(self, owned: Owned) -> None:
        """Called where a container has a next version. A layer above may remember it."""

    def settle(self, missing: MustEscape) -> None:
        """Do before a loop what its body asked for."""
        match missing:
            case MustLend(owned=owned, depth=depth):
                if self.depth >= depth:
                    raise missing
                self.lend(owned)
            case MustUnseal(owned=owned, seal=seal):
                self.unseal(owned, seal)
            case _:
                self.escape(missing.owned)

    def finish(self, owned: Owned) -> SSAValue:
        """A version of a container that is there when all that has read it so far is done. A layer above knows how."""
        raise NotImplementedError

    def lend(self, owned: Owned) -> None:
        """What comes next may change what a container holds. A layer above knows how."""
        raise NotImplementedError

    def require_carried(self, owned: Owned) -> None:
        """Called before a container is changed: inside a loop it must be one of the loop's carried values."""
        if self.state.heap[owned].depth < self.loop_depth:
            raise MustCarry(owned)

    def bind(self, name: str, value: Value) -> None:
        """Bind a local name."""
        if name in self.function_names.nonlocal_names:
            raise Unstageable(f"`{name}` is shared with another function")
        self.state.names[name] = value
        if isinstance(value, Tracer) and value.ssa.name_hint is None and not name.startswith("_"):
            hint_name(value.ssa, name)


def _refuse_shared(state: OwnedState) -> None:
    if state.shared:
        raise Unstageable("an object that a caller goes on with is changed or kept")
