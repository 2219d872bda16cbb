"""Attribute stores: what `owner.name = value` and `del owner.name` write."""

from __future__ import annotations

import types
from typing import Any

from ...diagnostics.effect import Effect
from . import operations
from .abstract_type import (
    SCALAR_TYPES,
    CollectionType,
    DataType,
    InstanceType,
    StaticType,
)
from .application import apply_summary
from .attributes import INSTANCE_STORAGE, SPECIAL_NAMES, mangled
from .classes import is_class
from .frame import Frame
from .lattice import members, widen
from .ledger import DECLARE
from .library_data import write_data
from .namespaces import is_module
from .place import EVERYTHING
from .rebinding import global_in_some_module
from .scope import class_view
from .summary import Guard
from .value import Value, deep, reach_of

_PLAIN_SETTERS = (object.__setattr__, BaseException.__setattr__)


def store_attribute(frame: Frame, owner: Value, name: str, stored: Value, node: object) -> None:
    """`owner.name = stored` (and `del owner.name`)."""
    name = mangled(frame, name)
    if owner.bound is not None or name in SPECIAL_NAMES or name == "__class__":
        what = "an attribute of a callable " if owner.bound is not None else ""
        frame.ledger.unknown(f"{what}(`.{name}`)", [owner, stored])
        return
    for part in members(owner.type):
        _store_part(frame, owner.part(part), name, stored, node)


def store_plainly(frame: Frame, owner: Value, name: str, stored: Value, node: object) -> None:
    """The same past what the class itself says of stores: `object.__setattr__(owner, name, stored)`."""
    for part in members(owner.type):
        if isinstance(part, InstanceType) and not is_module(part) and name not in SPECIAL_NAMES | {"__class__"}:
            _store_in_instance(frame, owner.part(part), part.cls, name, stored, node)
        else:
            frame.ledger.unknown(f"writing `.{name}` of {part}", [owner, stored])


def _store_part(frame: Frame, owner: Value, name: str, stored: Value, node: object) -> None:
    type_ = owner.type
    if isinstance(type_, StaticType) and _is_shared_count(type_.value, name, stored):
        frame.ledger.note_write(None, f"attr:{name}")
        frame.ledger.note_store(f"attr:{name}", f"attr:{name}", stored.type)
        frame.ledger.act(Effect.ORDERED, f"writes attribute `{name}` of {type_}", DECLARE)
        return
    if isinstance(type_, StaticType):
        frame.ledger.note_write(None, EVERYTHING)
        frame.ledger.note_write(None, member_kind(type_.value, name))
        frame.ledger.note_store(EVERYTHING)
        frame.ledger.act(Effect.ORDERED, f"writes attribute `{name}` of {type_}", DECLARE)
        frame.ledger.escape(reach_of(stored))
        return
    if isinstance(type_, DataType):
        write_data(frame, owner, stored)
        return
    if not isinstance(type_, InstanceType):
        if isinstance(type_, CollectionType) or not operations.is_builtin(type_):
            frame.ledger.unknown(f"writing `.{name}` of {type_}", [owner, stored])
        return
    if is_module(type_):
        frame.ledger.note_write(None, global_in_some_module(name))
    cls = type_.cls
    setter = operations.dunder(cls, "__setattr__")
    if setter not in _PLAIN_SETTERS:
        if isinstance(setter, types.FunctionType) and operations.is_generated(setter):
            return  # a frozen dataclass: it raises
        frame.ledger.unknown(f"writing `.{name}`: {cls.__name__} defines `__setattr__`", [owner, stored])
        return
    _store_in_instance(frame, owner, cls, name, stored, node)


def _store_in_instance(frame: Frame, owner: Value, cls: type, name: str, stored: Value, node: object) -> None:
    member = class_view(cls).get(name, Guard)
    if isinstance(member, property):
        if member.fset is not None:
            summary = frame.inference.call(member.fset, (deep(owner), deep(stored)), {})
            apply_summary(frame, summary, [owner, stored], {}, (node, "setter"))
        return
    if member is not Guard and hasattr(type(member), "__set__") and not isinstance(member, INSTANCE_STORAGE):
        frame.ledger.unknown(f"writing `.{name}` of {cls.__name__} (a descriptor)", [owner, stored])
        return
    frame.ledger.write(owner, f"attr:{name}", stored, f"attr:{name}")


def member_kind(owner: object, name: str) -> str:
    """The kind of state that an attribute of a module, a class or a function is."""
    return f"global:{owner.__name__}.{name}" if isinstance(owner, types.ModuleType) else f"member:{name}"


def _is_shared_count(cls: Any, name: str, stored: Value) -> bool:
    """Whether a store gives a class another value of the kind that it holds already: a number, a text."""
    if not is_class(cls) or type(cls).__setattr__ is not type.__setattr__ or name.startswith("__"):
        return False
    held = vars(cls).get(name)
    return type(held) in SCALAR_TYPES and widen(stored.type) == SCALAR_TYPES[type(held)] and name not in vars(type(cls))
