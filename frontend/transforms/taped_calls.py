"""Calls that record themselves on the tape of the run they are part of.

In: a callee of a plan. Out: a callable that gives what it gives, called once, and records its derivative: that of array
code by JAX, a declared one, or none, which is a barrier for gradients.
"""

from __future__ import annotations

import types
from typing import Any

from ...diagnostics.effect import Behaviour, Effect
from ...diagnostics.location import Location
from ...lowering.kernel import NativeKernel
from ...lowering.vectorized_map import VectorizedKernel
from .array_program import is_all_jax, is_transparent
from .callee_name import callee_name
from .declared_derivative import record_declared
from .pure_calls import record_pure, rows
from .reach import ITERATORS, Reach, is_number, reach
from .tape import Barrier, Tape, current_tape
from .transformed import Transformed
from .value_tree import is_immutable, leaves_of

ITERATING = (*(all, any, dict, enumerate, filter, iter, list, map, max, min, reversed, set, sorted, sum, tuple, zip),)
"""Builtins that iterate their arguments: arrays among those are given as their rows."""

EAGER = (dict, list, max, min, set, sorted, sum, tuple)
"""Those that iterate to the end when they are called: iterators among the arguments are given as tuples."""


class TapedCall:
    """One call site. Callable from any thread.

    Attributes:
        target: what is called; None for a site whose callee is its first argument.
        behaviour: what it does; asked anew with `resolve` where it is dynamic.
    """

    def __init__(self, target: Any, location: Location, behaviour: Behaviour, resolve: Any) -> None:
        self.target, self.behaviour = target, behaviour
        self._location, self._resolve = location, resolve

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """What the target gives."""
        target = self.target
        if target is None:
            target, args = args[0], args[1:]
        tape = current_tape.get()
        if tape is None:
            return target(*args, **kwargs)
        found = reach(tape, (args, kwargs, _Hidden(target)))
        if not found.is_tracked:
            return target(*args, **kwargs)
        if any(target is one for one in ITERATING):
            args = tuple(rows(one) for one in args)
            if any(target is one for one in EAGER):
                args = tuple(tuple(one) if isinstance(one, ITERATORS) else one for one in args)
            found = reach(tape, (args, kwargs))
        return self._recorded(tape, target, args, kwargs, found)

    def _recorded(self, tape: Tape, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], found: Reach) -> Any:
        behaviour = self._behaviour_of(target, args, kwargs)
        if isinstance(target, types.MethodType) and tape.is_tracked(target.__self__):
            target, args = target.__func__, (target.__self__, *args)
            found = reach(tape, (args, kwargs))
        result = target(*args, **kwargs)
        if type(result) is float and not tape.is_tracked(result) and id(result) not in found.numbers:
            result = result * 1.0  # an object of its own: a constant may be given by many calls
        barrier = tape.barrier_among(found.direct) or Barrier(callee_name(target), self._location)
        fresh = [one for one in leaves_of(result) if is_number(one) and id(one) not in found.numbers]
        vjp = getattr(target, "__xcs_vjp__", None)
        if fresh and vjp is not None:
            return record_declared(tape, vjp, barrier, args, kwargs, result)
        is_plain = is_transparent(target) and all(map(is_immutable, leaves_of([args, kwargs])))
        is_pure = is_plain or _may_run_again(target, behaviour)
        if isinstance(target, Transformed):
            code = target.array_code(args, kwargs)
            is_pure, target = (True, code.call) if code is not None else (False, target)
        if fresh and not (is_pure and not found.is_hidden and record_pure(tape, target, args, kwargs, result, found)):
            for one in fresh:
                tape.block(one, barrier)
        self._block_hidden(tape, barrier, found, result, None if is_pure else (args, kwargs))
        return result

    def _block_hidden(self, tape: Tape, barrier: Barrier, found: Reach, result: Any, written: Any) -> None:
        """Numbers that the call has put into objects: of its own, or those it was given."""
        after = reach(tape, (result, written))
        for one in after.objects:
            if is_number(one) and id(one) not in found.numbers and not tape.is_tracked(one):
                tape.block(one, barrier)
        if written is not None:
            for one in found.mutable:
                tape.block(one, barrier)

    def _behaviour_of(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
        if self.behaviour.effect is Effect.DYNAMIC:
            return self._resolve(target, args, kwargs)
        return self.behaviour


def _may_run_again(target: Any, behaviour: Behaviour) -> bool:
    """Whether running a callee once more, on tracers, is noticed by nobody."""
    if isinstance(target, NativeKernel) or (isinstance(target, VectorizedKernel) and is_all_jax(target)):
        return True
    if behaviour.external or hasattr(target, "__xcs_leaf__"):
        return False
    is_ours = hasattr(target, "__xcs_segment__") or is_transparent(target)
    return behaviour.effect is Effect.PURE or (behaviour.effect is Effect.READS and is_ours)


class _Hidden:
    """A callee as a root: what it carries is looked at, but is no direct argument."""

    def __init__(self, value: Any) -> None:
        self.value = value
