"""Short forms for plans written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xcs.diagnostics.effect import PURE, Behaviour, Effect
from xcs.diagnostics.location import Location
from xcs.runtime.plan import Arguments, Block, Call, Literal, Operand, Plan, Slot
from xcs.runtime.plan_summary import summarise

EXTERNAL = Behaviour(Effect.UNORDERED, external=True)
UNORDERED = Behaviour(Effect.UNORDERED)
READS = Behaviour(Effect.READS, sees_writes=True)
EXTERNAL_READS = Behaviour(Effect.READS, sees_writes=True, external=True)
ORDERED = Behaviour(Effect.ORDERED)
FENCE = Behaviour(Effect.FENCE)
DYNAMIC = Behaviour(Effect.DYNAMIC)


class Recorder:
    """Makes leaves that note their name when they run."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def leaf(self, name: str, result: Any = None, error: BaseException | None = None) -> Callable[..., Any]:
        """A function that notes `name`, then raises `error` or returns `result` (called with the arguments)."""

        def function(*args: Any) -> Any:
            self.events.append(name)
            if error is not None:
                raise error
            return result(*args) if callable(result) else result

        function.__name__ = name
        return function


def operand(value: Any) -> Operand:
    return value if isinstance(value, Slot | Literal) else Literal(value)


def args(*operands: Any) -> Arguments:
    return Arguments(tuple((False, operand(value)) for value in operands))


def call(
    function: Any,
    *operands: Any,
    to: int | tuple[int, ...] | None = None,
    behaviour: Behaviour = PURE,
    after: tuple[int, ...] = (),
    line: int = 0,
) -> Call:
    results = () if to is None else (to,) if isinstance(to, int) else to
    name = getattr(function, "__name__", "leaf")
    return Call(
        name,
        results,
        callee=operand(function),
        arguments=args(*operands),
        behaviour=behaviour,
        after=after,
        location=Location("program.py", line),
    )


def plan_of(
    main: Block,
    resolve: Callable[[Any, tuple[Any, ...], dict[str, Any]], Behaviour] | None = None,
    **functions: Block,
) -> Plan:
    return Plan(summarise({"main": main, **functions}), "main", resolve or _resolve)


def _resolve(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Behaviour:
    return getattr(function, "behaviour", PURE)
