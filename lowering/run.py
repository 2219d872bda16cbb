"""Runs a module of the dialect, given as IR or as text: the way from `xcs-opt`'s output to values."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Mapping
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import ParseError

from ..diagnostics.effect import ORDERED, Behaviour
from ..diagnostics.errors import XCSError
from ..dialect.functions import CallableOp
from ..dialect.parsing import parse_module
from ..runtime.executor import Executor, ThreadsExecutor
from ..runtime.plan import Plan
from .module_trust import REFLECTIVE, check_trust
from .plan_lowering import lower_to_plan

_VALUE_CLASSES = (bool, bytes, complex, dict, float, frozenset, int, list, range, set, slice, str, tuple)
_FUNCTIONS = (
    "abs all any ascii bin chr divmod enumerate filter format hash hex isinstance issubclass len map max min oct ord "
    "pow repr reversed round sorted sum zip"
)
PURE_BUILTINS: Mapping[str, Any] = {
    **{cls.__name__: cls for cls in _VALUE_CLASSES},
    **{name: getattr(builtins, name) for name in _FUNCTIONS.split()},
    **{
        name: value
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, Exception)
    },
}
"""What a module may name by its path alone: `builtins:len`, `builtins:str.upper`, `builtins:ValueError`."""


def run(
    module: ModuleOp | str,
    *arguments: Any,
    callables: Mapping[str, Any] | None = None,
    entry: str | None = None,
    executor: Executor | None = None,
) -> Any:
    """Runs a function of a module and gives its result: one value, or a tuple of several; a coroutine if it awaits.

    Nothing is imported from the paths in the module: each callable that is used is taken from `callables`, except for
    `operator:name` and pure builtins (`builtins:len`).

    Args:
        module: IR, or its text.
        arguments: one for each parameter of the entry.
        callables: the object behind each declared symbol, see `lower_to_plan`.
        entry: the symbol of the function to run; the first function if not given.
        executor: what runs the plan; threads if not given.

    Raises:
        XCSError: the text is no module, a callable is missing, there is no such entry, or the module reads
            attributes (`__globals__`, `__subclasses__`) that lead from a value to the interpreter.
        Exception: what the program raises.
    """
    if isinstance(module, str):
        module = _parsed(module)
    if not isinstance(module, ModuleOp):
        raise XCSError(f"expected a module or its text, found `{module!r}`")
    check_trust(module)
    plan = lower_to_plan(module, {**_pure_callables(module), **(callables or {})}, _resolve, entry)
    executor = executor or ThreadsExecutor()
    if plan.is_async:
        return _awaited(executor, plan, arguments)
    return _one_or_all(executor.run(plan, arguments).unwrap())


async def _awaited(executor: Executor, plan: Plan, arguments: tuple[Any, ...]) -> Any:
    return _one_or_all((await executor.run_async(plan, arguments)).unwrap())


def _one_or_all(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def _parsed(text: str) -> ModuleOp:
    try:
        return parse_module(text)
    except ParseError as error:
        raise XCSError(f"expected the text of a module, found what doesn't parse: {str(error).strip()}") from None


def _resolve(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
    """Without the frontend's knowledge of callables, a call whose effect isn't stated keeps its place."""
    return ORDERED


def _pure_callables(module: ModuleOp) -> dict[str, Any]:
    """The declared callables that are pure and Python's own."""
    found = {}
    for op in module.ops:
        if isinstance(op, CallableOp):
            value = _python_own(op.path.data)
            if value is not None:
                found[op.sym_name.data] = value
    return found


def _python_own(path: str) -> Any:
    """The function or class at a path into `operator` or the pure builtins; None if it is neither."""
    module, _, name = path.partition(":")
    if module in ("operator", "_operator"):  # the functions of `operator` call themselves the latter's
        is_plain = name in operator.__all__ and name not in REFLECTIVE
        return getattr(operator, name, None) if is_plain else None
    if module != "builtins":
        return None
    first, *rest = name.split(".")
    value = PURE_BUILTINS.get(first)
    for part in rest:
        value = None if part.startswith("_") else getattr(value, part, None)
    return value
