"""What calls say of the dicts and lists that they fill, hand on, or look something up in.

A call that does so says it with the attribute `__xcs_outline__` of its function: one of the shapes here, or a function
of no arguments that gives one or None, for those that take time to find. Numbers are positions of arguments.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType
from typing import Any, TypeAlias

from .plan import Call, Literal, Operand

OUTLINE = "__xcs_outline__"
"""The attribute of a function that holds its shape, or what finds it."""


@dataclass(frozen=True, slots=True)
class Puts:
    """Sets one item of a container: `container[key] = value`. A key that is a `Literal` is known."""

    container: int
    key: int | Literal
    value: int


@dataclass(frozen=True, slots=True)
class Adds:
    """Appends one element to a list: `container.append(value)`."""

    container: int
    value: int


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
    answers that.
    """

    containers: tuple[int, ...]


Shape: TypeAlias = "Makes | Puts | Adds | HandsOn | Looks"


_BUILTIN_TYPES = frozenset({BuiltinFunctionType, type})
_BUILTINS: dict[Any, Shape] = {
    len: Looks((0,)),
    bool: Looks((0,)),
    operator.getitem: Looks((0,)),
    operator.contains: Looks((0,)),
    operator.not_: Looks((0,)),
}


def shape_of(call: Call) -> Shape | None:
    """The shape of a call, if its function has one and all arguments are given by position."""
    if type(call.callee) is not Literal or call.arguments.keyword or any(star for star, _ in call.arguments.positional):
        return None
    function = call.callee.value
    if type(function) is not FunctionType:
        return _BUILTINS.get(function) if type(function) in _BUILTIN_TYPES else None
    declared: Any = getattr(function, OUTLINE, None)
    shape = declared() if callable(declared) else declared
    return None if isinstance(shape, HandsOn) and len(call.arguments.positional) > 1 else shape


def filling_shape_of(call: Call) -> Makes | Puts | Adds | HandsOn | None:
    """The shape of a call that may make, fill or hand on a container. What only looks isn't asked: that takes time."""
    function = call.callee.value if type(call.callee) is Literal else None
    if not call.mutates and (type(function) is not FunctionType or callable(getattr(function, OUTLINE, None))):
        return None
    shape = shape_of(call)
    return None if isinstance(shape, Looks) else shape


def argument(call: Call, position: int) -> Operand:
    """An argument of a call by position."""
    return call.arguments.positional[position][1]
