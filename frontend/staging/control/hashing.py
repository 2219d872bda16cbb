"""Keys of dicts and elements of sets: whether hashing and comparing them is Python's own affair."""

from __future__ import annotations

from ...effects.abstract_type import (
    AbstractType,
    DataType,
    DictType,
    ExactType,
    ListType,
    PlainType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
    UnionType,
)
from ...effects.enumerations import hashes_as_member

QUIET_KEYS = frozenset({str, int, float, bool, bytes, complex, type(None)})


def hashes_quietly(known: AbstractType) -> bool:
    """Whether hashing and comparing values of this type runs no code of the user's and can't fail."""
    if hashes_as_member(known):
        return True
    match known:
        case TupleType(elements=parts) | UnionType(members=parts):
            return all(map(hashes_quietly, parts))
        case ExactType(cls=cls):
            return cls in QUIET_KEYS
        case StaticType(value=value):
            return type(value) in QUIET_KEYS
        case _:
            return False


def hashing_runs_code(known: AbstractType) -> bool:
    """Whether hashing and comparing values of this type may run code that isn't Python's own."""
    match known:
        case TupleType(elements=parts) | UnionType(members=parts):
            return any(map(hashing_runs_code, parts))
        case TupleOfType(element=element) | SetType(element=element):
            return hashing_runs_code(element)
        case ListType() | DictType() | PlainType() | DataType():
            return False  # not hashable, or data
        case _:
            return not hashes_quietly(known)
