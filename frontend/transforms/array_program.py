"""Whether a function is nothing but array code for given arguments, and running it on JAX's tracers if it is.

In: a function and arguments of one element. Out: an `ArrayCode` that JAX's own transforms can be applied to.

Assumes: nothing. Ensures: finding out runs no code of the user's; a program that is array code makes no external
call and has no effect, so that running it while JAX traces, and again after JAX has refused, is the
same as running it once.
"""

from __future__ import annotations

import dis
import functools
import operator
import sys
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any

from ...diagnostics.effect import Effect
from ...lowering.kernel import Kernel, NativeKernel
from ...lowering.structure_calls import STRUCTURE, Unpacking, make_list
from ...lowering.vectorized_map import VectorizedKernel
from ...runtime.executor import SequentialExecutor
from ...runtime.plan import Block, Call, Instruction, Invoke, Literal, Plan
from ..async_wrapped import AsyncWrapped
from ..jit import jit
from ..variant import Variant
from ..wrapped import Wrapped
from .batch import is_array
from .transformed import Transformed

MAX_PLANS = 256  # plans whose kind is remembered

_wrapped: weakref.WeakKeyDictionary[types.FunctionType, Wrapped] = weakref.WeakKeyDictionary()
_kinds: OrderedDict[int, tuple[Plan, bool, bool]] = OrderedDict()


class NotArrays(Exception):
    """A result that isn't made of arrays, so JAX's transform would not give what the elements give one by one."""


@dataclass(frozen=True, slots=True)
class ArrayCode:
    """A function that is array code.

    Attributes:
        call: runs it on arrays or on JAX's tracers.
        token: equal for the same code; None if something is loaded when it runs, so that what JAX compiles of it
            may not be used again.
    """

    call: Callable[..., Any]
    token: Any


@dataclass(frozen=True, slots=True)
class BoundProgram:
    """A jitted function with arguments, and what it is run by for them.

    Attributes:
        wrapped: the function.
        fixed, named: what was bound before, to positions and names.
        values: a value for each parameter.
        variant: the program, or plain Python.
    """

    wrapped: Wrapped
    fixed: tuple[Any, ...]
    named: dict[str, Any]
    values: tuple[Any, ...]
    variant: Variant

    def array_code(self) -> ArrayCode | None:
        """The program as array code; None where it calls out, has effects or computes otherwise."""
        wrapped, fixed, named, variant = self.wrapped, self.fixed, self.named, self.variant
        if variant.compiled is None:
            return None
        plan = variant.compiled.plan
        is_pure, is_closed = _kind_of(plan)
        if not is_pure:
            return None

        def call(*args: Any, **kwargs: Any) -> Any:
            values = wrapped._xcs_programs.parameters.bind((*fixed, *args), {**named, **kwargs})
            return SequentialExecutor().run(plan, tuple(values[index] for index in variant.passed)).unwrap()[0]

        return ArrayCode(call, variant.compiled if is_closed and not fixed and not named else None)


def bound_program(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> BoundProgram | None:
    """What a function is run by for such arguments; None for one that can't be jitted.

    Raises:
        TypeError: the arguments don't fit, with Python's own message.
    """
    bound = bind_wrapped(function)
    if bound is None:
        return None
    wrapped, fixed, named = bound
    values = wrapped._xcs_programs.parameters.bind((*fixed, *args), {**named, **kwargs})
    return BoundProgram(wrapped, fixed, named, values, wrapped._xcs_programs.of(values))


def array_code(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> ArrayCode | None:
    """A function as array code for such arguments; None where it calls out, has effects or computes otherwise."""
    if isinstance(function, Transformed):
        return function.array_code(args, kwargs)
    try:
        program = bound_program(function, args, kwargs)
    except TypeError:
        return None
    return None if program is None else program.array_code()


def bind_wrapped(function: Any) -> tuple[Wrapped, tuple[Any, ...], dict[str, Any]] | None:
    """The jitted function behind a callable, with the arguments that are bound already; None if there is none."""
    fixed: tuple[Any, ...] = ()
    named: dict[str, Any] = {}
    while True:
        if type(function) is functools.partial:
            fixed, named = (*function.args, *fixed), {**function.keywords, **named}
            function = function.func
        elif isinstance(function, types.MethodType):
            function, fixed = function.__func__, (function.__self__, *fixed)
        elif isinstance(function, Wrapped):
            return None if isinstance(function, AsyncWrapped) else (function, fixed, named)
        elif isinstance(function, types.FunctionType):
            function = _wrapped_of(function)
            if not isinstance(function, Wrapped):
                return None
        else:
            method = None if isinstance(function, (type, Transformed)) else jit(function)
            if not isinstance(method, types.MethodType):
                return None
            function = method


def _wrapped_of(function: types.FunctionType) -> Any:
    wrapped = _wrapped.get(function)
    if wrapped is None:
        wrapped = jit(function)
        if isinstance(wrapped, Wrapped):
            _wrapped[function] = wrapped
    return wrapped


def jax_jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.jit`, imported here."""
    import jax

    return jax.jit(function)


def has_tracer(values: Iterable[Any]) -> bool:
    """Whether JAX traces: one of these stands for an array."""
    jax = sys.modules.get("jax")
    if jax is None:
        return False
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree_util.tree_leaves(list(values)))


def checked_arrays(result: Any) -> Any:
    """The result of a program, if it is arrays in tuples, dicts and registered classes.

    Raises:
        NotArrays: it holds something else, or a list.
    """
    if not _is_made_of_arrays(result):
        raise NotArrays
    return result


def _is_made_of_arrays(result: Any) -> bool:
    import jax

    if is_array(result):
        return isinstance(result, jax.Array)
    if type(result) is list:
        return False
    parts = jax.tree_util.tree_leaves(result, is_leaf=lambda one: one is not result)
    is_leaf = len(parts) == 1 and parts[0] is result
    return bool(parts) and not is_leaf and all(map(_is_made_of_arrays, parts))


def _kind_of(plan: Plan) -> tuple[bool, bool]:
    """Whether a plan is array code, and whether it loads nothing when it runs."""
    known = _kinds.get(id(plan))
    if known is None:
        calls = list(_calls(plan))
        kernels = [call for call in calls if _is_kernel(call)]
        is_pure = bool(kernels) and all(map(_is_pure, calls)) and not plan.is_async
        is_closed = all(_is_kernel(call) or _is_structure(call) for call in calls)
        known = _kinds[id(plan)] = plan, is_pure, is_closed
        while len(_kinds) > MAX_PLANS:
            _kinds.popitem(last=False)
    return known[1:]


def _calls(plan: Plan) -> Iterable[Call]:
    """Every call of the functions that the entry reaches."""
    pending, seen = [plan.functions[plan.entry]], {plan.entry}
    while pending:
        for instruction in pending.pop().instructions:
            if isinstance(instruction, Call):
                yield instruction
            elif isinstance(instruction, Invoke) and instruction.symbol not in seen:
                seen.add(instruction.symbol)
                pending.append(plan.functions[instruction.symbol])
            pending.extend(_blocks_of(instruction))


def _blocks_of(instruction: Instruction) -> list[Block]:
    held = [getattr(instruction, field.name) for field in fields(instruction)]
    return [one for one in held if isinstance(one, Block)]


def _callee(call: Call) -> Any:
    return call.callee.value if isinstance(call.callee, Literal) else None


def _is_kernel(call: Call) -> bool:
    callee = _callee(call)
    return isinstance(callee, Kernel) or (isinstance(callee, VectorizedKernel) and is_all_jax(callee))


def is_all_jax(kernel: VectorizedKernel) -> bool:
    """Whether a vectorised map is nothing but JAX's code."""
    return kernel.parts.kind == "jax" and kernel.parts.before is None and kernel.parts.tail is None


def _is_structure(call: Call) -> bool:
    callee = _callee(call)
    return any(callee is function for function in STRUCTURE) or isinstance(callee, itemgetter)


def _is_pure(call: Call) -> bool:
    """Whether a call gives the same on JAX's tracers as on arrays, or raises."""
    callee = _callee(call)
    if isinstance(callee, NativeKernel) or call.behaviour.effect is not Effect.PURE or call.behaviour.external:
        return False
    return _is_kernel(call) or _is_structure(call) or is_transparent(callee)


def is_exposed(plan: Plan) -> bool:
    """Whether every call of a plan is array code, plain structure or a leaf of its own: nothing hides in another."""
    return all(
        _is_kernel(call)
        or _is_structure(call)
        or isinstance(_callee(call), NativeKernel)
        or hasattr(_callee(call), "__xcs_leaf__")
        or is_transparent(_callee(call))
        for call in _calls(plan)
    )


def is_transparent(callee: Any) -> bool:
    """Whether a function can't tell a tracer from an array but by an error: it makes no text of it."""
    if isinstance(callee, types.FunctionType):
        if "__xcs_segment__" in vars(callee):
            return not any(one.opname.startswith(_TELLING) for one in dis.get_instructions(callee))
        return callee.__module__ == make_list.__module__
    return isinstance(callee, Unpacking) or any(callee is one for one in _TRANSPARENT)


_TELLING = ("CALL", "FORMAT", "BUILD_STRING", "MAKE_FUNCTION")  # opcodes
_NAMES = frozenset(operator.__all__) - {"mod", "imod", "call", "methodcaller"}  # `%` of a text writes what it is given
_OPERATORS = tuple(getattr(operator, name) for name in sorted(_NAMES))
_TRANSPARENT = (
    *_OPERATORS,
    *(abs, all, any, bool, dict, enumerate, getattr, isinstance, len, list, max, min, range, reversed, sum, tuple, zip),
)
