"""Direct dispatch: a program that is one array kernel hands JAX arrays straight to one `jax.jit` object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..lowering.all_tensor import all_tensor_kernel
from ..runtime.plan import Plan
from .effects.summary import Guard
from .guard_check import compile_guards
from .stats import Counters
from .timeline import current_instrument

MISSED = object()
"""What a direct call gives that didn't happen: not all arguments are arrays, a guard fails, or the kernel raised."""

DirectDispatch: TypeAlias = Callable[[tuple[Any, ...]], Any]
"""Calls a program's one kernel, whatever the shapes and dtypes: its result, or `MISSED`."""


@dataclass(frozen=True, slots=True)
class DirectCalls:
    """What direct calls of one jitted function share: whether it is to run as plain Python here, and its counters."""

    disabled: ContextVar[bool]
    counters: Counters


def direct_dispatch(plan: Plan, num_args: int, guards: Iterable[Guard], calls: DirectCalls) -> DirectDispatch | None:
    """Direct dispatch for a plan that is one kernel of all its `num_args` arguments; None for any other."""
    kernel = all_tensor_kernel(plan)
    staged = None if kernel is None or not num_args else kernel.direct
    return None if staged is None else _dispatch(staged, num_args, compile_guards(guards), calls)


def _dispatch(staged: Any, num_args: int, holds: Callable[[], bool], calls: DirectCalls) -> DirectDispatch:
    import jax  # loaded already: the kernel is its own

    from ..lowering.staged_function import unwrap

    jitted, are_arrays = staged.jitted, frozenset((type(jax.numpy.zeros(())),)).issuperset
    is_disabled, counters, lock = calls.disabled.get, calls.counters, calls.counters.lock

    def dispatch(args: tuple[Any, ...]) -> Any:  # a closure: attribute loads would cost as much as the checks
        if len(args) != num_args or not are_arrays(map(type, args)) or not holds():
            return MISSED
        if is_disabled() or current_instrument() is not None:
            return MISSED
        try:
            result = jitted(*args)
        except Exception:  # the plan decides what is raised, and how
            return MISSED
        with lock:
            counters.calls += 1
        return unwrap(result) if staged.wraps_values else result

    return dispatch
