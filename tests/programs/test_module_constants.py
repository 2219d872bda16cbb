"""Containers of a module that programs go over: what they hold is known, as long as nothing puts in something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from leaves import LOG, ask
from observe import case, jit

import xcs

RUBRIC: dict[Any, Any] = {}
NAMES: list[Any] = []
LEVELS: dict[str, list[Any]] = {}
TAGS: set[Any] = set()
ALIAS = NAMES


class Loud:
    """A value whose text others notice."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        LOG.append(("text", self.text))
        NAMES.append("late") if len(NAMES) < 6 else None
        return self.text

    def __hash__(self) -> int:
        LOG.append(("hash", self.text))
        return 1


def reset() -> None:
    RUBRIC.clear()
    RUBRIC.update(clarity=1, depth=2)
    NAMES[:] = ["a", "b"]
    LEVELS.clear()
    LEVELS.update(x=["p", "q"], y=["r"])
    TAGS.clear()
    TAGS.update(("s",))


def loud() -> None:
    reset()
    RUBRIC[Loud("style")] = 3
    NAMES.append(Loud("n"))
    LEVELS["y"].append(Loud("z"))
    TAGS.add(Loud("t"))


def state() -> Any:
    return [str(k) for k in RUBRIC], list(map(str, NAMES)), {k: list(map(str, v)) for k, v in LEVELS.items()}


def by_key(q):
    return {c: ask(f"{c}: {q}") for c in RUBRIC}


def by_item(q):
    total = 0
    for name, weight in RUBRIC.items():
        total += weight * len(ask(f"{name} {q}"))
    return total


def by_name(q):
    return {n: ask(f"{n} {q}") for n in NAMES}


def by_number(q):
    return {f"{i} {n}": ask(f"{n} {q}") for i, n in enumerate(NAMES)}


def by_level(q):
    return {k: [ask(f"{v} {q}") for v in vs] for k, vs in LEVELS.items()}


def by_tag(q):
    return {t: ask(f"{t} {q}") for t in TAGS}


def grow():
    NAMES.append(Loud("new"))


def grown_before(q):
    grow()
    return {f"{n}": ask(f"{n} {q}") for n in NAMES}


def grown_by_another_name(q):
    ALIAS.append(Loud("alias"))
    return {f"{n}": ask(f"{n} {q}") for n in NAMES}


def grown_while_walked(q):
    found = []
    for n in NAMES:
        found.append(ask(f"{n} {q}"))
        if len(NAMES) < 4:
            grow()
    return found


def grown_by_argument(q, others):
    others.append(Loud("argument"))
    return [ask(f"{n} {q}") for n in NAMES]


def level_grown(q):
    level = LEVELS["x"]
    level.append(Loud("inner"))
    return {k: [ask(f"{v} {q}") for v in vs] for k, vs in LEVELS.items()}


def level_grown_by_argument(q, level):
    level.append(Loud("inner"))
    return {k: [ask(f"{v} {q}") for v in vs] for k, vs in LEVELS.items()}


def grown_by_what_is_called(q, change):
    change()
    return {n: ask(f"{n} {q}") for n in NAMES}


def stored_while_walked(q):
    for k in RUBRIC:
        RUBRIC[k] = Loud(ask(f"{k} {q}"))
    return [f"{v}" for v in RUBRIC.values()]


def walked_twice(q):
    first = [ask(f"{n} {q}") for n in NAMES]
    NAMES[0] = Loud("first")
    return first, [ask(f"{n} {q}") for n in NAMES]


def bound_anew(q):
    global NAMES
    before, NAMES = NAMES, [Loud("anew")]
    try:
        return [ask(f"{n} {q}") for n in NAMES]
    finally:
        NAMES = before


WALKS = (by_key, by_item, by_name, by_number, by_level, by_tag)

PROGRAMS = [
    *(case(walk, ("q",), setup=reset, state=state, overlap=1 if walk is by_tag else 2) for walk in WALKS),
    *(case(walk, ("q",), setup=loud, state=state, name=f"{walk.__name__}_loud") for walk in WALKS),
    case(grown_before, ("q",), setup=reset, state=state),
    case(grown_by_another_name, ("q",), setup=reset, state=state),
    case(grown_while_walked, ("q",), setup=reset, state=state),
    case(grown_by_argument, lambda: ("q", NAMES), setup=reset, state=state),
    case(grown_by_argument, lambda: ("q", []), setup=reset, state=state, name="another_grown", overlap=2),
    case(level_grown, ("q",), setup=reset, state=state),
    case(level_grown_by_argument, lambda: ("q", LEVELS["y"]), setup=reset, state=state),
    case(grown_by_what_is_called, (grow, "q")[::-1], setup=reset, state=state),
    case(stored_while_walked, ("q",), setup=reset, state=state),
    case(walked_twice, ("q",), setup=reset, state=state),
    case(bound_anew, ("q",), setup=reset, state=state),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()


@pytest.mark.parametrize("walk", WALKS)
def test_what_they_hold_is_looked_at_in_each_call(walk: Callable[..., Any]) -> None:
    jitted = jit(walk)
    for setup in (reset, loud, reset, reset):
        outcomes = []
        for function in (walk, jitted):
            setup()
            LOG.clear()
            outcomes.append((str(function("q")).count("q"), list(LOG)))
        assert outcomes[0] == outcomes[1], setup.__name__
    assert xcs.get_jit_stats(jitted)["fallback"] is None
