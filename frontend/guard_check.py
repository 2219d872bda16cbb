"""Guards as one expression: what a program relies on, checked by straight-line code before each direct call."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from typing import Any

from .effects.outside_types import ContentGuard
from .effects.scope import CellView, FunctionView
from .effects.summary import Guard
from .function_slot import slot_of


def guard_source(guards: Iterable[Guard], prefix: str) -> tuple[str, dict[str, Any]]:
    """An expression that says whether all guards hold, and the names it uses.

    An object that is gone makes the expression raise, as it would the program. An item of a dict costs 20 ns, an
    attribute of a module with a `__getattr__`, as `jax.numpy` has one, 50.

    Args:
        guards: what the program relies on.
        prefix: what all names start with, so that they are not others that are known where the expression stands.
    """
    names: dict[str, Any] = {f"{prefix}type": type}
    tests = [_test(guard, f"{prefix}{index}_", names) for index, guard in enumerate(guards)]
    names[f"{prefix}absent"] = Guard
    return " and ".join(tests).replace("?", prefix) or "True", names


def _test(guard: Guard, prefix: str, names: dict[str, Any]) -> str:
    """The source of one test; what it needs goes into `names`. A `?` stands for the prefix of all names."""
    space, value, place = guard.namespace, f"{prefix}value", f"{prefix}place"
    if isinstance(guard, ContentGuard):
        names[place] = guard.holds
        return f"{place}()"
    names[value] = guard.value
    is_name = guard.name.isidentifier() and not keyword.iskeyword(guard.name) and guard.value is not Guard
    if type(space) is dict and is_name:
        names[place] = space
        current = f"{place}[{guard.name!r}]"
    elif type(space) is dict:
        names[place], names[f"{prefix}name"] = (space.get if guard.value is Guard else space), guard.name
        current = f"{place}({prefix}name, ?absent)" if guard.value is Guard else f"{place}[{prefix}name]"
    elif isinstance(space, FunctionView) and is_name:
        slot = slot_of(space.of, guard.name, guard.value)
        names[place] = space.of if slot is None else slot
        current = f"{place}.{guard.name if slot is None else 'value'}"
    elif isinstance(space, CellView):
        names[place] = space.get
        current = f"{place}('', ?absent)"
    else:
        names[place] = guard.holds
        return f"{place}()"
    return f"?type({current}) is {value}" if guard.by_type else f"{current} is {value}"


MANY = 64  # times that guards are asked before they are compiled, which takes as long as asking them 300 times


class GuardCheck:
    """Whether facts that a program relies on are still true; asked before each run, at 70 ns for each, later at 30.

    Attributes:
        is_compiled: they were asked often.
    """

    __slots__ = ("_attributes", "_compiled", "_guards", "_items", "_num_asked", "_others", "is_compiled")

    def __init__(self, guards: Iterable[Guard]) -> None:
        self._items: list[tuple[Any, str, object]] = []
        self._attributes: list[tuple[Any, str, object]] = []
        self._others: list[Guard] = []
        self._guards = tuple(guards)
        self._num_asked = 0
        self.is_compiled = False
        self._compiled: Callable[[], bool] | None = None
        for guard in self._guards:
            space = guard.namespace
            if guard.by_type or isinstance(guard, ContentGuard):
                self._others.append(guard)
            elif type(space) is dict:
                self._items.append((space.get, guard.name, guard.value))
            elif type(space) is FunctionView:
                self._attributes.append((space.of, guard.name, guard.value))
            else:
                self._others.append(guard)

    def holds(self) -> bool:
        """Whether all of them are."""
        if self._compiled is not None:
            try:
                return self._compiled()
            except Exception:  # a name is gone
                return False
        self._num_asked += 1
        if self._num_asked >= MANY:  # threads may have counted past it at once
            self._compiled = self._compile()
            self.is_compiled = True
        for get, name, value in self._items:
            if get(name, Guard) is not value:
                return False
        for owner, name, value in self._attributes:
            if getattr(owner, name, Guard) is not value:
                return False
        return all(guard.holds() for guard in self._others)

    def _compile(self) -> Callable[[], bool]:
        test, names = guard_source(self._guards, "g")
        exec(f"def make({', '.join(names)}):\n return lambda: {test}", found := {})
        return found["make"](**names)
