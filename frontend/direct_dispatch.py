"""Direct dispatch: a program that is one array kernel hands JAX arrays straight to one `jax.jit` object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..lowering.all_tensor import all_tensor_kernel
from ..runtime.plan import Plan
from .effects.summary import Guard
from .guard_check import compile_guards
from .stats import Counters
from .timeline import current_instrument

MISSED = object()
"""What a direct call gives that didn't happen: not all arguments are arrays, a guard fails, or the kernel raised."""


@dataclass(frozen=True, slots=True)
class DirectCalls:
    """What direct calls of one jitted function share: whether it is to run as plain Python here, and its counters."""

    disabled: ContextVar[bool]
    counters: Counters


class DirectDispatch:
    """The one kernel of a program, for calls whose arguments are all exactly JAX arrays, of any shape and dtype."""

    __slots__ = ("_classes", "_count", "_disabled", "_holds", "_jitted", "_num_args", "_staged", "_unwrap")

    def __init__(
        self, staged: Any, unwrap: Callable[[Any], Any], num_args: int, guards: Iterable[Guard], calls: DirectCalls
    ) -> None:
        import jax  # loaded already: the kernel is its own

        self._disabled, self._count = calls.disabled.get, calls.counters.add_direct
        self._staged, self._jitted, self._unwrap = staged, staged.jitted, unwrap
        self._num_args = num_args
        self._holds = compile_guards(guards)
        self._classes = frozenset((type(jax.numpy.zeros(())),))

    def __call__(self, args: tuple[Any, ...]) -> Any:
        """The program's result, or `MISSED`."""
        if len(args) != self._num_args or not self._classes.issuperset(map(type, args)) or not self._holds():
            return MISSED
        if self._disabled() or current_instrument() is not None:
            return MISSED
        try:
            result = self._jitted(*args)
        except Exception:  # the plan decides what is raised, and how
            return MISSED
        self._count()
        return self._unwrap(result) if self._staged.wraps_values else result


def direct_dispatch(
    plan: Plan, num_args: int, guards: Iterable[Guard], calls: DirectCalls
) -> DirectDispatch | None:
    """Direct dispatch for a plan that is one kernel of all its arguments; None for any other."""
    kernel = all_tensor_kernel(plan)
    staged = None if kernel is None or not num_args else kernel.direct
    if staged is None:
        return None
    from ..lowering.staged_function import unwrap  # imports JAX

    return DirectDispatch(staged, unwrap, num_args, guards, calls)
