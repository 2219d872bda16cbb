"""A staged region for arguments of given types, with a ladder for those that must be known when tracing.

Shapes, axes, strings and flags that arrive as data can't be traced. The first trace that fails moves this kind of
arguments (by the shapes and dtypes of the arrays) one rung up: first integers, then all numbers are made part of the
trace, for up to eight combinations; the last rung performs the calls one by one, which gives JAX's own results and
errors. A failure that plain execution shares leaves no mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .literal_key import literal_key
from .staged_function import NotStageable, StagedFunction

MAX_VALUES = 8  # combinations of values compiled for one set of argument types; each costs a trace and an XLA compile
MAX_KINDS = 1024  # kinds of arguments remembered after a failed trace; beyond that they are learnt anew

_ARRAY_LIKE_SCALARS = frozenset({bool, int, float, complex})


class SpecialisedRegion:
    """Runs one region for arguments of given types; callable from any thread (a race costs a second trace).

    Args:
        name: the name of the JAX function.
        eager: performs the region call by call.
        dynamic: the region staged with every argument traced.
        types: the exact types of the arguments.
        traceable: for each argument whether JAX can trace it at all.

    Attributes:
        dynamic, jitted: the region with every argument traced, and its bare `jax.jit` object.
        is_plain: every call so far was one of `jitted`.
    """

    def __init__(
        self,
        name: str,
        eager: Callable[..., Any],
        dynamic: StagedFunction,
        types: Sequence[type],
        traceable: Sequence[bool],
    ) -> None:
        self._name, self._eager = name, eager
        self.dynamic, self.jitted = dynamic, dynamic.jitted
        self._rungs = _rungs(types, traceable)
        self.is_plain = not self._rungs[0]
        self._learnt: dict[object, int] = {}  # kind of arguments to its rung; one past the last rung: call by call
        self._staged: dict[object, StagedFunction] = {}  # (rung, values) to the function staged with them
        self._num_staged = [0] * len(self._rungs)

    def __call__(self, *arguments: Any) -> Any:
        """What the region gives for arguments of the types this was made for."""
        if self.is_plain:
            try:
                return self.dynamic(*arguments)
            except Exception:  # what plain execution does decides
                pass
            return self._climb(arguments, 1)
        return self._climb(arguments, self._learnt.get(self._kind(arguments), 0))

    def _climb(self, arguments: tuple[Any, ...], first_rung: int) -> Any:
        for rung in range(first_rung, len(self._rungs)):
            try:
                result = self._run(rung, arguments)
            except Exception:  # the next rung, at last plain execution, decides
                continue
            if rung != first_rung or rung > 0:
                self._learn(arguments, rung)
            return result
        result = self._eager(*arguments)
        self._learn(arguments, len(self._rungs))
        return result

    def _learn(self, arguments: tuple[Any, ...], rung: int) -> None:
        if len(self._learnt) >= MAX_KINDS:
            self._learnt.clear()
        self.is_plain = False
        self._learnt[self._kind(arguments)] = rung

    def _kind(self, arguments: tuple[Any, ...]) -> object:
        """What decides how arguments of these types are run: the shapes and dtypes of the arrays."""
        return tuple(map(_shape_and_dtype, arguments))

    def _run(self, rung: int, arguments: tuple[Any, ...]) -> Any:
        statics = self._rungs[rung]
        if not statics:
            return self.dynamic(*arguments)
        values = literal_key(tuple(arguments[index] for index in statics))
        if values is None:
            raise NotStageable("an argument that is neither an array nor a literal")
        staged = self._staged.get((rung, values)) or self._specialise(rung, values, arguments)
        return staged(*(argument for index, argument in enumerate(arguments) if index not in statics))

    def _specialise(self, rung: int, values: object, arguments: tuple[Any, ...]) -> StagedFunction:
        if self._num_staged[rung] >= MAX_VALUES:
            raise NotStageable("more values than are worth compiling")
        statics = self._rungs[rung]
        eager, fixed = self._eager, {index: arguments[index] for index in statics}

        def with_values(*traced: Any) -> Any:
            rest = iter(traced)
            return eager(*(fixed[index] if index in fixed else next(rest) for index in range(len(arguments))))

        self._num_staged[rung] += 1
        return self._staged.setdefault((rung, values), StagedFunction(with_values, self._name))


def _shape_and_dtype(argument: Any) -> object:
    """The aval of an array; None for anything else."""
    if isinstance(argument, type) or not hasattr(argument, "dtype") or not hasattr(argument, "shape"):
        return None
    return argument.shape, argument.dtype, getattr(argument, "weak_type", False)


def _rungs(types: Sequence[type], traceable: Sequence[bool]) -> list[frozenset[int]]:
    """Which arguments are made part of the trace, rung by rung; every rung has more of them than the one before."""
    opaque = frozenset(index for index, flag in enumerate(traceable) if not flag)
    integers = opaque | {index for index, cls in enumerate(types) if cls is int or cls is bool}
    numbers = integers | {index for index, cls in enumerate(types) if cls in _ARRAY_LIKE_SCALARS}
    return sorted({opaque, integers, numbers}, key=len)
