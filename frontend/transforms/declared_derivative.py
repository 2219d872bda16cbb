"""Calls with a derivative that their declaration states: `@xcs.op(vjp=...)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...diagnostics.errors import XCSError
from .batch import is_array
from .cotangents import filled, shape_of
from .reach import is_number
from .tape import Barrier, Cotangent, Tape
from .value_tree import leaves_of, mapped_leaves


def record_declared(
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
        cotangents = iter(filled(given, [jax.numpy.asarray(one) for one in outputs]))
        of_result = mapped_leaves(result, lambda one: next(cotangents) if is_number(one) else None)
        found = vjp(of_result, result, *args, **kwargs)
        return _cotangents_of(found, args, tape, barrier)

    tape.record(inputs, outputs, pull)
    return result


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
    if cotangent.shape != shape_of(value):
        raise XCSError(
            f"expected the derivative of `{barrier.name}` to give a cotangent of shape `{shape_of(value)}`, "
            f"found `{cotangent.shape}`"
        )
    return cotangent
