"""What lists, tuples and dicts hold: the structure of arguments and results as gradients see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .batch import is_array

_SCALARS = frozenset({bool, int, float, complex, str, type(None)})


def leaves_of(value: Any) -> list[Any]:
    """What lists, tuples and dicts hold, in order."""
    if type(value) in (list, tuple):
        return [leaf for one in value for leaf in leaves_of(one)]
    if type(value) is dict:
        return [leaf for one in value.values() for leaf in leaves_of(one)]
    return [value]


def replaced(value: Any, others: dict[int, Any]) -> Any:
    """A value with others in place of some of the objects in it."""
    if id(value) in others:
        return others[id(value)]
    if type(value) in (list, tuple):
        return type(value)([replaced(one, others) for one in value])
    if type(value) is dict:
        return {key: replaced(one, others) for key, one in value.items()}
    return value


def mapped_leaves(value: Any, function: Callable[[Any], Any]) -> Any:
    """A structure of lists, tuples and dicts with a function applied to its leaves."""
    if type(value) in (list, tuple):
        return type(value)([mapped_leaves(one, function) for one in value])
    if type(value) is dict:
        return {key: mapped_leaves(one, function) for key, one in value.items()}
    return function(value)


def is_leaf(value: Any) -> bool:
    """Whether a value holds no other one."""
    return type(value) in _SCALARS or is_array(value)


def is_immutable(value: Any) -> bool:
    """Whether a value is a number, a text or an array of JAX."""
    return is_leaf(value) and type(value).__module__ != "numpy"
