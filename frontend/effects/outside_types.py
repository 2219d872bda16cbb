"""Containers and objects in names outside of the code: what they hold, where a program is traced, and at each call.

In: a name. Out: the type of what it is bound to, and the guard that makes relying on it right at the
start of a program. What the program writes itself is for its stager to tell.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass

from .abstract_type import (
    AbstractType,
    CollectionType,
    DictType,
    ExactType,
    InstanceType,
    IteratorType,
    ListType,
    RecordType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .contents import element_type
from .lattice import covers, without_items
from .summary import Guard
from .type_of import type_of

TABLES = (dict, Counter, defaultdict, OrderedDict, list, set)
MAX_LOOKED_AT = 4096  # items; beyond, looking at each call could cost more than is gained


@dataclass(frozen=True, slots=True, eq=False)
class ContentGuard(Guard):
    """A fact about what an object holds: `namespace[name]` is described by the type `value`."""

    def holds(self) -> bool:
        """Whether the fact is still true."""
        current = looked_at(self.namespace.get(self.name, Guard))
        assert isinstance(self.value, AbstractType)
        if isinstance(self.value, InstanceType) and _attributes_of(self.value) != _attributes_of(current):
            return False  # one that is new may hide a method
        return current is not None and covers(self.value, current)

    def __hash__(self) -> int:
        return hash((self.place, self.name, "contents"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContentGuard):
            return False
        return self.place == other.place and self.name == other.name and self.value == other.value


def looked_at(held: object) -> AbstractType | None:
    """The type of a container or of an object with attributes; None for anything else, and for what is too large."""
    if type(held) in TABLES:
        return None if len(held) > MAX_LOOKED_AT else without_items(type_of(held))  # type: ignore[arg-type]
    known = type_of(held)
    return known if isinstance(known, InstanceType) else None


def _attributes_of(known: AbstractType | None) -> list[str]:
    return [name for name, _ in known.attributes] if isinstance(known, InstanceType) else []


def is_table_of_known(known: AbstractType) -> bool:
    """Whether a type is that of a container of which keys and values are known to be something."""
    if isinstance(known, (ListType, SetType)):
        return type(known.element) is not AbstractType
    if not isinstance(known, (DictType, CollectionType)):
        return False
    return type(known.key) is not AbstractType and type(known.value) is not AbstractType


def gives_unknown(known: AbstractType) -> bool:
    """Whether a container of this type may give elements of which something isn't known."""
    element = element_type(known)
    return element is None or not is_told(element)


def is_told(known: AbstractType) -> bool:
    """Whether a type says all of a value that is text, a number, a function, or a builtin container of those."""
    match known:
        case ExactType() | StaticType():
            return True
        case ListType(element=element) | SetType(element=element) | TupleOfType(element=element):
            return is_told(element)
        case IteratorType(element=element):
            return is_told(element)
        case DictType(key=key, value=held) | CollectionType(key=key, value=held):
            return is_told(key) and is_told(held)
        case TupleType(elements=parts) | RecordType(elements=parts) | UnionType(members=parts):
            return all(map(is_told, parts))
        case _:
            return False
