"""What stays known of a value once anything may have written what it holds."""

from __future__ import annotations

from collections.abc import Callable

from .abstract_type import (
    ANY,
    CLIENT_CLASSES,
    AbstractType,
    BoundType,
    CollectionType,
    DataType,
    DictType,
    InstanceType,
    IteratorType,
    ListType,
    PlainType,
    SetType,
    TupleOfType,
    TupleType,
    UnionType,
)
from .lattice import join_all


def is_frozen(cls: type) -> bool:
    """Whether attributes of instances stay what they are: of frozen dataclasses, and of library clients."""
    if cls in CLIENT_CLASSES:
        return True
    parameters = cls.__dict__.get("__dataclass_params__")
    return parameters is not None and parameters.frozen


def with_parts(value: AbstractType, change: Callable[[AbstractType], AbstractType]) -> AbstractType:
    """What stays true of a container that only this code writes, while what it holds may change elsewhere."""
    match value:
        case ListType(element=element):
            return ListType(change(element))
        case DictType(key=key, value=held):
            return DictType(change(key), change(held))
        case SetType(element=element, frozen=frozen):
            return SetType(change(element), frozen)
        case CollectionType(cls=cls, key=key, value=held, made=made):
            return CollectionType(cls, change(key), change(held), made)
        case InstanceType(cls=cls, attributes=attributes):
            return InstanceType(cls, tuple((name, change(held)) for name, held in attributes))
        case _:
            return change(value)


def shallow(value: AbstractType) -> AbstractType:
    """What stays true of a value after anything may have written the outside world: its class, not its contents."""
    match value:
        case ListType():
            return ListType(ANY)
        case DictType():
            return DictType(ANY, ANY)
        case SetType(frozen=frozen):
            return SetType(ANY, frozen)
        case CollectionType(cls=cls):
            return CollectionType(cls, ANY, ANY, ANY)
        case TupleType(elements=elements):
            return TupleType(tuple(map(shallow, elements)))
        case TupleOfType(element=element):
            return TupleOfType(shallow(element))
        case BoundType():
            return value.with_parts(shallow)
        case InstanceType(cls=cls, attributes=attributes):
            if is_frozen(cls):  # its attributes are what they were, though what they hold may have changed
                return InstanceType(cls, tuple((name, shallow(held)) for name, held in attributes))
            return ANY  # an attribute of its own may hide a method by now
        case PlainType() | DataType() | IteratorType():
            return ANY
        case UnionType(members=parts):
            return join_all(map(shallow, parts))
        case _:
            return value
