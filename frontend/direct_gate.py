"""Gates: direct calls whose guards are asked before Python makes the call, so that no frame is above the kernel.

In: a program that is one kernel of its arguments. Out: the property that is the `__call__` of a jitted function's
class. Python reads it from the class to find out what to call; it asks the guards, counts, and gives the kernel's
entrance, which takes arguments that JAX knows and hands over all others. A frame above a kernel costs twice, as JAX
notes it for each array; this one has ended by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .own_parameters import with_cells
from .stats import Counters

MAX_FAILURES = 8  # of kernels that have worked before


class NoKernel(Exception):
    """There is no kernel for such arguments, and there won't be one."""


class KernelFinder(Protocol):
    """What knows the kernels of a program.

    Attributes:
        registry: of the trees that arguments are; None for arrays alone.
        num_visits: its one element is set to 0 before each call.
    """

    registry: Any
    num_visits: list[int]

    def find(self, values: tuple[Any, ...]) -> tuple[Sequence[Any], Callable[..., Any]] | None:
        """The arrays in arguments, and what takes them; None where there is nothing so far.

        It gives the result, what JAX needs to make such calls itself, and whether it is to ask again.

        Raises:
            NoKernel: there will be none.
        """
        ...


class ArrayKernel:
    """The one kernel of a program whose arguments are arrays."""

    registry = None

    def __init__(self, jitted: Any) -> None:
        import jax  # loaded already: the kernel is its own

        self.num_visits: list[int] = []
        self._call, self._array = getattr(jitted, "_cache_miss", None), type(jax.numpy.zeros(()))

    def find(self, values: tuple[Any, ...]) -> tuple[Sequence[Any], Callable[..., Any]]:
        """See `KernelFinder.find`."""
        if not all(type(value) is self._array for value in values):
            raise NoKernel
        assert self._call is not None  # where it has none, there is no gate
        return values, self._call


class CallGate(property):
    """The `__call__` of a class whose instances are called by way of a gate."""

    def __call__(self, jitted: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What `type(jitted).__call__(jitted, ...)` means of any object."""
        return jitted(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class GateTerms:
    """What a gate knows of the function.

    Attributes:
        names: of its parameters.
        num_unnamed: how many of these can't be used.
        defaults: by place, those that say nothing but their value.
        counters: where calls are counted.
        otherwise: the general way of a call.
        closed: called when the gate has closed.
    """

    names: Sequence[str]
    num_unnamed: int
    defaults: Mapping[int, Any]
    counters: Counters
    otherwise: Callable[..., Any]
    closed: Callable[[], None]


class DirectGate:
    """The gate of one program.

    Attributes:
        call: the property.
        is_open: there has been a kernel for whatever came. For functions that take now this and now that it would be a
            way about.
    """

    __slots__ = ("_finder", "_num_failures", "_terms", "call", "is_open")

    def __init__(self, finder: KernelFinder, terms: GateTerms) -> None:
        self._finder, self._terms = finder, terms
        self._num_failures = MAX_FAILURES  # until one has worked
        self.call = CallGate()
        self.is_open = True

    def make(self, source: str, names: dict[str, Any], prefix: str) -> bool:
        """Make the property out of the guards' source, a `?` in it being the prefix; False where there is none."""
        from ..lowering.array_entrance import array_entrance

        entrance = array_entrance(self.missed, self._finder.registry)
        if entrance is None:
            return False
        known = {**names, f"{prefix}entrance": entrance, f"{prefix}general": self._terms.otherwise}
        known[f"{prefix}num_visits"] = self._finder.num_visits
        source = _SOURCE.format(guards=source, start="?num_visits[0] = 0" if self._finder.num_visits else "pass")
        exec(compile(source.replace("?", prefix), "<xcs direct call>", "exec"), known)
        cells = {f"{prefix}count": self._terms.counters.direct}
        self.call = CallGate(with_cells(known["make"](None), cells, "__call__"))
        return True

    def missed(self, /, *args: Any, **kwargs: Any) -> tuple[Any, Any, bool]:
        """What JAX asks about arguments it doesn't know: their result, and what it needs to make such calls itself."""
        import jax

        config: Any = jax.config
        order = self._order(len(args), sorted(kwargs))
        if not config.jax_disable_jit:
            given = (*args, *(kwargs[name] for name in sorted(kwargs)))
            try:
                if (found := self._run(given, order)) is not None:
                    return found
            except Exception as error:  # the plan decides what is raised, and how
                self._close_after(error, given)
        self._terms.counters.direct.cell_contents -= 1.0  # the general way counts as well
        return self._terms.otherwise(*args, **kwargs), None, True

    def _run(self, given: tuple[Any, ...], order: list[int] | None) -> tuple[Any, Any, bool] | None:
        """A call whose arguments are given in this order, likewise; None where no kernel takes them so far."""
        if order is None:
            raise NoKernel
        values = {**self._terms.defaults, **dict(zip(order, given, strict=True))}
        if len(values) < len(self._terms.names):
            raise NoKernel
        found = self._finder.find(tuple(values[place] for place in range(len(values))))
        if found is None:
            return None
        arrays, call = found
        result, data, again = call(*arrays)
        self._num_failures = min(self._num_failures, MAX_FAILURES - 1)
        return result, data if order == sorted(order) else None, again

    def _close_after(self, error: Exception, given: tuple[Any, ...]) -> None:
        """Close the gate if calls like this one will come to nothing."""
        import jax
        from jax.core import Tracer

        if any(isinstance(leaf, Tracer) for leaf in jax.tree_util.tree_leaves(given)):
            return
        if not isinstance(error, NoKernel):
            self._num_failures += 1
            if self._num_failures <= MAX_FAILURES:
                return
        self.is_open = False
        self._terms.closed()

    def _order(self, num_args: int, named: Sequence[str]) -> list[int] | None:
        """The places of arguments as they were given; None where they don't fit."""
        if num_args < self._terms.num_unnamed and named:
            return None
        places = {name: place for place, name in enumerate(self._terms.names)}
        order = [*range(num_args), *(places.get(name, 0) for name in named)]
        return order if len({*order}) == len(order) and num_args <= len(places) else None


_SOURCE = """
def make(?count):
    def __call__(?self):
        nonlocal ?count
        try:
            if {guards} and (?usual.holds or ?is_usual()):
                {start}
                ?count += 1.0
                return ?entrance
        except ?Exception:  # a name is gone
            pass
        return ?general
    return __call__
"""
