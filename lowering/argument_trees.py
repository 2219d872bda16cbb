"""Arguments as trees whose leaves are JAX arrays, taken apart by JAX's C code, in the order in which Python keeps them.

In: lists, tuples, dicts, objects of admitted classes; scalars and functions, which are part of the structure. Out:
arrays and a structure, equal for arguments of which a program that only reads them tells nothing apart but the arrays.
Assumes: objects of admitted classes are nothing but their attributes.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import numpy

from .array_entrance import new_registry

Attributes = Callable[[Any], Mapping[str, Any]]
_STATIC: tuple[type, ...] = (
    *(bool, int, str, bytes, types.FunctionType, types.BuiltinFunctionType, type(jax.jit(lambda: None))),
    *(jax.custom_jvp, jax.custom_vjp, numpy.ufunc),
)
"""What is told apart by its value, or as an object."""


class ArgumentTrees:
    """A registry of trees of its own: what the user's classes are to JAX says nothing here.

    Attributes:
        registry: as JAX's C code takes it.
        classes: those that were admitted.
    """

    def __init__(self) -> None:
        self.registry = new_registry(enable=True)
        self.classes: dict[type, Attributes] = {}
        for cls in _STATIC:
            self.registry.register_node(cls, lambda value: ((), value), lambda value, _: value)
        self.registry.register_node(float, lambda value: ((), value.hex()), lambda text, _: float.fromhex(text))
        self.registry.register_node(dict, lambda held: (held.values(), tuple(held)), _dict_of)

    def admit(self, cls: type, attributes: Attributes) -> None:
        """Objects of a class are trees of their attributes from now on."""

        def take_apart(value: Any) -> tuple[Iterable[Any], tuple[str, ...]]:
            held = attributes(value)
            return held.values(), tuple(held)

        self.registry.register_node(cls, take_apart, lambda names, held: made(cls, names, held))
        self.classes[cls] = attributes

    def flatten(self, values: tuple[Any, ...]) -> tuple[list[Any], Any]:
        """The arrays, and the structure around them."""
        return self.registry.flatten(values)

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
