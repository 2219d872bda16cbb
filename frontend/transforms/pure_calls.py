"""The derivative of a call without effect, by running it once more, on JAX's tracers."""

from __future__ import annotations

from typing import Any

from ...diagnostics.location import UNKNOWN
from .batch import is_array
from .cotangents import filled, is_real, shape_of
from .reach import Reach, is_number
from .tape import Barrier, Tape, current_tape
from .value_tree import leaves_of, replaced


def record_pure(
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
    inputs = [one for one in found.direct if is_real(one)]
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
    outputs = [jax.numpy.asarray(one) for one in outputs]  # JAX gives Python's numbers where a result is one
    made = [leaves[i] for i in wanted]
    if any(shape_of(one) != output.shape for one, output in zip(made, outputs, strict=True)):
        return False
    tape.record(inputs, made, lambda given: pull_arrays(filled(given, outputs)))
    return True


def _record_float(tape: Tape, args: tuple[Any, ...], result: float) -> bool:
    """`float(array)` is the identity, but for the shape."""
    if len(args) != 1 or not tape.is_tracked(args[0]):
        return False
    shape = shape_of(args[0])
    tape.record(args, [result], lambda given: [None if one is None else one.reshape(shape) for one in given])
    return True


def rows(value: Any) -> Any:
    """What iterating a value goes through: of a tracked array its rows, themselves tracked."""
    tape = current_tape.get()
    if tape is None or not tape.is_tracked(value) or not is_array(value) or value.ndim == 0:
        return value
    parts = tuple(value)
    if not record_pure(tape, tuple, (value,), {}, parts, Reach(direct=[value])):
        for part in parts:
            tape.block(part, Barrier("iter", UNKNOWN))
    return parts
