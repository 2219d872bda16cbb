"""Runs one program in every way it can run, and tells where they differ: what the random programs are held against.

A program is text. It is never written to disk: its lines are put where Python looks for the lines of a file. Each
of its cases runs plainly, then with what gains staged and with everything staged, each traced once and run in program
order, by the dataflow executor, whose external calls complete in an order drawn from a seed, on one thread, and as
straight code, left for that executor at a place drawn from the seed.
"""

from __future__ import annotations

import itertools
import linecache
import random
import resource
import signal
import sys
import types
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import leaves
import program_prelude
from observe import Observation, compare, observe

sys.path.append(str(Path(__file__).parent.parent / "unit"))

from virtual_pool import VirtualPool

import xcs
from xcs.frontend.wrapped import Wrapped
from xcs.runtime.dataflow import Scheduler
from xcs.runtime.executor import Executor, SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan import Plan
from xcs.runtime.site import Site
from xcs.runtime.straight.code import StraightCode, Suspended
from xcs.runtime.straight.resuming import resumed
from xcs.runtime.straight.source import NotStraight

MAX_CALLS = 60  # external calls of one run: more take time and show nothing new
ARGUMENTS: list[tuple[Any, ...]] = [
    (3, "ab", [1, 2, 3], {"a": 1, "b": 2}),
    (2, "xyz", [5], {"c": 7, "a": 0, "z": -1}),
    (7, "q", [4, 4, 0, 2], {"b": 3}),
    (0, "", [], {}),
]
STATEMENTS = frozenset({"try", "if", "else", "finally", "return", "raise", "break", "continue", "for", "while", "with"})
MAX_SECONDS = 5.0  # of one run, staging included; smaller programs may have lost what ends their loops
MAX_BYTES = 1 << 30  # more than one run has before it
_numbers = itertools.count()


class Refused(Exception):
    """The program shows nothing: it doesn't compile, calls too much, or takes too long."""


class TooLong(BaseException):
    """A run takes too long; no program catches it."""


@dataclass
class Tally:
    """What many programs came to."""

    num_programs: int = 0
    num_raising: int = 0
    fallbacks: Counter[str] = field(default_factory=Counter)
    opaque: Counter[str] = field(default_factory=Counter)

    @property
    def fallback_share(self) -> float:
        """Programs that ran as plain Python as a whole."""
        return self.fallbacks.total() / max(self.num_programs, 1)

    def text(self) -> str:
        """In a few lines."""
        raising = self.num_raising / max(self.num_programs, 1)
        lines = [f"{self.num_programs} programs, {raising:.0%} raise, {self.fallback_share:.1%} plain Python"]
        lines += [f"  plain: {count} {reason}" for reason, count in self.fallbacks.most_common(8)]
        lines += [f"  native: {count} {reason}" for reason, count in self.opaque.most_common(25)]
        return "\n".join(lines)


class DrawnPool(VirtualPool):
    """External calls complete in an order drawn from a seed; effects inside of them are off the calling thread."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        super().__init__(lambda running: draw.randrange(len(running)), draw.choice([None, 1, 2]))

    def complete_one(self) -> None:
        """Run one call, as a worker would."""
        world = leaves.CURRENT.world
        world.on_worker = True
        try:
            super().complete_one()
        finally:
            world.on_worker = False


class DrawnSite:
    """Stands for a site in straight code, which is left before a call now and then."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def admits(self, *_: Any) -> bool:
        """See `Site.admits`."""
        return self._draw.random() < 0.8

    is_fast = property(admits)


class StraightExecutor:
    """Straight code, left at a place drawn from a seed and gone on with out of order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def run(self, plan: Plan, arguments: tuple[Any, ...], *_: Any) -> Any:
        """See `Executor.run`."""
        try:
            code, draw = StraightCode(plan), random.Random(self._seed)
        except NotStraight:
            return SequentialExecutor().run(plan, arguments)
        for name, held in code._source.names.items():
            if isinstance(held, Site):
                code._source.names[name] = DrawnSite(draw)
        found = code.run(arguments)
        if isinstance(found, Suspended):
            return resumed(Scheduler(plan, DrawnPool(self._seed)), found)  # type: ignore[arg-type]
        return found


class EitherExecutor:
    """Runs one compiled program in program order or out of it, as told."""

    def __init__(self) -> None:
        self.now: Executor = SequentialExecutor()

    def run(self, *args: Any) -> Any:
        """See `Executor.run`."""
        return self.now.run(*args)


def draw_cases(draw: random.Random) -> list[int]:
    """Two cases: mostly of the same types, so that one trace serves both, which is most of the time a program takes."""
    *alike, empty = range(len(ARGUMENTS))
    cases = draw.sample(alike, 2)
    return [empty, cases[0]] if draw.random() < 0.15 else cases


def load(text: str) -> types.ModuleType:
    """The module of a program's text.

    Raises:
        Refused: it doesn't compile.
    """
    name = f"random_program_{next(_numbers)}"
    module = types.ModuleType(name)
    module.__file__ = filename = f"<{name}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            code = compile(text, filename, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise Refused(str(error)) from None
    exec(code, vars(module))
    return module


def run_everywhere(text: str, cases: Sequence[int], seed: int, tally: Tally) -> str | None:
    """How the runs of a program differ from plain Python; None where they don't.

    Raises:
        Refused: see there.
    """
    module = load(text)
    arguments = [ARGUMENTS[case] for case in cases]
    try:
        wanted = [_observe(module.program, module, case) for case in arguments]
    except (ValueError, MemoryError, TooLong) as error:  # an integer too long to print, a list too long to compare
        raise Refused(str(error)) from None
    if any(seen.calls.total() > MAX_CALLS for seen in wanted):
        raise Refused("too many calls")
    tally.num_programs += 1
    tally.num_raising += any(seen.kinds for seen in wanted)
    for stage in ("gains", "all"):
        wrong = _compare_staged(module, stage, list(zip(arguments, wanted, strict=True)), seed, tally)
        if wrong is not None:
            return wrong
    return None


def _compare_staged(
    module: types.ModuleType,
    stage: str,
    cases: list[tuple[tuple[Any, ...], Observation]],
    seed: int,
    tally: Tally,
) -> str | None:
    jitted: Wrapped = xcs.jit(module.program, stage=stage)
    jitted._xcs_programs.executor = executor = EitherExecutor()
    for order in ("program order", "any order", "straight code"):
        for number, (arguments, want) in enumerate(cases):
            executor.now = _executor(order, seed + number)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", xcs.XCSWarning)
                    got = _observe_patiently(jitted, module, arguments)
                compare(want, got, f"stage `{stage}`, {order}, arguments {arguments}", more_calls=True)
                _check_calls(module, want, got)
            except Exception as error:
                return f"{error}" if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    stats = xcs.get_jit_stats(jitted)
    if stats["fallback"] is not None:
        if stats["fallback"].startswith("internal error"):
            return f"stage `{stage}`: {stats['fallback']}"
        if stage == "gains":
            tally.fallbacks[_shortened(stats["fallback"])] += 1
    elif stage == "gains" and stats["traces"]:
        tally.opaque.update({_shortened(one.reason) for one in jitted.lower().opaque})
    return None


def _executor(order: str, seed: int) -> Any:
    if order == "program order":
        return SequentialExecutor()
    return ThreadsExecutor(DrawnPool(seed)) if order == "any order" else StraightExecutor(seed)  # type: ignore[arg-type]


def _check_calls(module: types.ModuleType, want: Observation, got: Observation) -> None:
    """Calls that Python doesn't make are only made where an exception left a block, and only unordered ones."""
    extra = got.calls - want.calls
    if extra and not want.kinds and not _may_catch(module):
        raise AssertionError(f"additional external calls: want {dict(want.calls)} got {dict(got.calls)}")


def _may_catch(module: types.ModuleType) -> bool:
    text = "".join(linecache.cache[module.__file__][2])  # type: ignore[index]
    return any(word in text for word in ("try", "with ", "next(", "any(", "all(", "lazy", "StopIteration"))


def _observe(function: Any, module: types.ModuleType, arguments: tuple[Any, ...]) -> Observation:
    def setup() -> None:
        module.reset()
        program_prelude.reset()

    def state() -> Any:
        return module.G, module.SHARED, module.TALLY, program_prelude.state()

    with _limited_time(), _limited_memory():
        seen = observe(function, arguments, setup=setup, state=state)
    for limit in (TooLong, MemoryError):
        if limit.__name__ in seen.kinds:
            raise Refused(limit.__name__)
    return seen


def _observe_patiently(function: Any, module: types.ModuleType, arguments: tuple[Any, ...]) -> Observation:
    """A run that plain Python has ended in time: on a busy machine one may take too long, three in a row hang."""
    for _ in range(2):
        with suppress(Refused):
            return _observe(function, module, arguments)
    return _observe(function, module, arguments)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """A list that doubles in each iteration should end a run, not the machine."""
    if not sys.platform.startswith("linux"):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MAX_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def _limited_time() -> Iterator[None]:
    def interrupt(signal_number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _shortened(reason: str) -> str:
    """A reason without the names in it."""
    parts = reason.split("`")
    parts[1::2] = [part if part in STATEMENTS else "…" for part in parts[1::2]]
    return "`".join(parts)
