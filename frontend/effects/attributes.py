"""Attribute loads: instance attributes, methods, properties, module members, library clients."""

from __future__ import annotations

import enum
import types
from typing import Any

from ...diagnostics.effect import Effect
from . import operations, streams
from .abstract_type import (
    ANY,
    FLOAT,
    INT,
    NEVER,
    STR,
    AbstractType,
    ArrayType,
    BoundType,
    CaughtType,
    DataType,
    DictType,
    InstanceType,
    ListType,
    NeverType,
    PlainType,
    RecordType,
    SetType,
    StaticType,
    StreamType,
    TupleOfType,
    TupleType,
)
from .application import apply_summary
from .array_methods import FACTS, attribute_type, one_class
from .classes import has_plain_attributes, is_class, is_static
from .client_paths import method_path
from .enumerations import is_enumeration, is_member, member_attribute
from .frame import Frame, Method, Path, Super
from .framework_classes import is_history
from .instance_layout import TUPLE_FIELD
from .known import TABLE
from .lattice import members, widen
from .library_data import load_data_attribute
from .module_members import load_module_member
from .namespaces import load_namespace
from .scope import class_view, current_type, spelled_in
from .summary import Guard
from .type_of import type_of
from .value import NOTHING, Cell, Value, deep, join_values, load, outside, reach_of, value

_BUILTIN_CLASSES: dict[type[AbstractType], type] = {
    ListType: list,
    DictType: dict,
    TupleType: tuple,
    TupleOfType: tuple,
}
INSTANCE_STORAGE = (types.MemberDescriptorType, TUPLE_FIELD)
_C_METHODS = (types.MethodDescriptorType, types.WrapperDescriptorType)
SPECIAL_NAMES = frozenset(
    {"__dict__", "__globals__", "__closure__", "__code__", "__builtins__", "f_locals", "gi_frame"}
)


def load_attribute(frame: Frame, owner: Value, name: str, node: object) -> Value:
    """`owner.name`."""
    name = mangled(frame, name)
    if name in SPECIAL_NAMES:
        load_namespace(frame, owner, name, node)
        frame.ledger.unknown(f"`.{name}`", [owner])
        return Value(ANY, reach_of(owner) | {None})
    if owner.bound is not None:
        return _load_from_callable(frame, owner, name)
    found = NOTHING
    for part in members(one_class(widen(owner.type))):
        found = join_values(found, _load_part(frame, owner.part(part), name, node))
    return found


def load_callee(frame: Frame, owner: Value, name: str, node: object) -> Value:
    """`owner.name` where it is called at once: methods of library data are known by their names."""
    if isinstance(owner.type, DataType) and owner.bound is None:
        return Value(ANY, bound=Method(name, owner))
    return load_attribute(frame, owner, name, node)


def mangled(frame: Frame, name: str) -> str:
    """The name of an attribute as Python spells it in this code."""
    return spelled_in(frame.scope.class_name, name)


def _load_from_callable(frame: Frame, owner: Value, name: str) -> Value:
    if isinstance(owner.bound, Path):
        return _load_path(f"{owner.bound.path}.{name}", owner.bound.receiver)
    if isinstance(owner.bound, Super):
        return _load_super(frame, owner.bound, name)
    if name in ("__name__", "__qualname__", "__module__", "__doc__"):
        return Value(ANY if name == "__doc__" else STR)
    frame.ledger.unknown(f"`.{name}` of a callable", [owner])
    return Value(ANY, reach_of(owner) | {None})


def _load_super(frame: Frame, bound: Super, name: str) -> Value:
    for part in members(bound.receiver.type):
        cls = part.cls if isinstance(part, InstanceType) else None
        if cls is None or bound.cls not in cls.__mro__ or len(members(bound.receiver.type)) > 1:
            break
        for base in cls.__mro__[cls.__mro__.index(bound.cls) + 1 :]:
            if name in base.__dict__:
                frame.ledger.guards.add(Guard(class_view(base), name, base.__dict__[name]))
                return _class_member(frame, bound.receiver, cls, base.__dict__[name], name, bound)
    frame.ledger.unknown(f"`super().{name}`", [bound.receiver])
    return Value(ANY, reach_of(bound.receiver) | {None})


def _load_part(frame: Frame, owner: Value, name: str, node: object) -> Value:
    type_ = owner.type
    if isinstance(type_, NeverType):
        return NOTHING
    if isinstance(type_, StaticType):
        return load_static(frame, type_.value, name)
    if isinstance(type_, InstanceType):
        return _load_instance(frame, owner, type_, name, node)
    if isinstance(type_, RecordType) and name in type_.cls._fields:  # type: ignore[attr-defined]
        return value(type_.elements[type_.cls._fields.index(name)], owner.origins)  # type: ignore[attr-defined]
    if isinstance(type_, CaughtType):
        return _load_caught(type_, name)
    if isinstance(type_, PlainType):
        return Value(type_, owner.origins, Method(name, owner))
    if isinstance(type_, DataType):
        return load_data_attribute(frame, owner, name)
    if isinstance(type_, StreamType) and name == streams.TEXTS:
        return streams.texts_of(owner)
    if isinstance(type_, StreamType) and name in streams.METHODS:
        return Value(ANY, bound=Method(name, owner))
    cls = _BUILTIN_CLASSES.get(type(type_)) or getattr(type_, "cls", None)
    if isinstance(type_, SetType):
        cls = frozenset if type_.frozen else set
    if cls is None:
        frame.ledger.unknown(f"`.{name}`", [owner])
        return Value(ANY, reach_of(owner) | {None})
    return _load_builtin(frame, owner, cls, name)


def _load_caught(known: CaughtType, name: str) -> Value:
    """An attribute of a caught exception, or of its class."""
    if known.is_class and name in ("__name__", "__qualname__", "__module__"):
        return Value(STR)
    if not known.is_class and name == "__class__":
        return outside(CaughtType(is_class=True))
    return outside(TupleOfType(ANY) if name == "args" and not known.is_class else ANY)


def _load_builtin(frame: Frame, owner: Value, cls: type, name: str) -> Value:
    """A member of an instance of a C class: a method of the table, or a value attribute of a few known classes."""
    member = class_view(cls).get(name)
    if member is None:
        if operations.is_builtin(owner.type) or isinstance(owner.type, ArrayType):
            return NOTHING
        frame.ledger.unknown(f"`.{name}` of {owner.type}", [owner])  # C classes look attributes up as they like
        return Value(ANY, reach_of(owner) | {None})
    is_array = isinstance(owner.type, ArrayType)
    if isinstance(member, (*_C_METHODS, types.FunctionType)) or (is_array and callable(member)):
        return Value(ANY, bound=Method(member, owner))
    path = f"{cls.__module__}.{cls.__qualname__}.{name}"
    if isinstance(owner.type, ArrayType):
        frame.ledger.has_array_work |= name not in FACTS
        frame.ledger.look(owner)
        return value(attribute_type(owner.type, name), owner.origins)
    if cls in operations.KNOWN_VALUE_CLASSES or operations.is_builtin(owner.type):
        return value(_value_attribute(cls, name))
    entry = TABLE.at(path)
    if entry is not None:
        return value(entry.result_type((owner.type,), {}), owner.origins)
    frame.ledger.unknown(f"`.{name}` of {owner.type}", [owner])
    return Value(ANY, reach_of(owner) | {None})


def _value_attribute(cls: type, name: str) -> AbstractType:
    if (cls, name) in operations.VALUE_ATTRIBUTES:
        return operations.VALUE_ATTRIBUTES[cls, name]
    if cls in (int, bool):
        return INT
    if cls in (float, complex):
        return FLOAT
    return INT if cls.__module__ == "datetime" and name != "tzinfo" else ANY


def load_static(frame: Frame, held: Any, name: str) -> Value:
    """A member of a module, class or function."""
    if issubclass(type(held), types.ModuleType):
        return load_module_member(frame, held, name)
    if is_class(held):
        return _load_class(frame, held, name)
    if type(held) is types.MethodType:
        return outside(ANY)
    if type(held) in (types.FunctionType, types.BuiltinFunctionType):
        if name in ("__name__", "__qualname__"):
            return Value(STR)
        own = getattr(held, "__dict__", {})
        if name in own:
            frame.ledger.sees.add((None, f"attr:{name}"))
            return outside(current_type(own[name]))
        return outside(ANY)
    if is_member(held):
        return _load_member_attribute(frame, held, name)
    frame.ledger.unknown(f"`.{name}`", ())
    return outside(ANY)


def _load_member_attribute(frame: Frame, held: enum.Enum, name: str) -> Value:
    """An attribute of this very member of an enumeration."""
    found, known = member_attribute(type(held), name, held), type_of(held)
    if found is not None or not isinstance(known, InstanceType):
        return outside(found or ANY)
    return _load_instance(frame, outside(known), known, name, None)


def _load_class(frame: Frame, cls: type, name: str) -> Value:
    if issubclass(cls, enum.Enum) and name in cls.__members__:
        return outside(StaticType(cls.__members__[name]))
    if type(cls) is not type and name in vars(type(cls)):
        frame.ledger.unknown(f"`.{name}` of {cls.__name__}", ())
        return outside(ANY)
    if name in ("__name__", "__qualname__", "__module__"):
        return Value(STR)
    member = class_view(cls).get(name, Guard)
    if member is Guard:
        frame.ledger.guards.add(Guard(class_view(cls), name, Guard))
        return NOTHING if type(cls) is type else outside(ANY)
    frame.ledger.guards.add(_member_guard(cls, name, member))
    if isinstance(member, staticmethod):
        return outside(StaticType(member.__func__))
    if isinstance(member, classmethod):
        return Value(ANY, bound=Method(member.__func__, outside(StaticType(cls))))
    if isinstance(member, types.ClassMethodDescriptorType):
        return outside(StaticType(getattr(cls, name)))
    if isinstance(member, (types.FunctionType, *_C_METHODS, types.BuiltinFunctionType)):
        return outside(StaticType(member))
    frame.ledger.sees.add((None, f"attr:{name}"))
    if hasattr(type(member), "__get__"):
        return outside(ANY)
    return outside(current_type(member))


def _is_plain_data(member: Any) -> bool:
    """Whether what a class holds under a name is data that all instances share: nothing is called, or found by it."""
    return not hasattr(type(member), "__get__") and not is_static(member)


def _member_guard(cls: type, name: str, member: Any) -> Guard:
    """What must stay so of a class: which function a name means, of data only its class."""
    if _is_plain_data(member):
        return Guard(class_view(cls), name, type(member), by_type=True)
    return Guard(class_view(cls), name, member)


def _load_instance(frame: Frame, owner: Value, type_: InstanceType, name: str, node: object) -> Value:
    cls = type_.cls
    if is_enumeration(cls) and (found := member_attribute(cls, name)) is not None:
        return outside(found)
    path = method_path(type_, name)
    if path is not None:
        return _load_path(path, owner)
    if name == "__class__":
        return outside(StaticType(cls))
    if is_history(cls, name):
        frame.ledger.act(Effect.FENCE, f"looks at the calls that `{name}` tells of")
    if not has_plain_attributes(cls):
        return _load_by_getattr(frame, owner, cls, name)
    member = class_view(cls).get(name, Guard)
    if isinstance(member, property):
        frame.ledger.guards.add(Guard(class_view(cls), name, member))
        return _call_getter(frame, owner, member.fget, node)
    known = dict(type_.attributes)
    cells = [origin for origin in owner.origins if isinstance(origin, Cell)]
    field = f"attr:{name}"
    own = name in known or any(field in cell.fields for cell in cells)
    if hasattr(type(member), "__set__") and not isinstance(member, INSTANCE_STORAGE):
        return _class_member(frame, owner, cls, member, name, node)  # a descriptor comes before the instance's own
    if any(cell.is_partial and field not in cell.fields for cell in cells) and (own or member is Guard):
        frame.ledger.unknown(f"`.{name}` of {cls.__name__}", [owner])
        return Value(ANY, reach_of(owner) | {None})
    if own or member is Guard or isinstance(member, INSTANCE_STORAGE) or any(c.unsettled for c in cells):
        if not isinstance(member, TUPLE_FIELD):  # a field of a named tuple is never another one
            frame.ledger.look_kinds(owner, (field,))
        complete = own and name not in known and len(cells) == len(owner.origins)
        found = load(owner, field, known.get(name, NEVER if complete else ANY), is_partial=True)
        if owner.place is None or not found.origins:
            return found
        return Value(found.type, found.origins, found.bound, owner.place.attribute(name))
    frame.ledger.guards.add(_member_guard(cls, name, member))
    return _class_member(frame, owner, cls, member, name, node)


def _class_member(frame: Frame, owner: Value, cls: type, member: Any, name: str, node: object) -> Value:
    """What an instance finds in its class: a method bound to it, or a value that all instances share."""
    if isinstance(member, types.FunctionType):
        bound = BoundType(types.MethodType, StaticType(member), (owner.type,))
        return Value(bound, owner.origins, Method(member, owner))
    if isinstance(member, (types.FunctionType, *_C_METHODS)):
        return Value(ANY, bound=Method(member, owner))
    if isinstance(member, staticmethod):
        return outside(StaticType(member.__func__))
    if isinstance(member, classmethod):
        return Value(ANY, bound=Method(member.__func__, outside(StaticType(cls))))
    if hasattr(type(member), "__set__") or (hasattr(type(member), "__get__") and not is_static(member)):
        frame.ledger.unknown(f"`.{name}` of {cls.__name__} (a descriptor)", [owner])
        return Value(ANY, reach_of(owner) | {None})
    frame.ledger.look_kinds(owner, (f"attr:{name}",))
    frame.ledger.sees.add((None, f"attr:{name}"))
    return outside(current_type(member))


def _load_by_getattr(frame: Frame, owner: Value, cls: type, name: str) -> Value:
    frame.ledger.unknown(f"`.{name}` of {cls.__name__} (its class defines `__getattr__`)", [owner])
    return Value(ANY, reach_of(owner) | {None})


def _call_getter(frame: Frame, owner: Value, getter: Any, node: object) -> Value:
    if getter is None:
        return NOTHING
    if type(getter) is types.FunctionType and len(owner.origins) == 1 and isinstance(next(iter(owner.origins)), Cell):
        found = frame.inference.call_in_place(frame, getter, [owner], {}, (node, "getter"))
        if found is not None:
            return found
    summary = frame.inference.call(getter, (deep(owner),), {})
    return apply_summary(frame, summary, [owner], {}, (node, "getter"))


def _load_path(path: str, receiver: Value) -> Value:
    return Value(ANY, bound=Path(path, receiver))
