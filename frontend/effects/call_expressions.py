"""Call expressions: their arguments in order, with stars."""

from __future__ import annotations

import ast
import collections
import heapq
import inspect
import math
import statistics
import types
from collections.abc import Sequence
from dataclasses import MISSING
from typing import Any

from ..map_function import is_map
from . import operations
from .abstract_type import ANY, NEVER, NONE, SpreadType, StaticType, TupleType, UnionType
from .array_methods import one_class
from .attributes import load_callee
from .calls import SPECIAL, call_static, call_value
from .classes import is_class
from .coroutines import makes_coroutine, starts_coroutines
from .expressions import mapping_items
from .frame import Frame, Path, expression
from .iteration import iterate
from .known import known
from .lattice import widen
from .made_records import may_be_record
from .namespaces import LOOKING
from .scope import default_values
from .value import NOTHING, Cell, Value, deep, join_values, reach_of


@expression(ast.Call)
def _call(frame: Frame, node: ast.Call) -> Value:
    callees = _callees(frame, node.func)
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    is_exact = True
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            is_exact &= _star(frame, argument, args)
        else:
            args.append(_argument(frame, callees, argument))
    for keyword in node.keywords:
        held = frame.evaluate(keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = held
        else:
            _double_star(frame, held, keyword.value, kwargs)
    if "**" in kwargs:
        is_exact &= _spread(frame, callees, args, kwargs, node)
    if not is_exact and len(callees) == 1 and _is_variadic(callees[0]):
        kwargs["*"] = Value(NONE)
        is_exact = True
    if not is_exact and len(callees) == 1:
        is_exact = _spread_last(callees[0], node, args, kwargs)
    if is_exact and len(callees) == 1:
        return call_value(frame, callees[0], args, kwargs, node)
    if is_exact:
        found = NOTHING
        for position, one in enumerate(callees):
            found = join_values(found, call_value(frame, one, args, kwargs, (node, position)))
        return found
    frame.ledger.unknown("a call with `*` of unknown length", [*callees, *args, *kwargs.values()])
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in (*args, *kwargs.values()))))


def _callees(frame: Frame, node: ast.expr) -> list[Value]:
    """What is called; a method of an object that has one of several types may be several ones."""
    if not isinstance(node, ast.Attribute):
        return [frame.evaluate(node)]
    if node.attr in LOOKING:
        frame.ledger.looked_into = node.value
    owner = frame.evaluate(node.value)
    type_ = one_class(owner.type)
    if owner.bound is not None or not isinstance(type_, UnionType):
        return [load_callee(frame, owner, node.attr, node)]
    parts = sorted(type_.members, key=str)
    found = [load_callee(frame, owner.part(part), node.attr, node) for part in parts]
    return [one for one in found if one.type is not NEVER or one.bound is not None] or [NOTHING]


def _argument(frame: Frame, callees: Sequence[Value], node: ast.expr) -> Value:
    """An argument; a generator expression is run where it stands if a builtin consumes it at once."""
    if not isinstance(node, ast.GeneratorExp) or all(map(_consumes, callees)):
        return frame.evaluate(node)
    return stored_generator(frame, node)


def stored_generator(frame: Frame, node: ast.GeneratorExp) -> Value:
    """A generator expression that may be consumed later, when names and objects have changed."""
    held = frame.evaluate(node)
    frame.ledger.unknown("a generator expression kept for later", frame.everything())
    return Value(ANY, reach_of(held) | {None})


def _consumes(callee: Value) -> bool:
    """Whether a callee runs a generator to its end (or drops it) before it returns."""
    held = callee.type.value if isinstance(callee.type, StaticType) else getattr(callee.bound, "function", None)
    if any(held is one for one in _TAKERS):
        return True
    return is_map(held) or (getattr(held, "__name__", None) in _CONSUMERS and type(held).__name__ != "function")


_OF_NUMBERS = "mean fmean geometric_mean harmonic_mean median median_low median_high stdev pstdev variance pvariance"
_TAKERS = (
    *(vars(statistics)[name] for name in (*_OF_NUMBERS.split(), "mode", "multimode")),
    *(math.prod, math.fsum, heapq.nlargest, heapq.nsmallest, collections.Counter, collections.OrderedDict),
)
_CONSUMERS = frozenset(
    "all any bytes deque dict enumerate extend frozenset join list max min set sorted sum tuple update".split()
)


def _is_variadic(callee: Value) -> bool:
    """Whether any number of arguments means the same: builtins that take many of one kind, calls of clients."""
    if isinstance(callee.bound, Path):
        return True
    held = callee.type.value if isinstance(callee.type, StaticType) else getattr(callee.bound, "function", None)
    if starts_coroutines(held) or may_be_record(held):
        return True
    entry = known(held) if type(held) is types.FunctionType else None
    if entry is not None and "any **" in entry.uses:
        return True
    return getattr(held, "__name__", None) in _VARIADIC and type(held).__name__ != "function"


_VARIADIC = frozenset("max min zip hypot print gcd lcm chain format set union intersection join".split())


def _star(frame: Frame, node: ast.Starred, args: list[Value]) -> bool:
    held = frame.evaluate(node.value)
    type_ = widen(held.type)
    if isinstance(type_, TupleType) and held.bound is None:
        args.extend(Value(part, held.origins) for part in type_.elements)
        return True
    args.append(iterate(frame, held, node))
    frame.ledger.look(held)
    return False


def _spread(
    frame: Frame, callees: Sequence[Value], args: Sequence[Value], kwargs: dict[str, Value], node: ast.Call
) -> bool:
    """Gives each parameter that has no argument yet what a `**` of unknown keys may: its values, or the default."""
    callee, is_bound = callees[0], callees[0].bound is not None
    function = getattr(callee.bound, "function", None) if is_bound else getattr(callee.type, "value", None)
    parameters = None if len(callees) > 1 else _named_parameters(frame, function, len(args) + is_bound, node)
    if parameters is None:
        return False
    given = kwargs.pop("**")
    for name, default in parameters.items():
        if name not in kwargs:
            kwargs[name] = join_values(given, default)
    return True


def _named_parameters(frame: Frame, function: object, num_given: int, node: ast.Call) -> dict[str, Value] | None:
    """The parameters behind the first `num_given` that keywords may fill, with what they hold without one.

    Of a class those of its `__init__`; a field's factory runs. None where they aren't told.
    """
    fields: dict[str, Any] = {}
    if is_class(function):
        fields = getattr(function, "__dataclass_fields__", {})
        function, num_given = operations.dunder(function, "__init__"), num_given + 1
    if type(function) is not types.FunctionType:
        return None
    code = function.__code__
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    defaults = default_values(function)
    found = {}
    for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount][
        max(num_given, code.co_posonlyargcount) :
    ]:
        factory = getattr(fields.get(name), "default_factory", MISSING)
        is_made = operations.is_generated(function) and factory is not MISSING
        held = call_static(frame, factory, [], {}, (node, name)) if is_made else defaults.get(name, NOTHING)
        found[name] = held
    return found


def _spread_last(callee: Value, node: ast.Call, args: list[Value], kwargs: dict[str, Value]) -> bool:
    """Gives each parameter that is left what a `*` of unknown length may: an element of it, or the default."""
    function: object = (
        getattr(callee.type, "value", None) if callee.bound is None else getattr(callee.bound, "function", None)
    )
    stars = [index for index, one in enumerate(node.args) if isinstance(one, ast.Starred)]
    if type(function) is not types.FunctionType or "**" in kwargs or len(args) != len(node.args) or not stars:
        return False
    if id(function) in SPECIAL or known(function) is not None or makes_coroutine(function):
        return False
    code, is_bound = function.__code__, callee.bound is not None
    if stars[0] < len(args) - 1 and stars[0] + is_bound < code.co_argcount:
        return False  # what follows it may be any parameter
    given = NOTHING
    for one in args[stars[0] :]:
        given = join_values(given, one)
    del args[stars[0] :]
    defaults = default_values(function)
    for name in code.co_varnames[len(args) + is_bound : code.co_argcount]:
        if name in kwargs:
            return True
        args.append(join_values(given, defaults.get(name, NOTHING)))
    if code.co_flags & inspect.CO_VARARGS:
        args.append(Value(SpreadType(deep(given)), reach_of(given)))
    return True


def _double_star(frame: Frame, held: Value, node: ast.expr, kwargs: dict[str, Value]) -> None:
    """The keywords that a `**` gives; those of a dict whose keys aren't known under `**`, with those of all others."""
    origins = tuple(held.origins)
    cell = origins[0] if len(origins) == 1 and isinstance(origins[0], Cell) else None
    if cell is not None and cell.keywords is not None and cell.keywords[0] == cell.version and not cell.unsettled:
        kwargs.update(cell.keywords[1])
        return
    key, inner = mapping_items(frame, held, node)
    if key.type is not NEVER:
        kwargs["**"] = join_values(kwargs.get("**", NOTHING), inner)
