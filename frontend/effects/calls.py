"""Calls: finds what a callee is and enters what calling it does.

In: a callee and arguments as values. Out: the value of the result. Callees written in Python outside of the code under
inference are summarised by `Inference`; closures of the code itself are run in place.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping, Sequence
from typing import Any

from ...diagnostics.effect import Effect
from . import operations, streams
from .abstract_type import (
    ANY,
    NONE,
    BoundType,
    DataType,
    ExactType,
    InstanceType,
    ListType,
    StaticType,
    StreamType,
)
from .application import apply_summary
from .array_results import staged_result, traced_type
from .array_table import staged_by_jax
from .classes import is_class
from .client_paths import called_path
from .coroutines import makes_coroutine, starts_coroutines, unjitted
from .declared_calls import apply_declared, declared_behaviour
from .frame import Closure, Frame, Method, Path, Pending, Transformed
from .function_bodies import call_closure
from .known import TABLE, KnownCallable, known
from .lattice import members
from .ledger import DECLARE
from .library_data import call_data_method
from .library_settings import DSPY
from .predictors import forward_of
from .scope import class_view, current_type
from .staged_calls import call_transformed, staged_call_type, transformed
from .summary import Guard
from .table_calls import apply_known
from .value import NOTHING, Cell, Value, deep, join_values, outside, reach_of, value


def call_value(frame: Frame, callee: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    """`callee(*args, **kwargs)`."""
    if isinstance(callee.bound, Closure):
        if isinstance(callee.bound.node, ast.AsyncFunctionDef):
            return Value(ANY, bound=Pending(callee.bound, args, kwargs, node))
        return call_closure(frame, callee.bound, args, kwargs, node)
    if isinstance(callee.bound, Method):
        return call_method(frame, callee.bound, args, kwargs, node)
    if isinstance(callee.bound, Path):
        return _call_path(frame, callee.bound, args, kwargs, node)
    if isinstance(callee.bound, Transformed):
        return call_transformed(frame, callee.bound, args, kwargs, node)
    found = NOTHING
    for part in members(callee.type):
        one = Value(part, callee.origins)
        found = join_values(found, _call_part(frame, one, args, kwargs, node))
    return found


def _call_part(frame: Frame, callee: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    type_ = callee.type
    if isinstance(type_, StaticType):
        return call_static(frame, type_.value, args, kwargs, node)
    if isinstance(type_, InstanceType):
        method = operations.dunder(type_.cls, "__call__")
        declared = declared_behaviour(type_.cls)
        if declared is not None:
            return apply_declared(frame, type_.cls, declared, args, kwargs, node)
        if (path := called_path(type_)) is not None:
            return _call_path(frame, Path(path, callee), args, kwargs, node)
        if (forward := forward_of(type_)) is not None:
            frame.ledger.guards |= {Guard(class_view(type_.cls), "forward", forward), DSPY.guard()}
            return call_static(frame, forward, [callee, *args], kwargs, node)
        if isinstance(method, types.FunctionType):
            frame.ledger.guards.add(Guard(class_view(type_.cls), "__call__", method))
            return call_static(frame, method, [callee, *args], kwargs, node)
        if method is None:
            return NOTHING
    elif isinstance(type_, BoundType):
        first = [value(part, callee.origins) for part in type_.args]
        named = {name: value(part, callee.origins) for name, part in type_.keywords}
        return call_value(frame, Value(type_.function, callee.origins), [*first, *args], {**named, **kwargs}, node)
    elif operations.is_builtin(type_) and not isinstance(type_, DataType):
        return NOTHING  # not callable: raises
    involved = [callee, *args, *kwargs.values()]
    frame.ledger.unknown(f"calls {type_}" if type_ is not ANY else "calls a value of unknown type", involved)
    frame.ledger.site(id(node), 1)  # it may well be a model
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in involved)))


def call_static(
    frame: Frame,
    function: Any,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: object,
    *,
    is_followed: bool = True,
) -> Value:
    """A call of this very object; `is_followed`: into the body of a function that gets objects of this code."""
    function = unjitted(function)
    if makes_coroutine(function) or (starts_coroutines(function) and node is frame.ledger.awaiting):
        return Value(ANY, bound=Pending(function, args, kwargs, node))
    special = SPECIAL.get(id(function)) or SPECIAL.get(id(getattr(function, "__code__", function)))
    if special is not None:
        result = special(frame, args, kwargs, node)
        if result is not None:
            return result
    declared = None if is_class(function) else declared_behaviour(function)
    if declared is not None:
        return apply_declared(frame, function, declared, args, kwargs, node)
    entry = known(function)
    if entry is not None:
        return _call_known(frame, function, entry, args, kwargs, node)
    if type(function) is types.MethodType and is_class(function.__self__):
        return call_static(frame, function.__func__, [outside(StaticType(function.__self__)), *args], kwargs, node)
    if type(function) is types.MethodType and makes_coroutine(function.__func__):
        receiver = outside(current_type(function.__self__))
        return call_static(frame, function.__func__, [receiver, *args], kwargs, node)
    if is_class(function):
        return frame.inference.construct(frame, function, args, kwargs, node)
    if is_followed and type(function) is types.FunctionType:
        if function.__name__ == "__init__" and _is_own(args):
            frame.inference.initialise(frame, function, args[0], args[1:], kwargs, node)
            return Value(NONE)
        has_own = _is_own(args) and isinstance(args[0].type, InstanceType)
        if has_own or any(isinstance(one.bound, Closure) for one in (*args, *kwargs.values())):
            found = frame.inference.call_in_place(frame, function, args, kwargs, node)
            if found is not None:
                return found
    types_ = tuple(deep(one) for one in args)
    keyword_types = {name: deep(one) for name, one in kwargs.items()}
    summary = frame.inference.call(function, types_, keyword_types)
    return apply_summary(frame, summary, args, kwargs, node)


def _call_known(
    frame: Frame,
    function: Any,
    entry: KnownCallable,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: object,
) -> Value:
    """A call of a function that the tables know."""
    if (made := transformed(function, args, kwargs)) is not None:
        return made
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", "it")
    found = apply_known(frame, entry, args, kwargs, node, name)
    if found.type is not ANY:
        return found
    if (inner := staged_by_jax(function)) is not None:
        return _compiled_result(frame, inner, args, kwargs)
    given = staged_call_type(frame, function, args, kwargs, node) if entry.array == "jax" else ANY
    return found if given is ANY else value(given)


def _compiled_result(
    frame: Frame, inner: types.FunctionType, args: Sequence[Value], kwargs: Mapping[str, Value]
) -> Value:
    """What a function under `jax.jit` gives: what its Python gives for arrays, with arrays in the place of numbers."""
    types_ = tuple(traced_type(deep(one)) for one in args)
    summary = frame.inference.call(inner, types_, {name: traced_type(deep(one)) for name, one in kwargs.items()})
    frame.ledger.guards |= summary.guards
    return value(staged_result(summary.result))


def _is_own(args: Sequence[Value]) -> bool:
    """Whether the first argument is one object made in this code, so that what is stored in it can be followed."""
    return bool(args) and len(args[0].origins) == 1 and all(isinstance(one, Cell) for one in args[0].origins)


def call_method(
    frame: Frame, method: Method, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """A call of a bound method."""
    if isinstance(method.function, str) and isinstance(method.receiver.type, StreamType):
        return _call_stream(frame, method, args, kwargs, node)
    if isinstance(method.function, str):
        call_by_name = call_data_method if isinstance(method.receiver.type, DataType) else _call_plain
        return call_by_name(frame, method, args, kwargs, node)
    return call_static(frame, method.function, [method.receiver, *args], kwargs, node)


def _call_stream(
    frame: Frame, method: Method, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """A method of a stream; of one that is read on an event loop it makes a coroutine."""
    assert isinstance(method.receiver.type, StreamType)
    if args or kwargs:
        return NOTHING
    if method.receiver.type.is_async:
        return Value(ANY, bound=Pending(method, (), {}, node))
    return streams.called(frame, method.receiver, method.function)


def _call_plain(
    frame: Frame, method: Method, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """A method of JSON-like data: one of the methods of that name of its classes; the others raise."""
    found = NOTHING
    for form in operations.PLAIN_FORMS:
        cls = form.cls if isinstance(form, ExactType) else (list if isinstance(form, ListType) else dict)
        function = cls.__dict__.get(method.function)
        if function is None:
            continue
        receiver = value(form, method.receiver.origins)
        found = join_values(found, call_static(frame, function, [receiver, *args], kwargs, (node, cls)))
    return found


def _call_path(frame: Frame, path: Path, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    entry = TABLE.at(path.path)
    if entry is None:
        frame.ledger.unknown(f"calls {path.path}", [path.receiver, *args, *kwargs.values()])
        frame.ledger.act(Effect.ORDERED, f"calls {path.path}", DECLARE)
        return outside(ANY)
    if entry.is_async:
        return Value(ANY, bound=Pending(path, args, kwargs, node))
    return apply_known(frame, entry, args, kwargs, node, path.path, path.receiver)


SPECIAL: dict[int, Any] = {}
"""Builtins whose calls mean something that a table can't say, by identity."""


def special(function: Any) -> Any:
    """Registers how calls of a builtin are evaluated."""

    def register(evaluate: Any) -> Any:
        SPECIAL[id(function)] = evaluate
        return evaluate

    return register
