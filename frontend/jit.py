"""`xcs.jit`: ordinary Python in, the same meaning sooner out.

In: a function, a class with `forward` or `__call__`, or an instance of one. Out: a `Wrapped` that traces on the first
call with arguments of new types, and runs the compiled program from then on.
"""

from __future__ import annotations

import functools
import os
import threading
import time
import types
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, overload

from ..diagnostics.errors import XCSError, XCSWarning
from ..runtime.errors import remake
from .direct_dispatch import MISSED, DirectCalls, DirectDispatch, direct_dispatch
from .effects.abstract_type import ANY, StaticType
from .options import JitOptions
from .signature import Parameters, Signature, signature_of
from .stages import Compiled, Lowered, Traced, without_garbage_collection
from .staging.values import Unstageable
from .stats import Counters, JitStats, describe
from .timeline import current_instrument
from .tracing import trace

MAX_PROGRAMS = 128  # compiled programs kept for one function, least recently used dropped first
MAX_VARIANTS = 8  # different types of one argument before it counts as any object
METHODS = ("forward", "__call__")
_disabled: ContextVar[bool] = ContextVar("xcs_disabled", default=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """What one signature is run by: a compiled program, or plain Python with the reason."""

    compiled: Compiled | None
    passed: tuple[int, ...]
    fallback: str | None = None

    def holds(self) -> bool:
        """Whether the facts that the program relies on are still true."""
        return self.compiled is None or all(guard.holds() for guard in self.compiled.lowered.guards)


class Wrapped:
    """A jitted function: call it, or look at its stages with `trace`, `lower` and `compile`.

    Any number of threads may call it. It is a descriptor, so it works as a method; it copies to itself and pickles by
    name. It reserves no keyword of the function.
    """

    __xcs_jitted__ = True

    def __init__(self, function: types.FunctionType, options: JitOptions) -> None:
        functools.update_wrapper(self, function)
        self.__xcs_wrapped__ = function
        self._look_at_function()
        self._options = options
        self._executor = options.executor()
        self._pipeline = options.pipeline
        self._variants: OrderedDict[Signature, Variant] = OrderedDict()
        self._seen: list[set[object]] = [set() for _ in self._parameters.names]
        self._generalised: frozenset[int] = frozenset()
        self._lock = threading.RLock()
        self._counters = Counters()
        self._last: Variant | None = None
        self._direct: DirectDispatch | None = None

    def _look_at_function(self) -> None:
        self._defaults = self.__xcs_wrapped__.__defaults__
        self._parameters = Parameters.of(self.__xcs_wrapped__)

    # ---- calling

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """The function's own result, effects and exceptions."""
        direct = self._direct
        if direct is not None and not kwargs and (result := direct(args)) is not MISSED:
            return result
        if _disabled.get() or _DISABLED_BY_ENVIRONMENT:
            return self.__xcs_wrapped__(*args, **kwargs)
        if self.__xcs_wrapped__.__defaults__ is not self._defaults:
            self._look_at_function()
        try:
            values = self._parameters.bind(args, kwargs)
        except TypeError:
            return self.__xcs_wrapped__(*args, **kwargs)  # raises Python's own error
        variant = self._variant(values)
        if variant.compiled is None:
            self._counters.add_plain(is_fallback=variant.fallback is not None)
            return self.__xcs_wrapped__(*args, **kwargs)
        direct = self._direct  # that of this program, by now
        if direct is not None and not kwargs and (result := direct(args)) is not MISSED:
            return result
        outcome = variant.compiled.run(tuple(values[i] for i in variant.passed), current_instrument())
        self._counters.add_run(outcome.totals)
        if outcome.failure is not None:
            raise remake(outcome.failure.exception, outcome.failure.node, outcome.failure.location)
        return outcome.values[0]

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """The jitted function as a method."""
        return self if instance is None else types.MethodType(self, instance)

    def __copy__(self) -> Wrapped:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Wrapped:
        return self

    def __reduce__(self) -> str:
        return self.__xcs_wrapped__.__qualname__

    def __repr__(self) -> str:
        return f"<xcs.jit of {self.__xcs_wrapped__!r}>"

    # ---- stages

    def trace(self, /, *args: Any, **kwargs: Any) -> Traced:
        """The traced stage for these arguments, verified. Nothing of the user's runs.

        Raises:
            XCSError: the function can't be staged; the message says why.
        """
        values = self._parameters.bind(args, kwargs)
        try:
            traced = self._trace(signature_of(values, self._generalised))
        except Unstageable as refusal:
            raise XCSError(f"`{self.__xcs_wrapped__.__qualname__}` can't be staged: {refusal.reason}") from None
        traced.verify()
        return traced

    def lower(self, /, *args: Any, **kwargs: Any) -> Lowered:
        """The lowered stage: for these arguments, or without any for the program used last."""
        if not args and not kwargs and self._last is not None and self._last.compiled is not None:
            return self._last.compiled.lowered
        return self.trace(*args, **kwargs).lower(self._pipeline)

    def compile(self, /, *args: Any, **kwargs: Any) -> Compiled:
        """The compiled stage, likewise."""
        if not args and not kwargs and self._last is not None and self._last.compiled is not None:
            return self._last.compiled
        return self.lower(*args, **kwargs).compile(self._executor)

    @property
    def stats(self) -> JitStats:
        """What `get_jit_stats` gives."""
        last = self._last
        lowered = last.compiled.lowered if last is not None and last.compiled is not None else None
        opaque = [f"{o.what} ({o.reason}) at {o.location}" for o in lowered.opaque] if lowered else []
        return describe(
            self._counters, lowered.parallelism if lowered else None, last.fallback if last else None, opaque
        )

    # ---- the cache

    def _variant(self, values: tuple[Any, ...]) -> Variant:
        signature = signature_of(values, self._generalised)
        variant = self._variants.get(signature)
        if variant is not None and variant is self._last and variant.holds():
            return variant
        with self._lock:
            variant = self._variants.get(signature)
            if variant is None or not variant.holds():
                signature = self._generalise(signature)
                variant = self._variants.get(signature)
                if variant is None or not variant.holds():
                    variant = self._variants[signature] = self._build(signature)
                while len(self._variants) > MAX_PROGRAMS:
                    self._variants.popitem(last=False)
            self._variants.move_to_end(signature)
            if variant is not self._last:
                self._last, self._direct = variant, self._direct_of(variant)
            return variant

    def _direct_of(self, variant: Variant) -> DirectDispatch | None:
        compiled, num_args = variant.compiled, len(self._parameters.names)
        if compiled is None or variant.passed != tuple(range(num_args)) or not self._parameters.plain:
            return None
        calls = DirectCalls(_disabled, self._counters)
        return direct_dispatch(compiled.plan, num_args, compiled.lowered.guards, calls)

    def _generalise(self, signature: Signature) -> Signature:
        """Count an argument as any object once it has come in too many types."""
        for index, known in enumerate(signature):
            self._seen[index].add(known)
            if len(self._seen[index]) > MAX_VARIANTS:
                self._generalised |= {index}
                self._seen[index] = {ANY}
        return tuple(ANY if index in self._generalised else known for index, known in enumerate(signature))

    def _trace(self, signature: Signature) -> Traced:
        return trace(self.__xcs_wrapped__, self._parameters.names, signature, stage_all=self._options.stage == "all")

    def _build(self, signature: Signature) -> Variant:
        start = time.perf_counter()
        passed = tuple(i for i, known in enumerate(signature) if not isinstance(known, StaticType))
        try:
            with without_garbage_collection():
                traced = self._trace(signature)
                lowered = traced.lower_in_place(traced.module, self._pipeline)
                return Variant(lowered.compile(self._executor), passed)
        except Unstageable as refusal:
            return self._fall_back(passed, refusal.reason)
        except Exception as error:  # a bug of ours must not become the user's: nothing has run yet
            if _DEBUG:
                raise
            return self._fall_back(passed, f"internal error: {type(error).__name__}: {error}")
        finally:
            self._counters.add_trace(time.perf_counter() - start)

    def _fall_back(self, passed: tuple[int, ...], reason: str) -> Variant:
        if self._counters.fallback_calls == 0:
            name = self.__xcs_wrapped__.__qualname__
            warnings.warn(f"`{name}` runs as plain Python: {reason}", XCSWarning, stacklevel=5)
        return Variant(None, passed, reason)


_DEBUG = os.environ.get("XCS_DEBUG", "") not in ("", "0")
_DISABLED_BY_ENVIRONMENT = os.environ.get("XCS_DISABLE", "") not in ("", "0")


@contextmanager
def disable_jit() -> Iterator[None]:
    """Inside, jitted functions run as plain Python: for stepping through them and for coverage."""
    token = _disabled.set(True)
    try:
        yield
    finally:
        _disabled.reset(token)


@overload
def jit(target: Callable[..., Any], /) -> Any: ...
@overload
def jit(*, strategy: str = "adaptive", window: int | None = None, stage: str | None = None) -> Callable[[Any], Any]: ...
def jit(
    target: Callable[..., Any] | None = None,
    /,
    *,
    strategy: str = "adaptive",
    window: int | None = None,
    stage: str | None = None,
) -> Any:
    """Compile a function, or the `forward`/`__call__` of a class or of an instance.

    Args:
        target: what to compile; left out, `jit(...)` is a decorator.
        strategy: `adaptive` (the default), `sequential` (program order on the calling thread), `parallel`,
            `vectorized` or `hybrid`: selects the pass pipeline and the executor, nothing else.
        window: iterations of one loop that may be in flight at once (default: 1024).
        stage: `gains` (the default, or what `XCS_STAGE` says) stages the code that can gain by it and runs the rest at
            Python's own speed; `all` stages whatever can be staged, for looking at a whole program as IR.

    Returns:
        For a function a `Wrapped`; for a class the class, its method jitted; for an instance a jitted bound method;
        for a `functools.partial` one of the jitted function. C code is given back as it is.

    Raises:
        XCSError: the strategy or the stage is unknown, or the target is nothing that can be called.
    """
    options = JitOptions.of(strategy, window, stage)
    if target is None:
        return functools.partial(_jit, options=options)
    return _jit(target, options)


def _jit(target: Any, options: JitOptions) -> Any:
    if isinstance(target, Wrapped):
        target = target.__xcs_wrapped__
    if isinstance(target, types.FunctionType):
        return Wrapped(target, options)
    if isinstance(target, types.MethodType):
        return types.MethodType(_jit(target.__func__, options), target.__self__)
    if type(target) is functools.partial:
        return functools.partial(_jit(target.func, options), *target.args, **target.keywords)
    if isinstance(target, type):
        return _jit_class(target, options)
    method = _own_method(type(target))
    if method is not None:
        return types.MethodType(Wrapped(method[1], options), target)
    if callable(target):
        return target  # C code: nothing to look into, and nothing to gain
    raise XCSError(f"expected a function, a class or a callable object, found `{target!r}`")


def _own_method(cls: type) -> tuple[str, types.FunctionType] | None:
    """The method that does a class's work: `forward`, else `__call__`."""
    for name in METHODS:
        method = getattr(cls, name, None)
        if isinstance(method, Wrapped):
            return name, method.__xcs_wrapped__
        if isinstance(method, types.FunctionType):
            return name, method
    return None


def _jit_class(cls: type, options: JitOptions) -> type:
    found = _own_method(cls)
    if found is None:
        raise XCSError(f"expected class `{cls.__qualname__}` to define `forward` or `__call__`")
    name, method = found
    wrapped = Wrapped(method, options)
    setattr(cls, name, wrapped)
    if name == "forward" and any("__call__" in base.__dict__ for base in cls.__mro__):
        cls.__call__ = wrapped  # type: ignore[method-assign]
    return cls


def get_jit_stats(function: Any) -> JitStats:
    """The statistics of a jitted function, method, class or operator.

    Raises:
        XCSError: it isn't jitted.
    """
    return jitted(function).stats


def jitted(function: Any) -> Wrapped:
    """The `Wrapped` behind a jitted function, bound method, partial, class or instance."""
    while type(function) is functools.partial:
        function = function.func
    if isinstance(function, types.MethodType):
        function = function.__func__
    if isinstance(function, Wrapped):
        return function
    cls = function if isinstance(function, type) else type(function)
    for name in METHODS:
        method = getattr(cls, name, None)
        if isinstance(method, Wrapped):
            return method
    raise XCSError(f"expected something made by `xcs.jit`, found `{function!r}`")
