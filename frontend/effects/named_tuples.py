"""Named tuples where code takes them for tuples: unpacked, iterated, indexed."""

from __future__ import annotations

from typing import Any

from . import operations
from .abstract_type import InstanceType
from .attributes import load_attribute
from .frame import Frame
from .function_bodies import made_tuple
from .value import Value


def as_tuple(frame: Frame, one: Value, node: object) -> Value:
    """A named tuple as the tuple of its fields; anything else as it is."""
    cls: Any = one.type.cls if isinstance(one.type, InstanceType) else None
    if cls is None or one.bound is not None or not operations.is_named_tuple(cls):
        return one
    return made_tuple([load_attribute(frame, one, name, node) for name in cls._fields])
