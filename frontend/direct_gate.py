"""Gates: direct calls whose guards are asked before Python makes the call, so that no frame is above the kernel.

In: a program that is one kernel of its arguments. Out: the property that is the `__call__` of a jitted function's
class. Python reads it from the class to find out what to call; it asks the guards, counts, and gives the kernel's
entrance, which takes JAX arrays and hands over whatever else it is called with. A frame above a kernel costs twice, as
JAX notes it for each array; this one has ended by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .own_parameters import with_cells
from .stats import Counters


class CallGate(property):
    """The `__call__` of a class whose instances are called by way of a gate."""

    def __call__(self, jitted: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What `type(jitted).__call__(jitted, ...)` means of any object."""
        return jitted(*args, **kwargs)


class DirectGate:
    """The gate of one program.

    Attributes:
        call: the property.
        is_open: so far only arrays have come. For functions that take now these and now others it would be a way about.
    """

    __slots__ = ("_closed", "_counters", "_jitted", "_names", "_num_unnamed", "_otherwise", "call", "is_open")

    def __init__(
        self,
        jitted: Any,
        parameters: tuple[Sequence[str], int],
        counters: Counters,
        otherwise: Callable[..., Any],
        closed: Callable[[], None],
    ) -> None:
        """A gate before a `jax.jit` object, without its property.

        Args:
            jitted: takes all arguments by position.
            parameters: their names, and how many of these can't be used.
            counters: where calls are counted.
            otherwise: the general way of a call.
            closed: called when the gate has closed.
        """
        self._jitted, self._counters, self._otherwise, self._closed = jitted, counters, otherwise, closed
        self._names, self._num_unnamed = parameters
        self.call = CallGate()
        self.is_open = True

    def make(self, source: str, names: dict[str, Any], prefix: str) -> bool:
        """Make the property out of the guards' source, a `?` in it being the prefix; False where there is none."""
        from ..lowering.array_entrance import array_entrance

        entrance = array_entrance(self._jitted, self.missed)
        if entrance is None:
            return False
        known = {**names, f"{prefix}entrance": entrance, f"{prefix}general": self._otherwise}
        exec(compile(_SOURCE.format(guards=source).replace("?", prefix), "<xcs direct call>", "exec"), known)
        cells = {f"{prefix}count": self._counters.direct}
        self.call = CallGate(with_cells(known["make"](None), cells, "__call__"))
        return True

    def missed(self, /, *args: Any, **kwargs: Any) -> tuple[Any, Any, bool]:
        """What JAX asks about arguments it doesn't know: their result, and what it needs to make such calls itself."""
        import jax
        from jax.core import Tracer

        config: Any = jax.config
        given = (*args, *(kwargs[name] for name in sorted(kwargs)))
        array = type(jax.numpy.zeros(()))
        is_plain = all(type(value) is array for value in given) and not config.jax_disable_jit
        order = self._order(len(args), sorted(kwargs))
        if is_plain and order is not None:
            try:
                if order == [*range(len(order))]:
                    return self._jitted._cache_miss(*given)
                return self._jitted(*(given[order.index(place)] for place in range(len(order)))), None, False
            except Exception:  # the plan decides what is raised, and how
                pass
        elif not any(isinstance(value, Tracer) for value in given):
            self.is_open = False
            self._closed()
        self._counters.direct.cell_contents -= 1.0  # the general way counts as well
        return self._otherwise(*args, **kwargs), None, False

    def _order(self, num_args: int, named: Sequence[str]) -> list[int] | None:
        """The places of arguments as they were given; None where they don't fit."""
        if num_args < self._num_unnamed and named:
            return None
        places = {name: place for place, name in enumerate(self._names)}
        order = [*range(num_args), *(places.get(name, 0) for name in named)]
        return order if sorted(order) == [*range(len(self._names))] else None


_SOURCE = """
def make(?count):
    def __call__(?self):
        nonlocal ?count
        try:
            if {guards} and (?usual.holds or ?is_usual()):
                ?count += 1.0
                return ?entrance
        except ?Exception:  # a name is gone
            pass
        return ?general
    return __call__
"""
