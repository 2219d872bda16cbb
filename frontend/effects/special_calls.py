"""Builtins whose calls mean something that a table entry can't say: `isinstance`, `getattr`, `super`, `type`."""

from __future__ import annotations

import ast
import builtins
import io
import types
from collections.abc import Iterator, Mapping, Sequence

from . import streams
from .abstract_type import (
    ANY,
    BOOL,
    NEVER,
    NONE,
    AbstractType,
    CaughtType,
    ExactType,
    IteratorType,
    StaticType,
    StreamType,
    TupleType,
)
from .attribute_stores import store_attribute, store_plainly
from .attributes import load_attribute
from .calls import special
from .classes import is_array_library, is_class
from .contents import kinds
from .frame import Frame, Super
from .function_bodies import made_tuple
from .iteration import elements_of
from .lattice import join, members, widen
from .namespaces import execute, give_globals, give_vars, store_computed
from .summary import EVERYTHING
from .uses import apply_use
from .value import NOTHING, Cell, Value, deep, join_values, outside, reach_of


@special(isinstance)
def _isinstance(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    if len(args) == 2:
        for one in members(args[1].type):
            held = getattr(one, "value", None)
            inner = one.elements if isinstance(one, TupleType) else ()
            classes = [held, *(getattr(e, "value", None) for e in inner)]
            if not all((c is None and isinstance(one, TupleType)) or _has_plain_check(c) for c in classes):
                frame.ledger.unknown("`isinstance` with a class that may define its own check", args)
        return Value(BOOL)
    return None


_PLAIN_METACLASSES = (type, types.UnionType, __import__("abc").ABCMeta)


def _has_plain_check(cls: object) -> bool:
    """Whether `isinstance` with this class runs no code of the user's."""
    return type(cls) in _PLAIN_METACLASSES or is_array_library(type(cls))


@special(getattr)
def _getattr(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    if isinstance(node, ast.Call) and len(node.args) >= 2 and isinstance(node.args[1], ast.Constant):
        name = node.args[1].value
        if isinstance(name, str):
            found = load_attribute(frame, args[0], name, node)
            return join_values(found, args[2]) if len(args) > 2 else found
    frame.ledger.unknown("`getattr` with a computed name", args)
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in args)))


@special(hasattr)
def _hasattr(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    _getattr(frame, args, kwargs, node)
    return Value(BOOL)


@special(setattr)
def _setattr(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    from_attributes = store_attribute_by_name(node)
    if from_attributes is None or len(args) != 3:
        for one in args[:1]:
            store_computed(frame, one)
        frame.ledger.unknown("`setattr` with a computed name", args)
        return Value(NONE)
    store_attribute(frame, args[0], from_attributes, args[2], node)
    return Value(NONE)


@special(object.__setattr__)
def _set_plainly(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """What a class does in the place of its own `__setattr__`, as frozen records do where they are made."""
    name = store_attribute_by_name(node)
    if name is None or len(args) != 3 or args[0].bound is not None:
        return None
    store_plainly(frame, args[0], name, args[2], node)
    return Value(NONE)


def store_attribute_by_name(node: object) -> str | None:
    """The literal name in `setattr(x, "name", value)`."""
    if isinstance(node, ast.Call) and len(node.args) == 3 and isinstance(node.args[1], ast.Constant):
        name = node.args[1].value
        return name if isinstance(name, str) else None
    return None


@special(print)
def _print(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    """Into text in memory: what is printed is an object of the program's."""
    file = kwargs.get("file")
    if file is None or file.type != ExactType(io.StringIO):
        return None
    apply_use(frame, "str *", args, {}, node)
    for kind in kinds(file.type):
        frame.ledger.write(file, kind)
    return Value(NONE)


special(delattr)(lambda frame, args, kwargs, node: store_computed(frame, args[0]) if args else None)
special(globals)(give_globals)
special(vars)(give_vars)
special(exec)(execute)


@special(next)
def _next(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    if args and isinstance(args[0].type, StreamType):
        found = streams.step(frame, args[0], is_async=False)
        return join_values(found, args[1]) if len(args) > 1 else found
    if not args or not all(isinstance(part, IteratorType) for part in members(args[0].type)):
        return None
    frame.ledger.look(args[0])
    found = elements_of(frame, args[0])
    for origin in args[0].origins:
        if not isinstance(origin, Cell):
            frame.ledger.write(args[0], EVERYTHING, NOTHING, "element")
            break
    return join_values(found, args[1]) if len(args) > 1 else found


@special(type)
def _type(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    if len(args) != 1:
        return None
    found: AbstractType = NEVER
    for part in members(deep(args[0])):
        cls = getattr(widen(part), "cls", None)
        if isinstance(part, StaticType) and widen(part) is part:
            cls = type(part.value)
        if isinstance(part, CaughtType) and not part.is_class:
            found = join(found, CaughtType(is_class=True))
            continue
        found = join(found, StaticType(cls) if isinstance(cls, type) else ANY)
    return outside(found)


@special(super)
def _super_call(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value | None:
    if args or frame.receiver is None:
        return None
    cls, receiver = frame.receiver
    return Value(ANY, bound=Super(cls, receiver))


def _initialise_exception(
    frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value | None:
    """`__init__` of a builtin exception, called for one just made: it keeps its arguments."""
    if not args or not args[0].origins or kwargs:
        return None
    for origin in args[0].origins:
        if not isinstance(origin, Cell):
            return None
        origin.hold("attr:args", made_tuple(args[1:]))
    return Value(NONE)


def _builtin_exceptions() -> Iterator[type]:
    return (one for one in vars(builtins).values() if is_class(one) and issubclass(one, BaseException))


for _exception in _builtin_exceptions():
    special(_exception.__init__)(_initialise_exception)
