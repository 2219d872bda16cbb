"""Where objects come from, and which of them ops write: what tells two objects apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from ....diagnostics.effect import Behaviour, Effect
from ...effects.abstract_type import AbstractType, DictType, ListType, SetType
from ...effects.lattice import is_immutable
from ...effects.place import EVERYTHING, OutsideName, ParameterKey, Place, Root
from ...effects.rebinding import names_bound
from ...effects.seal import SEALED, Seal, SealedBut
from ...effects.sealing import is_sealed_at
from ...effects.summary import Summary
from ..state.ownership import OwnershipStager
from ..state.reads import Look
from ..state.written import ANYWHERE, MADE, MADE_WHOLE, NEW, WRITES_ANYTHING, Places, written_by
from ..values import Owned, Static, Tracer, TupleValue, Value

NO_ARGUMENTS: Mapping[int | str, Value] = MappingProxyType({})


class PlaceStager(OwnershipStager):
    """The layer of places."""

    _last_places: Places = None  # of the result of the call emitted last

    def note_write(
        self,
        behaviour: Behaviour,
        summary: Summary | None = None,
        keys: Mapping[ParameterKey, Value] = NO_ARGUMENTS,
        lets_go: bool = False,
    ) -> None:
        """Remember what an op may write: without a summary, or with one that is only known when it runs, anything.

        The same if it `lets_go` of an object that it writes.
        """
        if not behaviour.effect.may_write:
            return
        if summary is None or lets_go or behaviour.effect is Effect.DYNAMIC:
            reason = "code that isn't known" if summary is None or lets_go else summary.reason
            names = () if summary is None else names_bound(summary)
            self.program.note_write(WRITES_ANYTHING, ANYWHERE, (EVERYTHING, *names), reason)
            return
        places = frozenset(one for place in summary.written_places for one in self._places_at(place, keys))
        spread = frozenset(one for root in summary.spreads for one in self._roots_at(root, keys))
        kinds = {kind for _, kind in summary.writes}
        self.program.note_write(written_by(summary, places, spread), places, kinds, summary.reason)

    def _places_at(self, place: Place | None, keys: Mapping[ParameterKey, Value]) -> Collection[Place | None]:
        """A written place of a callee as the entry function finds it."""
        if place is None or isinstance(place.root, OutsideName):
            return (self.program.written.still(place),)
        value = keys.get(place.root)
        if value is None:
            return ANYWHERE
        if self.is_owned(value) and place == Place(place.root):
            return ()  # a container of our own: its next version says what it holds
        return self._places_in(place, self.places_of(value)) or ANYWHERE

    def _places_in(self, place: Place, held: Places) -> frozenset[Place | None]:
        """A place in an argument that was found at the places `held`, as the entry function finds it."""
        if held is None:
            return ANYWHERE
        seen = {place.seen_from(one if len(held) == 1 else one.within()) for one in held}
        return frozenset(map(self.program.written.still, seen))

    def _roots_at(self, root: Root | None, keys: Mapping[ParameterKey, Value]) -> Collection[Root | None]:
        if root is None or isinstance(root, OutsideName):
            return (root,)
        value = keys.get(root)
        held = None if value is None else self.places_of(value)
        return (None,) if held is None else frozenset(place.root for place in held)

    def _looks(self, summary: Summary, keys: Mapping[ParameterKey, Value]) -> Iterator[Look]:
        """What a call looks at, as the entry function finds it; versions say what nobody else sees."""
        for key, kind in summary.sees:
            if key is None or key not in keys:
                yield None, kind
        for place, kind in summary.all_looks:
            value = keys.get(place.root)  # type: ignore[arg-type]
            if value is not None and not self.is_sealed_at(place, value):
                found = self._places_in(place, self.places_of(value))
                yield (None if None in found else found), kind  # type: ignore[misc]
        if not summary.sees or summary.effect is Effect.READS:
            yield None, EVERYTHING

    def is_sealed_at(self, place: Place, value: Value) -> bool:
        """Whether what is found at a place in an argument is seen by nobody else."""
        return self.has_seal(value) and is_sealed_at(place, self.state.type_of(value), self.seal_of(value))

    def seal_at(self, seal: Seal, keys: Mapping[ParameterKey, Value]) -> Seal:
        """A callee's seal of what it has made or changed, as the entry function finds what is open."""
        if seal is None or not seal.open:
            return seal
        found = {one for place in seal.places or () for one in self._places_at(place, keys)}
        is_known = seal.places is not None and None not in found
        return SealedBut(seal.open, frozenset(one for one in found if one is not None) if is_known else None)

    def places_of(self, value: Value) -> Places:
        """Where the objects that a value consists of were found at the start."""
        if is_immutable(self.state.type_of(value)):
            return NEW
        match value:
            case Tracer(places=places):
                return places
            case Static():
                return NEW
            case TupleValue(elements=elements):
                found = [self.places_of(element) for element in elements]
                return None if None in found else NEW.union(*(one for one in found if one is not None))
            case Owned() if self.is_owned(value) and holds_immutables(self.state.type_of(value)):
                return NEW
            case Owned() if (seal := self.seal_of(value)) is not None and seal.open:
                return seal.places
            case Owned() if not self.is_owned(value) and self.state.heap[value].argument is None:
                return frozenset((Place(MADE_WHOLE if self.state.heap[value].seal == SEALED else MADE),))
            case _:
                return None

    def result_places(self, summary: Summary, keys: Mapping[ParameterKey, Value]) -> Places:
        """Where the objects that a call gives were found at the start."""
        if summary.unknown_types:
            return None
        if summary.gives is not None:
            seen = frozenset(self._places_at(summary.gives, keys))
            return None if None in seen else seen  # type: ignore[return-value]
        if not summary.fresh:
            return None
        found: set[Place] = set()
        for key in summary.retains:
            value = keys.get(key)
            held = None if value is None else self.places_of(value)
            if held is None:
                return None
            found.update(one for place in held for one in (place, place.within()))  # it may be a view
        return frozenset(found)


def holds_immutables(known: AbstractType) -> bool:
    """Whether what a container holds can't change."""
    match known:
        case ListType(element=element) | SetType(element=element):
            return is_immutable(element)
        case DictType(key=key, value=held):
            return is_immutable(key) and is_immutable(held)
        case _:
            return False
