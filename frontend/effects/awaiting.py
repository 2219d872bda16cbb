"""What `await` does: the call behind a coroutine happens, or anything may.

In: the value that is awaited. Out: what it gives; the effect is entered in the ledger.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from . import streams
from .abstract_type import ANY, NEVER, ListType
from .application import apply_summary
from .binding import assigned
from .calls import call_value
from .declared_calls import apply_declared, declared_behaviour
from .frame import Closure, Frame, Method, Names, Path, Pending, expression, statement
from .function_bodies import call_closure
from .known import TABLE, known, path_of
from .loops import follow_loop
from .statements import assign
from .table_calls import apply_known
from .value import ELEMENT, NOTHING, Value, deep, outside, reach_of

Awaited: TypeAlias = Callable[[Frame, Sequence[Value], Mapping[str, Value], object], Value]


@expression(ast.Await)
def _await(frame: Frame, node: ast.Await) -> Value:
    outer, frame.ledger.awaiting = frame.ledger.awaiting, node.value
    held = frame.evaluate(node.value)
    frame.ledger.awaiting = outer
    return await_value(frame, held)


def await_value(frame: Frame, held: Value) -> Value:
    """`await held`."""
    if isinstance(held.bound, Pending):
        return _run(frame, held.bound)
    if held.type is NEVER and held.bound is None:
        return NOTHING
    frame.ledger.unknown("`await` of a value of unknown type", [held])
    return Value(ANY, reach_of(held) | {None})


def _run(frame: Frame, one: Pending) -> Value:
    function, args, kwargs, node = one.function, one.args, one.kwargs, one.node
    if isinstance(function, Method):
        return streams.called(frame, function.receiver, function.function)
    if isinstance(function, Closure):
        return call_closure(frame, function, args, kwargs, node)
    if isinstance(function, Path):
        entry = TABLE.at(function.path)
        assert entry is not None
        return apply_known(frame, entry, args, kwargs, node, function.path, function.receiver)
    name = path_of(function) or "it"
    if name in AWAITED:
        return AWAITED[name](frame, args, kwargs, node)
    declared = declared_behaviour(function)
    if declared is not None:
        return apply_declared(frame, function, declared, args, kwargs, node)
    entry = known(function)
    if entry is not None:
        return apply_known(frame, entry, args, kwargs, node, name)
    types_, keyword_types = tuple(map(deep, args)), {key: deep(held) for key, held in kwargs.items()}
    return apply_summary(frame, frame.inference.body(function, types_, keyword_types), args, kwargs, node)


def _gather(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    """All of them happen; what they do may come in any order, so what must not does so for the whole."""
    cell = frame.ledger.cell((node, "gathered"))
    for one in args:
        cell.hold(ELEMENT, await_value(frame, one))
    if "return_exceptions" in kwargs:
        cell.hold(ELEMENT, outside(ANY))
    return Value(ListType(NEVER), frozenset((cell,)))


def _wait_for(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    every = [*args, *kwargs.values()]
    if not args or len(every) > 2:
        frame.ledger.unknown("`wait_for` in an unusual form", every)
        return Value(ANY, frozenset((None,)).union(*map(reach_of, every)))
    return await_value(frame, args[0])


def _to_thread(frame: Frame, args: Sequence[Value], kwargs: Mapping[str, Value], node: object) -> Value:
    if not args:
        return NOTHING
    frame.ledger.external = True
    frame.ledger.site(id(node), 1)
    return call_value(frame, args[0], args[1:], kwargs, (node, "in a thread"))


AWAITED: Mapping[str, Awaited] = {
    "asyncio.tasks.gather": _gather,
    "asyncio.tasks.wait_for": _wait_for,
    "asyncio.threads.to_thread": _to_thread,
}
"""Functions of `asyncio` that do what their arguments do, by path."""


@statement(ast.AsyncFor)
def _async_for(frame: Frame, node: ast.AsyncFor) -> None:
    over = frame.evaluate(node.iter)
    if not streams.is_async_stream(over):
        return _opaque(frame, node)

    def step() -> Names | None:
        element, leaving = streams.async_step(frame, over), frame.fork()
        assign(frame, node.target, element)
        frame.execute(node.body)
        return leaving

    follow_loop(frame, step, node.orelse)


@statement(ast.AsyncWith)
def _async_with(frame: Frame, node: ast.AsyncWith) -> None:
    for item in node.items:
        manager = frame.evaluate(item.context_expr)
        if not streams.is_async_stream(manager):
            return _opaque(frame, node)
        streams.read(frame, manager)  # entered; leaving it closes it
        if item.optional_vars is not None:
            assign(frame, item.optional_vars, manager)
    frame.execute(node.body)


def _opaque(frame: Frame, node: ast.AsyncFor | ast.AsyncWith) -> None:
    """Each step may run code of any kind, and the names bound inside may hold anything."""
    frame.ledger.unknown(f"`async {'for' if isinstance(node, ast.AsyncFor) else 'with'}`", frame.everything())
    for name in assigned([node]):
        frame.bind(name, outside(ANY))
    if frame.names is not None and any(isinstance(inner, ast.Return) for inner in ast.walk(node)):
        frame.returned = outside(ANY)
