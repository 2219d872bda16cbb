"""`xcs.scan`: a loop that carries a state and gives an output for each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...diagnostics.errors import XCSError
from .array_program import array_code, checked_arrays, has_tracer
from .batch import Batch, batch_of, is_array
from .stacking import stack
from .step_loop import step_loop


def scan(
    function: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Carry a state through a loop, as `jax.lax.scan` does, with external calls allowed in the body.

    Where the body is array code and everything is arrays, this is `jax.lax.scan`. Elsewhere the steps are iterations of
    one compiled loop: calls that don't depend on the carried value overlap.

    Args:
        function: `(carry, x) -> (carry, y)`.
        init: the first carry.
        xs: what is scanned: of an array `f32[length, ...]` each step gets a part `f32[...]`, of a list or tuple one
            item; of dicts, named tuples, modules and other pytrees the parts. None: each step gets None.
        length: the number of steps, needed where `xs` is None.
        reverse: go from the last element to the first; the outputs are in the order of the elements all the same.

    Returns:
        The last carry, and the outputs: their structure with arrays of one shape and dtype stacked along axis 0, and a
        list of whatever else they are; None if all are None, `[]` for no elements, if they aren't arrays.

    Raises:
        XCSError: sizes differ, there is neither `xs` nor `length`, or a step doesn't give a pair.
    """
    if not callable(function):
        raise XCSError(f"expected a function to scan with, found `{function!r}`")
    if xs is None and length is None:
        raise XCSError("expected `xs` to scan over, or `length`, found neither")
    batch = batch_of([("`xs`", xs, 0)], length)
    by_jax = _by_jax(function, init, batch, reverse)
    if by_jax is not None:
        return by_jax
    elements = [batch.element(index)[0] for index in range(batch.size)]
    carry, outputs = step_loop(function)(init, elements[::-1] if reverse else elements)
    return carry, stack(outputs[::-1] if reverse else outputs, 0, drops_none=True)


def _by_jax(function: Callable[..., Any], init: Any, batch: Batch, reverse: bool) -> Any:
    """The result by `jax.lax.scan`; None where the body isn't array code, or not of a kind that it can take."""
    leaves = [leaf.value for leaf in batch.leaves]
    is_traced = has_tracer([init, *leaves])
    if not batch.is_all_arrays or not (is_traced or is_array_state(init)):
        return None
    if is_traced:
        call: Callable[..., Any] = function
    else:
        code = array_code(function, (init, batch.element(0)[0]), {}) if batch.size else None
        if code is None:
            return None
        call = code.call
    import jax

    def step(carry: Any, parts: Any) -> Any:
        result = call(carry, batch.build(iter(parts))[0])
        if not isinstance(result, tuple) or len(result) != 2:
            raise XCSError(f"expected a step to give a carry and an output, found `{type(result).__qualname__}`")
        return result if is_traced or result[1] is None else (result[0], checked_arrays(result[1]))

    moved = [jax.numpy.moveaxis(leaf.value, leaf.axis or 0, 0) for leaf in batch.leaves]
    try:
        return jax.lax.scan(step, init, moved, batch.size, reverse)
    except Exception:
        if is_traced:
            raise  # what JAX can't trace is its own error
        return None  # the body has no effect: running it step by step decides


def is_array_state(value: Any) -> bool:
    """Whether a carry is arrays, in tuples, dicts and registered classes."""
    if is_array(value):
        return True
    if isinstance(value, (bool, int, float, complex, str, list)) or value is None:
        return False
    import jax

    parts = jax.tree_util.tree_leaves(value, is_leaf=lambda one: one is not value)
    return bool(parts) and parts[0] is not value and all(map(is_array_state, parts))
