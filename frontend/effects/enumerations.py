"""Members of enumerations: what comparing, hashing, showing and looking one up does, and what its attributes are.

In: an `Enum` class or a member. Out: whether what it does is `Enum`'s own code, or that of the text or number that the
member is; and types. A method of the class's own is followed like any other.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable
from typing import Any, TypeGuard

from .abstract_type import AbstractType, InstanceType, StaticType
from .lattice import is_immutable, join_all
from .type_of import type_of

MAX_MEMBERS = 16  # of an enumeration whose members are told apart
_C_METHODS = (types.WrapperDescriptorType, types.MethodDescriptorType)
_HOW = {
    "str": ("__str__",),
    "repr": ("__repr__",),
    "format": ("__format__", "__str__"),
}


def is_enumeration(held: object) -> TypeGuard[type[enum.Enum]]:
    """Whether a class is an enumeration of a few members, listed as all of them are."""
    return type(held) is enum.EnumType and 0 < len(held.__members__) <= MAX_MEMBERS  # type: ignore[attr-defined]


def is_member(held: object) -> TypeGuard[enum.Enum]:
    """Whether this is a member of an enumeration."""
    return is_enumeration(type(held))


def member_type(cls: type[enum.Enum]) -> AbstractType:
    """The type of some member: which ones there are, but for flags, which can be put together."""
    return join_all(map(type_of if issubclass(cls, enum.Flag) else StaticType, cls))


def class_of_member(one: AbstractType) -> type[enum.Enum] | None:
    """The enumeration that values of a type are members of."""
    cls = type(one.value) if isinstance(one, StaticType) else one.cls if isinstance(one, InstanceType) else None
    return cls if is_enumeration(cls) else None


def is_plain(cls: type[enum.Enum], names: Iterable[str]) -> bool:
    """Whether these methods of members are those that the standard library gives them."""
    return all(_is_standard(cls, name) for name in names)


def is_shown_plainly(cls: type[enum.Enum], how: str) -> bool:
    """Whether a member as text is its name or a builtin value of its own."""
    are_plain = all(is_immutable(type_of(one._value_)) for one in cls)
    return are_plain and is_plain(cls, _HOW[how])


def is_found_plainly(cls: type[enum.Enum]) -> bool:
    """Whether `cls(value)` only compares values that can't change, and raises where there is none."""
    own = [base for base in cls.__mro__ if "_missing_" in vars(base)]
    are_plain = all(is_immutable(type_of(one._value_)) for one in cls)
    return are_plain and own[0].__module__ == "enum"


def member_attribute(cls: type[enum.Enum], name: str, held: object = None) -> AbstractType | None:
    """The type of `member.name` or `member.value` of one member, or of any; None where that is other code."""
    if name not in ("name", "value") or _member(cls, name) is not vars(enum.Enum)[name]:
        return None
    found = [held] if is_member(held) else list(cls)
    values = [one._name_ if name == "name" else one._value_ for one in found]
    return join_all(map(type_of, values))


def _is_standard(cls: type, name: str) -> bool:
    found = _member(cls, name)
    return found is None or isinstance(found, _C_METHODS) or getattr(found, "__module__", None) == "enum"


def _member(cls: type, name: str) -> Any:
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def hashes_as_member(one: AbstractType) -> bool:
    """Whether a value is a member of an enumeration that is hashed and compared by Python's own code."""
    cls = class_of_member(one)
    return cls is not None and is_plain(cls, ("__hash__", "__eq__"))
