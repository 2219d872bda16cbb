"""What calls say of the dicts and lists that they fill, hand on, or look something up in.

A call that does so says it with the attribute `__xcs_outline__` of its function: one of the shapes here, or a function
of no arguments that gives one or None, for those that take time to find. Numbers are positions of arguments.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType
from typing import Any, TypeAlias

from .call_shape import read
from .plan import Call, Literal, Operand
from .stored_attributes import stored_attribute

OUTLINE = "__xcs_outline__"
"""The attribute of a function that holds its shape, or what finds it."""


Key: TypeAlias = "int | Literal | ItemOf | AttributeOf | tuple[Key, ...]"
"""A key: an argument, something known, what is loaded from something, or a tuple of keys."""


@dataclass(frozen=True, slots=True)
class ItemOf:
    """A key that is an item of a dict, list or tuple."""

    owner: Key
    item: Key


@dataclass(frozen=True, slots=True)
class AttributeOf:
    """A key that is an attribute of an object."""

    owner: Key
    attribute: str


@dataclass(frozen=True, slots=True)
class Target:
    """A container: an argument, or an attribute of that."""

    argument: int
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """A call that gives the next version of a container.

    Attributes:
        target: the container.
        value: the argument that is stored in it, which need not be there.
        known: what has to be, if anything.
    """

    target: Target
    value: int | Literal
    known: Key | None = None

    @property
    def is_direct(self) -> bool:
        """Whether nothing has to be loaded to know what has to be."""
        return self.known is None or _is_direct(self.known)


class Puts(Store):
    """Sets the item under the key that is `known`: `container[key] = value`."""


class Adds(Store):
    """Appends one element: `container.append(value)`."""


class Sets(Store):
    """Sets an attribute: `target = value`."""


@dataclass(frozen=True, slots=True)
class Changes(Store):
    """Changes an attribute by an operand that is `known`: `target += operand`, or what else the function stands for."""

    function: Callable[[Any, Any], Any] = operator.add


@dataclass(frozen=True, slots=True)
class Makes:
    """Makes a list of its arguments; or, where it is `keyed`, a dict of them, keys and values in turn."""

    keyed: bool


@dataclass(frozen=True, slots=True)
class HandsOn:
    """Gives its one argument, or the next version of it. With another argument it says nothing of the first."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Gives something that it finds in containers, and nothing else that depends on these.

    All that it does with them is to look up items and lengths, and whether there is an item: so it may run on whatever
    answers that. Attributes in `taken` are loaded for something else.
    """

    targets: tuple[Target, ...]
    taken: tuple[Target, ...] = ()


Shape: TypeAlias = "Makes | Store | HandsOn | Looks"

_BUILTIN_TYPES = frozenset({BuiltinFunctionType, type})
_BUILTINS: dict[Any, Shape] = {
    len: Looks((Target(0),)),
    bool: Looks((Target(0),)),
    operator.getitem: Looks((Target(0),)),
    operator.contains: Looks((Target(0),)),
    operator.not_: Looks((Target(0),)),
}


def shape_of(call: Call) -> Shape | None:
    """The shape of a call, if its function has one and all arguments are given by position."""
    if type(call.callee) is not Literal or call.arguments.keyword or any(star for star, _ in call.arguments.positional):
        return None
    function = call.callee.value
    if type(function) is not FunctionType:
        return _BUILTINS.get(function) if type(function) in _BUILTIN_TYPES else None
    declared: Any = getattr(function, OUTLINE, None)
    shape: Any = declared() if callable(declared) else declared
    return None if isinstance(shape, HandsOn) and len(call.arguments.positional) > 1 else shape


def filling_shape_of(call: Call) -> Makes | Store | HandsOn | None:
    """The shape of a call that may make, fill or hand on a container. What only looks isn't asked: that takes time."""
    function = call.callee.value if type(call.callee) is Literal else None
    if not call.mutates and (type(function) is not FunctionType or callable(getattr(function, OUTLINE, None))):
        return None
    shape = shape_of(call)
    return None if isinstance(shape, Looks) else shape


def argument(call: Call, position: int) -> Operand:
    """An argument of a call by position."""
    return call.arguments.positional[position][1]


def _is_direct(key: Key) -> bool:
    return all(map(_is_direct, key)) if isinstance(key, tuple) else isinstance(key, int | Literal)


def key_operands(call: Call, key: Key | None) -> Iterator[Operand]:
    """The operands of a call that a key consists of."""
    match key:
        case tuple():
            for part in key:
                yield from key_operands(call, part)
        case ItemOf(owner, item):
            yield from key_operands(call, owner)
            yield from key_operands(call, item)
        case AttributeOf(owner):
            yield from key_operands(call, owner)
        case Literal():
            yield key
        case int():
            yield argument(call, key)


def key_value(call: Call, key: Key, slots: list[Any]) -> Any:
    """A key of operands which are there.

    Raises:
        LookupError, AttributeError, TypeError: it has a part that isn't there, or that code of the program's loads.
    """
    match key:
        case tuple():
            return tuple(key_value(call, part, slots) for part in key)
        case AttributeOf(owner, attribute):
            return stored_attribute(key_value(call, owner, slots), attribute)
        case ItemOf(owner, item):
            held = key_value(call, owner, slots)
            if type(held) not in (dict, list, tuple):
                raise TypeError("loading an item may run code of the program's")
            return held[key_value(call, item, slots)]
        case Literal(value):
            return value
    return read(argument(call, key), slots)
