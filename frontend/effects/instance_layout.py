"""How instances of a class keep their attributes, found without running a property or any other code of theirs."""

from __future__ import annotations

import functools
import types
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

from .abstract_type import (
    CLIENT_CLASSES,
    AbstractType,
    ExactType,
)
from .classes import MAX_CACHED, has_plain_attributes, is_array_class, is_array_library, is_python_class
from .framework_classes import is_library_record, library_paths
from .framework_models import is_described

CLIENT_PATHS: set[str] = set()
"""Client classes that are told by class alone, as `library_paths` spells them; the client table fills it."""
TUPLE_FIELD = type(vars(namedtuple("_Sample", "field"))["field"])
"""The class of what reads a field of a named tuple."""
_NATIVE_MODULES = frozenset(
    "builtins collections re datetime decimal fractions string uuid pathlib pathlib._local _thread threading "
    "_hashlib _blake2 _io".split()
)


@dataclass(frozen=True, slots=True)
class InstanceLayout:
    """What all instances of a class have in common: how their attributes are stored, or that they have none to see."""

    exact: AbstractType | None = None
    is_array: bool = False
    is_open: bool = True
    dict_descriptor: Any = None
    slots: tuple[tuple[str, Any], ...] = ()
    is_client: bool = False
    is_described: bool = False
    is_record: bool = False

    def attributes(self, value: Any) -> dict[str, Any]:
        """The instance's own attributes, from its `__dict__` and slots, without running a property."""
        found = {}
        for name, descriptor in self.slots:
            try:
                found[name] = descriptor.__get__(value)
            except AttributeError:  # the slot is empty
                continue
        if self.dict_descriptor is not None:
            held = self.dict_descriptor.__get__(value)
            if not found and all(map(_is_exact_str, held)):
                return held
            found.update({name: one for name, one in tuple(held.items()) if type(name) is str})
        return found


def own_attribute(value: Any, name: str) -> Any:
    """An attribute that an instance keeps itself, found without running any of its code.

    Raises:
        KeyError: it has none of this name.
    """
    return own_attributes(value)[name]


def own_attributes(value: Any) -> dict[str, Any]:
    """The attributes that an instance keeps itself, found without running any of its code."""
    return layout_of(type(value)).attributes(value)


def _is_exact_str(name: object) -> bool:
    return type(name) is str


@functools.lru_cache(maxsize=MAX_CACHED)
def layout_of(cls: type) -> InstanceLayout:
    """The layout of the instances of a class, as the class is when it is first asked for."""
    slots: dict[str, Any] = {}
    dict_descriptor = None
    for base in cls.__mro__:
        for name, descriptor in tuple(base.__dict__.items()):
            is_slot = type(descriptor) is types.MemberDescriptorType and "__slots__" in base.__dict__
            if is_slot or type(descriptor) is TUPLE_FIELD:
                slots.setdefault(name, descriptor)
        own = base.__dict__.get("__dict__")
        if dict_descriptor is None and type(own) is types.GetSetDescriptorType:
            dict_descriptor = own
    opaque = not is_python_class(cls) or cls.__module__ in _NATIVE_MODULES or is_array_library(cls)
    is_client = not CLIENT_PATHS.isdisjoint(path for base in cls.__mro__ for path in library_paths(base))
    if is_client or is_described(cls):
        CLIENT_CLASSES.add(cls)
    return InstanceLayout(
        exact=ExactType(cls) if opaque else None,
        is_array=is_array_class(cls),
        is_open=has_plain_attributes(cls),
        dict_descriptor=dict_descriptor,
        slots=tuple(slots.items()),
        is_client=is_client,
        is_described=is_described(cls),
        is_record=is_library_record(cls),
    )


def is_told(cls: type) -> bool:
    """Whether instances of a class are clients or models, told by what they hold."""
    layout = layout_of(cls)
    return layout.is_client or layout.is_described
