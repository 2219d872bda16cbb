"""Calls that record themselves on the tape of the run they are part of.

In: a callee of a plan. Out: a callable that gives what it gives, called once, and records its derivative: that of array
code by JAX, a declared one, or none, which is a barrier for gradients.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any

from ...diagnostics.effect import Behaviour, Effect
from ...diagnostics.errors import XCSError
from ...diagnostics.location import UNKNOWN, Location
from ...lowering.host_split import MixedCall, split_host
from ...lowering.kernel import Kernel, NativeKernel
from ...lowering.vectorized_map import VectorizedKernel
from ...runtime.plan import Literal
from .array_program import is_all_jax, is_transparent
from .batch import is_array
from .reach import ITERATORS, Reach, is_number, reach
from .tape import Barrier, Cotangent, Pull, Tape, current_tape
from .transformed import Transformed, name_of

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
        barrier = tape.barrier_among(found.direct) or Barrier(_shown(target), self._location)
        fresh = [one for one in leaves_of(result) if is_number(one) and id(one) not in found.numbers]
        vjp = getattr(target, "__xcs_vjp__", None)
        if fresh and vjp is not None:
            return _record_declared(tape, vjp, barrier, args, kwargs, result)
        is_plain = is_transparent(target) and all(map(_is_immutable, leaves_of([args, kwargs])))
        is_pure = is_plain or _may_run_again(target, behaviour)
        if isinstance(target, Transformed):
            code = target.array_code(args, kwargs)
            is_pure, target = (True, code.call) if code is not None else (False, target)
        if fresh and not (is_pure and not found.is_hidden and _record_pure(tape, target, args, kwargs, result, found)):
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


def _shown(target: Any) -> str:
    """How messages call a callee: as the user wrote it."""
    segment = getattr(target, "__xcs_segment__", None)
    if segment is not None:
        return segment.name.splitlines()[0]
    region = target.parts.whole if isinstance(target, VectorizedKernel) else getattr(target, "region", None)
    if region is not None:
        steps = [step.callee.value for step in region.steps if isinstance(step.callee, Literal)]
        return ", ".join(dict.fromkeys(name_of(step) for step in steps))
    return name_of(target)


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


class TapedKernel:
    """One call site of an array region of JAX."""

    def __init__(self, kernel: Kernel, location: Location) -> None:
        self.target = kernel
        self._location = location
        self._forwards: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._is_all_staged: dict[tuple[type, ...], bool] = {}

    def __call__(self, /, *args: Any) -> Any:
        """What the kernel gives."""
        tape = current_tape.get()
        if tape is None:
            return self.target(*args)
        active = tuple(index for index, value in enumerate(args) if tape.is_tracked(value))
        if all(map(_is_leaf, args)):
            if not active:
                return self.target(*args)
            if self._is_staged(args):
                try:
                    return self._forward(tape, args, active)
                except Exception:  # what the kernel itself does decides
                    pass
        found = reach(tape, (list(args),))
        return self._by_parts(tape, args, found) if found.is_tracked else self.target(*args)

    def _is_staged(self, args: tuple[Any, ...]) -> bool:
        """Whether no part of the region is Python's to do for such arguments, and all of them can be traced."""
        classes = tuple(map(type, args))
        known = self._is_all_staged.get(classes)
        if known is None:
            from ...lowering.staged_region import is_array_function

            on_host = [not is_array(value) or type(value).__module__ == "numpy" for value in args]
            try:
                known = split_host(self.target.region, on_host, is_array_function) is None
            except MixedCall:
                known = False
            self._is_all_staged[classes] = known
        return known

    def _forward(self, tape: Tape, args: tuple[Any, ...], active: tuple[int, ...]) -> Any:
        forward = self._forwards.get(active) or self._forwards.setdefault(active, self._make_forward(active))
        inputs = [args[index] for index in active]
        outputs, pull_arrays = forward(*args)
        tape.record(inputs, outputs, lambda given: _pull(pull_arrays, _filled(given, outputs)))
        return outputs if len(self.target.region.outputs) != 1 else outputs[0]

    def _make_forward(self, active: tuple[int, ...]) -> Callable[..., Any]:
        import jax

        function = self.target.region.function(as_tuple=True)

        def forward(*args: Any) -> Any:
            def of_active(*values: Any) -> Any:
                whole = list(args)
                for index, value in zip(active, values, strict=True):
                    whole[index] = value
                outputs = function(*whole)
                if not all(isinstance(one, jax.Array) for one in outputs):
                    raise TypeError("a result that is no array")
                return outputs

            return jax.vjp(of_active, *(args[index] for index in active))

        return jax.jit(forward)

    def _by_parts(self, tape: Tape, args: tuple[Any, ...], found: Reach) -> Any:
        """The kernel as it is, and its derivative from running it once more, on tracers."""
        result = self.target(*args)
        fresh = [one for one in leaves_of(result) if is_number(one) and id(one) not in found.numbers]
        eager = self.target.region.function()
        if fresh and (found.is_hidden or not _record_pure(tape, eager, args, {}, result, found)):
            for one in fresh:
                tape.block(one, tape.barrier_among(found.direct) or Barrier(_shown(self.target), self._location))
        return result


_SCALARS = frozenset({bool, int, float, complex, str, type(None)})


def _is_leaf(value: Any) -> bool:
    """Whether a value holds no other one."""
    return type(value) in _SCALARS or is_array(value)


def _is_immutable(value: Any) -> bool:
    """Whether a value is a number, a text or an array of JAX."""
    return _is_leaf(value) and type(value).__module__ != "numpy"


def rows(value: Any) -> Any:
    """What iterating a value goes through: of a tracked array its rows, themselves tracked."""
    tape = current_tape.get()
    if tape is None or not tape.is_tracked(value) or not is_array(value) or value.ndim == 0:
        return value
    parts = tuple(value)
    if not _record_pure(tape, tuple, (value,), {}, parts, Reach(direct=[value])):
        for part in parts:
            tape.block(part, Barrier("iter", UNKNOWN))
    return parts


def leaves_of(value: Any) -> list[Any]:
    """What lists, tuples and dicts hold, in order."""
    if type(value) in (list, tuple):
        return [leaf for one in value for leaf in leaves_of(one)]
    if type(value) is dict:
        return [leaf for one in value.values() for leaf in leaves_of(one)]
    return [value]


def replaced(value: Any, others: dict[int, Any]) -> Any:
    """A value with others in place of some of the objects in it."""
    if id(value) in others:
        return others[id(value)]
    if type(value) in (list, tuple):
        return type(value)([replaced(one, others) for one in value])
    if type(value) is dict:
        return {key: replaced(one, others) for key, one in value.items()}
    return value


def _record_pure(
    tape: Tape, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any, found: Reach
) -> bool:
    """Records the derivative of a function without effect, by running it on tracers; gives False if it has none."""
    import jax
    import jax.core
    from jax.extend.core import jaxpr_as_fun

    if function is float:
        return _record_float(tape, args, result)
    leaves = leaves_of(result)
    wanted = [i for i, one in enumerate(leaves) if is_number(one) and id(one) not in found.numbers]
    inputs = [one for one in found.direct if _is_real(one)]
    if len(inputs) != len(found.direct):
        return False

    def of_inputs(*values: Any) -> Any:
        others = {id(one): value for one, value in zip(inputs, values, strict=True)}
        again = leaves_of(function(*replaced(args, others), **replaced(kwargs, others)))
        if len(again) != len(leaves) or not all(isinstance(again[i], jax.core.Tracer) for i in wanted):
            raise TypeError("a result that isn't computed by JAX")
        return tuple(again[i] for i in wanted)

    try:
        traced = jax.make_jaxpr(of_inputs)(*inputs)  # abstract: a value that is asked for is an error
        outputs, pull_arrays = jax.vjp(lambda *values: tuple(jaxpr_as_fun(traced)(*values)), *inputs)
    except Exception:  # not of a kind that JAX can differentiate
        return False
    made = [leaves[i] for i in wanted]
    if any(_shape(one) != output.shape for one, output in zip(made, outputs, strict=True)):
        return False
    tape.record(inputs, made, lambda given: pull_arrays(_filled(given, outputs)))
    return True


def _record_float(tape: Tape, args: tuple[Any, ...], result: float) -> bool:
    """`float(array)` is the identity, but for the shape."""
    if len(args) != 1 or not tape.is_tracked(args[0]):
        return False
    shape = _shape(args[0])
    tape.record(args, [result], lambda given: [None if one is None else one.reshape(shape) for one in given])
    return True


def _record_declared(
    tape: Tape, vjp: Any, barrier: Barrier, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    """Records a call with a declared derivative; gives its result, in objects of its own."""
    import jax

    if is_array(result):
        result = jax.numpy.array(result, copy=True)
    outputs = [one for one in leaves_of(result) if is_number(one)]
    if any(tape.is_tracked(one) for one in outputs) or len(set(map(id, outputs))) != len(outputs):
        for one in outputs:
            tape.block(one, barrier)
        return result
    inputs = [one for one in leaves_of(args) if tape.is_tracked(one)]

    def pull(given: Sequence[Cotangent]) -> Sequence[Cotangent]:
        cotangents = iter(_filled(given, [jax.numpy.asarray(one) for one in outputs]))
        of_result = mapped_leaves(result, lambda one: next(cotangents) if is_number(one) else None)
        found = vjp(of_result, result, *args, **kwargs)
        return _cotangents_of(found, args, tape, barrier)

    tape.record(inputs, outputs, pull)
    return result


def mapped_leaves(value: Any, function: Callable[[Any], Any]) -> Any:
    """A structure of lists, tuples and dicts with a function applied to its leaves."""
    if type(value) in (list, tuple):
        return type(value)([mapped_leaves(one, function) for one in value])
    if type(value) is dict:
        return {key: mapped_leaves(one, function) for key, one in value.items()}
    return function(value)


def _cotangents_of(found: Any, args: tuple[Any, ...], tape: Tape, barrier: Barrier) -> list[Cotangent]:
    """What a declared derivative gives, for each tracked leaf of the arguments."""
    import jax.numpy as jnp

    if len(args) == 1 and type(found) is not tuple:
        found = (found,)
    if type(found) is not tuple or len(found) != len(args):
        raise XCSError(
            f"expected the derivative of `{barrier.name}` to give a tuple with a cotangent for each of "
            f"{len(args)} arguments, found `{found!r}`"
        )
    cotangents: list[Cotangent] = []
    for arg, cotangent in zip(args, found, strict=True):
        parts = leaves_of(arg)
        given = [None] * len(parts) if cotangent is None else leaves_of(cotangent)
        if len(given) != len(parts):
            raise XCSError(
                f"expected the derivative of `{barrier.name}` to give a cotangent with an argument's structure"
            )
        for part, one in zip(parts, given, strict=True):
            if tape.is_tracked(part):
                cotangents.append(None if one is None else _fitting(jnp.asarray(one), part, barrier))
    return cotangents


def _fitting(cotangent: Any, value: Any, barrier: Barrier) -> Any:
    if cotangent.shape != _shape(value):
        raise XCSError(
            f"expected the derivative of `{barrier.name}` to give a cotangent of shape `{_shape(value)}`, "
            f"found `{cotangent.shape}`"
        )
    return cotangent


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def _is_real(value: Any) -> bool:
    import jax

    return isinstance(value, float) or (
        isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, jax.numpy.floating)
    )


def _filled(given: Sequence[Cotangent], outputs: Sequence[Any]) -> tuple[Any, ...]:
    """Cotangents of the types that JAX asks for: zeros where there is none."""
    import jax
    import numpy

    filled = []
    for cotangent, output in zip(given, outputs, strict=True):
        if not jax.numpy.issubdtype(output.dtype, jax.numpy.inexact):
            filled.append(numpy.zeros(output.shape, jax.dtypes.float0))
        elif cotangent is None:
            filled.append(jax.numpy.zeros(output.shape, output.dtype))
        else:
            filled.append(jax.numpy.asarray(cotangent, output.dtype))
    return tuple(filled)


@functools.cache
def _jitted_pull() -> Callable[..., Any]:
    import jax

    return jax.jit(lambda pull, cotangents: pull(cotangents))


def _pull(pull: Pull, cotangents: tuple[Any, ...]) -> Sequence[Cotangent]:
    if any(type(one).__module__ == "numpy" for one in cotangents):
        return pull(cotangents)  # `float0` is no argument for `jax.jit`
    return _jitted_pull()(pull, cotangents)
