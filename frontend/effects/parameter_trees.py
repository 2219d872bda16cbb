"""Whether a value is the parameters of a model: containers and objects in which one comes upon arrays of JAX's.

In: any object. Out: a guess, from what is found first. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import islice
from typing import Any

from .abstract_type import AbstractType, ArrayType, StaticType
from .instance_layout import layout_of

MAX_DEPTH = 8  # containers in containers
MAX_ATTRIBUTES = 8  # of an object, some of which are settings


def holds_parameters(value: Any, depth: int = 0) -> bool:
    """Whether the first leaf of a container is an array of JAX's, or the first of one of an object's attributes."""
    cls = type(value)
    if depth > MAX_DEPTH:
        return False
    first: Any
    if cls is list or cls is tuple:
        first = value[:1]
    elif cls is dict:
        first = _first(value)
    else:
        layout = layout_of(cls)
        if layout.is_array:
            return depth > 0 and cls.__module__ != "numpy"
        if layout.exact is not None or layout.is_client or layout.is_described or not layout.is_open:
            return False
        first = tuple(islice(tuple(layout.attributes(value).values()), MAX_ATTRIBUTES))
    return any(holds_parameters(one, depth + 1) for one in first)


def _first(held: dict[Any, Any]) -> tuple[Any, ...]:
    try:
        return tuple(islice(dict.values(held), 1))
    except RuntimeError:  # another thread writes it
        return ()


def names_arrays(known: Any) -> bool:
    """Whether a type, or one of several, is of arrays of JAX's or of what holds some."""
    if isinstance(known, ArrayType):
        return known.cls.__module__ != "numpy"
    if isinstance(known, AbstractType):
        return any(names_arrays(getattr(known, field.name)) for field in fields(known))
    return isinstance(known, (tuple, frozenset)) and any(map(names_arrays, known))


def without_sizes(known: Any) -> Any:
    """A type, or several, with arrays told by dtype and number of axes: no more of them decides what code does."""
    if isinstance(known, ArrayType):
        return known if known.shape is None else replace(known, shape=(1,) * len(known.shape))
    if isinstance(known, AbstractType) and not isinstance(known, StaticType):
        held = {field.name: getattr(known, field.name) for field in fields(known)}
        return replace(known, **{name: without_sizes(value) for name, value in held.items()}) if held else known
    if isinstance(known, (tuple, frozenset)):
        return type(known)(map(without_sizes, known))
    return known
