"""The polite programs under the effect sanitizer: none does more than what is inferred of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polite_programs as programs
import pytest

from xcs.diagnostics.effect import Effect
from xcs.frontend.effects.infer import summarise
from xcs.frontend.sanitizer.object_states import ObjectStates
from xcs.frontend.sanitizer.watch import Licence, Watch

ONE_TEXT = [
    *(programs.ask, programs.paced, programs.poll, programs.retried, programs.timed, programs.stamped),
    *(programs.logged, programs.printed, programs.sampled, programs.locked, programs.scoped, programs.caught),
    *(programs.decorated, programs.loudly_decorated, programs.cached_pure, programs.cached_call, programs.inherits),
    *(programs.makes, programs.uses_class_methods, programs.makes_note, programs.is_red, programs.first_group),
    *(programs.words, programs.measured, programs.matched, programs.walrus, programs.methods_of_anything),
    *(programs.environment, programs.save),
]
ONE_NUMBER = [
    *(programs.flaky, programs.save, programs.walks_generator, programs.factorial, programs.is_even, programs.chained),
    programs.formats,
]
CALLS: list[tuple[Callable[..., Any], Callable[[], tuple[Any, ...]]]] = [
    *((function, lambda: ("done",)) for function in ONE_TEXT),
    *((function, lambda: (3,)) for function in ONE_NUMBER),
    (programs.pause, lambda: ()),
    (programs.parses, lambda: ('{"a": {"b": "c"}}',)),
    (programs.extremes, lambda: ("a bb",)),
    (programs.slices, lambda: ("a,b",)),
    (programs.calls_parameter, lambda: (programs.save, 1)),
    (programs.calls_parameter, lambda: (programs.ask, "a")),
    (programs.read_file, lambda: (__file__,)),
    (programs.write_file, lambda: ("/dev/null",)),
    (programs.Expert.__call__, lambda: (programs.Expert("a"), "q")),
    (programs.Panel.forward, lambda: (programs.Panel(["a", "b"]), "q")),
    (programs.CountingClient.ask, lambda: (programs.CountingClient(), "q")),
    (programs.CookieSession.get, lambda: (programs.CookieSession(), "q")),
    (programs.Budget.spend, lambda: (programs.Budget(2), "q")),
    (programs.Database.add, lambda: (programs.Database(), "q")),
    (programs.Database.query, lambda: (programs.Database(), "q")),
]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PAUSE_S", 0.0)


@pytest.mark.parametrize(("function", "make_args"), CALLS, ids=lambda one: getattr(one, "__qualname__", ""))
def test_what_is_inferred_covers_what_happens(function, make_args):
    args = make_args()
    summary = summarise(function, args, {})
    written = [args[key] for key in summary.mutates if isinstance(key, int)]
    reached = ObjectStates(written)
    states = ObjectStates([function, *args])
    with Watch(Licence(function.__qualname__, summary.effect, declared=False)) as watch:
        function(*args)
    assert [(sight.what, sight.needs) for _, sight in watch.excess] == []
    if summary.effect < Effect.ORDERED:
        assert [one for one in states.changed() if one not in reached] == []


def test_a_program_that_does_more_would_be_seen():
    """Against an effect that is too weak, the same programs are found out."""
    for function, needs in ((programs.printed, Effect.ORDERED), (programs.timed, Effect.FENCE)):
        with Watch(Licence(function.__qualname__, Effect.UNORDERED, declared=False)) as watch:
            function("x")
        assert max(sight.needs for _, sight in watch.excess) is needs
