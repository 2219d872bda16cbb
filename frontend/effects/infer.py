"""Effect inference: what calling any callable, or running any piece of code, does.

In: a callable (or syntax) and abstract types. Out: a `Summary`. Assumes: functions, classes and methods found by name
are not rebound while a program runs (each is guarded, and checked before a summary is used again). Ensures: nothing of
the user's runs; what isn't proven is ordered.
"""

from __future__ import annotations

import ast
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...diagnostics.effect import DYNAMIC, ORDERED, Behaviour
from ...diagnostics.effect import PURE as PURE_BEHAVIOUR
from . import (  # noqa: F401  # imported for what they enter into the tables and the dispatch on syntax
    array_methods,
    array_table,
    awaiting,
    builtin_table,
    call_expressions,
    client_table,
    comprehensions,
    container_table,
    expressions,
    iteration_table,
    loops,
    method_table,
    number_table,
    patterns,
    special_calls,
    standard_calls,
    statements,
    text_table,
    value_table,
    world_table,
)
from .abstract_type import ANY, IMMUTABLE_SCALARS, AbstractType, InstanceType
from .activation import Analysis, is_method_of_data
from .classes import is_class
from .known import known
from .scope import CodeScope
from .seal import NO_SEALS, Seal
from .segments import run_code
from .staleness import shallow
from .summary import CALLEE, CodeSummary, ParameterKey, Summary
from .type_of import type_of

__all__ = [
    "infer_awaited",
    "infer_awaited_value",
    "infer_call",
    "infer_code",
    "infer_value_call",
    "resolve",
    "resolve_awaited",
    "resolve_early",
]


def infer_call(
    function: Callable[..., Any], args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]
) -> Summary:
    """The summary of `function(*args, **kwargs)` for arguments of these types.

    Parameters are named by index and keyword. A bound method's object is `CALLEE`: writing it is ordered.
    """
    return Analysis().call(function, tuple(args), kwargs)


def infer_value_call(callee: AbstractType, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> Summary:
    """The summary of calling a value known by type only; the callee's own object is the parameter `CALLEE`."""
    return Analysis().value_call(callee, tuple(args), kwargs)


def infer_awaited(
    function: Callable[..., Any], args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]
) -> Summary:
    """The summary of `await function(*args, **kwargs)`."""
    return Analysis().awaited(function, tuple(args), kwargs)


def infer_awaited_value(
    callee: AbstractType, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]
) -> Summary:
    """The summary of calling a value known by type only and awaiting what that gives."""
    return Analysis().awaited_value(callee, tuple(args), kwargs)


def infer_code(
    nodes: Sequence[ast.stmt] | ast.expr,
    inputs: Mapping[str, AbstractType],
    scope: CodeScope,
    owned: frozenset[str] = frozenset(),
    seals: Mapping[str, Seal] = NO_SEALS,
) -> CodeSummary:
    """The summary of a run of statements, or of an expression, over local names of these types.

    Inputs in `owned` are containers that nobody outside of the calling code can see; `seals` say of which of them
    nobody sees what they hold either.
    """
    return run_code(Analysis(), nodes, inputs, scope, owned, seals)


def resolve(fn: Any, args: Sequence[object], kwargs: Mapping[str, object]) -> Behaviour:
    """The behaviour of `fn(*args, **kwargs)` for these very values, whose contents nothing earlier may still write.

    Never raises, runs no user code.
    """
    if _is_scalar_operation(fn, args):
        return PURE_BEHAVIOUR
    try:
        return summarise(fn, args, kwargs).behaviour()
    except Exception:  # an answer that can't be found is the strongest one
        return ORDERED


def resolve_early(fn: Any, args: Sequence[object], kwargs: Mapping[str, object]) -> Behaviour:
    """The same while contents of mutable objects may still change: `DYNAMIC` where the answer hangs on them."""
    if _is_scalar_operation(fn, args):
        return PURE_BEHAVIOUR
    try:
        summary = summarise(fn, args, kwargs, settled=False)
    except Exception:  # `resolve` gives the answer
        return DYNAMIC
    return DYNAMIC if summary.unknown_types else summary.behaviour()


def resolve_awaited(fn: Any, args: Sequence[object], kwargs: Mapping[str, object], settled: bool) -> Behaviour:
    """The behaviour of `await fn(*args, **kwargs)` for these very values; `DYNAMIC` where it can't be told yet."""
    try:
        summary = summarise_awaited(fn, args, kwargs, settled=settled)
    except Exception:
        return ORDERED if settled else DYNAMIC
    return DYNAMIC if summary.unknown_types and not settled else summary.behaviour()


def _is_scalar_operation(fn: Any, args: Sequence[object]) -> bool:
    if type(fn) is not types.BuiltinFunctionType or fn not in _SCALAR_OPERATORS:
        return False
    return all(type(one) in IMMUTABLE_SCALARS for one in args)


def summarise(fn: Any, args: Sequence[object], kwargs: Mapping[str, object], *, settled: bool = True) -> Summary:
    """The summary of a call with these very values; a write to any of their objects counts as `mutates`.

    `settled`: nothing that runs now may write their contents, so these may be looked at.
    """
    look = type_of if settled else _class_of
    types_ = tuple(look(one) for one in args)
    segment = getattr(fn, "__xcs_segment__", None) if type(fn) is types.FunctionType else None
    if segment is not None and not kwargs:
        return _segment_summary(segment, types_)
    keyword_types = {name: look(one) for name, one in kwargs.items()} if kwargs else {}
    if type(fn) is types.FunctionType or is_class(fn):
        return infer_call(fn, types_, keyword_types)
    if type(fn) is types.MethodType:
        return _of_method(fn.__func__, look(fn.__self__), types_, keyword_types)
    if type(fn) is types.BuiltinFunctionType and is_method_of_data(fn):
        descriptor = vars(type(fn.__self__)).get(fn.__name__)
        if descriptor is not None:
            return _of_method(descriptor, look(fn.__self__), types_, keyword_types)
    if known(fn) is None and "__xcs_behaviour__" not in getattr(fn, "__dict__", {}):
        callee = look(fn)
        if isinstance(callee, InstanceType) or (not settled and callee == ANY):
            return infer_value_call(callee, types_, keyword_types)
    return infer_call(fn, types_, keyword_types)


def summarise_awaited(
    fn: Any, args: Sequence[object], kwargs: Mapping[str, object], *, settled: bool = True
) -> Summary:
    """The summary of a call with these very values together with awaiting what it gives."""
    look = type_of if settled else _class_of
    types_ = tuple(look(one) for one in args)
    segment = getattr(fn, "__xcs_segment__", None) if type(fn) is types.FunctionType else None
    if segment is not None and not kwargs:
        return _segment_summary(segment, types_)
    keyword_types = {name: look(one) for name, one in kwargs.items()}
    if type(fn) is types.MethodType:
        keys: dict[ParameterKey, ParameterKey] = {i + 1: i for i in range(len(args))}
        summary = infer_awaited(fn.__func__, (look(fn.__self__), *types_), keyword_types)
        return summary.renamed({0: CALLEE, **keys, **{name: name for name in kwargs}})
    callee = look(fn)
    if isinstance(callee, InstanceType) and known(fn) is None:
        return infer_awaited_value(callee, types_, keyword_types)
    return infer_awaited(fn, types_, keyword_types)


def _class_of(value: object) -> AbstractType:
    return shallow(type_of(value, budget=1))


def _of_method(
    function: Any, receiver: AbstractType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
) -> Summary:
    summary = infer_call(function, (receiver, *args), kwargs)
    return summary.renamed({0: CALLEE, **{i + 1: i for i in range(len(args))}, **{name: name for name in kwargs}})


_segments: dict[tuple[int, tuple[AbstractType, ...]], tuple[object, Summary]] = {}
_segments_lock = threading.Lock()
MAX_SEGMENTS = 4096  # (segment, types) pairs whose summary is kept


def _segment_summary(segment: Any, types_: tuple[AbstractType, ...]) -> Summary:
    key = (id(segment), types_)
    known = _segments.get(key)
    if known is not None and all(guard.holds() for guard in known[1].guards):
        return known[1]
    summary = segment.summarise(types_)
    with _segments_lock:
        if len(_segments) >= MAX_SEGMENTS:
            _segments.clear()
        _segments[key] = (segment, summary)
    return summary


def _scalar_operators() -> frozenset[Any]:
    import operator

    names = (
        "add sub mul truediv floordiv mod pow eq ne lt le gt ge and_ or_ xor not_ neg pos invert truth getitem contains"
    )
    return frozenset(getattr(operator, name) for name in names.split()) | {len, abs, round}


_SCALAR_OPERATORS = _scalar_operators()
