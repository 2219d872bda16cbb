"""Whether a value is the parameters of a model: containers and objects in which one comes upon arrays of JAX's.

In: any object. Out: a guess, from what is found first. Ensures: no user code runs, and nothing is imported.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

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
