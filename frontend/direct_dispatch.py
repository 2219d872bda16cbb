"""Direct dispatch: a program that is one array kernel hands JAX arrays straight to one `jax.jit` object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..lowering.all_tensor import all_tensor_kernel
from ..runtime.plan import Plan
from .effects.summary import Guard
from .guard_check import guard_source
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
    return None if staged is None else _dispatch(staged, num_args, guards, calls)


_SOURCE = """
def dispatch(args):
    if {types} and {guards} and not is_disabled() and instrument() is None:
        try:
            result = jitted(*args)
        except Exception:  # the plan decides what is raised, and how
            return missed
        count()
        return unwrap(result) if staged.wraps_values else result
    return missed
"""
"""One flat function: each call in it would cost a hundredth of what it dispatches."""


def _dispatch(staged: Any, num_args: int, guards: Iterable[Guard], calls: DirectCalls) -> DirectDispatch:
    import jax  # loaded already: the kernel is its own

    from ..lowering.staged_function import unwrap

    array_type = type(jax.numpy.zeros(()))
    test, names = guard_source(guards)
    names |= {
        "array_type": array_type,
        "are_arrays": frozenset((array_type,)).issuperset,
        "is_disabled": calls.disabled.get,
        "instrument": current_instrument,
        "jitted": staged.jitted,
        "staged": staged,
        "unwrap": unwrap,
        "count": calls.counters.count_direct,
        "missed": MISSED,
    }
    types = "type(args[0]) is array_type" if num_args == 1 else "are_arrays(map(type, args))"
    exec(_SOURCE.format(types=f"len(args) == {num_args} and {types}", guards=test), names)
    return names["dispatch"]
