"""Call expressions: their arguments in order, with stars."""

from __future__ import annotations

import ast
import collections
import heapq
import inspect
import math
import statistics
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from typing import Any

from ..map_function import is_map
from . import operations
from .abstract_type import ANY, NEVER, NONE, DictType, SpreadType, StaticType, TupleType, UnionType
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
from .value import NOTHING, Cell, Value, deep, items_of, join_values, reach_of


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
    if not is_exact or "**" in kwargs:
        return _call_with_stars(frame, callees, args, kwargs, is_exact, node)
    if len(callees) == 1:
        return call_value(frame, callees[0], args, kwargs, node)
    found = NOTHING
    for position, one in enumerate(callees):
        found = join_values(found, call_value(frame, one, args, kwargs, (node, position)))
    return found


def _call_with_stars(
    frame: Frame,
    callees: Sequence[Value],
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    is_exact: bool,
    node: ast.Call,
) -> Value:
    """A call with arguments whose number or names aren't known; `is_exact`: those without names are."""
    found = NOTHING
    for position, one in enumerate(part for callee in callees for part in _alternatives(callee)):
        own_args, own_kwargs = list(args), dict(kwargs)
        if not _fit(frame, one, own_args, own_kwargs, is_exact, node):
            break
        site = (node, position) if position else node
        found = join_values(found, call_value(frame, one, own_args, own_kwargs, site))
    else:
        return found
    frame.ledger.unknown("a call with `*` of unknown length", [*callees, *args, *kwargs.values()])
    if any(one.type is ANY for one in callees):
        frame.ledger.site(id(node), 1)  # it may well be a model
    return Value(ANY, frozenset((None,)).union(*(reach_of(one) for one in (*args, *kwargs.values()))))


def _alternatives(callee: Value) -> list[Value]:
    """What is called, where that may be one of several functions."""
    if callee.bound is not None or not isinstance(callee.type, UnionType):
        return [callee]
    return [callee.part(one) for one in sorted(callee.type.members, key=str)]


def _fit(
    frame: Frame, callee: Value, args: list[Value], kwargs: dict[str, Value], is_exact: bool, node: ast.Call
) -> bool:
    """Gives parameters what stars may hold for them; says whether it is known which they are."""
    has_names = "**" not in kwargs or _spread(frame, callee, args, kwargs, is_exact, node)
    if has_names and is_exact:
        return True
    if _is_variadic(callee):
        kwargs["*"] = Value(NONE)
        return True
    return has_names and _spread_last(callee, node, args, kwargs)


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
    "all any bytes deque dict enumerate extend fromkeys frozenset join list max min set sorted sum tuple update".split()
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
    frame: Frame, callee: Value, args: Sequence[Value], kwargs: dict[str, Value], is_exact: bool, node: ast.Call
) -> bool:
    """Gives each parameter that has no argument yet what a `**` of unknown keys may: its values, or the default.

    What a function takes beside its parameters stays under `**`.
    """
    is_bound = callee.bound is not None
    function: Any = getattr(callee.bound, "function", None) if is_bound else getattr(callee.type, "value", None)
    num_given = len(args) + is_bound
    if is_class(function):
        num_given += 1
    parameters = _named_parameters(frame, function, num_given, node)
    if parameters is None:
        return False
    code = _initialiser(function).__code__
    if not is_exact and _first_star(node) + num_given - len(args) < code.co_argcount:
        return False  # a parameter may have its value from either
    given = kwargs["**"]
    if not code.co_flags & inspect.CO_VARKEYWORDS:
        del kwargs["**"]
    for name, default in parameters.items():
        if name not in kwargs:
            kwargs[name] = join_values(given, default)
    return True


def _initialiser(function: Any) -> Any:
    """The function that gets the arguments of a call: of a class its `__init__`."""
    return operations.dunder(function, "__init__") if is_class(function) else function


def _first_star(node: ast.Call) -> int:
    return next((index for index, one in enumerate(node.args) if isinstance(one, ast.Starred)), len(node.args))


def _named_parameters(frame: Frame, function: object, num_given: int, node: ast.Call) -> dict[str, Value] | None:
    """The parameters behind the first `num_given` that keywords may fill, with what they hold without one.

    Of a class those of its `__init__`; a field's factory runs. None where they aren't told.
    """
    fields: dict[str, Any] = getattr(function, "__dataclass_fields__", {}) if is_class(function) else {}
    function = _initialiser(function)
    if type(function) is not types.FunctionType:
        return None
    code = function.__code__
    takes_others = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    if takes_others and (id(function) in SPECIAL or known(function) is not None or makes_coroutine(function)):
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
    first = _first_star(node)
    if type(function) is not types.FunctionType or len(args) != len(node.args) or first == len(args):
        return False
    if id(function) in SPECIAL or known(function) is not None or makes_coroutine(function):
        return False
    code, is_bound = function.__code__, callee.bound is not None
    if first < len(args) - 1 and first + is_bound < code.co_argcount:
        return False  # what follows it may be any parameter
    given = NOTHING
    for one in args[first:]:
        given = join_values(given, one)
    del args[first:]
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
    items = items_of(held) if isinstance(held.type, DictType) else None
    if items is not None and not any(one.has_others for one in held.origins if isinstance(one, Cell)):
        kwargs.update(items)
        return
    key, inner = mapping_items(frame, held, node)
    if key.type is not NEVER:
        kwargs["**"] = join_values(kwargs.get("**", NOTHING), inner)
