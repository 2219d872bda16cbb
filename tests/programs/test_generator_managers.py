"""`with` over what `@contextmanager` makes: entered and left in its place, and calls of the body overlap."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable

import pytest
from leaves import ask, flaky, note
from observe import case

STYLE: contextvars.ContextVar[str] = contextvars.ContextVar("STYLE", default="plain")
SETTINGS = {"style": "plain"}
LOCK = threading.Lock()


@contextlib.contextmanager
def section(name):
    note(f"enter {name}")
    try:
        yield name.upper()
    finally:
        note(f"leave {name}")


@contextlib.contextmanager
def unguarded(name):
    note(f"enter {name}")
    yield
    note(f"leave {name}")


@contextlib.contextmanager
def swallowing(kind, kept):
    try:
        yield kept
    except kind as error:
        kept.append(str(error))


@contextlib.contextmanager
def replacing(name):
    try:
        yield name
    except ValueError as error:
        raise KeyError(name) from error


@contextlib.contextmanager
def setting(key, value):
    before = SETTINGS[key]
    SETTINGS[key] = value
    try:
        yield
    finally:
        SETTINGS[key] = before


@contextlib.contextmanager
def styled(value):
    token = STYLE.set(value)
    try:
        yield
    finally:
        STYLE.reset(token)


@contextlib.contextmanager
def collecting():
    items = []
    yield items
    for item in items:
        note(item)


@contextlib.contextmanager
def asking(question):
    yield ask(question)
    note(ask("left"))


@contextlib.contextmanager
def locked():
    with LOCK:
        yield


@contextlib.contextmanager
def never():
    if STYLE.get() == "none":
        yield


@contextlib.contextmanager
def twice():
    yield 1
    yield 2


class Tracer:
    def __init__(self):
        self.spans = []

    @contextlib.contextmanager
    def span(self, name, *, level=0):
        self.spans.append(("+", name, level))
        yield self
        self.spans.append(("-", name, level))


# ---------------------------------------------------------------- programs
def sections(names):
    found = []
    for name in names:
        with section(name) as title:
            found.append([ask(title, i) for i in range(3)])
    return found


def failing_body(xs):
    with section("outer"), unguarded("inner"):
        return [flaky(x) for x in xs]


def swallowed(xs):
    kept = []
    with swallowing(ValueError, kept) as same:
        kept.append([flaky(x) for x in xs])
    return kept, same is kept, ask("after")


def replaced(xs):
    with replacing("name"):
        return [flaky(x) for x in xs]


def returned_from_inside(names):
    for name in names:
        with section(name) as title:
            answers = [ask(title), ask(name)]
            if name == "b":
                return answers
    return None


def broken_out_of(names):
    for name in names:
        with section(name):
            if name == "b":
                break
            ask(name)
    return ask("after")


def styled_answer():
    return ask(SETTINGS["style"])


def with_setting():
    before = styled_answer()
    with setting("style", "rich"):
        inside = styled_answer(), styled_answer()
    return before, inside, styled_answer()


def with_context():
    before = ask(STYLE.get())
    with styled("rich"):
        inside = ask(STYLE.get())
    return before, inside, ask(STYLE.get())


def collected(xs):
    with collecting() as items:
        for x in xs:
            items.append(ask(x))
    return ask("after")


def asked_inside():
    with asking("q") as answer:
        return ask(answer), ask("b")


def under_lock(xs):
    with locked():
        return [ask(x) for x in xs]


def never_entered():
    with never():
        return ask("x")


def yields_twice():
    with twice() as one:
        ask(one)


def traced(tracer, xs):
    with tracer.span("all"):
        found = [ask(x) for x in xs]
        with tracer.span("inner", level=1) as same:
            found.append(ask(len(same.spans)))
    return found


def wrong_arguments():
    ask("before")
    with section():
        return ask("x")


def kept_manager():
    manager = section("kept")
    ask("before")
    with manager as title:
        return ask(title)


PROGRAMS = [
    case(sections, (["a", "b"],), overlap=3),
    case(failing_body, ([0, 1, 3],), overlap=3),
    case(failing_body, ([0, 2, 3],), name="body_fails", raises="ValueError", more_calls=True),
    case(swallowed, ([0, 1],), ([0, 2],), more_calls=True),
    case(replaced, ([0, 1],)),
    case(replaced, ([2, 1],), name="exception_replaced", raises="KeyError", more_calls=True),
    case(returned_from_inside, (["a", "b", "c"],), overlap=2),
    case(broken_out_of, (["a", "b", "c"],)),
    case(with_setting, (), state=lambda: dict(SETTINGS)),
    case(with_context, ()),
    case(collected, (["a", "b"],)),
    case(asked_inside, ()),
    case(under_lock, (["a", "b"],)),
    case(never_entered, (), raises="RuntimeError"),
    case(yields_twice, (), raises="RuntimeError"),
    case(traced, lambda: (Tracer(), ["a", "b"]), overlap=2),
    case(wrong_arguments, (), raises="TypeError"),
    case(kept_manager, ()),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_same(program: Callable[[], None]) -> None:
    program()
