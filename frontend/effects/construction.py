"""Making instances: what calling a class does, and the attribute types of what it gives."""

from __future__ import annotations

import ast
import dataclasses
import enum
import types
from collections.abc import Mapping, Sequence
from typing import Any

from ...diagnostics.effect import Effect
from . import comparisons, operations
from .abstract_type import ANY, DATA, NONE, ExactType, InstanceType
from .application import apply_summary
from .binding import WrongArguments, bind_arguments, is_generator
from .calls import call_static
from .enumerations import is_enumeration, is_found_plainly, member_type
from .frame import Frame
from .function_bodies import made_tuple, run_settled
from .lattice import covers
from .made_records import makes_record, may_be_record
from .operations import is_builtin
from .scope import CodeScope, class_view, current_type, default_values
from .source import SourceUnavailable, function_source, is_library
from .summary import Guard
from .value import NOTHING, Cell, Value, deep, outside, reach_of

_PLAIN_METACLASSES = ("type", "ABCMeta", "_ProtocolMeta")
MAX_DEPTH = 8  # constructors inside constructors


def construct(frame: Frame, cls: type, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    """`cls(*args, **kwargs)`."""
    if is_enumeration(cls) and len(args) == 1 and not kwargs and is_found_plainly(cls):
        return _find_member(frame, cls, args[0], node)
    if may_be_record(cls) and makes_record(cls, [deep(one) for one in (*args, *kwargs.values())]):
        return _make_record(frame, [*args, *kwargs.values()], node)
    if type(cls).__name__ == "_TypedDictMeta":
        return call_static(frame, dict, args, kwargs, node)
    if type(cls).__name__ not in _PLAIN_METACLASSES or ("__call__" in vars(type(cls)) and type(cls) is not type):
        return _unknown(frame, cls, args, kwargs, "its metaclass")
    if issubclass(cls, BaseException) and not isinstance(operations.dunder(cls, "__init__"), types.FunctionType):
        origins = frozenset().union(*(reach_of(one) for one in args)) if args else frozenset()
        cell = frame.ledger.cell((node, "exception"), opaque=True)
        return Value(ExactType(cls), origins | {cell})
    new, init = operations.dunder(cls, "__new__"), operations.dunder(cls, "__init__")
    if operations.is_named_tuple(cls) and init is vars(object)["__init__"]:
        return _construct_named_tuple(frame, cls, args, kwargs, node)
    if new is not vars(object)["__new__"] and not _is_generic_new(cls, new) and not _is_exception_new(cls, new):
        return _unknown(frame, cls, args, kwargs, "its `__new__`")
    frame.ledger.guards.add(Guard(class_view(cls), "__init__", init))
    cell = frame.ledger.cell((node, "instance"))
    made = Value(InstanceType(cls), frozenset((cell,)))
    if issubclass(cls, BaseException):
        cell.hold("attr:args", made_tuple(args))
    if init is vars(object)["__init__"]:
        return made
    if not isinstance(init, types.FunctionType):
        return _unknown(frame, cls, args, kwargs, "its `__init__`")
    if operations.is_generated(init) and dataclasses.is_dataclass(cls):
        return _construct_dataclass(frame, cls, made, cell, args, kwargs, node)
    initialise(frame, init, made, args, kwargs, node)
    return made


def _make_record(frame: Frame, given: Sequence[Value], node: object) -> Value:
    """An instance of a plain record, with all that it is given inside."""
    for one in given:
        frame.ledger.look(one, deeply=True)
    inside = frozenset().union(*(reach_of(one) for one in given)) if given else frozenset()
    return frame.ledger.made(DATA, (node, "record"), inside, builds=True)


def _find_member(frame: Frame, cls: type[enum.Enum], given: Value, node: object) -> Value:
    """`cls(value)`: the member with this value."""
    if not is_builtin(given.type):
        return _unknown(frame, cls, [given], {}, "what its value does")
    summary = comparisons.hash_of(deep(given), frame.inference)
    apply_summary(frame, summary, [given], {}, node)
    return outside(member_type(cls))


def _is_generic_new(cls: type, new: object) -> bool:
    """Whether `__new__` is one of `object`'s kind that `typing` puts on generic classes and protocols."""
    return getattr(new, "__module__", None) == "typing" and cls.__module__ != "typing"


def _is_exception_new(cls: type, new: object) -> bool:
    """Whether `__new__` is that of a builtin exception: it keeps the arguments and does nothing else."""
    return issubclass(cls, BaseException) and type(new) is types.BuiltinFunctionType


def initialise(
    frame: Frame, init: Any, made: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> None:
    """Runs an `__init__` in place, so that what it stores in the new object is known."""
    if run_in_place(frame, init, [made, *args], kwargs, (node, "init")) is None:
        call_static(frame, init, [made, *args], kwargs, node, is_followed=False)
        for origin in made.origins:
            if isinstance(origin, Cell):
                origin.unsettle()


def run_in_place(
    frame: Frame, function: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value | None:
    """Runs a function's body on these very objects, so that what it stores in them is known; None where it can't be."""
    depth = sum(1 for one in frame.active if isinstance(one, types.FunctionType))
    is_active = any(one is function for one in frame.active)
    try:
        source = None if is_active or depth > MAX_DEPTH else function_source(function)
    except SourceUnavailable:
        source = None
    if source is None or not isinstance(source.node, (ast.FunctionDef, ast.Lambda)) or is_generator(source.node):
        return None
    scope = CodeScope.of(function, source.class_name)
    defaults = default_values(function)
    try:
        bound, extra, rest = bind_arguments(source.node.args, args, kwargs, defaults)
    except WrongArguments:
        return NOTHING
    defining = scope.cells.get("__class__")
    receiver = (defining.cell_contents, args[0]) if defining is not None and args else None
    frame.active.append(function)
    try:
        return run_settled(frame, source.node, bound, extra, rest, node, None, scope, receiver)
    finally:
        frame.active.pop()


def call_in_place(
    frame: Frame, function: types.FunctionType, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value | None:
    """A method of an object made in this code, or a function given local ones, followed into its body; None where not.

    As for any call, its places that call the world count here, and its sleeps are its latency if it gives something.
    """
    if is_library(function.__code__.co_filename):
        return None
    ledger = frame.ledger
    outer = ledger.waits, ledger.sites, ledger.loop_depth
    ledger.waits, ledger.sites, ledger.loop_depth = False, {}, 0
    try:
        result = run_in_place(frame, function, args, kwargs, node)
        waits, num_sites = ledger.waits, sum(ledger.sites.values())
    finally:
        ledger.waits, ledger.sites, ledger.loop_depth = outer
    if num_sites:
        ledger.site(id(node), num_sites)
    if waits and result is not None and not covers(NONE, result.type):
        ledger.act(Effect.UNORDERED, "waits")
    elif waits:
        ledger.waits = True
    return result


def _construct_named_tuple(
    frame: Frame, cls: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    if len(args) > len(cls._fields) or "*" in kwargs or "**" in kwargs or not set(kwargs) <= set(cls._fields):
        return NOTHING
    given = {**dict(zip(cls._fields, args, strict=False)), **kwargs}
    cell = frame.ledger.cell((node, "instance"))
    for name in cls._fields:
        if name not in given and name not in cls._field_defaults:
            return NOTHING  # a missing argument
        held = given[name] if name in given else outside(current_type(cls._field_defaults[name]))
        cell.hold(f"attr:{name}", held)
    return Value(InstanceType(cls), frozenset((cell,)))


def _construct_dataclass(
    frame: Frame,
    cls: type,
    made: Value,
    cell: Cell,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: object,
) -> Value:
    fields = [one for one in dataclasses.fields(cls) if one.init]
    positional = [one.name for one in fields if not one.kw_only]
    if len(args) > len(positional) or "*" in kwargs or "**" in kwargs:
        return NOTHING
    given = {**dict(zip(positional, args, strict=False)), **kwargs}
    for one in dataclasses.fields(cls):
        if one.name in given and one.init:
            held = given[one.name]
        elif one.default is not dataclasses.MISSING:
            held = outside(current_type(one.default))
        elif one.default_factory is not dataclasses.MISSING:
            held = call_static(frame, one.default_factory, [], {}, (node, one.name))
        elif one.init:
            return NOTHING  # a missing argument
        else:
            continue
        cell.hold(f"attr:{one.name}", held)
    after = operations.dunder(cls, "__post_init__")
    if after is not None:
        names = [one for one in getattr(cls, "__dataclass_fields__", {}).values() if _is_init_var(one)]
        if names:
            return _unknown(frame, cls, args, kwargs, "its `InitVar`s")
        initialise(frame, after, made, [], {}, (node, "post"))
    return made


def _is_init_var(field: Any) -> bool:
    return getattr(getattr(field, "_field_type", None), "name", "") == "_FIELD_INITVAR"


def _unknown(frame: Frame, cls: type, args: Sequence[Value], kwargs: Mapping[str, Value], what: str) -> Value:
    involved = [*args, *kwargs.values()]
    frame.ledger.disturb(involved)
    frame.ledger.act(Effect.ORDERED, f"makes a {cls.__name__} ({what} is unknown)", "declare it")
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in involved)))
