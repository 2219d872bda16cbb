"""What the ops of a program have written up to some point, and which objects are taken to be different ones.

In: summaries of the ops emitted so far, with places as the entry function finds them. Out: whether a write may reach
what a value holds, or a list that is iterated. What is concluded from two places being different objects is entered in
`Apartness`, and checked at each call before the program runs.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import TypeAlias

from ...effects.abstract_type import (
    ANY,
    NEVER,
    AbstractType,
    ArrayType,
    CollectionType,
    DictType,
    InstanceType,
    ListType,
    NeverType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from ...effects.contents import degraded, fits
from ...effects.lattice import is_immutable, join
from ...effects.place import EVERYTHING, OutsideName, Place, Root
from ...effects.staleness import shallow, with_parts
from ...effects.summary import Summary

Places: TypeAlias = "frozenset[Place] | None"
"""Where the objects that a value consists of were found at the start; empty: made by the program; None: not known."""

NEW: frozenset[Place] = frozenset()
MADE = "what it has made"
"""The root of the place of an object that the program has made, and that others may see."""
MADE_WHOLE = "what it has made by itself"
"""The same of one that held nothing else than what the program has made when others first saw it."""
_MADE = (MADE, MADE_WHOLE)
ANYWHERE: frozenset[Place | None] = frozenset((None,))


def place_of(parameter: int) -> frozenset[Place]:
    """Where an argument of the entry function is found."""
    return frozenset((Place(parameter),))


@dataclass(frozen=True, slots=True)
class Written:
    """What ops may have written.

    Attributes:
        stores: at which place (None: anywhere) objects of which kind may hold what in which field.
        grown: places in whose objects something mutable was stored since the start (None: in anything).
        mixed: places whose objects lead to others since, or can be reached from elsewhere (None: those of all places).
        rebound: kinds of attributes and names that were bound anew, so that other objects may be found there.
    """

    stores: frozenset[tuple[Place | None, str, str | None, AbstractType]] = frozenset()
    grown: frozenset[Place | None] = frozenset()
    mixed: frozenset[Place | None] = frozenset()
    rebound: frozenset[str] = frozenset()

    def __or__(self, other: Written) -> Written:
        return Written(
            self.stores | other.stores,
            self.grown | other.grown,
            self.mixed | other.mixed,
            self.rebound | other.rebound,
        )

    def covers(self, other: Written) -> bool:
        """Whether all that `other` says is said here."""
        mine = self.stores
        return (
            all(one in mine or (*one[:3], ANY) in mine for one in other.stores)
            and other.grown <= self.grown
            and other.mixed <= self.mixed
            and other.rebound <= self.rebound
        )

    def widened(self) -> Written:
        """The same with anything stored: what loops assume where types keep changing."""
        return Written(
            frozenset((place, kind, name, ANY) for place, kind, name, _ in self.stores),
            self.grown,
            self.mixed,
            self.rebound,
        )

    def without_stores(self) -> Written:
        """What matters where the types of all values have been adapted to the stores."""
        return Written(frozenset(), self.grown, self.mixed, self.rebound)

    def still(self, place: Place | None) -> Place | None:
        """A place, unless something else may be found there by now."""
        if place is None or not (kinds := place.kinds()):
            return place
        return None if EVERYTHING in self.rebound or kinds & self.rebound else place


NOTHING_WRITTEN = Written()


def written_by(summary: Summary, places: Set[Place | None], spread: Set[Root | None]) -> Written:
    """What one op may write: `places` and `spread` are those of its summary, as the entry function finds them."""
    if None in places and any(kind == EVERYTHING for _, kind in summary.writes):
        return WRITES_ANYTHING
    stores = frozenset((place, kind, name, held) for place in places for kind, name, held in summary.written_contents)
    is_growing = any(not is_immutable(held) for _, _, held in summary.written_contents)
    rebound = frozenset(
        kind
        for _, kind in summary.writes
        if kind == EVERYTHING or (kind not in ("list", "dict", "set", "array") and is_name(kind))
    )
    if not is_growing:
        return Written(stores, rebound=rebound)
    sources = frozenset(None if root is None else Place(root, inside=True) for root in spread)
    others = frozenset(None if place is None else place.within() for place in places) if spread else frozenset()
    return Written(stores, frozenset(places), sources | others, rebound)


def is_name(kind: str) -> bool:
    """Whether state of this kind is what a name or an attribute is bound to."""
    return kind.startswith(("attr:", "global:", "cell:"))


WRITES_ANYTHING = Written(
    frozenset(((None, EVERYTHING, None, ANY),)), frozenset((None,)), frozenset((None,)), frozenset((EVERYTHING,))
)


@dataclass(slots=True)
class Apartness:
    """Pairs of places that a program takes to be different objects.

    Attributes:
        types: the types of the entry function's arguments.
        outside: the types of objects in names outside, as far as the program relies on them.
        is_assumed: such pairs may be relied on; if not, any two objects from outside may be one.
        pairs: what is relied on: the first place is read (`inside`: as far as its type describes it), the other one
            written.
        trees: arguments of which no object is reached in two ways, nor from another one of them.
    """

    types: tuple[AbstractType, ...] = ()
    is_assumed: bool = False
    pairs: set[tuple[Place, Place]] = field(default_factory=set)
    trees: frozenset[int] = frozenset()
    outside: dict[OutsideName, AbstractType] = field(default_factory=dict)

    def told_apart(self, read: Places, place: Place | None, written: Written) -> bool:
        """Whether a write at `place` doesn't reach what is read, with what was written until then."""
        if read is None or place is None or not self.is_assumed:
            return False
        if not read:
            return place.root not in _MADE and not _has_changed(place.root if place.inside else None, written)
        pairs: list[tuple[Place, Place]] = []
        if not all(self._may_differ(one, place, written, pairs) for one in read):
            return False
        self.pairs.update(pairs)
        return True

    def _may_differ(self, read: Place, place: Place, written: Written, pairs: list[tuple[Place, Place]]) -> bool:
        if read.root in _MADE or place.root in _MADE:
            return _is_made_later(read, place, written)
        changed = [(read, one) for one in written.grown | written.mixed if read.inside]
        changed += [(place, one) for one in written.mixed if place.inside]
        for one, other in changed:
            if other is None or (one.root == other.root and not self._differed(one, other)):
                return False
            if one.root == other.root:
                pairs.append((one, other))
        pairs.append((read, place))
        return self._differed(read, place)

    def _differed(self, read: Place, place: Place) -> bool:
        """Whether objects at two places may be told apart by looking at the start."""
        if not (read.inside or place.inside):
            return read != place
        if read.root == place.root and _leads_to(read, place) and not (place.below and read == place.start()):
            return False
        if read.inside and self.type_at(read) is None:
            return False
        if place.inside:
            known = self.type_at(place)
            return known is not None and is_closed(known)
        return True

    def type_at(self, place: Place) -> AbstractType | None:
        """What the types of the arguments say of the object at a place."""
        root = place.root
        assert isinstance(root, (int, OutsideName))
        known = self.outside.get(root) if isinstance(root, OutsideName) else self.types[root]
        for name in place.path:
            known = dict(known.attributes).get(name) if isinstance(known, InstanceType) else None
        return known


def _has_changed(root: Root | None, written: Written) -> bool:
    """Whether what is reached from a root, or else from any, isn't what was reached from there at the start."""
    changed = written.grown | written.mixed
    return any(one is None or one.root == root for one in changed)


def _is_made_later(read: Place, place: Place, written: Written) -> bool:
    """Whether one of two places is an object that the program has made, and isn't at the other one."""
    made, other = (read, place) if read.root in _MADE else (place, read)
    if other.root in _MADE:
        return False
    if made != Place(made.root) and (made.root == MADE or any(_has_changed(root, written) for root in _MADE)):
        return False  # what it holds may come from anywhere
    return not (other.inside and _has_changed(other.root, written))


def _leads_to(read: Place, place: Place) -> bool:
    """Whether two places of one root, one of them `inside`, certainly overlap as far as their paths tell."""
    shared = min(len(read.path), len(place.path))
    if read.path[:shared] != place.path[:shared]:
        return False
    return (read.inside and len(read.path) <= len(place.path)) or (place.inside and len(place.path) <= len(read.path))


def is_closed(known: AbstractType) -> bool:
    """Whether a type describes all that can be reached from a value."""
    match known:
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return is_closed(element)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            return is_closed(key) and is_closed(held)
        case TupleType(elements=parts) | UnionType(members=parts):
            return all(map(is_closed, parts))
        case InstanceType(cls=cls, attributes=attributes):  # that these are all is looked at when they are told apart
            may_be_all = attributes or cls.__init__ is object.__init__
            return bool(may_be_all) and all(is_closed(held) for _, held in attributes)
        case ArrayType() | NeverType() | StaticType():
            return True
        case _:
            return is_immutable(known)


def stale(known: AbstractType, read: Places, written: Written, apartness: Apartness) -> AbstractType:
    """What is left of the type of a value after these writes."""
    found: dict[tuple[str, str | None], AbstractType] = {}
    is_spared = True  # the object itself, if not what it holds
    for place, kind, name, held in written.stores:
        is_kept = (kind, name, held) != (EVERYTHING, None, ANY) and fits(known, kind, name, held)
        if not is_kept and not apartness.told_apart(inside_of(read), place, written):
            found[kind, name] = join(found.get((kind, name), NEVER), held)
            is_spared = is_spared and bool(read) and apartness.told_apart(read, place, written)
    if any(kind == EVERYTHING for kind, _ in found):
        return shallow(known)
    if found and is_spared:
        return with_parts(known, lambda part: degraded(part, found))
    return degraded(known, found) if found else known


def elements_in(containers: Places) -> Places:
    """Where the elements of containers were found."""
    return None if containers is None else frozenset(place.element() for place in containers)


def inside_of(read: Places) -> Places:
    """Where what lies inside of objects was found."""
    return None if read is None else frozenset(place.within() for place in read)
