"""Runs a program plainly and jitted, and holds the two against each other: `check` is what the tests call.

Compared: the value or the exception, the visible order of effects, the final state of arguments and of whatever
`state` shows, which objects are the same object, the external calls. Seen besides: tracing does nothing, the module
verifies at each stage, ordered effects stay on the calling thread, and calls overlap where the test says so.
"""

from __future__ import annotations

import copy
import io
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import leaves
import pytest
from snapshot import snapshot
from xdsl.utils.exceptions import VerifyException

import xcs
from xcs.dialect.dominance import check_dominance
from xcs.frontend.wrapped import Wrapped
from xcs.runtime import latency

LATENCY_S = 0.001
MakeArgs = Callable[[], Any] | tuple[Any, ...]


@dataclass(frozen=True)
class Observation:
    """What one run of a program shows."""

    outcome: str
    kinds: tuple[str, ...]
    log: tuple[Any, ...]
    calls: Counter[str]
    after: str
    peak: int
    strays: tuple[str, ...]


class _Printed(io.TextIOBase):
    """Standard output that goes to the log, so that prints and other effects have one order."""

    def write(self, text: str) -> int:
        leaves._here(f"print {text!r}")
        leaves.LOG.append(("print", text))
        return len(text)


def arguments(make_args: MakeArgs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Fresh arguments; a dict in last place of what a function made counts as keywords if it is `Keywords`."""
    made = make_args() if callable(make_args) else copy.deepcopy(make_args)
    if not isinstance(made, tuple):
        made = (made,)
    if made and isinstance(made[-1], Keywords):
        return made[:-1], dict(made[-1])
    return made, {}


class Keywords(dict[str, Any]):
    """Keyword arguments of a call, last in a tuple of arguments."""


def observe(
    function: Callable[..., Any],
    make_args: MakeArgs = (),
    *,
    setup: Callable[[], object] | None = None,
    state: Callable[[], Any] | None = None,
    overlap: int = 1,
    latency_s: float = 0.0,
) -> Observation:
    """One run."""
    if setup is not None:
        setup()
    leaves.LOG.clear()
    latency._known.clear()  # whether calls were fast in another test says nothing of this one
    args, kwargs = arguments(make_args)
    world = leaves.CURRENT.world = leaves.World(leaves.Gate(overlap), caller=threading.get_ident(), latency_s=latency_s)
    result: Any = None
    error: BaseException | None = None
    stdout, sys.stdout = sys.stdout, _Printed()
    try:
        result = function(*args, **kwargs)
    except BaseException as raised:  # SystemExit and KeyboardInterrupt are outcomes too
        error = raised
    finally:
        sys.stdout = stdout
    after = snapshot(result, args, kwargs, state() if state is not None else None)
    log = tuple((entry[0], snapshot(entry[1])) for entry in leaves.LOG)
    kinds = tuple(c.__qualname__ for c in type(error).__mro__) if error is not None else ()
    outcome = "returned" if error is None else _raised(error)
    return Observation(outcome, kinds, log, Counter(world.calls), after, world.gate.peak, tuple(world.strays))


def _raised(error: BaseException) -> str:
    """An exception as text: its own type, its message, its own cause and context."""
    cause = error.__cause__
    original = getattr(error, "original_error", None)
    if isinstance(error, xcs.XCSExecutionError) and cause is original:
        cause = None
    own = type(error).__name__
    members = {k: v for k, v in vars(error).items() if k not in ("node", "original_error", "__notes__")}
    text = f"{own}: {error} args={snapshot(*error.args)} members={snapshot(members)}"
    if isinstance(error, BaseExceptionGroup):
        text += f" [{'; '.join(map(_raised, error.exceptions))}]"
    return text + (f" from {_raised(cause)}" if cause is not None else "")


def check(
    function: Callable[..., Any],
    *make_args: MakeArgs,
    setup: Callable[[], object] | None = None,
    state: Callable[[], Any] | None = None,
    overlap: int = 1,
    more_calls: bool = False,
    staged: bool = False,
    raises: str | None = None,
    strategies: Sequence[str] = ("sequential", "adaptive"),
) -> None:
    """Hold `xcs.jit(function)` against `function`, each run twice for each of `make_args`.

    Args:
        setup: puts globals and cells back, before each run.
        state: shows globals and cells, after each run.
        overlap: how many external calls must be in flight at once with the threads executor.
        more_calls: a block inside is left by an exception, so unordered calls later in it may have been made.
        staged: the function must not run as plain Python (as wherever calls must overlap).
        raises: the name of the exception that plain Python raises; None: it must return; `*`: whatever it does.
    """
    cases = make_args or ((),)
    wanted = [observe(function, case, setup=setup, state=state) for case in cases]
    for want in wanted:
        if (want.kinds[:1] or (None,))[0] != raises and len(cases) == 1 and raises != "*":
            raise AssertionError(f"the test expects {raises}, plain Python {want.outcome}")
    programs = [jit(function, strategy) for strategy in strategies]
    for strategy, jitted in zip(strategies, programs, strict=True):
        for round_name in ("first", "second"):
            for case, want in zip(cases, wanted, strict=True):
                width = 1 if strategy == "sequential" else overlap
                latency_s = LATENCY_S if strategy != "sequential" and round_name == "first" else 0.0
                got = observe(jitted, case, setup=setup, state=state, overlap=width, latency_s=latency_s)
                compare(want, got, f"{strategy}, {round_name} call", more_calls=more_calls, overlap=width)
    _check_stages([one for one in programs if isinstance(one, Wrapped)], cases[0], staged or overlap > 1, setup)
    for case, want in zip(cases, wanted, strict=True):  # no call does more than its effect says
        with xcs.check_effects():
            got = observe(programs[-1], case, setup=setup, state=state)
        compare(want, got, "effects checked", more_calls=more_calls)


def jit(function: Callable[..., Any], strategy: str = "adaptive") -> Any:
    """The function jitted, without the warning that it runs as plain Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", xcs.XCSWarning)
        jitted = xcs.jit(strategy=strategy)(function)
    if type(jitted) is Wrapped:
        jitted.__class__ = _Quiet
    return jitted


class _Quiet(Wrapped):
    """A jitted function that doesn't warn."""

    __slots__ = ()

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", xcs.XCSWarning)
            return super().__call__(*args, **kwargs)


def compare(want: Observation, got: Observation, when: str, *, more_calls: bool = False, overlap: int = 1) -> None:
    """Raise AssertionError where a jitted run differs from the plain one."""
    wrong: list[str] = []

    def differ(what: str, wanted: object, found: object) -> None:
        wrong.append(f"  {what}:\n    want {wanted}\n    got  {found}")

    if got.outcome != want.outcome:
        differ("outcome", want.outcome, got.outcome)
    if want.kinds and not set(want.kinds) <= set(got.kinds):
        differ("exception type", want.kinds, got.kinds)
    if got.log != want.log:
        differ("ordered effects", want.log, got.log)
    if got.after != want.after:
        differ("result, arguments, state", want.after, got.after)
    missing, extra = want.calls - got.calls, got.calls - want.calls
    if missing:
        differ("missing external calls", dict(want.calls), dict(got.calls))
    # Reads overlap with unordered calls: where an exception leaves a block, later ones may have been made too.
    if extra and not (more_calls or want.kinds):
        differ("additional external calls", dict(want.calls), dict(got.calls))
    if got.strays:
        differ("ordered effects off the calling thread", (), got.strays)
    if overlap > 1 and got.peak < overlap:
        differ("calls in flight at once", overlap, got.peak)
    if wrong:
        raise AssertionError(f"{when}:\n" + "\n".join(wrong))


def _check_stages(
    programs: Sequence[Wrapped], make_args: MakeArgs, staged: bool, setup: Callable[[], object] | None
) -> None:
    """No internal error was hidden by a fallback; tracing does nothing; every stage verifies, whatever the passes."""
    for jitted in programs:
        stats = xcs.get_jit_stats(jitted)
        reason = stats["fallback"]
        assert reason is None or not reason.startswith("internal error"), reason
        assert reason is None or not staged, f"fell back: {reason}"
        if reason is not None or stats["traces"] == 0:
            return
    if not programs:
        return
    if setup is not None:
        setup()
    leaves.LOG.clear()
    latency._known.clear()  # whether calls were fast in another test says nothing of this one
    world = leaves.CURRENT.world = leaves.World(caller=threading.get_ident())
    args, kwargs = arguments(make_args)
    before = snapshot(args, kwargs)
    try:
        traced = programs[-1].trace(*args, **kwargs)
        for jitted in programs:
            lowered = traced.lower(jitted._xcs_programs.pipeline)
            lowered.module.verify()
            check_dominance(lowered.module)
    except xcs.XCSError:
        assert not staged, "one of the signatures falls back"
        return
    except VerifyException as error:
        raise AssertionError(f"the module does not verify: {str(error).splitlines()[0]}") from None
    assert not world.calls, f"tracing called {world.calls}"
    assert not leaves.LOG, f"tracing did {leaves.LOG}"
    assert snapshot(args, kwargs) == before, "tracing changed an argument"


def case(
    function: Callable[..., Any],
    *make_args: MakeArgs,
    name: str | None = None,
    xfail: str | None = None,
    **options: Any,
) -> Any:
    """A parameter of a parametrized test: one call of `check`."""
    marks = [pytest.mark.xfail(strict=True, reason=xfail)] if xfail is not None else []
    return pytest.param(lambda: check(function, *make_args, **options), id=name or function.__name__, marks=marks)
