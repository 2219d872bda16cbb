"""The tape of a run: which values depend on what is differentiated, and how cotangents flow back to it.

In: what each call was given and gave. Out: gradients. Values are told by identity: arrays and Python's floats are
immutable, so a value that goes through lists, objects, branches and loops is the same object everywhere.

Guarantees: any thread may record; the order of the nodes is one in which every value is made before it is used, because
a call is recorded before its result is handed on. Tracked objects are kept alive, so no two have one identity.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...diagnostics.errors import XCSError
from ...diagnostics.location import UNKNOWN, Location

Cotangent: TypeAlias = Any
"""An array like the value it belongs to, or None for zero."""

Pull: TypeAlias = Callable[[Sequence[Cotangent]], Sequence[Cotangent]]
"""From the cotangents of the outputs of a call to those of its inputs."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """A call that no gradient can pass: its name, and the user's line."""

    name: str
    location: Location

    def error(self) -> XCSError:
        """The mistake of differentiating through it."""
        where = "" if self.location is UNKNOWN else f" at {self.location}"
        return XCSError(
            f"expected no gradient to pass through `{self.name}`{where}: its result depends on what is differentiated, "
            "and it has no derivative; help: declare one, `@xcs.op(vjp=...)`, compute it with `jax.numpy`, or put "
            "`jax.lax.stop_gradient` around its result to count it as constant"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One call: its inputs and outputs as far as they are tracked, and its derivative."""

    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    pull: Pull


class Tape:
    """What one differentiated run records."""

    def __init__(self) -> None:
        self._tracked: dict[int, Any] = {}
        self._barriers: dict[int, Barrier] = {}
        self._nodes: list[Node] = []

    def track(self, value: Any) -> None:
        """Counts a value as depending on what is differentiated."""
        self._tracked[id(value)] = value

    def is_tracked(self, value: Any) -> bool:
        """Whether a value depends on what is differentiated."""
        return id(value) in self._tracked

    def block(self, value: Any, barrier: Barrier) -> None:
        """The same for a value that comes out of a call without a derivative."""
        self._tracked[id(value)] = value
        self._barriers[id(value)] = barrier

    def barrier_among(self, values: Sequence[Any]) -> Barrier | None:
        """The call without a derivative that one of these values comes from, the first if there are several."""
        return next((self._barriers[id(one)] for one in values if id(one) in self._barriers), None)

    def record(self, inputs: Sequence[Any], outputs: Sequence[Any], pull: Pull) -> None:
        """A call with its derivative."""
        self._nodes.append(Node(tuple(inputs), tuple(outputs), pull))
        for output in outputs:
            self._tracked[id(output)] = output

    def gradients(self, loss: Any, wanted: Sequence[Any]) -> list[Cotangent]:
        """The derivatives of a scalar by tracked values; None for those that it doesn't depend on.

        Raises:
            XCSError: a gradient that isn't zero would have to pass a call without a derivative.
        """
        cotangents: dict[int, Any] = {}
        if self.is_tracked(loss):
            self._add(cotangents, loss, _one_like(loss))
        for node in reversed(self._nodes):
            given = [cotangents.pop(id(output), None) for output in node.outputs]
            if all(one is None for one in given):
                continue
            for value, cotangent in zip(node.inputs, node.pull(given), strict=True):
                if cotangent is not None:
                    self._add(cotangents, value, cotangent)
        return [cotangents.get(id(value)) for value in wanted]

    def _add(self, cotangents: dict[int, Any], value: Any, cotangent: Any) -> None:
        barrier = self._barriers.get(id(value))
        if barrier is not None:
            if bool((cotangent != 0).any()):
                raise barrier.error()
            return
        known = cotangents.get(id(value))
        cotangents[id(value)] = cotangent if known is None else known + cotangent


def _one_like(loss: Any) -> Any:
    """The cotangent of a scalar."""
    import jax
    import jax.core

    if not isinstance(loss, jax.Array) or isinstance(loss, jax.core.Tracer) or loss.committed:
        return jax.numpy.ones_like(loss)
    return _one(loss.dtype)


@functools.lru_cache(maxsize=16)
def _one(dtype: Any) -> Any:
    import jax

    return jax.numpy.ones((), dtype)


current_tape: ContextVar[Tape | None] = ContextVar("xcs_tape", default=None)
"""The tape that calls of this context record on."""
