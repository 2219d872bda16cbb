"""Stand-ins for arrays: while a program's structure is walked, they can be handed about, and computed with.

In: arrays, or JAX's tracers. Out: objects of which no text, truth, hash, number or class can be had without an error,
so that nothing comes of them that Python would see in another way in arrays. Operators and methods give stand-ins.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, TypeAlias

import jax

from .literal_key import literal_key

Rebuild: TypeAlias = Callable[[Any, Callable[[Any], Any]], Any]
"""`rebuild(held, change)` gives an object with what it holds changed, or as it is."""


class LookedAt(Exception):
    """Code that is no kernel wants to know more of an array than where it is."""


def _refuse(self: object, *_: Any) -> NoReturn:
    raise LookedAt("an array is looked at outside of a kernel")


class ArrayLeaf:
    """Stands for one array. Two of them are never one object, though the arrays may be.

    It computes as the array does, which JAX traces; what JAX can't trace, a truth or a number of Python's, it refuses.
    """

    __slots__ = ("_array",)
    __array_ufunc__ = None  # NumPy leaves computing with it to it, as it does with JAX's arrays

    def __init__(self, array: Any) -> None:
        _STORE(self, array)

    def __getattribute__(self, name: str) -> Any:
        if name in _FACTS:
            return with_leaves(getattr(array_of(self), name))
        if name in _METHODS:
            return functools.partial(_called, getattr(array_of(self), name))
        raise LookedAt(f"`{name}` of an array is looked at outside of a kernel")  # by `isinstance`: `__class__`

    def __len__(self) -> int:
        return len(array_of(self))

    def __iter__(self) -> Iterator[Any]:
        if len(array_of(self)) > MAX_ROWS:
            raise LookedAt("too many rows")
        return map(ArrayLeaf, array_of(self))

    __bool__ = __repr__ = __str__ = __format__ = _refuse
    __hash__ = _refuse


def called(function: Callable[..., Any], rebuild: Rebuild, args: Iterable[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a function of arrays gives for stand-ins, with stand-ins again; `rebuild`: see `with_arrays`."""
    named = {name: with_arrays(value, rebuild) for name, value in kwargs.items()}
    return with_leaves(function(*(with_arrays(value, rebuild) for value in args), **named))


def _called(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return called(method, _as_it_is, args, kwargs)


def _as_it_is(value: Any, change: Callable[[Any], Any]) -> Any:
    return value


def _operator(name: str) -> Callable[..., Any]:
    function = getattr(operator, name)

    def compute(self: ArrayLeaf, *others: Any) -> Any:
        return _called(function, self, *others)

    return compute


def _reflected(name: str) -> Callable[..., Any]:
    function = getattr(operator, name)
    return lambda self, other: _called(function, other, self)


_BINARY = "add sub mul matmul truediv floordiv mod pow lshift rshift and or xor".split()
for _name in _BINARY:
    _own = f"{_name}_" if _name in ("and", "or") else _name
    setattr(ArrayLeaf, f"__{_name}__", _operator(_own))
    setattr(ArrayLeaf, f"__r{_name}__", _reflected(_own))
for _name in "eq ne lt le gt ge neg pos abs invert getitem".split():
    setattr(ArrayLeaf, f"__{_name}__", _operator(_name))

MAX_ROWS = 512  # that are taken one by one
_FACTS = frozenset("shape ndim size dtype T mT real imag".split())
_METHODS = frozenset(
    "sum mean max min prod std var argmax argmin argsort sort reshape astype dot transpose ravel flatten squeeze "
    "swapaxes clip cumsum cumprod all any conj conjugate round take repeat diagonal trace copy searchsorted".split()
)
_SLOT: Any = vars(ArrayLeaf)["_array"]
_STORE: Callable[[ArrayLeaf, Any], None] = _SLOT.__set__
array_of: Callable[[ArrayLeaf], Any] = _SLOT.__get__
"""The array that a stand-in stands for."""


def with_arrays(value: Any, rebuild: Rebuild) -> Any:
    """A value with the arrays that stand-ins in it stand for.

    Args:
        value: of stand-ins, in lists, tuples and dicts.
        rebuild: what is done with any other object.
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
