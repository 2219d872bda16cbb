"""Abstract values of inference: a type, and whose objects it may be or reach.

An *origin* is a parameter's key, `None` (the outside world), or a `Cell`: an object made by the code under inference.
What a cell holds is kept in the cell, joined over all writes (flow-insensitive), so aliases agree. The type of a value
describes its objects from parameters and from outside fully, its cells only by class.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from typing import Any, TypeAlias

from .abstract_type import (
    ANY,
    IMMUTABLE_SCALARS,
    NEVER,
    NONE,
    AbstractType,
    BoundType,
    CollectionType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    NeverType,
    PlainType,
    SetType,
    StaticType,
    StreamType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .lattice import covers, hashable, is_immutable, join, join_all
from .place import ParameterKey, Place

ELEMENT, KEY, VALUE, INSIDE = "element", "key", "value", "inside"
FACTORY = "factory"  # of a defaultdict made in this code
MAX_DEEP = 5  # containers inside containers; what is deeper is `ANY`


class Cell:
    """One object (all objects made at one place in the code) that inference has watched from its creation.

    `opaque`: contents are described by the type of the values that point here; `INSIDE` holds what was stored since.
    `is_lazy`: an iterator whose steps run code. `unsettled`: anything may be inside by now. `keywords`: the
    items of a dict that nobody has written, by name (None: not known). `has_others`: it may lack some, and
    have others. `is_rewritten`: they aren't known for good. `is_partial`: it may have attributes that no field tells.
    `stored_in`: from where others may reach it (None: anywhere). `walks`: an iterator or a view. `kin`: the call that
    has made it, with others that may be the same object; None where this code has made it.
    """

    __slots__ = (
        "fields",
        "has_others",
        "is_lazy",
        "is_partial",
        "is_rewritten",
        "keywords",
        "kin",
        "opaque",
        "source_versions",
        "stored_in",
        "unsettled",
        "version",
        "walks",
    )

    def __init__(self, opaque: bool = False) -> None:
        self.fields: dict[str, Value] = {}
        self.is_lazy = False
        self.has_others = False
        self.is_partial = False
        self.is_rewritten = False
        self.keywords: dict[str, Value] | None = None
        self.opaque = opaque
        self.unsettled = False
        self.version = 0
        self.source_versions: tuple[tuple[Cell, int], ...] = ()
        self.stored_in: frozenset[Place | None] = frozenset()
        self.walks = False
        self.kin: object = None

    def hold(self, field: str, value: Value) -> None:
        """Joins `value` into what `field` may hold."""
        if field == KEY:
            value = as_key(value)
        old = self.fields.get(field)
        new = value if old is None else join_values(old, value)
        if new is not old and (old is None or new != old):
            self.fields[field] = new
            self.version += 1

    def keep_keywords(self, items: dict[str, Value], are_all: bool = True) -> None:
        """A dict of these items was made here, or of some of them and (not `are_all`) others; perhaps not the first."""
        if self.is_rewritten:
            return
        self.has_others |= not are_all
        before = self.keywords
        if before is None:
            self.keywords = dict(items)
        elif before.keys() == items.keys():
            self.keywords = {name: join_values(held, items[name]) for name, held in before.items()}
            self.version += self.keywords != before
        else:
            self.forget_keywords()

    def forget_keywords(self) -> None:
        """Any item may be another one now, or gone."""
        self.is_rewritten = True
        if self.keywords is not None:
            self.keywords = None
            self.version += 1

    def unsettle(self, origins: Iterable[Origin] = ()) -> None:
        """Unknown code may have written here."""
        inside = self.fields.get(INSIDE) if self.unsettled else None
        if inside is not None and inside.type is ANY and None in inside.origins and inside.origins.issuperset(origins):
            return  # it may have before
        self.hold(INSIDE, Value(ANY, frozenset((None, *origins))))
        if not self.unsettled:
            self.unsettled = True
            self.version += 1

    @property
    def is_stale(self) -> bool:
        """Whether an iterator's elements may have changed since it was made."""
        return any(cell.version != version for cell, version in self.source_versions)


Origin: TypeAlias = ParameterKey | Cell | None
NOWHERE: frozenset[Origin] = frozenset()


class Value:
    """What one expression may evaluate to.

    `bound`: a callable without type: a method with its receiver, a closure. `place`: where this very object was found
    when the code started, if it comes from outside and that is known.
    """

    __slots__ = ("bound", "origins", "place", "type")

    def __init__(
        self,
        type: AbstractType,
        origins: frozenset[Origin] = NOWHERE,
        bound: Any = None,
        place: Place | None = None,
    ) -> None:
        self.type = type
        self.origins = origins
        self.bound = bound
        self.place = place

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return NotImplemented
        same = self.type == other.type and self.origins == other.origins and self.bound == other.bound
        return same and self.place == other.place

    def part(self, type: AbstractType) -> Value:
        """The same object where it is of one of the types that it may be of."""
        return Value(type, self.origins, self.bound, self.place)

    def __hash__(self) -> int:
        return hash((self.type, self.origins))

    def __repr__(self) -> str:
        return f"Value({self.type}, {set(self.origins)}{', bound' if self.bound else ''})"


NOTHING = Value(NEVER)
NONE_VALUE = Value(NONE)


def value(type: AbstractType, origins: frozenset[Origin] = NOWHERE, place: Place | None = None) -> Value:
    """A value of this type; what can't change needs no origin."""
    if not origins or _needs_no_origin(type) or is_immutable(type):
        return Value(type)
    return Value(type, origins, None, place)


def as_key(one: Value) -> Value:
    """A value that is hashed, and kept for that."""
    type = hashable(one.type)
    return one if type == one.type else value(type, one.origins, one.place)


def _needs_no_origin(type: AbstractType) -> bool:
    """Scalars can't change; what happens to functions, classes, modules and members is told by which one it is."""
    if isinstance(type, UnionType):
        return all(map(_needs_no_origin, type.members))
    return isinstance(type, StaticType) or (isinstance(type, ExactType) and type.cls in IMMUTABLE_SCALARS)


def outside(type: AbstractType, place: Place | None = None) -> Value:
    """An object of the outside world."""
    return value(type, frozenset((None,)), place)


def parameter(key: ParameterKey, type: AbstractType) -> Value:
    """What a parameter is bound to."""
    return value(type, frozenset((key,)), Place(key))


def join_values(left: Value, right: Value) -> Value:
    """What is true of both."""
    if left is right or (right.type is NEVER and right.bound is None):
        return left
    if left.type is NEVER and left.bound is None:
        return right
    if left.bound != right.bound and isinstance(left.type, BoundType) and isinstance(right.type, BoundType):
        origins = left.origins | right.origins | bound_origins(left) | bound_origins(right)
        return Value(join(deep(left), deep(right)), origins)
    if left.bound != right.bound:
        return Value(ANY, left.origins | right.origins | bound_origins(left) | bound_origins(right))
    joined = left.type if left.type is right.type else join(left.type, right.type)
    place = left.place if left.place == right.place else None
    if joined is left.type and right.origins <= left.origins and place is left.place:
        return left
    return Value(joined, left.origins | right.origins, left.bound, place)


def bound_origins(one: Value) -> frozenset[Origin]:
    """The origins that a callable without type holds on to."""
    return one.bound.origins if one.bound is not None else NOWHERE


def reach(origins: Iterable[Origin]) -> frozenset[Origin]:
    """All origins reachable from these: through the contents of cells."""
    found = set(origins)
    todo = [one for one in found if isinstance(one, Cell)]
    while todo:
        for held in todo.pop().fields.values():
            inner = held.origins if held.bound is None else held.origins | bound_origins(held)
            if not inner <= found:  # many fields hold much the same
                new = inner - found
                found |= new
                todo += [one for one in new if isinstance(one, Cell)]
    return frozenset(found)


def reach_of(one: Value) -> frozenset[Origin]:
    """All origins reachable from a value."""
    if one.bound is None and not one.origins:
        return NOWHERE
    return reach(one.origins | bound_origins(one))


def reach_inside(one: Value) -> frozenset[Origin]:
    """All origins reachable from what a container holds: itself only if it holds itself."""
    found = reach(bound_origins(one))
    for origin in one.origins:
        if isinstance(origin, Cell) and not (origin.opaque or origin.unsettled):
            found = found.union(*(reach_of(held) for held in origin.fields.values()))
        else:
            found |= reach((origin,))
    return found


def items_of(one: Value) -> dict[str, Value] | None:
    """The items of a dict made in this code, where they are known by name."""
    cell = next(iter(one.origins), None)
    if not isinstance(cell, Cell) or len(one.origins) > 1 or cell.unsettled:
        return None
    return cell.keywords


def load(one: Value, field: str, part: AbstractType, is_partial: bool = False) -> Value:
    """The content `field` of a value; `part` is what its type says of objects that aren't settled cells.

    `is_partial`: cells may lack this field (attributes that nobody has stored yet), so `part` counts for them too.
    """
    if not one.origins:
        return value(part)
    found = NOTHING
    described: set[Origin] = set()
    for origin in one.origins:
        if not isinstance(origin, Cell):
            described.add(origin)
        elif origin.walks and isinstance(one.type, (ListType, DictType, SetType)):
            continue  # the value was reached by it, and is none
        elif origin.unsettled or origin.is_stale:
            return Value(ANY, reach(one.origins) | {None})
        elif origin.opaque:
            described.add(origin)
            if INSIDE in origin.fields:
                described |= origin.fields[INSIDE].origins
        elif isinstance(one.type, (PlainType, DataType)):  # a list or a dict: which of them isn't told
            for held in origin.fields.values():
                found = join_values(found, held)
        else:
            found = join_values(found, origin.fields.get(field, NOTHING))
    if part is not NEVER and (described or is_partial):
        found = join_values(found, value(part, frozenset(described)))
    return found


def deep(one: Value, depth: int = MAX_DEEP, around: frozenset[type] = frozenset()) -> AbstractType:
    """The whole type of a value, contents of cells included: what may leave the code under inference.

    An instance inside one of its own class (`around`), as in a tree, is told by its class alone.
    """
    if one.bound is not None and not isinstance(one.type, BoundType):
        return ANY
    if not any(isinstance(origin, Cell) for origin in one.origins):
        return one.type
    return ANY if depth == 0 else _deep(one, one.type, depth - 1, around)


def consumed(one: Value) -> AbstractType:
    """The type of an argument that a builtin walks at once: lazy iterators and library containers by their elements."""
    type_ = one.type
    if one.bound is None and isinstance(type_, IteratorType):
        return IteratorType(type_.cls, deep(load(one, ELEMENT, type_.element)))
    whole = deep(one)
    if not isinstance(whole, CollectionType):
        return whole
    return ListType(whole.value) if whole.cls is collections.deque else DictType(whole.key, whole.value)


def _deep(one: Value, type_: AbstractType, depth: int, around: frozenset[type]) -> AbstractType:
    def inside(field: str, part: AbstractType) -> AbstractType:
        return deep(load(one, field, part), depth, around)

    match type_:
        case ListType(element=element):
            return ListType(inside(ELEMENT, element))
        case SetType(element=element, frozen=frozen):
            return SetType(inside(ELEMENT, element), frozen)
        case IteratorType() if any(isinstance(origin, Cell) and origin.is_lazy for origin in one.origins):
            return ANY
        case IteratorType(cls=cls, element=element):
            return IteratorType(cls, inside(ELEMENT, element))
        case DictType(key=key, value=held):
            kept = tuple((name, deep(part, depth, around)) for name, part in _items(one, type_))
            return DictType(inside(KEY, key), inside(VALUE, held), kept)
        case CollectionType(cls=collections.deque, value=held):
            return CollectionType(collections.deque, NEVER, inside(ELEMENT, held), NEVER)
        case CollectionType(cls=cls, key=key, value=held, made=made):
            return CollectionType(cls, inside(KEY, key), inside(VALUE, held), made)
        case TupleType(elements=elements):
            return TupleType(tuple(deep(value(e, one.origins), depth, around) for e in elements))
        case BoundType():
            return type_.with_parts(lambda part: deep(value(part, one.origins), depth, around))
        case TupleOfType(element=element):
            return TupleOfType(deep(value(element, one.origins), depth, around))
        case UnionType(members=parts):
            return join_all(_deep(one, part, depth, around) for part in parts)
        case InstanceType(cls=cls):
            return _deep_instance(one, cls, dict(type_.attributes), depth, around)
        case PlainType() | DataType() | StreamType():
            cells = [origin for origin in one.origins if isinstance(origin, Cell)]
            return type_ if all(_holds_only(type_, cell, depth) for cell in cells) else ANY
        case _:
            return type_


def _items(one: Value, type_: DictType) -> Iterable[tuple[str, Value]]:
    """What is known of single items: of a dict made here by its cell, of one from elsewhere by its type."""
    if (made := items_of(one)) is not None:
        return sorted(made.items())
    if any(isinstance(origin, Cell) for origin in one.origins):
        return ()
    return ((name, value(part, one.origins)) for name, part in type_.items)


def _holds_only(whole: AbstractType, cell: Cell, depth: int) -> bool:
    """Whether data that may be this object is still data of that kind, all the way down."""
    if cell.unsettled or cell.opaque:
        return not cell.unsettled
    return depth > 0 and all(covers(whole, deep(held, depth - 1)) for held in cell.fields.values())


def _deep_instance(
    one: Value, cls: type, known: dict[str, AbstractType], depth: int, around: frozenset[type]
) -> AbstractType:
    cells = [origin for origin in one.origins if isinstance(origin, Cell)]
    if any(cell.unsettled for cell in cells):
        return ANY
    names = {name[5:] for cell in cells for name in cell.fields if name.startswith("attr:")}
    if cls in around:  # what hides an attribute of the class must still be said
        hiding = (name for name in sorted(names | set(known)) if any(name in vars(base) for base in cls.__mro__))
        return InstanceType(cls, tuple((name, ANY) for name in hiding))
    alone = len(cells) == len(one.origins)
    found = []
    for name in sorted(names | set(known)):
        part = known.get(name, NEVER if alone else ANY)
        found.append((name, deep(load(one, f"attr:{name}", part), depth, around | {cls})))
    return InstanceType(cls, tuple((name, held) for name, held in found if not isinstance(held, NeverType)))
