"""What analysis of a callable finds: the type that crosses from effect inference to staging and to the runtime."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...diagnostics.effect import Behaviour, Effect
from .abstract_type import ANY, AbstractType
from .place import EVERYTHING, OutsideName, ParameterKey, Place, Root, is_content
from .seal import Seal, renamed_seal

CALLEE = "<callee>"
"""The key of the object that is called where it isn't among the arguments: a bound method's `self`, a model object."""

Store: TypeAlias = tuple[str, str | None, AbstractType]
"""Some object of this kind may now hold this in this field (None: in any)."""

Touch: TypeAlias = tuple[ParameterKey | None, str]
"""One kind of state that a call looks at or writes: reached from this parameter (None: from outside), of this kind.

Kinds: `list`, `dict`, `set`, `array`, `attr:<name>`, `global:<module>.<name>`, `cell:<name>`, `type:<class>`,
`member:<name>` (of a class or function, bound anew), `world` (files, network, processes) and `*` for all of them.
State of two different kinds never overlaps.
"""


class View(dict[str, object]):
    """An object as a namespace, for guards: all views of one object are the same namespace."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of


@dataclass(frozen=True, slots=True)
class Guard:
    """A fact that a summary relies on: `namespace[name]` (module globals or a cell's stand-in) is still `value`.

    With `by_type`, only the exact class of the value is relied on (`value` is then that class). The value `Guard`
    itself says that the name is absent.
    """

    namespace: dict[str, object]
    name: str
    value: object
    by_type: bool = False

    def holds(self) -> bool:
        """Whether the fact is still true."""
        current = self.namespace.get(self.name, Guard)
        return type(current) is self.value if self.by_type else current is self.value

    @property
    def place(self) -> int:
        """The identity of what has the name."""
        return id(self.namespace.of if isinstance(self.namespace, View) else self.namespace)

    def __hash__(self) -> int:
        return hash((self.place, self.name))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Guard)
            and self.place == other.place
            and (self.name, self.by_type) == (other.name, other.by_type)
            and self.value is other.value
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The effect of one call with arguments of given types.

    Attributes:
        effect: what the call does, apart from writing its parameters.
        sees_writes: it looks at mutable state (arguments, globals, attributes) that others may write.
        external: it waits for the world (network, files, sleep), so a worker pays.
        result: the type of what it returns.
        mutates: parameters whose objects (or what they reach) it may write, by index; for code segments by input name.
        retains: parameters that may live on after the call, other than in fresh containers of immutables: stored
            somewhere, or reachable from the result.
        num_external_sites: places inside that may call the world; one inside a loop counts as two. One or none: there
            is no parallelism to find inside.
        has_array_work: JAX or NumPy functions are called inside.
        reason: why the effect is what it is, for `explain`, in a few words.
        remedy: what the user can do about it, or empty.
        guards: facts about globals that this conclusion relies on.
        unknown_types: only unknown types make the effect this strong: with the actual values it may be weaker.
        fresh: every mutable object reachable from the result was made by this call or belongs to a retained parameter.
        builds: the result itself is a new object: retained parameters can only be inside of it.
        seal: how much of what is inside of that nobody else sees; None where that isn't known.
        sees: the kinds of state behind `sees_writes`; a call whose writes don't meet them can't disturb this one.
        looks: where in parameters it looks at state of which kind; what `sees` names besides may be anywhere in them.
        writes: the kinds of state it may write, parameters' included.
        places: whose contents it may write, parameters' included; None: of any object from outside.
        stores: what written objects may hold afterwards: types of contents learned earlier must allow it.
        spreads: roots of which something mutable may be stored somewhere (None: of anything from outside), so that it
            can be reached from elsewhere afterwards.
        gives: where the result itself is found at the start, if it is an object from outside.
        waits: the effect is a fence only because of a sleep: inside a leaf that returns something it is latency.
        reads_streams: it reads streams that it has opened itself, or that it is given.
    """

    effect: Effect
    sees_writes: bool = False
    external: bool = False
    result: AbstractType = ANY
    mutates: frozenset[ParameterKey] = frozenset()
    retains: frozenset[ParameterKey] = frozenset()
    num_external_sites: int = 0
    has_array_work: bool = False
    reason: str = ""
    remedy: str = ""
    guards: frozenset[Guard] = field(default=frozenset(), repr=False)
    unknown_types: bool = False
    fresh: bool = False
    builds: bool = False
    seal: Seal = None
    sees: frozenset[Touch] = frozenset()
    writes: frozenset[Touch] = frozenset()
    places: frozenset[Place | None] = frozenset()
    stores: frozenset[Store] = frozenset()
    spreads: frozenset[Root | None] = frozenset()
    gives: Place | None = None
    waits: bool = False
    reads_streams: bool = False
    looks: frozenset[tuple[Place, str]] = frozenset()

    def behaviour(self) -> Behaviour:
        """How the scheduler treats this call when everything it mutates belongs to the outside world."""
        effect = max(self.effect, Effect.ORDERED) if self.mutates else self.effect
        return Behaviour(effect, self.sees_writes or effect is Effect.READS, self.external)

    def replace(self, **changes: Any) -> Summary:
        """This summary with some fields changed."""
        made = object.__new__(Summary)
        for name in _FIELDS:
            _set_field(made, name, changes.pop(name) if name in changes else getattr(self, name))
        assert not changes, f"a summary has no {min(changes)}"
        return made

    def renamed(self, keys: Mapping[ParameterKey, ParameterKey]) -> Summary:
        """The same call with its parameters named otherwise; parameters not in `keys` become the outside world."""

        def touches(found: frozenset[Touch]) -> frozenset[Touch]:
            return frozenset((None if key is None else keys.get(key), kind) for key, kind in found)

        if not (self.retains or self.sees or self.writes or self.mutates or self.places or self.spreads or self.gives):
            return self  # it names no parameter
        outside = any(key not in keys for key in self.mutates)
        return self.replace(
            effect=max(self.effect, Effect.ORDERED) if outside else self.effect,
            mutates=frozenset(keys[key] for key in self.mutates if key in keys),
            retains=frozenset(keys[key] for key in self.retains if key in keys),
            fresh=self.fresh and all(key in keys for key in self.retains),
            sees=touches(self.sees),
            writes=touches(self.writes),
            places=frozenset(None if one is None else one.renamed(keys) for one in self.written_places),
            spreads=frozenset(_renamed_root(root, keys) for root in self.spreads),
            gives=None if self.gives is None else self.gives.renamed(keys),
            seal=renamed_seal(self.seal, keys),
            looks=frozenset((seen, kind) for one, kind in self.looks if (seen := one.renamed(keys)) is not None),
        )

    def without_writes_of(self, keys: frozenset[ParameterKey], is_closed: Callable[[Place], bool]) -> Summary:
        """The same but for what it does to these parameters' objects, of which nobody else sees what `is_closed`."""

        def is_seen(one: Place | None) -> bool:
            return one is not None and one.root in keys and one != Place(one.root) and not is_closed(one)

        seen = frozenset(filter(is_seen, self.places))
        shown = {place.root for place in seen if place is not None}
        if None in self.places:
            shown |= {key for key in keys if is_seen(Place(key, inside=True))}
        own = keys - shown
        return self.replace(
            mutates=self.mutates - own,
            writes=frozenset((key, kind) for key, kind in self.writes if key not in own),
            places=frozenset(one for one in self.places if one is None or one.root not in keys) | seen,
            spreads=self.spreads - own,
        )

    @property
    def all_looks(self) -> frozenset[tuple[Place, str]]:
        """Where in parameters it looks at state of which kind, all of it."""
        told = {(place.root, kind) for place, kind in self.looks}
        others = ((key, kind) for key, kind in self.sees if key is not None and (key, kind) not in told)
        return self.looks.union((Place(key, inside=True), kind) for key, kind in others)

    @property
    def written_places(self) -> frozenset[Place | None]:
        """Whose contents it may write; what is written without saying where may be anything."""
        if (None, EVERYTHING) in self.writes:
            return self.places | {None}
        if self.places or not any(is_content(kind) for _, kind in self.writes):
            return self.places
        return frozenset((None,))

    @property
    def written_contents(self) -> frozenset[Store]:
        """What written objects may hold afterwards."""
        if (None, EVERYTHING) in self.writes:
            return self.stores | {(EVERYTHING, None, ANY)}
        if self.stores or not any(is_content(kind) and kind != "iterator" for _, kind in self.writes):
            return self.stores
        return frozenset(((EVERYTHING, None, ANY),))


_FIELDS = tuple(one.name for one in dataclasses.fields(Summary))
_set_field = object.__setattr__


def _renamed_root(root: Root | None, keys: Mapping[ParameterKey, ParameterKey]) -> Root | None:
    return root if root is None or isinstance(root, OutsideName) else keys.get(root)


@dataclass(frozen=True, slots=True)
class CodeSummary:
    """The effect of a run of statements or an expression over named inputs.

    `summary.result` is the value of an expression (`NONE` for statements); `bindings` are the types of the names
    that the statements assign. `summary.mutates` and `summary.retains` hold input names. `owned` are the types that
    owned inputs have afterwards, `seals` say how much of what they hold nobody else sees, and `rebound` which of their
    attributes may hold something else. `given` is the owned input that the value itself is, `named` are those that
    assigned names are bound to, and `made` are the seals of what is made for the others.
    """

    summary: Summary
    bindings: Mapping[str, AbstractType]
    owned: Mapping[str, AbstractType] = field(default_factory=dict)
    seals: Mapping[str, Seal] = field(default_factory=dict)
    rebound: Mapping[str, frozenset[str]] = field(default_factory=dict)
    given: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, Seal] = field(default_factory=dict)
