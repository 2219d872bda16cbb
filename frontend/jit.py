"""`xcs.jit`: ordinary Python in, the same meaning sooner out.

In: a function, a class with `forward` or `__call__`, or an instance of one. Out: a `Wrapped` that traces on the first
call with arguments of new types, and runs the compiled program from then on.
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Callable
from typing import Any

from ..diagnostics.errors import XCSError, XCSWarning
from ..passes.pipeline import PIPELINES
from .async_wrapped import AsyncWrapped
from .frame_reader import FrameReader, frame_reading
from .journal import JournalPath
from .options import JitOptions
from .stats import Counters, JitStats, describe
from .strategies import ADAPTIVE
from .wrapped import Wrapped, statistics_of

METHODS = ("forward", "__call__")


def jit(
    target: Callable[..., Any] | None = None,
    /,
    *,
    strategy: str = ADAPTIVE,
    window: int | None = None,
    stage: str | None = None,
    journal: JournalPath | None = None,
    progress: bool = False,
    max_workers: int | None = None,
    timeout_s: float | None = None,
    numpy: str = "numpy",
) -> Any:
    """Compile a function, or the `forward`/`__call__` of a class or of an instance.

    Args:
        target: what to compile; left out, `jit(...)` is a decorator.
        strategy: `adaptive` (the default), `sequential` (program order on the calling thread), `parallel`,
            `vectorized` or `hybrid`: selects the pass pipeline and where calls run, nothing else. What each one does is
            in `docs/runtime.md`; which one a program has, and why, in `explain` and `get_jit_stats`.
        window: iterations of one loop that may be in flight at once (default: 1024).
        max_workers: external calls of this function that may run on threads at once, on threads of its own. By default
            they run on those of the process: 1,024, or what `XCS_MAX_WORKERS` or `xcs.set_max_workers` says.
        stage: `gains` (the default, or what `XCS_STAGE` says) stages the code that can gain by it and runs the rest at
            Python's own speed; `all` stages whatever can be staged, for looking at a whole program as IR.
        journal: a file that records the results of external calls, so that a run started again makes none twice: see
            `xcs.journal`. It is opened by the first call and stays open.
        progress: show loops that take a while as bars, as `xcs.progress` does.
        timeout_s: seconds that a whole call may take; then `TimeoutError` is raised, from the call that Python would be
            making. `finally` and `with` around that call still do their work; calls in flight are let go, or cancelled
            where they are asynchronous. Ordered calls and code without external calls end first (`docs/effects.md`).
        numpy: `numpy` (the default) leaves NumPy's code to NumPy, bit by bit; `xla` lets XLA run it in kernels on JAX's
            default device, with NumPy's dtypes, shapes and errors and a rounding of its own (`docs/lowering.md`).

    Returns:
        For a function a `Wrapped`; for a class the class, its method jitted; for an instance a jitted bound method;
        for a `functools.partial` one of the jitted function. C code is given back as it is.

    Raises:
        XCSError: an option is unknown or out of its range, the target is nothing that can be called, or `tqdm`, which
            `progress` needs, is not installed.
    """
    options = JitOptions.of(strategy, window, stage, journal, progress, max_workers, timeout_s, numpy)
    if target is None:
        return functools.partial(_jit, options=options)
    return _jit(target, options)


def _jit(target: Any, options: JitOptions) -> Any:
    if isinstance(target, Wrapped):
        target = target.__xcs_wrapped__
    if getattr(type(target), "__xcs_transformed__", False):
        return target  # its parts are compiled already
    if isinstance(target, types.FunctionType):
        return _wrap(target, options)
    if isinstance(target, types.MethodType):
        return types.MethodType(_jit(target.__func__, options), target.__self__)
    if type(target) is functools.partial:
        return functools.partial(_jit(target.func, options), *target.args, **target.keywords)
    if isinstance(target, (staticmethod, classmethod)):
        return type(target)(_jit(target.__func__, options))
    if isinstance(target, type):
        return _jit_class(target, options)
    method = _own_method(type(target))
    if method is not None:
        return types.MethodType(_wrap(method[1], options), target)
    if callable(target):
        return target  # C code: nothing to look into, and nothing to gain
    raise XCSError(f"expected a function, a class or a callable object, found `{target!r}`{_help_with(target)}")


def _help_with(target: object) -> str:
    """What whoever gave this to `jit` has probably meant."""
    if isinstance(target, property):
        return "; help: `@property` above `@xcs.jit`"
    if isinstance(target, str) and target in PIPELINES:
        return f"; help: `@xcs.jit(strategy={target!r})`"
    return ""


def _wrap(function: types.FunctionType, options: JitOptions) -> Wrapped | FrameReader:
    if (reason := frame_reading(function)) is not None:
        warnings.warn(f"`{function.__qualname__}` runs as plain Python: {reason}", XCSWarning, stacklevel=4)
        return FrameReader.of(function, reason)
    is_async = function.__code__.co_flags & inspect.CO_COROUTINE
    return AsyncWrapped(function, options) if is_async else Wrapped(function, options)


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
    wrapped = _wrap(method, options)
    setattr(cls, name, wrapped)
    if name == "forward" and any("__call__" in base.__dict__ for base in cls.__mro__):
        cls.__call__ = wrapped  # type: ignore[method-assign]
    return cls


def get_jit_stats(function: Any) -> JitStats:
    """The statistics of a jitted function, method, class or operator.

    Raises:
        XCSError: it isn't jitted.
    """
    if isinstance(function, FrameReader):
        return describe(Counters(), None, function.reason, [])
    return statistics_of(jitted(function))


def jitted(function: Any) -> Wrapped:
    """The `Wrapped` behind a jitted function, bound method, partial, class or instance."""
    while type(function) is functools.partial:
        function = function.func
    if isinstance(function, types.MethodType):
        function = function.__func__
    if isinstance(function, Wrapped):
        return function
    if isinstance(function, FrameReader):
        function.trace()
    cls = function if isinstance(function, type) else type(function)
    for name in METHODS:
        method = getattr(cls, name, None)
        if isinstance(method, Wrapped):
            return method
    raise XCSError(f"expected something made by `xcs.jit`, found `{function!r}`")
