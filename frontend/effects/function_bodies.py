"""Bodies of functions that are run in place: local functions, and what is called on objects made in the same code."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .abstract_type import (
    ANY,
    NEVER,
    NONE,
    STR,
    BoundType,
    DictType,
    SpreadType,
    TupleOfType,
    TupleType,
)
from .binding import (
    WrongArguments,
    bind_arguments,
    captured_names,
    declared_global,
    is_generator,
    local_names,
)
from .frame import Closure, Frame
from .lattice import join_all
from .scope import CodeScope
from .source import FunctionNode
from .value import KEY, NOTHING, VALUE, Value, deep, join_values, reach_of

MAX_NESTING = 12  # closures inside closures


def call_closure(
    frame: Frame, closure: Closure, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
) -> Value:
    """Runs a function of the code itself, in place, with the names of the frame that defines it."""
    function = closure.node
    if is_generator(function) or closure in frame.active or len(frame.active) > MAX_NESTING:
        frame.ledger.unknown("a recursive or generating local function", [*args, *kwargs.values(), *frame.everything()])
        return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in (*args, *kwargs.values()))))
    try:
        bound, extra, rest = bind_arguments(function.args, args, kwargs, closure.defaults)
    except WrongArguments:
        return NOTHING
    frame.active.append(closure)
    try:
        return run_settled(frame, function, bound, extra, rest, node, closure.frame, closure.frame.scope)
    finally:
        frame.active.pop()


def run_settled(
    frame: Frame,
    function: FunctionNode,
    bound: Mapping[str, Value],
    extra: Sequence[Value],
    rest: Mapping[str, Value],
    node: object,
    parent: Frame | None,
    scope: CodeScope | None = None,
    receiver: tuple[type, Value] | None = None,
) -> Value:
    """Runs a body in place until the names that its own nested functions share hold all they ever hold."""
    captured: dict[str, Value] = {}
    result = NOTHING
    for _ in range(MAX_NESTING):
        before = dict(captured)
        own = local_names(function)
        inner = Frame(frame.ledger, frame.inference, scope or frame.scope, own, {}, frame.budget, parent=parent)
        inner.captured, inner.active, inner.receiver = captured, frame.active, receiver
        enter_body(inner, function, bound, extra, rest, node)
        result = join_values(result, run_body(inner, function))
        if captured == before:
            return result
    frame.ledger.unknown("names that nested functions share don't settle", [result])
    return result


def enter_body(
    frame: Frame,
    function: FunctionNode,
    bound: Mapping[str, Value],
    extra: Sequence[Value],
    rest: Mapping[str, Value],
    node: object,
) -> None:
    """Binds parameters, and notes which names nested functions share."""
    frame.capturing, frame.shared = captured_names(function)
    frame.declared_global = declared_global(function)
    for name, held in bound.items():
        frame.bind(name, held)
    if function.args.vararg is not None:
        frame.bind(function.args.vararg.arg, made_tuple(extra))
    if function.args.kwarg is not None:
        cell = frame.ledger.cell((node, "kwargs"))
        for held in rest.values():
            cell.hold(KEY, Value(STR))
            cell.hold(VALUE, held)
        if "**" in rest:  # which stands for any others
            cell.forget_keywords()
        else:
            cell.keep_keywords(dict(rest))
        frame.bind(function.args.kwarg.arg, Value(DictType(NEVER, NEVER), frozenset((cell,))))


def made_tuple(elements: Sequence[Value]) -> Value:
    """A tuple of these values."""
    if any(isinstance(one.type, SpreadType) for one in elements):
        origins = frozenset().union(*(reach_of(one) for one in elements))
        held = (one.type.element if isinstance(one.type, SpreadType) else deep(one) for one in elements)
        return Value(TupleOfType(join_all(held)), origins)
    if any(one.bound is not None for one in elements):
        origins = frozenset().union(*(reach_of(one) for one in elements))
        are_typed = all(one.bound is None or isinstance(one.type, BoundType) for one in elements)
        return Value(TupleType(tuple(map(deep, elements))), origins if are_typed else origins | {None})
    origins = frozenset().union(*(one.origins for one in elements))
    return Value(TupleType(tuple(one.type for one in elements)), origins)


def run_body(frame: Frame, function: FunctionNode) -> Value:
    """The value that a function's body returns."""
    if isinstance(function, ast.Lambda):
        return frame.evaluate(function.body)
    frame.execute(function.body)
    if frame.names is not None:
        frame.returned = join_values(frame.returned, Value(NONE))
    return frame.returned
