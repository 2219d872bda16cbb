"""Branches: both sides of a dynamic condition are traced, and where they differ a value joins what they left behind."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from xdsl.ir import Attribute, Block, SSAValue

from ....dialect.types import OBJ
from ...effects.abstract_type import NEVER, AbstractType
from ...effects.lattice import join
from ...effects.regions import opened_up
from ...effects.seal import join_seals
from ..expressions.awaits import AwaitStager
from ..expressions.leaf_ops import container_class
from ..source.exits import EXIT
from ..source.live_names import lacking
from ..state.state import State
from ..values import (
    Absent,
    Closure,
    LocalFunction,
    Maybe,
    Owned,
    Static,
    Tracer,
    TupleValue,
    Unbound,
    Unstageable,
    Value,
    parts_of,
)

Pair: TypeAlias = "tuple[Value | None, Value | None]"


@dataclass(frozen=True, slots=True)
class Completion:
    """How control leaves a run of statements: it `falls` off the end, `skips` or `jumps` over what is left of a body,
    `returns` a value, or `raises`."""

    kind: str
    value: Value | None = None


FALLS = Completion("falls")
SKIPS = Completion("skips")  # `continue`: the rest of the loop body is skipped
JUMPS = Completion("jumps")  # likewise, and no name of this function is read any more
RAISES = Completion("raises")


@dataclass(slots=True)
class Side:
    """One side of a branch after tracing it."""

    block: Block
    state: State
    completion: Completion

    @property
    def reaches_end(self) -> bool:
        """Whether control gets to where the sides meet."""
        return self.completion.kind != "raises"

    @property
    def goes_on(self) -> bool:
        """Whether what follows in the same block may run after this side, so that it sees this side's names."""
        return self.reaches_end and self.completion is not JUMPS


@dataclass(slots=True)
class Joins:
    """The pairs of values that one joined value each must stand for after the branch."""

    pairs: list[Pair] = field(default_factory=list)
    index: dict[tuple[int, int], int] = field(default_factory=dict)

    def request(self, left: Value | None, right: Value | None) -> int:
        """The number of the joined value of a pair; equal pairs share one, so aliases stay aliases."""
        key = (id(left), id(right))
        if key not in self.index:
            self.index[key] = len(self.pairs)
            self.pairs.append((left, right))
        return self.index[key]


@dataclass(frozen=True, slots=True)
class MaybeJoin:
    """What a name that is bound on some paths only is after a branch: joins of its value and of whether it is bound."""

    value: object
    bound: object


class BranchStager(AwaitStager):
    """The layer of branches."""

    def returning(self, completion: Completion, tail: bool) -> Completion:
        """Falling off the end of a function returns None."""
        return Completion("returns", Static(None)) if tail and completion in (FALLS, SKIPS) else completion

    def truth(self, value: Value) -> bool | None:
        """The truth of a value if it is known while staging."""
        match value:
            case Static(value=known) if type(known) in (bool, int, float, str, bytes, type(None)):
                return bool(known)
            case Static(value=types.FunctionType() | types.BuiltinFunctionType()) | LocalFunction() | Closure():
                return True
            case TupleValue(elements=elements):
                return bool(elements)
            case Owned() if (elements := self.state.heap[value].elements) is not None:
                return bool(elements)
            case _:
                return None

    def branch(
        self,
        condition: Value,
        then: Callable[[], Completion],
        orelse: Callable[[], Completion],
        live: Set[str],
    ) -> Completion:
        """Stage both sides of a dynamic condition and join what they leave: live names, containers, the value."""
        test = self.ssa(condition)
        truth = self.truth_effect(condition)
        self.note_write(truth)
        before = self.state
        sides = [self.trace_side(Block(), body, before) for body in (then, orelse)]
        self.state = before

        def emit(types: Sequence[Attribute]) -> Sequence[SSAValue]:
            return self.builder.if_(test, truth, types, sides[0].block, sides[1].block)

        return self.join_sides(emit, sides, before, live)

    def trace_side(self, block: Block, body: Callable[[], Completion], before: State) -> Side:
        """Stage one of two ways that control may take, into a block of its own; its state remembers what changes."""
        own = self.state = before.copy()
        with self.region(block):
            completion = body()
        assert self.state is own
        return Side(block, own, completion)

    def join_sides(
        self,
        emit: Callable[[Sequence[Attribute]], Sequence[SSAValue]],
        sides: Sequence[Side],
        before: State,
        live: Set[str],
    ) -> Completion:
        """After two ways that control may have taken: one state, one value. `emit` makes the op around their blocks.

        The state is `before`, in which nothing has happened since.
        """
        left, right = sides
        joins = Joins()
        if captured := self._captured_names(left.state) | self._captured_names(right.state):
            live = live | captured
        touched = self._touched_names(left, right)
        names = self._join_names(left, right, touched, live, joins)
        value: object = None
        returning = [side for side in sides if side.completion.value is not None]
        if returning:
            value = self._join_pair(
                left.completion.value if left.reaches_end else None,
                right.completion.value if right.reaches_end else None,
                joins,
            )
        clean = self._clean_pairs(joins, before)
        self._settle_escapes(joins, clean, sides, before)
        changed = self._changed_containers(left, right, before)
        results = self._emit_join(emit, sides, joins, changed)
        for owned, version in zip(changed, results[len(joins.pairs) :], strict=True):
            self._join_container(owned, version, left, right)
        joined = [self._joined_value(joins.pairs[i], results[i], i in clean, sides) for i in range(len(joins.pairs))]
        for name, found in names.items():
            self.state.names[name] = self._resolve(found, joined)
        unread = [name for name in lacking(list(self.state.names), live) if not name.startswith("_xcs_")]
        for name in [*(name for name in touched if name not in names), *(name for name in unread if name not in names)]:
            self.state.names.pop(name, None)
        if not left.reaches_end and not right.reaches_end:
            return RAISES
        if all(side.completion in (JUMPS, RAISES) for side in sides):
            return JUMPS
        kind = next(side.completion.kind for side in sides if side.reaches_end)
        return Completion(kind, self._resolve(value, joined)) if value is not None else FALLS

    def _touched_names(self, left: Side, right: Side) -> Iterable[str]:
        """Names that some side binds or unbinds, in the order of their bindings; the others mean what they meant."""
        mine, others = left.state.names, right.state.names
        if not left.goes_on and not right.goes_on:
            return dict.fromkeys((*mine, *others))
        changed = mine.changed | others.changed
        return dict.fromkeys((*filter(changed.__contains__, mine), *filter(changed.__contains__, others)))

    def _join_names(
        self, left: Side, right: Side, touched: Iterable[str], live: Set[str], joins: Joins
    ) -> dict[str, object]:
        names: dict[str, object] = {}
        for name in touched:
            is_exit = name.startswith(EXIT)
            if name not in live and not name.startswith("_xcs_"):
                continue
            seen = [side.reaches_end if is_exit else side.goes_on for side in (left, right)]
            held = [side.state.names.get(name) for side in (left, right)]
            going = [value for value, is_seen in zip(held, seen, strict=True) if is_seen]
            if not going or (name.startswith("_xcs_") and None in going):
                continue
            if any(value is None or isinstance(value, (Maybe, Unbound)) for value in going):
                names[name] = self._join_maybe(name, held, seen, joins)
                continue
            has_say = [is_seen and not isinstance(value, Absent) for value, is_seen in zip(held, seen, strict=True)]
            if not any(has_say):
                names[name] = Absent()
                continue
            a, b = (value if says else None for value, says in zip(held, has_say, strict=True))
            present = a if b is None else b if a is None else None
            if present is not None and present is self.state.names.get(name):
                names[name] = present  # what it was before, on the only side that goes on
                continue
            names[name] = self._join_pair(a, b, joins)
        return names

    def _join_maybe(self, name: str, held: Sequence[Value | None], seen: Sequence[bool], joins: Joins) -> object:
        """A name that some side leaves unbound: its value and whether it is bound are joined apart."""
        going = [value for value, is_seen in zip(held, seen, strict=True) if is_seen]
        if all(value is None or isinstance(value, Unbound) for value in going):
            return Unbound(name)
        known = [*going, self.state.names.get(name)] if len(going) == 1 else going
        if all(value is known[0] for value in known):
            return known[0]  # made before the sides part
        parts = [parts_of(value) if is_seen else (None, None) for value, is_seen in zip(held, seen, strict=True)]
        (a, a_bound), (b, b_bound) = parts
        if isinstance(a, LocalFunction) or isinstance(b, LocalFunction):
            raise Unstageable("a local function is chosen by a condition")
        return MaybeJoin(self._join_pair(a, b, joins), self._join_pair(a_bound, b_bound, joins))

    def _join_pair(self, a: Value | None, b: Value | None, joins: Joins) -> object:
        """A value, or the number of a join, or a tuple of those."""
        if a is not None and b is not None and (a is b or (not isinstance(a, TupleValue) and a == b)):
            return a
        present = a if a is not None else b
        if isinstance(present, (Static, LocalFunction)) and (a is None or b is None):
            return present
        if isinstance(a, TupleValue) and isinstance(b, TupleValue) and len(a.elements) == len(b.elements):
            return tuple(self._join_pair(x, y, joins) for x, y in zip(a.elements, b.elements, strict=True))
        if isinstance(present, TupleValue) and (a is None or b is None):
            return tuple(
                self._join_pair(x if a is not None else None, x if b is not None else None, joins)
                for x in present.elements
            )
        if isinstance(a, LocalFunction) or isinstance(b, LocalFunction):
            raise Unstageable("a local function is chosen by a condition")
        return joins.request(a, b)

    def _clean_pairs(self, joins: Joins, before: State) -> set[int]:
        """Joins of containers made inside the branch and named nowhere else: the joined one is still ours alone."""
        uses: dict[Owned, int] = {}
        for pair in joins.pairs:
            for value in set(pair):
                if isinstance(value, Owned):
                    uses[value] = uses.get(value, 0) + 1

        def is_clean(pair: Pair) -> bool:
            present = [value for value in pair if value is not None]
            return (
                all(isinstance(value, Owned) and value not in before.heap and uses[value] == 1 for value in present)
                and len({value.cls for value in present if isinstance(value, Owned)}) == 1
            )

        return {i for i, pair in enumerate(joins.pairs) if is_clean(pair)}

    def _settle_escapes(self, joins: Joins, clean: set[int], sides: Sequence[Side], before: State) -> None:
        """Containers that can be reached under a joined name as well as their own are no longer tracked apart."""
        for i, pair in enumerate(joins.pairs):
            if i in clean:
                continue
            for value in pair:
                if not isinstance(value, Owned):
                    continue
                for side in sides:
                    if value in side.state.heap:
                        self._inside(side, lambda value=value: self.escape(value))

    def _changed_containers(self, left: Side, right: Side, before: State) -> list[Owned]:
        changed: list[Owned] = []
        touched = left.state.heap.changed | right.state.heap.changed
        for owned in [*filter(touched.__contains__, before.heap)]:
            state = before.heap[owned]
            a, b = left.state.heap[owned], right.state.heap[owned]
            if not left.reaches_end:
                a = b
            if not right.reaches_end:
                b = a
            if a == b == state:
                continue
            if a.elements is not None and a.elements == b.elements == state.elements and not (a.escaped or b.escaped):
                continue  # only looked at
            if a == b and a.ssa is state.ssa:
                self.state.heap[owned] = a  # escaped on both sides alike
                continue
            changed.append(owned)
        return changed

    def _captured_names(self, state: State) -> set[str]:
        """Names that local functions read where they are called, whatever code there says."""
        if not self.has_local_functions:
            return set()
        functions = [value for value in state.names.values() if isinstance(value, LocalFunction)]
        return {name for function in functions for name in function.captured}

    def _inside(self, side: Side, action: Callable[[], Any]) -> Any:
        outer = self.state
        self.state = side.state
        self.depth += 1
        try:
            with self.builder.inside(side.block):
                return action()
        finally:
            self.depth -= 1
            self.state = outer

    def _emit_join(
        self,
        emit: Callable[[Sequence[Attribute]], Sequence[SSAValue]],
        sides: Sequence[Side],
        joins: Joins,
        changed: list[Owned],
    ) -> Sequence[SSAValue]:
        yielded: list[list[SSAValue | None]] = []
        for number, side in enumerate(sides):

            def finish(number: int = number) -> list[SSAValue | None]:
                values = [*(pair[number] for pair in joins.pairs), *changed]
                return [None if value is None else self.ssa(value) for value in values]

            yielded.append(self._inside(side, finish))
        types = [common_type(a, b) for a, b in zip(*yielded, strict=True)]
        for side, values in zip(sides, yielded, strict=True):

            def end(values: list[SSAValue | None] = values) -> None:
                pairs = zip(values, types, strict=True)
                self.builder.yield_([self.builder.placeholder(known) if ssa is None else ssa for ssa, known in pairs])

            self._inside(side, end)
        return emit(types)

    def _pair_type(self, pair: Pair, sides: Sequence[Side]) -> AbstractType:
        known: AbstractType = NEVER
        for value, side in zip(pair, sides, strict=True):
            if value is not None:
                known = join(known, side.state.type_of(value))
        return known

    def _joined_value(self, pair: Pair, ssa: SSAValue, clean: bool, sides: Sequence[Side]) -> Value:
        known = self._pair_type(pair, sides)
        if clean:
            cls = container_class(known)
            if cls is not None:
                return self.own(ssa, known, cls)
        places = [value.places if isinstance(value, Tracer) else None for value in pair if value is not None]
        union = None if None in places else frozenset().union(*(one for one in places if one is not None))
        return Tracer(ssa, known, union if places else None)

    def _join_container(self, owned: Owned, version: SSAValue, left: Side, right: Side) -> None:
        a, b = left.state.heap[owned], right.state.heap[owned]
        known = join(left.state.type_of(owned), right.state.type_of(owned))
        self.state.update(
            owned,
            ssa=version,
            type=known,
            elements=None,
            last=None,
            escaped=a.escaped or b.escaped,
            seal=join_seals(opened_up(a.type, a.seal, b.seal), opened_up(b.type, b.seal, a.seal)),
            apart=a.apart and b.apart,
            parts={name: held for name, held in a.parts.items() if b.parts.get(name) is held},
        )

    def _resolve(self, found: object, joined: list[Value]) -> Value:
        if isinstance(found, MaybeJoin):
            return Maybe(self._resolve(found.value, joined), self._resolve(found.bound, joined))
        if isinstance(found, bool) or not isinstance(found, (int, tuple)):
            return found  # type: ignore[return-value]
        if isinstance(found, int):
            return joined[found]
        return TupleValue(tuple(self._resolve(part, joined) for part in found))


def common_type(left: SSAValue | None, right: SSAValue | None) -> Attribute:
    """The IR type of a value that is one or the other; a side that never gets there (None) has no say."""
    types = {value.type for value in (left, right) if value is not None}
    return types.pop() if len(types) == 1 else OBJ
