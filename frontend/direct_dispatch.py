"""Direct dispatch: a program that is one array kernel hands JAX arrays straight to one `jax.jit` object.

Every Python frame above a call of JAX costs twice: JAX notes the frames for each array that it makes. So what is called
is the kernel itself, once a gate has been passed, or one flat function: the `__call__` of a class that the jitted
function is put in while it is such a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..lowering.all_tensor import AllTensorProgram, all_tensor_program
from ..runtime.asked_runs import usual
from ..runtime.plan import Plan
from .direct_gate import ArrayKernel, DirectGate, GateTerms
from .effects.abstract_type import SCALAR_TYPES
from .effects.scope import FunctionView
from .effects.summary import Guard
from .guard_check import guard_source
from .own_parameters import MISSING, free_prefix, names_of, needed_guards, otherwise, parameters_source, with_cells
from .stats import Counters
from .timeline import current_instrument
from .tree_kernels import TreeKernels

MAX_ARGS = 64  # parameters; the work of a program with more hides what its dispatch costs

MISSED = object()
"""What a direct call gives that didn't happen: not all arguments are arrays, a guard fails, or the kernel raised."""


@dataclass(frozen=True, slots=True)
class DirectCalls:
    """What direct calls of one jitted function share.

    Attributes:
        function: the user's function.
        disabled: whether it is to run as plain Python here.
        counters: where they are counted.
        otherwise: `otherwise(*args, **kwargs)` is the way of a call that can't be direct.
        closed: called when calls no longer go through a gate.
    """

    function: Any
    disabled: ContextVar[bool]
    counters: Counters
    otherwise: Callable[..., Any]
    closed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class DirectDispatch:
    """A program's one kernel, called whatever the shapes and dtypes.

    Attributes:
        attempt: gives the result or `MISSED`, if there is such a way.
        call: the same that goes the other way itself, with what the user gave.
        gate: a quicker way, if there is one, while it is open.
    """

    attempt: Callable[..., Any] | None
    call: Callable[..., Any] | None
    gate: DirectGate | None


def direct_dispatch(plan: Plan, num_args: int, guards: Iterable[Guard], calls: DirectCalls) -> DirectDispatch | None:
    """Direct dispatch for a plan that is one kernel of all its `num_args` arguments; None for any other."""
    program = all_tensor_program(plan) if 0 < num_args <= MAX_ARGS else None
    if program is None or program.kernel.direct is None:
        return None
    return _dispatch(program, num_args, guards, calls)


_SOURCE = """
def make(?count):
    def __call__({params}):
        nonlocal ?count
        try:
            if {test} and {guards} and (?usual.holds or ?is_usual()):
                ?result = ?jitted({values})
                ?count += 1.0
                return ?result
        except ?Exception:  # the plan decides what is raised, and how
            pass
        return {otherwise}
    return __call__
"""
"""Its parameters are the user's, so that it refuses what they don't fit, and makes no tuple or dict at each call.

What it knows are globals of its own, which CPython finds faster than variables around it; it adds floats faster than
integers.
"""


def tree_dispatch(
    kernels: TreeKernels, num_args: int, guards: Iterable[Guard], calls: DirectCalls
) -> DirectDispatch | None:
    """Direct dispatch for a program that has a kernel for each structure of its arguments; None where there is none."""
    args = names_of(calls.function, num_args)
    prefix = free_prefix(args)
    defaults = _settings(calls.function, num_args)
    relied_on = (
        {Guard(FunctionView(calls.function), "__defaults__", calls.function.__defaults__)} if defaults else set()
    )
    test, names = guard_source([*needed_guards(guards, calls.function), *relied_on], prefix)
    names.update({prefix + name: value for name, value in _asked(calls).items()})
    gate = DirectGate(kernels, _terms(args, calls, defaults))
    return DirectDispatch(None, None, gate) if gate.make(test, names, prefix) else None


def _asked(calls: DirectCalls) -> dict[str, Any]:
    """The names by which it is asked whether runs are usual."""
    is_disabled = calls.disabled.get
    return {
        "usual": usual,
        "is_usual": lambda: not is_disabled() and current_instrument() is None,
        "Exception": Exception,
    }


def _settings(function: Any, num_args: int) -> dict[int, Any]:
    """The defaults of parameters, by place, that say nothing but their value."""
    defaults = function.__defaults__ or ()
    places = enumerate(defaults, num_args - len(defaults))
    return {place: value for place, value in places if type(value) in SCALAR_TYPES}


def _terms(args: Sequence[str], calls: DirectCalls, defaults: Mapping[int, Any] | None = None) -> GateTerms:
    num_unnamed = calls.function.__code__.co_posonlyargcount
    return GateTerms(args, num_unnamed, defaults or {}, calls.counters, calls.otherwise, calls.closed)


def _dispatch(program: AllTensorProgram, num_args: int, guards: Iterable[Guard], calls: DirectCalls) -> DirectDispatch:
    import jax  # loaded already: the kernel is its own

    guards, staged = needed_guards(guards, calls.function), program.kernel.direct
    args = names_of(calls.function, num_args)
    prefix = free_prefix(args)
    test, names = guard_source(guards, prefix)
    for name, value in {
        **_asked(calls),
        "array_type": type(jax.numpy.zeros(())),
        "jitted": staged.jitted,
        "otherwise": otherwise(calls.otherwise, args),
        "missing": MISSING,
        "missed": MISSED,
        **{f"load{index}": load for index, load in enumerate(program.loads)},
    }.items():
        names[prefix + name] = value
    loaded = [f"?l{i}" for i in range(len(program.loads))]
    tests = [f"?type({arg}) is ?array_type" for arg in args]
    tests += [f"?type({value} := ?load{index}()) is ?array_type" for index, value in enumerate(loaded)]
    made = []
    for other in ("?missed", f"?otherwise({', '.join(args)})"):
        source = _SOURCE.format(
            params=parameters_source(calls.function, args),
            test=" and ".join(tests),
            guards=test,
            values=", ".join([*args, *loaded]),
            otherwise=other,
        )
        exec(compile(source.replace("?", prefix), "<xcs direct call>", "exec"), names)
        cells = {f"{prefix}count": calls.counters.direct}
        made.append(with_cells(names["make"](None), cells, calls.function.__qualname__))
    gate = DirectGate(ArrayKernel(staged.jitted), _terms(args, calls))
    has_gate = not loaded and gate.make(test, names, prefix)
    return DirectDispatch(made[0], made[1], gate if has_gate else None)
