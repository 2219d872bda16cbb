"""Stages a NumPy region for arguments of one kind, or finds that XLA wouldn't give what NumPy gives.

Importing this module imports JAX.
"""

from __future__ import annotations

import importlib
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy

from ..runtime.plan import Call, Literal, Operand, Slot
from .array_access import ArrayAccess
from .array_region import ArrayRegion
from .numpy_xla_table import ANYWHERE, INEXACT_ONLY, METHODS, NAMESPACES
from .structure_calls import STRUCTURE

Step = Callable[[int, Any, list[Any], dict[str, Any]], Any]


class NotTheSame(Exception):
    """A step that XLA wouldn't compute as NumPy does."""


def staged(region: ArrayRegion, arguments: tuple[Any, ...]) -> Callable[..., Any] | None:
    """A function that gives by XLA what the region gives for arguments of this kind; None where there is none."""
    try:
        return _staged(region, arguments)
    except Exception:  # whatever can't be traced is NumPy's
        return None


def _staged(region: ArrayRegion, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    callees = [_counterpart(step) for step in region.steps]
    wanted: list[Any] = []
    with numpy.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = _run(region, arguments, lambda index, callee, args, kwargs: _noted(wanted, callee(*args, **kwargs)))
    if _shares_memory(results, arguments) or not all(map(_is_array, results)):
        raise NotTheSame
    fixed = {index: one for index, one in enumerate(arguments) if type(one) is not float and not _is_array(one)}

    def traced(*values: Any) -> tuple[Any, ...]:
        rest = iter(values)
        whole = tuple(fixed[index] if index in fixed else next(rest) for index in range(len(arguments)))
        return _run(region, whole, lambda index, callee, args, kwargs: _checked(
            callees[index](*args, **kwargs), wanted[index], is_inexact=_name_of(region.steps[index]) in INEXACT_ONLY
        ))  # fmt: skip

    traced.__name__ = region.name
    jitted = jax.jit(traced)
    finish = [_conversion(one) for one in results]
    dynamic = [index for index in range(len(arguments)) if index not in fixed]

    def run(*values: Any) -> Any:
        with jax.enable_x64(True):
            given = jitted(*(values[index] for index in dynamic))
        made = tuple(convert(one) for convert, one in zip(finish, given, strict=True))
        return made if len(made) != 1 else made[0]

    run(*arguments)  # traces: what doesn't fit is found here
    return run


def _run(region: ArrayRegion, arguments: Sequence[Any], perform: Step) -> tuple[Any, ...]:
    """Performs the steps of a region, each by `perform`."""
    slots = dict(zip(region.params, arguments, strict=True))

    def read(operand: Operand) -> Any:
        return slots[operand.index] if isinstance(operand, Slot) else operand.value

    for index, step in enumerate(region.steps):
        positional: list[Any] = []
        for is_star, operand in step.arguments.positional:
            positional.extend(read(operand) if is_star else (read(operand),))
        keyword = {str(name): read(operand) for name, operand in step.arguments.keyword}
        slots[step.results[0]] = perform(index, read(step.callee), positional, keyword)
    return tuple(read(output) for output in region.outputs)


def _counterpart(step: Call) -> Callable[..., Any]:
    """JAX's function for one of NumPy's; the same for operators, methods, and what puts values together."""
    callee = step.callee.value if isinstance(step.callee, Literal) else None
    name = _name_of(step)
    if callee is None:
        raise NotTheSame(name)
    if callee in STRUCTURE:
        return callee
    if isinstance(callee, ArrayAccess):
        if callee.text.startswith(("[", ".shape")) or name in METHODS:
            return callee
        raise NotTheSame(name)
    if name not in ANYWHERE | INEXACT_ONLY:
        raise NotTheSame(name)
    if getattr(operator, name, None) is callee:
        return callee
    module = NAMESPACES.get("numpy" if isinstance(callee, numpy.ufunc) else getattr(callee, "__module__", ""))
    if module is None:
        raise NotTheSame(name)
    return getattr(importlib.import_module(module), name)


def _name_of(step: Call) -> str:
    callee = step.callee.value if isinstance(step.callee, Literal) else None
    name = getattr(callee, "__name__", "")
    return name.removeprefix("array.") if isinstance(callee, ArrayAccess) else name


def _noted(wanted: list[Any], result: Any) -> Any:
    wanted.append(result)
    return result


def _checked(result: Any, wanted: Any, *, is_inexact: bool) -> Any:
    """What a step gives, if it has the dtype and shape that NumPy gives."""
    if _is_array(wanted) != hasattr(result, "dtype"):
        raise NotTheSame
    if _is_array(wanted):
        if (result.dtype, result.shape) != (wanted.dtype, wanted.shape):
            raise NotTheSame
        if is_inexact and not numpy.issubdtype(wanted.dtype, numpy.inexact):
            raise NotTheSame
    return result


def _is_array(value: Any) -> bool:
    return isinstance(value, numpy.ndarray | numpy.generic)


def _shares_memory(results: Sequence[Any], arguments: Sequence[Any]) -> bool:
    """Whether a result is a view of an argument or of another result, which writing to would show."""
    held = [one for one in results if isinstance(one, numpy.ndarray)]
    given = [one for one in arguments if isinstance(one, numpy.ndarray)]
    pairs = [(one, other) for index, one in enumerate(held) for other in (*held[:index], *given)]
    return any(numpy.may_share_memory(one, other) for one, other in pairs)


def _conversion(wanted: Any) -> Callable[[Any], Any]:
    """From an array of JAX's to what NumPy gives: an array of its own that may be written, or a scalar."""
    if isinstance(wanted, numpy.generic):
        return lambda given: numpy.asarray(given)[()]
    is_transposed = wanted.flags.f_contiguous and not wanted.flags.c_contiguous
    return lambda given: numpy.array(given, order="F" if is_transposed else "C")
