"""Straight code, compiled: runs a plan, and says where it stopped or what failed.

Guarantees: any number of threads may run one `StraightCode` at once. User code runs on the calling thread, in the
caller's own context, in program order. What it raises has a traceback that starts at the user's own frames.
"""

from __future__ import annotations

import itertools
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..elements import END
from ..handled import user_traceback
from ..latency import FAST_NS, MAX_DEBT_NS, WINDOW, Latency
from ..outcome import Failure, Outcome, RunTotals
from ..plan import Plan
from .entrance import Entrance, Left
from .scope import Point, Scope
from .source import Batch, NotStraight
from .writing import Writer


@dataclass(frozen=True, slots=True, eq=False)
class Suspended:
    """A run that has left its straight code.

    Attributes:
        point: where it goes on.
        values: the locals of the code.
        names: its constants.
        num_calls: calls made so far.
        start_ns: when the run has started (`time.perf_counter_ns`).
    """

    point: Point
    values: dict[str, Any]
    names: dict[str, Any]
    num_calls: int
    start_ns: int = 0

    def read(self, term: str) -> Any:
        """The value of a term."""
        found = self.values.get(term, self)
        if found is not self:
            return found
        return _WORDS[term] if term in _WORDS else self.names[term]


_WORDS = {"None": None, "True": True, "False": False}


class Suspicion:
    """What one run has seen of calls that took long, judged as `Latency` judges one callable.

    Attributes:
        leaves: the code is to be left.
    """

    __slots__ = ("_at", "_debt_ns", "leaves")

    def __init__(self) -> None:
        self.leaves = False
        self._at = -WINDOW
        self._debt_ns = 0

    def note(self, elapsed_ns: int, num_calls: int) -> None:
        """The last ones of the calls that this run has made so far took this long."""
        since, self._at = num_calls - self._at, num_calls
        self._debt_ns = max(self._debt_ns - since * FAST_NS, 0) + elapsed_ns
        self.leaves = since < WINDOW or self._debt_ns > MAX_DEBT_NS


class StraightCode:
    """The straight code of one plan.

    Attributes:
        names: its globals.
        num_quiet: calls since one was blamed for taking long.
        latencies: of the callables on whose being fast the code relies.
    """

    def __init__(self, plan: Plan, entrance: Entrance | None = None) -> None:
        """Writes and compiles it, as a function of its own or inside of another one.

        Raises:
            NotStraight: it nests too deep, is too long or calls itself where calls may be slow.
        """
        try:
            source = Writer(plan, entrance).write()
            code = compile("\n".join(source.lines), _FILE, "exec")
        except (SyntaxError, RecursionError, MemoryError):
            raise NotStraight from None
        self._source = source
        self._codes = {one.co_name: one for one in _inner_codes(code)}
        self.num_quiet = 0
        self._has_sites = source.has_sites
        names = source.names
        names.update(__package__=__package__, __name__=__name__, END=END, now=time.perf_counter_ns)
        names.update(islice=itertools.islice, iter=iter, suspect=self._suspect)
        names.update(leave=self._leave if entrance is None else lambda *left: Left(self._leave(*left)))
        names.update(caught=self._caught, locals=locals, BaseException=BaseException, Exception=Exception, Left=Left)
        names.update({} if entrance is None else entrance.names)
        exec(code, names)
        self.names: dict[str, Any] = names
        self.latencies: tuple[Latency, ...] = tuple({site.latency for site in source.sites if site.latency})

    @property
    def num_statements(self) -> int:
        """How long it is."""
        return len(self._source.lines)

    def as_text(self) -> str:
        """The source, as compiled."""
        return "\n".join(self._source.lines) + "\n"

    def run(self, arguments: tuple[Any, ...]) -> Outcome | Suspended:
        """Runs the plan, until it has ended or the code is left.

        What the program raises is in the outcome; only a `KeyboardInterrupt` is raised.
        """
        start_ns = time.perf_counter_ns()
        try:
            found = self.names["straight"](arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return self.ended(error, start_ns)
        if type(found) is Suspended:
            return replace(found, start_ns=start_ns)
        values, num_calls = found
        wall_ns = time.perf_counter_ns() - start_ns
        self.num_quiet += num_calls
        return Outcome(values, None, RunTotals(num_calls, wall_ns if self._has_sites else 0, wall_ns))

    def ended(self, error: BaseException, start_ns: int) -> Outcome | Suspended:
        """What an exception says that code inside of another function has raised, in a run that has started then."""
        if type(error) is Left:
            return replace(error.suspended, start_ns=start_ns)
        return self._failed(error, start_ns)

    def _suspect(
        self, suspicion: Suspicion | None, elapsed_ns: int, num_calls: int, num: int, batch: Batch
    ) -> Suspicion:
        """The last `num` of `num_calls`, a batch, took long: blames them if nothing else ran; says whether to leave."""
        suspicion = suspicion or Suspicion()
        suspicion.note(elapsed_ns, num_calls)
        if batch.is_exact:
            num_quiet, self.num_quiet = self.num_quiet + num_calls, 0
            for latency in {site.latency for site in batch.sites if site.latency is not None}:
                latency.note_fast(num_quiet // max(len(self.latencies), 1))
                latency.note(elapsed_ns, num)
        return suspicion

    def _leave(self, point: Point, values: dict[str, Any]) -> Suspended:
        return Suspended(point, values, self._source.names, values["n"] - point.later_calls())

    def _caught(self, error: BaseException, body: Scope) -> int:
        """An exception has come to a handler of the program; gives the calls that were counted and not made."""
        num_calls = 0
        for number, (scope, index, frame) in enumerate(self._leading(error)):
            num_calls -= frame.f_locals["n"] if number else 0
            inner: Scope | None = scope
            while inner is not None:
                num_calls += inner.later_calls(index + 1)
                if inner is body:
                    break
                inner, index = inner.outer, inner.index
        error.__traceback__ = user_traceback(error)
        return num_calls

    def _failed(self, error: BaseException, start_ns: int) -> Outcome:
        num_calls, instruction = 0, None
        for scope, index, frame in self._leading(error):
            instruction = scope.block.instructions[index]
            num_calls += frame.f_locals["n"] - Point(scope, index + 1).later_calls()
        error.__traceback__ = user_traceback(error)
        totals = RunTotals(num_calls, 0, time.perf_counter_ns() - start_ns)
        if instruction is None:
            raise error
        return Outcome((), Failure(error, instruction.name, instruction.location), totals)

    def _leading(self, error: BaseException) -> list[tuple[Scope, int, types.FrameType]]:
        """Where an exception was raised, in each function of the straight code it has come through."""
        found = []
        traceback = error.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if self._codes.get(frame.f_code.co_name) is frame.f_code:
                scope, index = self._source.places[traceback.tb_lineno - 1]
                found.append((scope, index, frame))
            elif frame.f_globals.get("__package__") != __package__:
                break
            traceback = traceback.tb_next
        return found


def _inner_codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield one
            yield from _inner_codes(one)


_FILE = "<xcs straight code>"
