"""Straight calls: a program that runs as straight code is called as one flat function, with that code in the middle.

In: a plan whose last run ended in straight code. Out: the `__call__` of a class that the jitted function is put in. It
binds arguments as the user's function does, asks the guards, runs and counts, all in one Python frame: JAX notes each
frame for every array that it makes. Whatever isn't as it was when the code was written goes the general way: arguments
of other types, guards that fail, calls that have become slow, runs that are recorded, checked or shown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..runtime.asked_runs import usual
from ..runtime.executor import ThreadsExecutor
from ..runtime.latency import VERDICTS
from ..runtime.outcome import Outcome
from ..runtime.plan import Plan
from ..runtime.progress import watching
from ..runtime.spans import current_tracer
from ..runtime.straight.code import StraightCode, Suspended
from ..runtime.straight.entrance import Entrance
from ..runtime.straight.source import NotStraight
from ..runtime.straight.steady import Steady
from ..runtime.tally import NOTHING, around
from .border import Border, raised_by
from .check_effects import current_checker
from .disable_jit import is_disabled
from .effects.summary import Guard
from .guard_check import guard_source
from .journal import is_in_journal
from .known_arguments import KnownArguments
from .own_parameters import MISSING, free_prefix, names_of, needed_guards, otherwise, parameters_source, with_cells
from .stats import Counters
from .timeline import current_instrument

MAX_STATEMENTS = 200
"""Of straight code that is compiled once more (6 ms); what a call costs beside a longer program is little."""


@dataclass(frozen=True, slots=True)
class StraightCalls:
    """What straight calls of one jitted function share.

    Attributes:
        function: the user's function.
        counters: where they are counted.
        executor: runs the program where its code is left.
        otherwise: `otherwise(*args, **kwargs)` is the way of a call that can't be straight.
    """

    function: Any
    counters: Counters
    executor: ThreadsExecutor
    otherwise: Callable[..., Any]


def straight_call(
    plan: Plan, steady: Steady, known: KnownArguments[Any], guards: Iterable[Guard], calls: StraightCalls
) -> Callable[..., Any] | None:
    """The function that takes the place of general calls with arguments like the known ones; None if there is none."""
    code = steady.code
    if code is None or code.num_statements > MAX_STATEMENTS:
        return None
    function = calls.function
    args = names_of(function, plan.functions[plan.entry].num_params)
    guards = needed_guards(guards, function)
    prefix = free_prefix(args)
    guarded, names = guard_source(guards, f"{prefix}g")
    tests = [
        *known.tests(args, prefix, names),
        f"{prefix}steady.serial == {prefix}verdicts.serial",
        guarded,
        f"({prefix}usual.holds or {prefix}is_usual())",
        f"('opentelemetry.trace' not in {prefix}modules or {prefix}tracer() is None)",
    ]
    before, after = (
        part.format(
            params=parameters_source(function, args),
            tests=" and ".join(tests),
            args=", ".join(args),
            external="?external += ?took" if steady.has_sites else "pass",
        ).replace("?", prefix)
        for part in _SOURCE.split("    @\n")
    )
    names.update({prefix + name: value for name, value in _names(plan, steady, args, calls).items()})
    entrance = Entrance(
        tuple(before.strip().split("\n")),
        tuple(after.rstrip().split("\n")),
        f"{prefix}start",
        4,
        args,
        f"{prefix}result,",
        dict(enumerate(known.classes)),
        names,
    )
    return _compiled(plan, entrance, prefix, calls)


_SOURCE = """
def make(?calls, ?wall, ?external, ?leaves):
 def __call__({params}):
  nonlocal ?calls, ?wall, ?external, ?leaves
  try: ?is_like = {tests}
  except ?Exception: ?is_like = False
  if not ?is_like: return ?otherwise({args})
  ?before = ?around.get()
  ?border = ?around.set(?alone if ?before is ?nothing else ?before.inside(?tally))
  try:
   try:
    ?start = ?now()
    @
    ?took = ?now() - ?start
    ?calls += 1; ?wall += ?took; ?leaves += n; {external}
    ?code.num_quiet += n
    return ?result
   except ?KeyboardInterrupt: raise
   except ?BaseException as ?error: ?ended = ?ended_by(?error, ?start)
   ?ended = ?gone_on(?ended)
  finally:
   ?around.reset(?border)
  ?result, ?raised = ?told(?ended, ?border)
  if ?raised is None: return ?result
  try: raise ?raised
  finally: ?raised = ?ended = None
 return __call__
"""
"""No sum is taken while its other part calls something, which is where CPython's threads take turns."""


def _names(plan: Plan, steady: Steady, args: tuple[str, ...], calls: StraightCalls) -> dict[str, Any]:
    counters, executor = calls.counters, calls.executor

    def gone_on(ended: Outcome | Suspended) -> Outcome:
        return executor.go_on(plan, steady, ended) if isinstance(ended, Suspended) else ended

    def told(outcome: Outcome, border: Border) -> tuple[Any, BaseException | None]:
        counters.add_run(outcome.totals)
        if outcome.failure is None:
            return outcome.values[0], None
        return None, raised_by(outcome.failure, border)

    return {
        "otherwise": otherwise(calls.otherwise, args),
        "missing": MISSING,
        "steady": steady,
        "verdicts": VERDICTS,
        "usual": usual,
        "is_usual": is_usual,
        "modules": sys.modules,
        "tracer": current_tracer,
        "around": around,
        "nothing": NOTHING,
        "alone": NOTHING.inside(counters.tally),
        "tally": counters.tally,
        "now": time.perf_counter_ns,
        "gone_on": gone_on,
        "told": told,
        "Exception": Exception,
        "BaseException": BaseException,
        "KeyboardInterrupt": KeyboardInterrupt,
    }


def _compiled(plan: Plan, entrance: Entrance, prefix: str, calls: StraightCalls) -> Callable[..., Any] | None:
    try:
        code = StraightCode(plan, entrance)
    except NotStraight:
        return None
    if any(name in code.names or name in _BUILTINS for name in entrance.params):
        return None  # the code would take an argument for something else
    code.names.update({f"{prefix}code": code, f"{prefix}ended_by": code.ended})
    cells = {prefix + name: cell for name, cell in calls.counters.straight.items()}
    return with_cells(code.names["make"](*cells.values()), cells, calls.function.__qualname__)


_BUILTINS = frozenset({"type", "id"})
"""What straight code uses of Python's own names, beside its globals."""


def is_usual() -> bool:
    """Whether runs that start here are to be nothing but run."""
    is_seen = current_instrument() is not None or current_checker() is not None or watching.get() is not None
    return not (is_seen or is_disabled() or is_in_journal())
