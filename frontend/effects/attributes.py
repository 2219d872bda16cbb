"""Attribute loads and stores: instance attributes, methods, properties, module members, library clients."""

from __future__ import annotations

import ast
import enum
import sys
import types
from typing import Any

from ...diagnostics.effect import Effect
from . import operations
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
    CollectionType,
    DataType,
    DictType,
    InstanceType,
    ListType,
    NeverType,
    PlainType,
    RecordType,
    SetType,
    StaticType,
    TupleOfType,
    TupleType,
)
from .application import apply_summary
from .array_methods import FACTS, attribute_type, one_class
from .client_paths import method_path
from .frame import Frame, Method, Path, Super
from .framework_classes import is_history
from .known import TABLE
from .lattice import members, widen
from .ledger import DECLARE
from .library_data import load_data_attribute, write_data
from .place import EVERYTHING
from .scope import class_view, current_type, fact
from .summary import Guard
from .type_of import SCALAR_TYPES, TUPLE_FIELD, has_plain_attributes, is_class, is_static
from .value import NOTHING, Cell, Value, deep, join_values, load, outside, reach_of, value

_BUILTIN_CLASSES: dict[type[AbstractType], type] = {
    ListType: list,
    DictType: dict,
    TupleType: tuple,
    TupleOfType: tuple,
}
_INSTANCE_STORAGE = (types.MemberDescriptorType, TUPLE_FIELD)
_C_METHODS = (types.MethodDescriptorType, types.WrapperDescriptorType)
_PLAIN_SETTERS = (object.__setattr__, BaseException.__setattr__)
_SPECIAL = frozenset({"__dict__", "__globals__", "__closure__", "__code__", "__builtins__", "f_locals", "gi_frame"})


def load_attribute(frame: Frame, owner: Value, name: str, node: object) -> Value:
    """`owner.name`."""
    name = mangled(frame, name)
    if name in _SPECIAL:
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
    """A private name as Python spells it inside a class."""
    cls = frame.scope.class_name
    if cls and name.startswith("__") and not name.endswith("__"):
        return f"_{cls.lstrip('_')}{name}"
    return name


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
        return Value(ANY, frozenset((None,)))
    if isinstance(type_, PlainType):
        return Value(type_, owner.origins, Method(name, owner))
    if isinstance(type_, DataType):
        return load_data_attribute(frame, owner, name)
    cls = _BUILTIN_CLASSES.get(type(type_)) or getattr(type_, "cls", None)
    if isinstance(type_, SetType):
        cls = frozenset if type_.frozen else set
    if cls is None:
        frame.ledger.unknown(f"`.{name}`", [owner])
        return Value(ANY, reach_of(owner) | {None})
    return _load_builtin(frame, owner, cls, name)


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
        return _load_module(frame, held, name)
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
    if issubclass(type(held), enum.Enum) and name in ("value", "name"):
        return outside(current_type(held._value_)) if name == "value" else Value(STR)
    frame.ledger.unknown(f"`.{name}`", ())
    return outside(ANY)


def namespace_with(module: types.ModuleType, name: str) -> dict[str, Any]:
    """The names of a module; one that JAX or XCS import when it is first asked for is among them."""
    namespace = vars(module)
    if name not in namespace and module.__name__.partition(".")[0] in ("jax", "xcs") and "__getattr__" in namespace:
        getattr(module, name, None)
    return namespace


def _load_module(frame: Frame, module: types.ModuleType, name: str) -> Value:
    namespace = namespace_with(module, name)
    if name not in namespace:
        lazy = sys.modules.get(f"{module.__name__}.{name}")
        if lazy is None:
            frame.ledger.unknown(f"`{module.__name__}.{name}`", ())
            return outside(ANY)
        return outside(StaticType(lazy))
    found = fact(namespace[name], namespace, name, f"global:{module.__name__}.{name}")
    if found.guard is not None:
        frame.ledger.guards.add(found.guard)
    if found.sees is not None:
        frame.ledger.sees.add(found.sees)
    return found.value


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
    if hasattr(type(member), "__set__") and not isinstance(member, _INSTANCE_STORAGE):
        return _class_member(frame, owner, cls, member, name, node)  # a descriptor comes before the instance's own
    if any(cell.is_partial and field not in cell.fields for cell in cells) and (own or member is Guard):
        frame.ledger.unknown(f"`.{name}` of {cls.__name__}", [owner])
        return Value(ANY, reach_of(owner) | {None})
    if own or member is Guard or isinstance(member, _INSTANCE_STORAGE) or any(c.unsettled for c in cells):
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
    summary = frame.inference.call(getter, (deep(owner),), {})
    return apply_summary(frame, summary, [owner], {}, (node, "getter"))


def _load_path(path: str, receiver: Value) -> Value:
    return Value(ANY, bound=Path(path, receiver))


def store_attribute(frame: Frame, owner: Value, name: str, stored: Value, node: object) -> None:
    """`owner.name = stored` (and `del owner.name`)."""
    name = mangled(frame, name)
    if owner.bound is not None or name in _SPECIAL or name == "__class__":
        what = "an attribute of a callable " if owner.bound is not None else ""
        frame.ledger.unknown(f"{what}(`.{name}`)", [owner, stored])
        return
    for part in members(owner.type):
        _store_part(frame, owner.part(part), name, stored, node)


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
    cls = type_.cls
    setter = operations.dunder(cls, "__setattr__")
    if setter not in _PLAIN_SETTERS:
        if isinstance(setter, types.FunctionType) and operations.is_generated(setter):
            return  # a frozen dataclass: it raises
        frame.ledger.unknown(f"writing `.{name}`: {cls.__name__} defines `__setattr__`", [owner, stored])
        return
    member = class_view(cls).get(name, Guard)
    if isinstance(member, property):
        if member.fset is not None:
            summary = frame.inference.call(member.fset, (deep(owner), deep(stored)), {})
            apply_summary(frame, summary, [owner, stored], {}, (node, "setter"))
        return
    if member is not Guard and hasattr(type(member), "__set__") and not isinstance(member, _INSTANCE_STORAGE):
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


def imported(frame: Frame, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Value:
    """What an import statement binds; importing what isn't loaded yet runs unknown code."""
    if isinstance(node, ast.ImportFrom):
        module = _resolved(frame, node)
        if module is not None and alias.name in vars(module):
            return _load_module(frame, module, alias.name)
        submodule = sys.modules.get(f"{module.__name__}.{alias.name}") if module is not None else None
    else:
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        submodule = sys.modules.get(name) if alias.name in sys.modules else None
    if submodule is not None:
        return outside(StaticType(submodule))
    frame.ledger.act(Effect.ORDERED, f"imports {alias.name}", "import it at the top of the module")
    frame.ledger.disturb(())
    return outside(ANY)


def _resolved(frame: Frame, node: ast.ImportFrom) -> types.ModuleType | None:
    name = node.module or ""
    if node.level:
        package = frame.scope.globals.get("__package__")
        if not isinstance(package, str):
            return None
        parts = package.split(".")
        parts = parts[: len(parts) - node.level + 1]
        name = ".".join([*parts, name] if name else parts)
    return sys.modules.get(name)
