"""What a jitted function is: it traces on the first call with arguments of new types, and then runs the program.

In: calls. Out: what plain Python gives; statistics and stages of the programs behind it.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import threading
import time
import types
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from ..diagnostics.errors import XCSError, XCSWarning
from ..runtime.executor import ThreadsExecutor
from ..runtime.garbage import without_garbage_collection
from ..runtime.outcome import RunTotals
from ..runtime.tally import recording
from .border import enter_program, leave_program, raised_by
from .check_effects import current_checker
from .direct_dispatch import MISSED, DirectCalls, DirectDispatch, direct_dispatch
from .disable_jit import DISABLED, is_disabled
from .effects.abstract_type import ANY, StaticType
from .effects.array_results import is_jax
from .function_part import IMPLICIT, Computed, FunctionPart
from .guard_check import GuardCheck
from .journal import is_in_journal, recording_of, refuse_plain
from .known_arguments import KnownArguments, known_arguments
from .options import JitOptions
from .signature import Parameters, Signature, signature_of
from .stages import Compiled, Lowered, Traced
from .staging.values import Unstageable
from .stats import Counters, JitStats, describe
from .straight_call import StraightCalls, straight_call
from .timeline import current_instrument
from .tracing import trace
from .whole_call import WholeCall, whole_call

MAX_PROGRAMS = 128  # compiled programs kept for one function, least recently used dropped first
MAX_VARIANTS = 8  # different types of one argument before it counts as any object
_DEBUG = os.environ.get("XCS_DEBUG", "") not in ("", "0")


@dataclass(slots=True, eq=False)
class Variant:
    """What one signature is run by: a compiled program, or plain Python with the reason.

    Attributes:
        compiled: the program; None for plain Python.
        passed: which arguments the program takes.
        fallback: the reason for plain Python.
        direct: the program as one array kernel, if it is one.
        guards: the facts that the program relies on.
        dispatch: the class of the jitted function while this is the variant used last.
        is_settled: whether that stays as it is.
    """

    compiled: Compiled | None
    passed: tuple[int, ...]
    fallback: str | None = None
    direct: DirectDispatch | None = None
    guards: GuardCheck = field(default=GuardCheck(()), repr=False)
    dispatch: type[Direct] | None = field(default=None, repr=False)
    is_settled: bool = True

    def holds(self) -> bool:
        """Whether the facts that the program relies on are still true."""
        return self.guards.holds()

    def arguments(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the program takes of the values of all parameters."""
        return values if len(values) == len(self.passed) else tuple(values[i] for i in self.passed)

    def takes(self, values: tuple[Any, ...]) -> bool:
        """Whether objects that the program takes to be different ones are so among these arguments."""
        compiled = self.compiled
        return compiled is None or not compiled.lowered.apart.pairs or compiled.lowered.apart.holds(values)


class Wrapped:
    """A jitted function: call it, or look at its stages with `trace`, `lower` and `compile`.

    Any number of threads may call it. It is a descriptor, so it works as a method; it copies to itself and pickles by
    name. It reserves no keyword of the function.
    """

    __xcs_jitted__ = True
    # No attribute of the user's has such a name, and none of ours is in `__dict__`, which `functools.wraps` copies.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "__xcs_wrapped__",
        "_xcs_counters",
        "_xcs_defaults",
        "_xcs_executor",
        "_xcs_generalised",
        "_xcs_known",
        "_xcs_last",
        "_xcs_lock",
        "_xcs_options",
        "_xcs_parameters",
        "_xcs_pipeline",
        "_xcs_seen",
        "_xcs_variants",
        "_xcs_whole",
    )
    __code__ = FunctionPart()
    __defaults__ = FunctionPart()
    __kwdefaults__ = FunctionPart()
    __globals__ = FunctionPart()
    __closure__ = FunctionPart()
    __builtins__ = FunctionPart()

    def __init__(self, function: types.FunctionType, options: JitOptions) -> None:
        functools.update_wrapper(self, function)
        self.__xcs_wrapped__ = function
        self._xcs_look_at_function()
        self._xcs_options = options
        self._xcs_executor = options.executor()
        self._xcs_pipeline = options.pipeline
        self._xcs_variants: OrderedDict[tuple[Signature, bool], Variant] = OrderedDict()
        self._xcs_seen: list[set[object]] = [set() for _ in self._xcs_parameters.names]
        self._xcs_generalised: frozenset[int] = frozenset()
        self._xcs_lock = threading.RLock()
        self._xcs_counters = Counters()
        self._xcs_known: KnownArguments[Variant] | None = None
        self._xcs_last: Variant | None = None
        self._xcs_whole: WholeCall | None = None

    def _xcs_look_at_function(self) -> None:
        self._xcs_defaults = self.__xcs_wrapped__.__defaults__
        self._xcs_parameters = Parameters.of(self.__xcs_wrapped__)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The function's own result, effects and exceptions."""
        if is_disabled():
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, "`disable_jit`")
            return self.__xcs_wrapped__(*args, **kwargs)
        if self.__xcs_wrapped__.__defaults__ is not self._xcs_defaults:
            self._xcs_look_at_function()
        try:
            values = self._xcs_parameters.bind(args, kwargs)
        except TypeError:
            return self.__xcs_wrapped__(*args, **kwargs)  # raises Python's own error
        whole = self._xcs_whole
        if whole is not None and whole.takes(values) and not self._xcs_is_watched():
            return self._xcs_run_whole(whole, args, kwargs)
        variant = self._xcs_variant(values)
        if variant.compiled is None:
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, variant.fallback)
            self._xcs_options.refuse_plain(self.__xcs_wrapped__.__qualname__, variant.fallback)
            self._xcs_counters.add_plain(is_fallback=variant.fallback is not None)
            with recording(self._xcs_counters.tally):
                return self.__xcs_wrapped__(*args, **kwargs)
        direct = variant.direct
        if direct is not None and not kwargs and (result := direct.attempt(*args)) is not MISSED:
            return result
        arguments = variant.arguments(values)
        journalled = recording_of(self.__xcs_wrapped__, self._xcs_options.journal, variant.compiled, arguments)
        border = enter_program(self._xcs_counters.tally)
        try:
            outcome = variant.compiled.run(arguments, current_instrument(), journalled)
        finally:
            leave_program(border)
        self._xcs_counters.add_run(outcome.totals)
        if outcome.failure is not None:
            raise raised_by(outcome.failure, border)
        if not variant.is_settled and variant.guards.is_compiled:
            self._xcs_go_straight(variant)
        return outcome.values[0]

    def _xcs_run_whole(self, whole: WholeCall, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function itself, which does what its program does."""
        failure = result = None
        border = enter_program(self._xcs_counters.tally)
        start_ns = time.perf_counter_ns()
        try:
            result = self.__xcs_wrapped__(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            failure = whole.failure(error)
        finally:
            leave_program(border)
        self._xcs_counters.add_run(RunTotals(1, 0, time.perf_counter_ns() - start_ns))
        if failure is not None:
            raise raised_by(failure, border)
        return result

    def _xcs_is_watched(self) -> bool:
        """Whether each call of the program is to be seen."""
        options = self._xcs_options
        is_recorded = options.journal is not None or options.timeout_s is not None or is_in_journal()
        return is_recorded or current_instrument() is not None or current_checker() is not None

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """The jitted function as a method."""
        return self if instance is None else types.MethodType(self, instance)

    def __set_name__(self, owner: type, name: str) -> None:
        method = IMPLICIT.get(name)
        if method is not None and owner.__dict__.get(name) is self:
            setattr(owner, name, method(self))

    def __copy__(self) -> Wrapped:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Wrapped:
        return self

    def __reduce__(self) -> str:
        return self.__xcs_wrapped__.__qualname__

    def __repr__(self) -> str:
        return f"<xcs.jit of {self.__xcs_wrapped__!r}>"

    def trace(self, /, *args: Any, **kwargs: Any) -> Traced:
        """The traced stage for these arguments, verified. Nothing of the user's runs.

        Raises:
            XCSError: the function can't be staged; the message says why.
        """
        values = self._xcs_parameters.bind(args, kwargs)
        try:
            signature = signature_of(values, self._xcs_generalised)
            traced = self._xcs_trace(signature, is_apart=True)
            if not traced.apart.holds(values):
                traced = self._xcs_trace(signature, is_apart=False)
        except Unstageable as refusal:
            raise XCSError(f"`{self.__xcs_wrapped__.__qualname__}` can't be staged: {refusal.reason}") from None
        traced.verify()
        return traced

    def lower(self, /, *args: Any, **kwargs: Any) -> Lowered:
        """The lowered stage: for these arguments, or without any for the program used last."""
        if not args and not kwargs and self._xcs_last is not None and self._xcs_last.compiled is not None:
            return self._xcs_last.compiled.lowered
        return self.trace(*args, **kwargs).lower(self._xcs_pipeline)

    def compile(self, /, *args: Any, **kwargs: Any) -> Compiled:
        """The compiled stage, likewise."""
        if not args and not kwargs and self._xcs_last is not None and self._xcs_last.compiled is not None:
            return self._xcs_last.compiled
        return self.lower(*args, **kwargs).compile(self._xcs_executor)

    @Computed
    def stats(self) -> JitStats:
        """What `get_jit_stats` gives."""
        return statistics_of(self)

    def _xcs_variant(self, values: tuple[Any, ...]) -> Variant:
        known = self._xcs_known
        if known is not None and known.found is self._xcs_last and known.are(values) and known.found.holds():
            return known.found
        signature = signature_of(values, self._xcs_generalised)
        variant = self._xcs_variants.get((signature, True))
        if variant is not None and variant is self._xcs_last and variant.holds() and variant.takes(values):
            compiled = variant.compiled
            self._xcs_known = (
                None if compiled is None or compiled.lowered.apart.pairs else known_arguments(variant, values)
            )
            return variant
        with self._xcs_lock:
            variant = self._xcs_current(signature, is_apart=True)
            if not variant.takes(values):
                variant = self._xcs_current(signature, is_apart=False)
            if variant is not self._xcs_last:
                self._xcs_last = variant
                compiled = variant.compiled
                self._xcs_whole = None if compiled is None else whole_call(compiled.plan, values, variant.guards)
                self._xcs_dispatch_to(variant.dispatch)
            return variant

    def _xcs_forget(self) -> None:
        """A part of the function was changed: what is known of it is looked at anew."""
        with self._xcs_lock:
            self._xcs_dispatch_to(None)
            self._xcs_variants.clear()
            self._xcs_known = self._xcs_last = self._xcs_whole = None
            self._xcs_look_at_function()

    def _xcs_dispatch_to(self, dispatch: type[Direct] | None) -> None:
        """Lets calls go straight to a program, or no longer."""
        if type(self) is Wrapped or issubclass(type(self), Direct):
            self.__class__ = dispatch or Wrapped

    def _xcs_go_straight(self, variant: Variant) -> None:
        """Calls of a program that is called often go straight to its code, if it has any."""
        known, compiled = self._xcs_known, variant.compiled
        assert compiled is not None
        if known is None or known.found is not variant or not isinstance(compiled.executor, ThreadsExecutor):
            variant.is_settled = True
            return
        steady = compiled.executor.runs_straight(compiled.plan)
        if steady is None:
            return
        calls = StraightCalls(self.__xcs_wrapped__, self._xcs_counters, compiled.executor, self._xcs_otherwise())
        with self._xcs_lock:
            variant.is_settled = True
            call = straight_call(compiled.plan, steady, known, compiled.lowered.guards, calls)
            if call is not None and variant is self._xcs_last:
                variant.dispatch = _class_of(call)
                self._xcs_dispatch_to(variant.dispatch)

    def _xcs_current(self, signature: Signature, *, is_apart: bool) -> Variant:
        """What a signature is run by; `is_apart`: for arguments of which no object is met in two places."""
        key = (signature, is_apart)
        variant = self._xcs_variants.get(key)
        if variant is None or not variant.holds():
            key = (self._xcs_generalise(signature), is_apart)
            variant = self._xcs_variants.get(key)
            if variant is None or not variant.holds():
                variant = self._xcs_variants[key] = self._xcs_build(*key)
            while len(self._xcs_variants) > MAX_PROGRAMS:
                self._xcs_variants.popitem(last=False)
        self._xcs_variants.move_to_end(key)
        return variant

    def _xcs_direct_of(self, compiled: Compiled, signature: Signature) -> DirectDispatch | None:
        num_args = len(self._xcs_parameters.names)
        is_for_arrays = all(known == ANY or is_jax(known) for known in signature)  # and says nothing of other arguments
        is_whole = is_for_arrays and self._xcs_parameters.plain
        if not is_whole or isinstance(self, AsyncWrapped) or compiled.lowered.apart.pairs:
            return None
        calls = DirectCalls(self.__xcs_wrapped__, DISABLED, self._xcs_counters, self._xcs_otherwise())
        return direct_dispatch(compiled.plan, num_args, compiled.lowered.guards, calls)

    def _xcs_otherwise(self) -> Callable[..., Any]:
        """The general way, for functions that this one holds."""
        jitted = weakref.ref(self)

        def otherwise(*args: Any, **kwargs: Any) -> Any:
            return Wrapped.__call__(jitted(), *args, **kwargs)  # type: ignore[arg-type]  # it is being called, so it is there

        return otherwise

    def _xcs_may_go_straight(self, compiled: Compiled) -> bool:
        """Whether calls might once go straight to straight code."""
        is_plain = self._xcs_parameters.plain and not isinstance(self, AsyncWrapped)
        return is_plain and self._xcs_options.journal is None and not compiled.lowered.apart.pairs

    def _xcs_generalise(self, signature: Signature) -> Signature:
        """Count an argument as any object once it has come in too many types."""
        for index, known in enumerate(signature):
            self._xcs_seen[index].add(known)
            if len(self._xcs_seen[index]) > MAX_VARIANTS:
                self._xcs_generalised |= {index}
                self._xcs_seen[index] = {ANY}
        return tuple(ANY if index in self._xcs_generalised else known for index, known in enumerate(signature))

    def _xcs_trace(self, signature: Signature, is_apart: bool) -> Traced:
        stage_all = self._xcs_options.stage == "all"
        return trace(
            self.__xcs_wrapped__, self._xcs_parameters.names, signature, stage_all=stage_all, is_apart=is_apart
        )

    def _xcs_build(self, signature: Signature, is_apart: bool) -> Variant:
        start = time.perf_counter()
        passed = tuple(i for i, known in enumerate(signature) if not isinstance(known, StaticType))
        try:
            with without_garbage_collection():
                traced = self._xcs_trace(signature, is_apart)
                lowered = traced.lower_in_place(traced.module, self._xcs_pipeline)
                compiled = lowered.compile(self._xcs_executor)
                direct = self._xcs_direct_of(compiled, signature)
                dispatch = None if direct is None else _class_of(direct.call)
                is_settled = direct is not None or not self._xcs_may_go_straight(compiled)
                guards = GuardCheck(lowered.guards)
                return Variant(compiled, passed, None, direct, guards, dispatch, is_settled)
        except Unstageable as refusal:
            return self._xcs_fall_back(passed, refusal.reason)
        except Exception as error:  # a bug of ours must not become the user's: nothing has run yet
            if _DEBUG:
                raise
            return self._xcs_fall_back(passed, f"internal error: {type(error).__name__}: {error}")
        finally:
            self._xcs_counters.add_trace(time.perf_counter() - start)

    def _xcs_fall_back(self, passed: tuple[int, ...], reason: str) -> Variant:
        if self._xcs_counters.fallback_calls == 0:
            name = self.__xcs_wrapped__.__qualname__
            warnings.warn(f"`{name}` runs as plain Python: {reason}", XCSWarning, stacklevel=6)
        return Variant(None, passed, reason)


class Direct(Wrapped):
    """What all jitted functions are that are called by a function of their own: each is in a class of its own."""

    __slots__ = ()


def _class_of(call: Callable[..., Any]) -> type[Direct]:
    """The class of a jitted function that is called by this function."""
    body = {"__slots__": (), "__xcs_jitted__": True, "__call__": staticmethod(call), "__module__": __name__}
    return type("Wrapped", (Direct,), body)


class AsyncWrapped(Wrapped):
    """A jitted coroutine function: calling it makes a coroutine, and everything happens once that is awaited."""

    __xcs_jitted__ = True

    def __init__(self, function: types.FunctionType, options: JitOptions) -> None:
        super().__init__(function, options)
        mark = getattr(inspect, "markcoroutinefunction", None)  # before Python 3.12 `__code__` is asked
        if mark is not None:
            mark(self)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """A coroutine with the function's own result, effects and exceptions."""
        function = self.__xcs_wrapped__
        if is_disabled():
            return function(*args, **kwargs)
        if function.__defaults__ is not self._xcs_defaults:
            self._xcs_look_at_function()
        try:
            values = self._xcs_parameters.bind(args, kwargs)
        except TypeError:
            return function(*args, **kwargs)  # raises Python's own error
        coroutine = self._xcs_run(values, args, kwargs)
        coroutine.__name__, coroutine.__qualname__ = function.__name__, function.__qualname__
        return coroutine

    async def _xcs_run(self, values: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if DISABLED.get() or not _is_in_task():
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, "no task of `asyncio`")
            return await self.__xcs_wrapped__(*args, **kwargs)
        variant = self._xcs_variant(values)
        if variant.compiled is None:
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, variant.fallback)
            self._xcs_options.refuse_plain(self.__xcs_wrapped__.__qualname__, variant.fallback)
            self._xcs_counters.add_plain(is_fallback=variant.fallback is not None)
            return await self.__xcs_wrapped__(*args, **kwargs)
        arguments = variant.arguments(values)
        journalled = recording_of(self.__xcs_wrapped__, self._xcs_options.journal, variant.compiled, arguments)
        border = enter_program(self._xcs_counters.tally)
        try:
            outcome = await variant.compiled.run_async(arguments, current_instrument(), journalled)
        finally:
            leave_program(border)
        self._xcs_counters.add_run(outcome.totals)
        if outcome.failure is not None:
            raise raised_by(outcome.failure, border)
        return outcome.values[0]


def _is_in_task() -> bool:
    """Whether this coroutine is run by a task of `asyncio`, not by another library or by hand."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.current_task() is not None
    except RuntimeError:  # no loop runs
        return False


def statistics_of(wrapped: Wrapped) -> JitStats:
    """The statistics of a jitted function."""
    last = wrapped._xcs_last
    lowered = last.compiled.lowered if last is not None and last.compiled is not None else None
    opaque = [f"{o.what} ({o.reason}) at {o.location}" for o in lowered.opaque] if lowered else []
    parallelism, fallback = lowered.parallelism if lowered else None, last.fallback if last else None
    return describe(wrapped._xcs_counters, parallelism, fallback, opaque, wrapped._xcs_options.strategy)
