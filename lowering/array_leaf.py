"""Stand-ins for arrays: while a program's structure is walked, they can be handed about, and nothing else.

In: arrays, or JAX's tracers. Out: objects of which no text, truth, hash, number, class or attribute can be had without
an error, so that code which isn't array code can't compute anything of them. Only kernels see what they stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import jax

from .literal_key import literal_key


class LookedAt(Exception):
    """Code that is no kernel wants to know more of an array than where it is."""


def _refuse(self: object, *_: Any) -> NoReturn:
    raise LookedAt("an array is looked at outside of a kernel")


class ArrayLeaf:
    """Stands for one array. Two of them are never one object, though the arrays may be."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        _STORE(self, array)

    __getattribute__ = _refuse  # of what asks for a class as well: `isinstance`
    __bool__ = __repr__ = __str__ = __format__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = _refuse


_SLOT: Any = vars(ArrayLeaf)["_array"]
_STORE: Callable[[ArrayLeaf, Any], None] = _SLOT.__set__
array_of: Callable[[ArrayLeaf], Any] = _SLOT.__get__
"""The array that a stand-in stands for."""


def with_arrays(value: Any, rebuild: Callable[[Any, Callable[[Any], Any]], Any]) -> Any:
    """A value with the arrays that stand-ins in it stand for.

    Args:
        value: of stand-ins, in lists, tuples and dicts.
        rebuild: `rebuild(held, change)` gives any other object with what it holds changed, or as it is.
    """
    cls = type(value)
    if cls is ArrayLeaf:
        return array_of(value)
    if cls is list or cls is tuple:
        return cls([with_arrays(one, rebuild) for one in value])
    if cls is dict:
        return {key: with_arrays(one, rebuild) for key, one in value.items()}
    return rebuild(value, lambda held: with_arrays(held, rebuild))


def with_leaves(value: Any) -> Any:
    """A result of a kernel with stand-ins for its arrays.

    Raises:
        LookedAt: it holds what isn't made of arrays and literals.
    """
    cls = type(value)
    if isinstance(value, jax.Array):
        return ArrayLeaf(value)
    if cls is list or cls is tuple:
        return cls([with_leaves(one) for one in value])
    make = getattr(cls, "_make", None) if issubclass(cls, tuple) else None
    if make is not None:
        return make(map(with_leaves, value))
    if cls is dict:
        return {key: with_leaves(one) for key, one in value.items()}
    if literal_key(value) is None:
        raise LookedAt(f"a kernel gives `{cls.__name__}`")
    return value
