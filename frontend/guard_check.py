"""Guards as one expression: what a program relies on, checked by straight-line code before each direct call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .effects.scope import CellView, FunctionView
from .effects.summary import Guard


def guard_source(guards: Iterable[Guard]) -> tuple[str, dict[str, Any]]:
    """An expression that says whether all guards hold, at about 50 ns for each, and the names it uses."""
    names: dict[str, Any] = {"absent": Guard}
    tests = [_test(guard, index, names) for index, guard in enumerate(guards)]
    return " and ".join(tests) or "True", names


def _test(guard: Guard, index: int, names: dict[str, Any]) -> str:
    """The source of one test; what it needs goes into `names`."""
    space, value = guard.namespace, f"v{index}"
    names[value] = guard.value
    if type(space) is dict:
        names[f"n{index}"] = space.get
        current = f"n{index}({guard.name!r}, absent)"
    elif isinstance(space, FunctionView) and guard.name.isidentifier():
        names[f"n{index}"] = space.of
        current = f"n{index}.{guard.name}"
    elif isinstance(space, CellView):
        names[f"n{index}"] = space.get
        current = f"n{index}('', absent)"
    else:
        names[f"n{index}"] = guard.holds
        return f"n{index}()"
    return f"type({current}) is {value}" if guard.by_type else f"{current} is {value}"
