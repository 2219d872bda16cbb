"""Calls: finds what a callee is and enters what calling it does.

In: a callee and arguments as values. Out: the value of the result. Callees written in Python outside of the code under
inference are summarised by `Inference`; closures of the code itself are run in place.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Mapping, Sequence
from typing import Any

from ...diagnostics.effect import Behaviour, Effect
from ...runtime.batch_form import batch_form_of
from . import operations
from .abstract_type import (
    ANY,
    NEVER,
    NONE,
    STR,
    AbstractType,
    BoundType,
    DataType,
    DictType,
    ExactType,
    InstanceType,
    ListType,
    StaticType,
    TupleType,
)
from .application import apply_summary
from .array_results import numpy_array, staged_result, traced_type
from .array_table import staged_by_jax
from .binding import (
    WrongArguments,
    bind_arguments,
    captured_names,
    declared_global,
    is_generator,
    local_names,
)
from .client_paths import called_path
from .coroutines import makes_coroutine, starts_coroutines, unjitted
from .frame import Closure, Frame, Method, Path, Pending, Transformed
from .known import TABLE, KnownCallable, known
from .lattice import members
from .ledger import DECLARE
from .library_data import call_data_method
from .predictors import forward_of
from .promised_result import promised_type
from .scope import CodeScope, class_view, current_type
from .source import FunctionNode
from .staged_calls import call_transformed, staged_call_type, transformed
from .summary import Guard
from .table_calls import apply_known
from .type_of import is_class
from .value import KEY, NOTHING, VALUE, Cell, Value, deep, join_values, outside, reach_of, value

MAX_NESTING = 12  # closures inside closures
SITES_OF_A_BATCH = 2  # code with a call that may go out with others is looked into, as if it had two calls


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
            frame.ledger.guards.add(Guard(class_view(type_.cls), "forward", forward))
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


def declared_behaviour(holder: object) -> Behaviour | None:
    """The behaviour that a function, or the class of a callable object, declares; found without running its code.

    What `functools.wraps` has copied from the function inside a wrapper says nothing of the wrapper: it is looked into.
    """
    if type(holder) is types.FunctionType:
        found = holder.__dict__.get("__xcs_behaviour__")
        inner = getattr(holder.__dict__.get("__wrapped__"), "__dict__", {})
        return found if isinstance(found, Behaviour) and inner.get("__xcs_behaviour__") is not found else None
    for place in _namespaces(holder):
        found = place.get("__xcs_behaviour__")
        if isinstance(found, Behaviour):
            return found
    return None


def _namespaces(holder: object) -> list[Mapping[str, Any]]:
    """Where attributes of an object are kept: its own, then its classes' (of a class: only its bases')."""
    if is_class(holder):
        return [base.__dict__ for base in holder.__mro__]  # type: ignore[attr-defined]
    try:
        own = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        own = {}
    return [own, *(base.__dict__ for base in type(holder).__mro__)]


def _declared_result(frame: Frame, holder: Any, args: Sequence[Value], kwargs: Mapping[str, Value]) -> AbstractType:
    """What something declared gives: a declaration may leave that to its body."""
    result = getattr(holder, "__dict__", {}).get("__xcs_result__", ANY)
    promised = promised_type(result)
    if promised is not None:
        return promised
    if result == "numpy.ndarray":  # by name: who declares it needn't have loaded NumPy
        return numpy_array()
    if type(holder) is not types.FunctionType:
        return ANY
    holder = holder.__dict__.get("__xcs_limited__", holder)  # under a policy: the body is that of the function inside
    summary = frame.inference.body(holder, tuple(map(deep, args)), {name: deep(one) for name, one in kwargs.items()})
    frame.ledger.guards |= summary.guards
    return summary.result


def apply_declared(
    frame: Frame,
    holder: Any,
    declared: Behaviour,
    args: Sequence[Value],
    kwargs: Mapping[str, Value],
    node: object,
) -> Value:
    """A call of something with a declared behaviour: it writes no argument."""
    result = _declared_result(frame, holder, args, kwargs)
    entry = KnownCallable(
        declared.effect if declared.effect is not Effect.DYNAMIC else Effect.ORDERED,
        declared.sees_writes,
        declared.external,
        result,
        uses=("any *", *(f"any {name}" for name in kwargs)),
        retains=frozenset(range(len(args))),
        fresh=False,
        reason=f"{getattr(holder, '__name__', 'it')} is declared {declared.effect.keyword}",
    )
    if batch_form_of(holder) is not None:
        frame.ledger.site(id(node), SITES_OF_A_BATCH)
    return apply_known(frame, entry, args, kwargs, node, getattr(holder, "__name__", "it"))


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
    special = SPECIAL.get(id(function))
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
    if isinstance(method.function, str):
        call_by_name = call_data_method if isinstance(method.receiver.type, DataType) else _call_plain
        return call_by_name(frame, method, args, kwargs, node)
    return call_static(frame, method.function, [method.receiver, *args], kwargs, node)


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
        cell.keywords = (cell.version, dict(rest))
        frame.bind(function.args.kwarg.arg, Value(DictType(NEVER, NEVER), frozenset((cell,))))


def made_tuple(elements: Sequence[Value]) -> Value:
    """A tuple of these values."""
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


SPECIAL: dict[int, Any] = {}
"""Builtins whose calls mean something that a table can't say, by identity."""


def special(function: Any) -> Any:
    """Registers how calls of a builtin are evaluated."""

    def register(evaluate: Any) -> Any:
        SPECIAL[id(function)] = evaluate
        return evaluate

    return register
