"""Runs inference over one function or piece of code, and remembers what it found.

Recursion starts from `NEVER` without effect and is repeated until the answer is stable. Summaries are kept by code,
argument types and what closures and defaults hold; guards are checked before one is used again.
"""

from __future__ import annotations

import functools
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from ...diagnostics.effect import Effect
from . import operations
from .abstract_type import ANY, NEVER, AbstractType, InstanceType, StaticType
from .awaiting import await_value
from .calls import SPECIAL, call_static, call_value
from .classes import LRU_CACHE, is_class, is_static
from .client_paths import called_path
from .construction import call_in_place, construct, initialise
from .coroutines import makes_coroutine, unjitted
from .declared_calls import declared_behaviour
from .frame import Budget, Frame, TooLarge
from .function_summaries import run_function
from .known import TABLE, known
from .lattice import members
from .ledger import DECLARE, Ledger
from .predictors import forward_of
from .scope import CodeScope, class_view, current_type
from .source import FunctionSource, SourceUnavailable, function_source, is_library
from .summary import CALLEE, Guard, ParameterKey, Summary
from .value import Value, outside, parameter, value

MAX_ROUNDS = 10  # over a recursive function
SETTLING_PASSES = 3  # rounds over a recursive function before its result may be anything
MAX_RECURSION = 6  # activations of one function with ever new argument types
MAX_MEMO = 8192  # summaries kept

Key: TypeAlias = tuple[Any, ...]

_memo: dict[Key, tuple[tuple[object, ...], Summary]] = {}
_memo_lock = threading.Lock()


class Analysis:
    """One question: the stack of functions being inferred, and how much may still be evaluated."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.assumed: dict[Key, Summary] = {}
        self.relied_on: set[Key] = set()
        self.stack: list[Key] = []
        self.undecided: set[int] = set()  # functions with rules of their own, being asked about

    def call(self, function: object, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        """The summary of calling this very object."""
        try:
            return self._call(function, args, kwargs)
        except (TooLarge, RecursionError):
            return unknown_call(f"{_name(function)} is too large to infer", args, kwargs)

    def body(
        self, function: types.FunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        """The summary of what a function does, whatever it declares."""
        try:
            return self._python(function, args, kwargs)
        except (TooLarge, RecursionError):
            return unknown_call(f"{_name(function)} is too large to infer", args, kwargs)

    def _call(self, function: Any, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        function = unjitted(function)
        is_declared = not is_class(function) and declared_behaviour(function) is not None
        if id(function) in SPECIAL:
            return self._special(function, args, kwargs)
        if is_declared and type(function) is types.FunctionType and not makes_coroutine(function):
            return self._declared(function, args, kwargs)
        if is_declared or known(function) is not None or makes_coroutine(function):
            return self._framed(lambda frame, a, k: call_static(frame, function, a, k, function), args, kwargs)
        if type(function) is types.FunctionType:
            segment = getattr(function, "__xcs_segment__", None)
            if segment is not None and not kwargs:
                return segment.summarise(args)
            return self._python(function, args, kwargs)
        if type(function) is types.MethodType:
            return self._bound_method(function, args, kwargs)
        if is_class(function):
            return self._framed(lambda frame, a, k: construct(frame, function, a, k, function), args, kwargs)
        if issubclass(type(function), functools.partial):
            return self._partial(cast("functools.partial[Any]", function), args, kwargs)
        inner = getattr(type(function), "__xcs_function__", None)
        if inner is not None:
            return self._call(inner.__get__(function), args, kwargs)
        if type(function) is LRU_CACHE:
            return self._cached(function, args, kwargs)
        if type(function) is types.BuiltinFunctionType and is_method_of_data(function):
            return self._builtin_method(function, args, kwargs)
        if callable(function) and not is_static(function):
            return self.value_call(current_type(function), args, kwargs)
        return unknown_call(f"unknown C function {_name(function)}", args, kwargs)

    def _declared(
        self, function: types.FunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        """A function that declares its effect, remembered by that and by its body, which may say what it gives."""
        body = function.__dict__.get("__xcs_limited__", function)
        declaration = {name: held for name, held in function.__dict__.items() if name.startswith("__")}
        key = (id(function), *declaration, *map(id, declaration.values()), memo_key(body, args, kwargs))
        known_ = _memo.get(key)
        if known_ is not None and all(guard.holds() for guard in known_[1].guards):
            return known_[1]
        summary = self._framed(lambda frame, a, k: call_static(frame, function, a, k, function), args, kwargs)
        if not self.stack:  # else it may rest on what is assumed of a function that is being inferred
            _remember(key, (function, declaration, body.__code__, body.__globals__), summary)
        return summary

    def _special(self, function: Any, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        """A function with a rule of its own; where that has no answer for these arguments, `call_static` comes back."""
        if id(function) in self.undecided:
            return unknown_call(f"unknown C function {_name(function)}", args, kwargs)
        self.undecided.add(id(function))
        try:
            return self._framed(lambda frame, a, k: call_static(frame, function, a, k, function), args, kwargs)
        finally:
            self.undecided.discard(id(function))

    def awaited(self, function: object, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        """The summary of calling this very object and awaiting what that gives."""
        function = unjitted(function)
        called = functools.partial(_await_call, outside(current_type(function)), function)
        return self._framed(called, args, kwargs)

    def awaited_value(
        self, callee: AbstractType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        """The summary of calling a value known by type and awaiting what that gives."""
        receiver = value(callee, frozenset((CALLEE,)))
        return self._framed(functools.partial(_await_call, receiver, receiver), args, kwargs, extra=(callee,))

    def call_value(
        self, frame: Frame, callee: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value:
        """Calls a value inside of a frame."""
        return call_value(frame, callee, args, kwargs, node)

    def construct(
        self, frame: Frame, cls: type, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value:
        """Makes an instance inside of a frame."""
        return construct(frame, cls, args, kwargs, node)

    def initialise(
        self, frame: Frame, init: Any, made: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> None:
        """Runs an `__init__` in place on an object made in this frame."""
        initialise(frame, init, made, args, kwargs, node)

    def call_in_place(
        self, frame: Frame, function: Any, args: Sequence[Value], kwargs: Mapping[str, Value], node: object
    ) -> Value | None:
        """Follows a method of an object made in this frame into its body; None where that can't be."""
        return call_in_place(frame, function, args, kwargs, node)

    def value_call(
        self, callee: AbstractType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        """The summary of calling a value known by type."""
        found = []
        for part in members(callee):
            if isinstance(part, StaticType):
                found.append(self.call(part.value, args, kwargs))
                continue
            method = operations.dunder(part.cls, "__call__") if isinstance(part, InstanceType) else None
            if isinstance(method, types.FunctionType) and not _is_known(part):  # type: ignore[arg-type]
                summary = self.call(method, (part, *args), kwargs)
                guard = Guard(class_view(part.cls), "__call__", method)  # type: ignore[union-attr]
                found.append(_with_callee(summary.replace(guards=summary.guards | {guard}), len(args), kwargs))
                continue
            receiver = parameter(CALLEE, part)
            run = functools.partial(_call_receiver, receiver)
            found.append(self._framed(run, args, kwargs, extra=(part,)))
        return found[0] if len(found) == 1 else operations.merged(found)

    def _framed(
        self,
        run: Callable[[Frame, list[Value], dict[str, Value]], Value],
        args: tuple[AbstractType, ...],
        kwargs: Mapping[str, AbstractType],
        extra: tuple[AbstractType, ...] = (),
    ) -> Summary:
        ledger = Ledger((*args, *kwargs.values(), *extra))
        frame = Frame(ledger, self, _NO_SCOPE, frozenset(), {}, self.budget)
        values = [parameter(index, one) for index, one in enumerate(args)]
        keyword_values = {name: parameter(name, one) for name, one in kwargs.items()}
        try:
            result = run(frame, values, keyword_values)
        except (TooLarge, RecursionError):
            return unknown_call("too large to infer", args, kwargs)
        return ledger.summary(result, is_leaf=False)

    def _bound_method(
        self, method: types.MethodType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        receiver = current_type(method.__self__)
        return _with_callee(self.call(method.__func__, (receiver, *args), kwargs), len(args), kwargs)

    def _builtin_method(
        self, function: types.BuiltinFunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        owner: type = type(function.__self__)
        descriptor = vars(owner).get(function.__name__)
        if descriptor is None or known(descriptor) is None:
            return unknown_call(f"unknown C function {_name(function)}", args, kwargs)
        return _with_callee(self.call(descriptor, (current_type(function.__self__), *args), kwargs), len(args), kwargs)

    def _partial(
        self, function: functools.partial[Any], args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        held = tuple(current_type(one) for one in function.args)
        named = {name: current_type(one) for name, one in function.keywords.items() if name not in kwargs}
        summary = self.call(function.func, (*held, *args), {**named, **kwargs})
        keys: dict[ParameterKey, ParameterKey] = {index + len(held): index for index in range(len(args))}
        keys.update(dict.fromkeys(range(len(held)), CALLEE))
        return summary.renamed({**keys, **{name: name for name in kwargs}, **dict.fromkeys(named, CALLEE)})

    def _cached(self, function: Any, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Summary:
        """`functools.lru_cache` around a pure function: only what asks or clears the cache sees that it was called."""
        summary = self.call(function.__wrapped__, args, kwargs)
        if summary.unknown_types:
            return summary.replace(fresh=False)  # known when it runs
        if summary.effect is Effect.PURE and not summary.mutates:
            cache = (None, f"cell:cache:{id(function)}")
            return summary.replace(fresh=False, sees_writes=True, sees=summary.sees | {cache})
        return unknown_call(f"the cache of {_name(function)}", args, kwargs)

    def _python(
        self, function: types.FunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]
    ) -> Summary:
        key = memo_key(function, args, kwargs)
        known_ = _memo.get(key)
        if known_ is not None and all(guard.holds() for guard in known_[1].guards):
            return known_[1]
        if key in self.assumed:
            self.relied_on.add(key)
            return self.assumed[key]
        if is_library(function.__code__.co_filename):
            return unknown_call(f"library function {_name(function)}", args, kwargs)
        if sum(one[0] == key[0] for one in self.stack) >= MAX_RECURSION:
            return unknown_call(f"recursion of {_name(function)} with ever new types", args, kwargs)
        try:
            source = function_source(function)
        except SourceUnavailable as error:
            return unknown_call(f"{_name(function)} has no source ({error.reason})", args, kwargs)
        return self._to_fixpoint(key, function, source, args, kwargs)

    def _to_fixpoint(
        self,
        key: Key,
        function: types.FunctionType,
        source: FunctionSource,
        args: tuple[AbstractType, ...],
        kwargs: Mapping[str, AbstractType],
    ) -> Summary:
        self.stack.append(key)
        self.assumed[key] = Summary(Effect.PURE, result=NEVER, fresh=True)
        before, self.relied_on = self.relied_on, set()
        try:
            for number in range(MAX_ROUNDS):
                summary = run_function(self, self.budget, function, source, args, kwargs)
                assumed = self.assumed[key].result
                if number >= SETTLING_PASSES and summary.result != assumed:  # results nest ever deeper
                    summary = summary.replace(result=ANY)
                if number >= SETTLING_PASSES and summary.stores != self.assumed[key].stores:
                    summary = summary.replace(stores=frozenset((kind, field, ANY) for kind, field, _ in summary.stores))
                if key not in self.relied_on or summary == self.assumed[key]:
                    break
                self.assumed[key] = summary
            else:
                summary = unknown_call(f"recursion of {_name(function)} doesn't settle", args, kwargs)
        finally:
            self.stack.pop()
            del self.assumed[key]
            self.relied_on.discard(key)
            rests_on, self.relied_on = self.relied_on, before | self.relied_on
        if not rests_on:  # no assumption about a function that is still being inferred
            _remember(key, (function.__code__, function.__globals__, function), summary)
        return summary


def _remember(key: Key, held: tuple[object, ...], summary: Summary) -> None:
    """Keep a summary for as long as its guards hold, with what the key is the identity of."""
    with _memo_lock:
        if len(_memo) >= MAX_MEMO:
            _memo.clear()
        _memo[key] = (held, summary)


_NO_SCOPE = CodeScope({})


def _with_callee(summary: Summary, num_args: int, kwargs: Mapping[str, object]) -> Summary:
    """The summary of a method as that of its bound method: the receiver is no argument any more."""
    keys: dict[ParameterKey, ParameterKey] = {index + 1: index for index in range(num_args)}
    return summary.renamed({**keys, **{name: name for name in kwargs}, 0: CALLEE})


def _await_call(callee: Value, node: object, frame: Frame, args: list[Value], kwargs: dict[str, Value]) -> Value:
    frame.ledger.awaiting = node
    return await_value(frame, call_value(frame, callee, args, kwargs, node))


def _call_receiver(receiver: Value, frame: Frame, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return call_value(frame, receiver, args, kwargs, receiver)


def is_method_of_data(function: types.BuiltinFunctionType) -> bool:
    """Whether a C function is a method bound to an object (`"abc".upper`)."""
    return function.__self__ is not None and not isinstance(function.__self__, (types.ModuleType, type))


def memo_key(function: types.FunctionType, args: tuple[AbstractType, ...], kwargs: Mapping[str, AbstractType]) -> Key:
    """What the summary of a Python function depends on, but for what its guards check."""
    code = function.__code__
    held: tuple[object, ...] = ()
    if function.__closure__:
        held = tuple(map(_cell_fact, function.__closure__))
    if function.__defaults__:
        held += tuple(map(_fact, function.__defaults__))
    if function.__kwdefaults__:
        held += tuple((name, _fact(one)) for name, one in function.__kwdefaults__.items())
    named = tuple(kwargs.items()) if kwargs else ()
    return (id(code), id(function.__globals__), held, args, named, TABLE.version)


def _cell_fact(cell: types.CellType) -> object:
    try:
        return _fact(cell.cell_contents)
    except ValueError:
        return "empty"


def _fact(held: object) -> object:
    return StaticType(held) if is_static(held) else type(held)


def unknown_call(reason: str, args: Sequence[AbstractType], kwargs: Mapping[str, AbstractType]) -> Summary:
    """A call of which nothing is known: ordered, and it may write and keep everything."""
    keys: frozenset[ParameterKey] = frozenset((*range(len(args)), *kwargs))
    summary = operations.unknown(reason)
    touches = frozenset((key, "*") for key in (None, *keys))
    return summary.replace(
        mutates=keys, retains=keys, reason=reason, remedy=DECLARE, unknown_types=False, sees=touches, writes=touches
    )


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or type(function).__name__


def _is_known(type_: InstanceType) -> bool:
    """Whether what calling an instance does is declared, or in the table."""
    is_known = declared_behaviour(type_.cls) is not None or called_path(type_) is not None
    return is_known or forward_of(type_) is not None
