"""What one activation has done so far: the running join of the effects of its calls, loads and stores.

In: touches, effects and summaries, as they are met in program order. Out: a `Summary`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ...diagnostics.effect import Effect
from .abstract_type import (
    ANY,
    NEVER,
    NONE,
    AbstractType,
    CollectionType,
    DictType,
    InstanceType,
    IteratorType,
    ListType,
    SetType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .contents import MAX_STORED, fits, is_large, kinds, parts_of_cell
from .lattice import covers, is_immutable, join
from .place import EVERYTHING, OutsideName, Place, Root, is_content
from .sealing import seal_of_made
from .summary import Guard, ParameterKey, Summary, Touch
from .value import (
    INSIDE,
    KEY,
    NOWHERE,
    VALUE,
    Cell,
    Origin,
    Value,
    as_key,
    bound_origins,
    deep,
    join_values,
    reach,
    reach_of,
)

DECLARE = "declare it with `@xcs.op(effect=...)`"
MAX_SITES = 4  # beyond two the exact number says nothing more


class Inference(Protocol):
    """What evaluating code asks of the whole: summaries of calls."""

    def call(self, function: object, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        """The summary of calling this very object with arguments of these types."""
        ...

    def body(
        self, function: types.FunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        """The summary of what a function does, whatever it declares."""
        ...

    def construct(
        self, frame: Any, cls: type, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value:
        """Makes an instance inside of a frame."""
        ...

    def initialise(
        self, frame: Any, init: Any, made: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> None:
        """Runs an `__init__` in place on an object made in this frame."""
        ...

    def call_in_place(
        self, frame: Any, function: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value | None:
        """Follows a method of an object made in this frame into its body; None where that can't be."""
        ...

    def call_value(
        self, frame: Any, callee: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value:
        """Calls a value inside of a frame; its effect is entered in the frame's ledger."""
        ...


class Ledger:
    """The accumulated effect of one activation, and the cells (fresh objects) it has made."""

    def __init__(self, parameter_types: Iterable[AbstractType]) -> None:
        self.parameter_types = tuple(parameter_types)
        self.effect = Effect.PURE
        self.reason = ""
        self.remedy = ""
        self.unknown_reason = ""
        self.sees: set[Touch] = set()
        self.looks: dict[Touch, set[Place]] = {}
        self.writes: set[Touch] = set()
        self.retains: set[Origin] = set()
        self.places: set[Place | None] = set()
        self.placed: set[Touch] = set()
        self.spreads: set[Root | None] = set()
        self.stores: dict[tuple[str, str | None], AbstractType] = {}
        self.guards: set[Guard] = set()
        self.cells: dict[object, Cell] = {}
        self.written_cells: dict[Cell, set[str]] = {}  # with the kinds of state written there
        self.external = False
        self.waits = False
        self.has_array_work = False
        self.num_stream_reads = 0
        self.sites: dict[int, int] = {}
        self.loop_depth = 0
        self.awaiting: object = None  # the expression whose value is awaited at once
        self.looked_into: object = None  # the expression whose value is only looked into

    def cell(self, site: object, opaque: bool = False) -> Cell:
        """The cell of all objects made at this place."""
        found = self.cells.get(site)
        if found is None:
            found = self.cells[site] = Cell(opaque)
        return found

    @property
    def state(self) -> tuple[int, ...]:
        """Changes whenever something was learned that an earlier round over a loop may not have known."""
        versions = sum(cell.version for cell in self.cells.values())
        return (len(self.cells), versions, len(self.stores), len(self.writes), len(self.places), len(self.spreads))

    def act(self, effect: Effect, reason: str, remedy: str = "") -> None:
        """One effect took place; the strongest one gives the reason."""
        if effect > self.effect:
            self.effect, self.reason, self.remedy = effect, reason, remedy

    def unknown(self, reason: str, involved: Iterable[Value] = ()) -> None:
        """Code that isn't known may run here, on these values."""
        self.unknown_reason = self.unknown_reason or f"unknown type: {reason}"
        self.disturb(involved)

    def disturb(self, involved: Iterable[Value]) -> None:
        """Anything may have been written: these values, and all that anyone else can reach."""
        self.note_write(None, EVERYTHING)
        self.sees.add((None, EVERYTHING))
        self.note_store(EVERYTHING)
        reached = reach(origin for one in involved for origin in reach_of(one))
        for origin in reached:
            if isinstance(origin, Cell):
                origin.unsettle(o for o in reached if not isinstance(o, Cell))
            elif origin is not None:
                self.note_write(origin, EVERYTHING)
        self.spreads.add(None)
        self.escape(reached)

    def escape(self, origins: Iterable[Origin], into: Place | None = None) -> None:
        """Objects that others can reach from now on, from `into`: what they hold is no longer known."""
        origins = tuple(origins)
        self.spreads |= sources(origins)
        for origin in reach(origins):
            if isinstance(origin, Cell):
                origin.unsettle()
                origin.stored_in |= {into}
            elif origin is not None:
                self.retains.add(origin)

    def note_write(self, origin: Origin, kind: str, place: Place | None = None) -> None:
        """State of this kind is written, in an object of this origin, found at `place`."""
        touch: Touch = (origin, kind)  # type: ignore[assignment]
        self.writes.add(touch)
        self.placed.add(touch)
        if is_content(kind):
            self.places.add(_place_of(origin) if place is None else place)

    def note_store(self, kind: str, field: str | None = None, held: AbstractType = ANY) -> None:
        """Some outside object of this kind may now hold this in this field: types learned earlier must allow it."""
        old = self.stores.get((kind, field))
        held = held if old is None else join(old, held)
        self.stores[kind, field] = ANY if is_large(held, MAX_STORED) else held

    def look(self, one: Value, deeply: bool = False) -> None:
        """Mutable contents of this value are looked at."""
        if one.origins:
            self.look_kinds(one, kinds(one.type, deeply), deeply)

    def look_kinds(self, one: Value, found: Iterable[str], deeply: bool = False) -> None:
        """State of these kinds is looked at, in this value."""
        found = tuple(found)
        place = one.place
        if place is not None and one.origins == {place.root}:
            self.note_looks(found, place.within() if deeply else place)
            return
        origins = reach(one.origins) if deeply else one.origins
        for origin in origins:
            if not isinstance(origin, Cell):
                self.note_looks(found, _place_of(origin), origin)
            elif origin.unsettled:
                self.note_looks(found, None)

    def note_looks(self, found: Iterable[str], place: Place | None, origin: Origin = None) -> None:
        """State of these kinds is looked at, in an object at this place; one from outside has no other origin."""
        origin = place.root if place is not None and not isinstance(place.root, OutsideName) else origin
        for kind in found:
            touch: Touch = (origin, kind)  # type: ignore[assignment]
            self.sees.add(touch)
            if place is not None and origin is not None:
                self.looks.setdefault(touch, set()).add(place)

    def look_as(self, other: Ledger) -> None:
        """All is looked at that another one tells of."""
        self.sees |= other.sees
        for touch, places in other.looks.items():
            self.looks.setdefault(touch, set()).update(places)

    def write(self, target: Value, kind: str, stored: Value | None = None, field: str | None = None) -> None:
        """State of one kind is written in this value; `stored` is what its `field` now may hold."""
        if stored is not None and (field == KEY or kind == "set"):
            stored = as_key(stored)
        held = ANY if stored is None else deep(stored)
        for origin in target.origins:
            if isinstance(origin, Cell):
                self._write_cell(origin, target.type, kind, stored, field, held)
                continue
            place = _place_of(origin) if target.place is None else target.place
            self.note_write(origin, kind, place)
            if origin is None:
                self.act(Effect.ORDERED, f"writes an object from outside ({kind})", DECLARE)
            if stored is not None:
                self.escape(stored.origins | bound_origins(stored), None if place is None else place.within())
            self.note_store(kind, field, held)

    def _write_cell(
        self, cell: Cell, type_: AbstractType, kind: str, stored: Value | None, field: str | None, held: AbstractType
    ) -> None:
        self.written_cells.setdefault(cell, set()).add(kind)
        cell.forget_keywords()
        if cell.unsettled:  # others may reach it by now
            self.note_store(kind, field, held)
            self.writes.add((None, kind))
            self.placed.add((None, kind))
            for place in cell.stored_in or (None,):
                self.places.add(place)
                if stored is not None:
                    self.escape(stored.origins | bound_origins(stored), place)
        elif stored is None or field is None:
            cell.unsettle(() if stored is None else reach_of(stored))
        elif not cell.opaque:
            cell.hold(field, stored)
        elif fits(type_, kind, field, held):
            cell.hold(INSIDE, Value(ANY, reach_of(stored)))
        else:
            cell.unsettle(reach_of(stored))

    def made(
        self,
        type_: AbstractType,
        site: object,
        extra: frozenset[Origin] = NOWHERE,
        builds: bool = False,
        kin: object = None,
    ) -> Value:
        """A value that a call at `site` (`kin`: or around) has made; it reaches `extra`, or (no `builds`) may be it."""
        if is_immutable(type_):
            return Value(type_)
        root = kin or site  # what is of one type, anywhere inside, may be one object
        if isinstance(type_, UnionType):
            found = Value(NEVER)
            for part in type_.members:
                found = join_values(found, self.made(part, (root, part), extra, builds, root))
            return found
        cell = self.cell(site, opaque=not isinstance(type_, _STRUCTURED))
        cell.kin = root
        cell.walks = isinstance(type_, IteratorType) and (cell.walks or not cell.fields)
        for field, part in parts_of_cell(type_):
            cell.hold(field, self.made(part, (root, part), extra, kin=root))
        if isinstance(type_, DictType) and type_.items:
            items = {name: self.made(part, (root, part), extra, kin=root) for name, part in type_.items}
            for held in items.values():
                cell.hold(VALUE, held)  # it is the same object
            cell.keep_keywords(items, are_all=False)
        if isinstance(type_, (TupleType, TupleOfType)):
            return Value(type_, frozenset(_origins(cell)) | extra)
        if not builds:
            return Value(type_, extra | {cell})
        if (cell.opaque or isinstance(type_, IteratorType)) and extra:
            cell.hold(INSIDE, Value(ANY, extra))  # an iterator walks, and a view shows, what is changed later
        return Value(type_, frozenset((cell,)))

    def rebind(self, kind: str, name: str, stored: Value) -> None:
        """A name outside of the code is assigned."""
        self.note_write(None, kind)
        self.act(Effect.ORDERED, f"writes {kind.partition(':')[0]} {name}", DECLARE)
        self.escape(stored.origins | bound_origins(stored))

    def site(self, node_key: int, count: int) -> None:
        """A place that may call the world `count` times; in a loop it counts twice."""
        weight = count * 2 if self.loop_depth else count
        self.sites[node_key] = max(self.sites.get(node_key, 0), weight)

    def summary(self, result: Value, is_leaf: bool = True) -> Summary:
        """All of it. `is_leaf`: a whole function, whose sleeps are latency if it returns something."""
        effect, waits = self._effect_with_waits(result, is_leaf)
        reason, remedy, unknown_types = self.reason, self.remedy, False
        if self.unknown_reason:
            unknown_types = effect < Effect.ORDERED
            if unknown_types:
                effect, reason, remedy = Effect.ORDERED, self.unknown_reason, DECLARE
        elif waits:
            reason = "only waits"
        reached = reach_of(result)
        retains = {o for o in (self.retains | reached) if o is not None and not isinstance(o, Cell)}
        return Summary(
            effect=effect,
            sees_writes=bool(self.sees) or effect is Effect.READS,
            external=self.external,
            result=deep(result),
            mutates=frozenset(key for key, _ in self.writes if key is not None),
            retains=frozenset(retains),  # type: ignore[arg-type]
            num_external_sites=min(sum(self.sites.values()), MAX_SITES),
            has_array_work=self.has_array_work,
            reason=reason,
            remedy=remedy,
            guards=frozenset(self.guards),
            unknown_types=unknown_types,
            fresh=None not in reached,
            builds=all(isinstance(origin, Cell) for origin in result.origins) and result.bound is None,
            seal=seal_of_made(result),
            sees=frozenset(self.sees),
            writes=frozenset(self.writes),
            places=self._all_places(),
            stores=frozenset((kind, field, held) for (kind, field), held in self.stores.items()),
            spreads=frozenset(self.spreads),
            gives=self._settled(result.place),
            waits=waits,
            reads_streams=self.num_stream_reads > 0,
            looks=frozenset(self._all_looks()),
        )

    def _all_looks(self) -> Iterable[tuple[Place, str]]:
        for (key, kind), places in self.looks.items():
            for place in places:
                yield self._settled(place) or Place(key, inside=True), kind  # type: ignore[arg-type]

    def _all_places(self) -> frozenset[Place | None]:
        others = {_place_of(origin) for origin, kind in self.writes - self.placed if is_content(kind)}
        return frozenset(map(self._settled, self.places | others))

    def _settled(self, place: Place | None) -> Place | None:
        """The place, unless this very code may have put something else there."""
        if place is None or not (place.path or isinstance(place.root, OutsideName)):
            return place
        written = {kind for _, kind in self.writes}
        return None if EVERYTHING in written or written & place.kinds() else place

    def _effect_with_waits(self, result: Value, is_leaf: bool) -> tuple[Effect, bool]:
        if not self.waits:
            return self.effect, False
        only_waits = covers(NONE, result.type) and self.effect < Effect.UNORDERED and not self.unknown_reason
        if only_waits or not is_leaf:
            return max(self.effect, Effect.FENCE), self.effect < Effect.FENCE
        return max(self.effect, Effect.UNORDERED), False


_STRUCTURED = (ListType, SetType, DictType, CollectionType, IteratorType, TupleType, TupleOfType, InstanceType)


def _origins(cell: Cell) -> Iterable[Origin]:
    return (origin for held in cell.fields.values() for origin in held.origins)


def _place_of(origin: Origin) -> Place | None:
    """All that is known of where an object of this origin is found."""
    return None if origin is None or isinstance(origin, Cell) else Place(origin, inside=True)


def sources(origins: Iterable[Origin]) -> set[Root | None]:
    """The roots of what is reached from these origins; of an object made here that others reach, where it is stored."""
    found: set[Root | None] = set()
    seen = set(origins)
    todo = list(seen)
    while todo:
        one = todo.pop()
        if not isinstance(one, Cell):
            found.add(one)
            continue
        is_known = bool(one.stored_in) and None not in one.stored_in
        found.update(place.root for place in one.stored_in if is_known and place is not None)
        for held in one.fields.values():
            inner = held.origins if held.bound is None else held.origins | bound_origins(held)
            new = inner - seen - {None} if is_known else inner - seen
            seen |= new
            todo += new
    return found


def key_of(origins: Iterable[Origin]) -> frozenset[ParameterKey]:
    """The parameters among origins."""
    return frozenset(o for o in origins if o is not None and not isinstance(o, Cell))
