"""What is known of the program being staged: symbols, facts it relies on, its functions, what could not be staged."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute

from ....diagnostics.effect import Effect
from ....diagnostics.identity import identity
from ....diagnostics.location import Location
from ....dialect.functions import FuncOp
from ...effects.abstract_type import ANY, AbstractType, DictType, InstanceType
from ...effects.contents import kinds
from ...effects.infer import infer_call
from ...effects.outside_types import ContentGuard, is_table_of_known, looked_at
from ...effects.place import OutsideName, Place, overlap
from ...effects.scope import CodeScope, class_view
from ...effects.seal import Seal
from ...effects.source import is_library
from ...effects.summary import CodeSummary, Guard, Summary
from ..source.lifting import Lifted
from ..source.segment import Segment
from ..source.shown_source import shown_source
from ..values import Unstageable
from .reads import Reads
from .staged_function import NamedTypes, Shapes, StagedFunction
from .symbols import SymbolTable
from .syntax_facts import SyntaxFacts
from .written import ANYWHERE, NOTHING_WRITTEN, Apartness, Places, Written, stale


@dataclass(frozen=True, slots=True)
class RepeatedCall:
    """What every call of a function with arguments of certain types is.

    Attributes:
        function: the function; held, because it is found by its identity.
        properties: of the op, without its arguments: the function's declaration, how the call moves.
        result: the type of what it gives.
        ir_result: the IR's type of that.
        places: where the objects that it gives were found at the start.
        array: what computes it, if it can be part of an array region.
    """

    function: Callable[..., object]
    properties: Mapping[str, Attribute]
    result: AbstractType
    ir_result: Attribute
    places: Places
    array: StringAttr | None = None


@dataclass(frozen=True, slots=True)
class Opaque:
    """A piece that runs natively because it could not be staged."""

    what: str
    reason: str
    location: Location


@dataclass(slots=True)
class ProgramFacts(SyntaxFacts):
    """Everything that belongs to one trace.

    Attributes:
        stage_all: stage whatever can be staged, not only what can gain by it.
        symbols: callables and outside state by symbol.
        functions: staged functions by code, cells and argument shapes.
        guards: facts about the world that must hold each time the program runs.
        opaque: what could not be staged, for stats and `explain`.
        written: what ops emitted so far (at this point of the trace) may have written.
        writes: those ops: the places each may write, the kinds of state there, and why.
        apartness: the objects that are taken to be different ones.
        parameters: the names of the entry function's arguments.
        lent: the arguments that the program may change as objects of its own, with the kinds of state that it writes in
            them.
        reads: calls that look at state.
        repeated: calls of declared functions, and operations on arrays, that are the same each time, by function and
            types of arguments.
        loads: native code that can't raise, by the function it stands in and its text.
        stepped: loops whose body may write what they iterate, for `explain`.
    """

    stage_all: bool = False
    symbols: SymbolTable = field(default_factory=SymbolTable)
    functions: dict[tuple[object, ...], StagedFunction] = field(default_factory=dict)
    bodies: list[FuncOp] = field(default_factory=list)
    guards: set[Guard] = field(default_factory=set)
    opaque: list[Opaque] = field(default_factory=list)
    written: Written = NOTHING_WRITTEN
    writes: list[tuple[frozenset[Place | None], frozenset[str], str]] = field(default_factory=list)
    apartness: Apartness = field(default_factory=Apartness)
    parameters: tuple[str, ...] = ()
    lent: Mapping[int, frozenset[str]] = field(default_factory=dict)
    reads: Reads = field(default_factory=Reads)
    stepped: dict[Location, Opaque] = field(default_factory=dict)
    repeated: dict[tuple[object, ...], RepeatedCall] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)
    loads: dict[tuple[object, ...], Segment] = field(default_factory=dict)
    lifted: dict[tuple[object, ...], Lifted | None] = field(default_factory=dict)
    # Caches by identity; each entry holds what its key is the identity of.
    _summaries: dict[tuple[object, ...], tuple[object, Summary]] = field(default_factory=dict)
    _outside: dict[OutsideName, AbstractType | None] = field(default_factory=dict)
    _described: dict[tuple[object, ...], tuple[Segment, CodeSummary]] = field(default_factory=dict)

    def gains_as_function(self, function: types.FunctionType, summary: Summary) -> bool:
        """Whether a call with this summary can gain anything by being looked into, rather than being one leaf."""
        if self.stage_all and not is_library(function.__code__.co_filename):
            return True
        acts = summary.effect >= Effect.ORDERED or bool(summary.mutates)
        # What it does besides its one call of the world keeps its order; the call itself needn't.
        is_mixed = summary.num_external_sites == 1 and acts and not summary.unknown_types and not summary.waits
        # Of a dict that it makes around its one call, the rest is there before the call is done.
        is_record = summary.num_external_sites == 1 and summary.fresh and isinstance(summary.result, DictType)
        return summary.num_external_sites >= 2 or summary.has_array_work or is_mixed or is_record

    def rely_on(self, guards: Iterable[Guard]) -> None:
        """The program is only right while these facts hold."""
        self.guards.update(guards)

    def rely_on_class(self, cls: type, name: str) -> None:
        """The program is only right while this class attribute is what it is now, or missing as it is now."""
        view = class_view(cls)
        self.guards.add(Guard(view, name, view.get(name, Guard)))

    def checkpoint(self) -> tuple[Written, int]:
        """What `rewind` restores."""
        return self.written, len(self.writes)

    def rewind(self, facts: tuple[Written, int]) -> None:
        """Forget writes of ops that were dropped again."""
        self.written, num_writes = facts
        del self.writes[num_writes:]

    def note_write(
        self, written: Written, places: frozenset[Place | None], kinds_written: Iterable[str], reason: str
    ) -> None:
        """An op was emitted that may write state of these kinds at these places."""
        self.written |= written
        kinds_written = frozenset(kinds_written)
        self.writes.append((places, kinds_written, reason))
        self.reads.written |= written
        self.reads.note_touched(places or ANYWHERE, kinds_written)

    def note_update(self) -> None:
        """An op was emitted that changes an object of ours in its place in the order: no other object."""
        self.writes.append((frozenset(), frozenset(), ""))

    def note_argument_write(self, argument: int) -> None:
        """An op was emitted that changes what an argument is, or holds, which the program's caller has lent."""
        place, found = Place(argument, inside=True), self.lent[argument]
        stores = frozenset((place, kind, None, ANY) for kind in found)
        rebound = frozenset(kind for kind in found if kind.startswith("attr:"))
        written = Written(stores, frozenset((place,)), rebound=rebound)
        self.note_write(written, frozenset((place,)), found, "changes an argument")

    def note_argument_writes(self, writes: Iterable[tuple[frozenset[Place | None], frozenset[str], str]]) -> None:
        """The call of a function was emitted whose ops have done that."""
        roots = {place.root for places, _, _ in writes for place in places if place is not None}
        for argument in self.lent.keys() & roots:
            self.note_argument_write(argument)  # type: ignore[arg-type]

    def note_mixed(self, argument: int | None) -> None:
        """Others than this argument, if it is one, lead to what it holds from here on."""
        if argument is None:
            return
        mixed = Written(mixed=frozenset((Place(argument, inside=True),)))
        self.written |= mixed
        self.reads.written |= mixed

    def note_writes(
        self, written: Written, writes: Iterable[tuple[frozenset[Place | None], frozenset[str], str]]
    ) -> None:
        """The call of a function was emitted whose ops have been noted when it was staged."""
        self.written |= written
        self.writes.extend(writes)

    def stale(self, known: AbstractType, places: Places) -> AbstractType:
        """What is left by now of the type of a value whose objects were found at these places."""
        return stale(known, places, self.written, self.apartness)

    def writes_to(
        self, places: Places, known: AbstractType, since: int, but: Sequence[object] = ()
    ) -> Iterator[tuple[Place | None, str]]:
        """Of the writes from number `since` on, those that may reach objects of this type at these places, and why."""
        own = kinds(known)
        for one in self.writes[since:]:
            written, kinds_written, reason = one
            if any(one is other for other in but):
                continue
            is_near = any(overlap(one, other) for one in own for other in kinds_written)
            for place in written if is_near else ():
                if not self.apartness.told_apart(places, place, self.written):
                    yield place, reason

    def note_stepped(self, what: str, place: Place | None, reason: str, location: Location) -> None:
        """Remember why a loop can't take all its elements at the start."""
        because = reason or "code that isn't known"
        if place is not None:
            same = "may be" if self.apartness.is_assumed else "is taken for"
            because = f"writes {place.text(self.parameters)}, which {same} what is iterated"
        remedy = "iterate over a copy, `list(...)`, if that is not so"
        self.stepped[location] = Opaque(what, f"{because}; {remedy}", location)

    def note_native(self, node: ast.stmt | ast.expr, scope: CodeScope, refusal: Unstageable) -> None:
        """Remember why a statement or an expression runs natively."""
        where = Location(scope.file, refusal.line or node.lineno, node.col_offset, scope.function_name)
        text = shown_source(node).partition("\n")[0]
        self.opaque.append(Opaque(text, refusal.reason, where))

    def note_opaque(self, function: types.FunctionType, reason: str) -> None:
        """Remember why a function is one leaf."""
        code = function.__code__
        where = Location(code.co_filename, code.co_firstlineno, 0, function.__qualname__)
        self.opaque.append(Opaque(function.__qualname__, reason, where))

    def type_of_table(self, place: Place | None) -> AbstractType | None:
        """What is known of a container that a name outside is bound to, with what the program has written so far."""
        known = self._type_outside(place)
        return known if known is not None and is_table_of_known(known) else None

    def type_of_object(self, place: Place | None) -> AbstractType | None:
        """The same of an object of a user's class."""
        known = self._type_outside(place)
        return known if isinstance(known, InstanceType) else None

    def _type_outside(self, place: Place | None) -> AbstractType | None:
        if place is None or not isinstance(place.root, OutsideName) or place != Place(place.root):
            return None
        if place.root not in self._outside:
            self._outside[place.root] = looked_at(place.root.namespace.get(place.root.name))
        known = self._outside[place.root]
        return None if known is None or self.written.still(place) is None else self.stale(known, frozenset((place,)))

    def rely_on_contents(self, root: OutsideName) -> None:
        """The program is only right while what a name outside is bound to holds, at its start, what it holds now."""
        known = self._outside[root]
        assert known is not None
        self.guards.add(ContentGuard(root.namespace, root.name, known))
        if isinstance(known, InstanceType):
            self.apartness.outside[root] = known

    def stage_function(self, function: types.FunctionType, shapes: Shapes) -> StagedFunction:
        """A function of the module for arguments of these shapes; traced once per shape. `Program` does it."""
        raise NotImplementedError

    def summary_of(
        self, function: Callable[..., object], types: tuple[AbstractType, ...], named: NamedTypes = ()
    ) -> Summary:
        """The effect of a call with arguments of these types, remembered for this trace."""
        key = (identity(function), types, named)
        found = self._summaries.get(key)
        if found is None:
            found = self._summaries[key] = (function, infer_call(function, types, dict(named)))
        return found[1]

    def describe(
        self,
        segment: Segment,
        types: tuple[AbstractType, ...],
        owned: frozenset[str],
        seals: Mapping[str, Seal],
        outside: tuple[tuple[str, AbstractType], ...] = (),
    ) -> CodeSummary:
        """Effect and types of a segment; asked again and again while loops are traced, so remembered."""
        body = segment.body
        nodes = (body,) if isinstance(body, ast.expr) else tuple(body)
        statics = tuple(map(identity, segment.statics.values()))
        where = identity(segment.scope), len(segment.prologue), segment.exits
        ours = owned, frozenset(seals.items())
        key = (tuple(map(identity, nodes)), segment.inputs, types, ours, statics, where, outside)
        found = self._described.get(key)
        if found is None:
            found = self._described[key] = (segment, segment.infer(types, owned, seals, outside))
        return found[1]
