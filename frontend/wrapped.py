"""What a jitted function is: it traces on the first call with arguments of new types, and then runs the program.

In: calls. Out: what plain Python gives; statistics and stages of the programs behind it.
"""

from __future__ import annotations

import functools
import operator
import time
import types
import weakref
from collections.abc import Callable
from typing import Any

from ..diagnostics.errors import XCSError
from ..runtime.outcome import RunTotals
from ..runtime.tally import recording
from .border import enter_program, leave_program, raised_by
from .check_effects import current_checker
from .direct_dispatch import MISSED
from .direct_gate import CallGate
from .disable_jit import is_disabled
from .function_part import IMPLICIT, Computed, FunctionPart
from .journal import is_in_journal, recording_of, refuse_plain
from .options import JitOptions
from .programs import Programs
from .stages import Compiled, Lowered, Traced
from .staging.values import Unstageable
from .stats import Counters, JitStats, describe
from .timeline import current_instrument
from .variant import Variant
from .whole_call import WholeCall


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
        "_xcs_dispatched",
        "_xcs_options",
        "_xcs_programs",
    )
    _xcs_is_async = False
    __code__ = FunctionPart()
    __defaults__ = FunctionPart()
    __kwdefaults__ = FunctionPart()
    __globals__ = FunctionPart()
    __closure__ = FunctionPart()
    __builtins__ = FunctionPart()

    def __init__(self, function: types.FunctionType, options: JitOptions) -> None:
        functools.update_wrapper(self, function)
        self.__xcs_wrapped__ = function
        self._xcs_options = options
        self._xcs_counters = Counters()
        ways = (_general_way(self), _letting_go(self))
        self._xcs_programs = Programs(function, options, self._xcs_counters, *ways, is_async=self._xcs_is_async)
        self._xcs_dispatched: Variant | None = None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The function's own result, effects and exceptions."""
        if is_disabled():
            refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, "`disable_jit`")
            return self.__xcs_wrapped__(*args, **kwargs)
        programs = self._xcs_programs
        try:
            values = programs.bind(args, kwargs)
        except TypeError:
            return self.__xcs_wrapped__(*args, **kwargs)  # raises Python's own error
        whole = programs.whole
        if whole is not None and whole.takes(values) and not self._xcs_is_watched():
            return self._xcs_run_whole(whole, args, kwargs)
        variant = programs.of(values)
        if variant is not self._xcs_dispatched:
            self._xcs_dispatch_to(variant)
        if variant.compiled is None:
            self._xcs_count_plain(variant)
            with recording(self._xcs_counters.tally):
                return self.__xcs_wrapped__(*args, **kwargs)
        attempt = None if variant.direct is None else variant.direct.attempt
        if attempt is not None and not kwargs and (result := attempt(*args)) is not MISSED:
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
        if not variant.is_settled and variant.guards.is_compiled and programs.settle(variant):
            self._xcs_dispatch_to(variant)
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

    def _xcs_count_plain(self, variant: Variant) -> None:
        """A call is about to run as plain Python; raises where that isn't allowed."""
        refuse_plain(self.__xcs_wrapped__, self._xcs_options.journal, variant.fallback)
        self._xcs_options.refuse_plain(self.__xcs_wrapped__.__qualname__, variant.fallback)
        self._xcs_counters.add_plain(is_fallback=variant.fallback is not None)

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
        values = self._xcs_programs.parameters.bind(args, kwargs)
        try:
            return self._xcs_programs.traced(values)
        except Unstageable as refusal:
            raise XCSError(f"`{self.__xcs_wrapped__.__qualname__}` can't be staged: {refusal.reason}") from None

    def lower(self, /, *args: Any, **kwargs: Any) -> Lowered:
        """The lowered stage: for these arguments, or without any for the program used last."""
        last = self._xcs_programs.last
        if not args and not kwargs and last is not None and last.compiled is not None:
            return last.compiled.lowered
        return self.trace(*args, **kwargs).lower(self._xcs_programs.pipeline)

    def compile(self, /, *args: Any, **kwargs: Any) -> Compiled:
        """The compiled stage, likewise."""
        last = self._xcs_programs.last
        if not args and not kwargs and last is not None and last.compiled is not None:
            return last.compiled
        return self.lower(*args, **kwargs).compile(self._xcs_programs.executor)

    @Computed
    def stats(self) -> JitStats:
        """What `get_jit_stats` gives."""
        return statistics_of(self)

    def _xcs_forget(self) -> None:
        """A part of the function was changed: what is known of it is looked at anew."""
        self._xcs_dispatch_to(None)
        self._xcs_programs.forget()

    def _xcs_dispatch_to(self, variant: Variant | None) -> None:
        """Lets calls go straight to a program, or no longer."""
        self._xcs_dispatched = variant
        if type(self) is Wrapped or issubclass(type(self), Direct):
            self.__class__ = Wrapped if variant is None else _class_for(variant)  # type: ignore[assignment]


def _class_for(variant: Variant) -> type[Wrapped]:
    """The class of a jitted function whose calls go to this program."""
    gate = None if variant.direct is None else variant.direct.gate
    if gate is not None and gate.is_open:
        if variant.dispatch is None or not issubclass(variant.dispatch, Gated):
            variant.dispatch = _gated(gate.call)
    elif variant.call is None:
        return Wrapped
    elif variant.dispatch is None or issubclass(variant.dispatch, Gated):
        variant.dispatch = _class_of(variant.call)
    return variant.dispatch


def _general_way(wrapped: Wrapped) -> Callable[..., Any]:
    """Calls of a jitted function, for functions that it holds."""
    jitted = weakref.ref(wrapped)

    def call(*args: Any, **kwargs: Any) -> Any:
        return Wrapped.__call__(jitted(), *args, **kwargs)  # type: ignore[arg-type]  # it is being called, so it is there

    return call


def _letting_go(wrapped: Wrapped) -> Callable[[], None]:
    """What lets calls of a jitted function go the general way, likewise."""
    jitted = weakref.ref(wrapped)

    def let_go() -> None:
        if (found := jitted()) is not None:
            found._xcs_dispatch_to(None)

    return let_go


class Direct(Wrapped):
    """What all jitted functions are that are called by a function of their own: each is in a class of its own."""

    __slots__ = ()


class Gated(Direct):
    """Those that are called by way of a gate, which Python asks at each call. Who holds `__call__` asks it as well."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "__call__":
            return functools.partial(operator.call, self)
        return super().__getattribute__(name)


def _class_of(call: Callable[..., Any]) -> type[Direct]:
    """The class of a jitted function that is called by this function."""
    return type("Wrapped", (Direct,), _body(staticmethod(call)))


def _gated(call: CallGate) -> type[Gated]:
    """The class of a jitted function that is called by way of this gate."""
    return type("Wrapped", (Gated,), _body(call))


def _body(call: object) -> dict[str, object]:
    return {"__slots__": (), "__xcs_jitted__": True, "__call__": call, "__module__": __name__}


def statistics_of(wrapped: Wrapped) -> JitStats:
    """The statistics of a jitted function."""
    last = wrapped._xcs_programs.last
    lowered = last.compiled.lowered if last is not None and last.compiled is not None else None
    opaque = [f"{o.what} ({o.reason}) at {o.location}" for o in lowered.opaque] if lowered else []
    parallelism, fallback = lowered.parallelism if lowered else None, last.fallback if last else None
    return describe(wrapped._xcs_counters, parallelism, fallback, opaque, wrapped._xcs_options.strategy)
