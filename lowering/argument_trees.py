"""Arguments as trees whose leaves are JAX arrays, taken apart by JAX's C code, in the order in which Python keeps them.

In: lists, tuples, dicts, objects of admitted classes; scalars and functions, which are part of the structure. Out:
arrays and a structure, equal for arguments of which a program that only reads them tells nothing apart but the arrays.
Assumes: objects of admitted classes are nothing but their attributes.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy

from ..diagnostics.identity import identity
from .array_entrance import new_registry

Attributes = Callable[[Any], dict[str, Any]]
_STATIC: tuple[type, ...] = (
    *(bool, int, str, bytes, types.FunctionType, types.BuiltinFunctionType, type(jax.jit(lambda: None))),
    *(jax.custom_jvp, jax.custom_vjp, numpy.ufunc),
)
"""What is told apart by its value, or as an object."""


MAX_FREE_VISITS = 256
"""Nodes of one call that are taken apart without asking whether they were before. Python's stack has room for more."""
MAX_VISITS = 8  # of one object; layers that share a part share it a few times
_NOTHING = ((object(),), None)
"""What an object is taken apart into that JAX isn't to go on with: what it is made of nobody can tell."""


class ArgumentTrees:
    """A registry of trees of its own: what the user's classes are to JAX says nothing here.

    JAX goes through trees without an eye to what is inside of itself, until the stack ends, and the process can't be
    used after that. So dicts and objects that come again and again in one call are no trees. Lists in themselves alone,
    without a dict or an object between, are found by nobody; JAX doesn't either.

    Attributes:
        registry: as JAX's C code takes it.
        classes: those that were admitted.
        num_visits: its one element counts the nodes of a call; who makes one sets it to 0. Where threads share it, some
            call is asked about that needn't be.
    """

    def __init__(self) -> None:
        self.registry = new_registry(enable=True)
        self.classes: dict[type, Attributes] = {}
        self.num_visits = [0]
        self._visited: dict[int, int] = {}
        for cls in _STATIC:
            self.registry.register_node(cls, lambda value: ((), value), lambda value, _: value)
        self.registry.register_node(float, lambda value: ((), value.hex()), lambda text, _: float.fromhex(text))
        num_visits, comes_often = self.num_visits, self._comes_often

        def take_apart(held: dict[Any, Any]) -> tuple[Any, Any]:
            num_visits[0] += 1
            if num_visits[0] > MAX_FREE_VISITS and comes_often(held):
                return _NOTHING
            held = held.copy()  # which other threads don't write meanwhile
            return held.values(), tuple(held)

        self.registry.register_node(dict, take_apart, _dict_of)

    def admit(self, cls: type, attributes: Attributes) -> None:
        """Objects of a class are trees of their attributes from now on."""
        num_visits, comes_often = self.num_visits, self._comes_often

        def take_apart(value: Any) -> tuple[Any, Any]:
            num_visits[0] += 1
            if num_visits[0] > MAX_FREE_VISITS and comes_often(value):
                return _NOTHING
            held = attributes(value).copy()
            return held.values(), tuple(held)

        self.registry.register_node(cls, take_apart, lambda names, held: made(cls, names, held))
        self.classes[cls] = attributes

    def flatten(self, values: tuple[Any, ...]) -> tuple[list[Any], Any]:
        """The arrays, and the structure around them."""
        self.num_visits[0] = 0
        return self.registry.flatten(values)

    def _comes_often(self, value: Any) -> bool:
        """Whether a node of a large tree has come several times in one call, as it does where it is in itself."""
        if self.num_visits[0] == MAX_FREE_VISITS + 1:
            self._visited.clear()
        key = identity(value)
        self._visited[key] = num_visits = self._visited.get(key, 0) + 1
        return num_visits > MAX_VISITS

    def rebuild(self, value: Any, change: Callable[[Any], Any]) -> Any:
        """An object of an admitted class with changed attributes; any other one as it is."""
        attributes = self.classes.get(type(value))
        if attributes is None:
            return value
        held = attributes(value)
        return made(type(value), tuple(held), tuple(map(change, held.values())))


def _dict_of(names: tuple[Any, ...], values: Sequence[Any]) -> dict[Any, Any]:
    return dict(zip(names, values, strict=True))


def made(cls: type, names: Sequence[str], values: Sequence[Any]) -> Any:
    """An object with these attributes, made without any code of its class."""
    made = object.__new__(cls)
    for name, value in zip(names, values, strict=True):
        object.__setattr__(made, name, value)
    return made
