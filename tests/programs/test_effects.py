"""Polite programs: order, pacing, polling, budgets, timing, counters, cookies, cleanup."""

# ruff: noqa: RET504 - the programs are written as people write them, mistakes included

from __future__ import annotations

import contextlib
import contextvars
import io
import itertools
import logging
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from leaves import LOG, Meter, Model, Store, ask, fetch, many, note, note_and_return, num, rate, say, slow, wait
from observe import case


def add_then_query(store, xs):
    for x in xs:
        store.add(ask(x))
    return store.query("<1"), store.count()


def query_between_adds(store, xs):
    counts = []
    for x in xs:
        store.add(x)
        counts.append(store.count())
        ask(counts[-1])
    return counts


def read_then_write_then_read(store, x):
    before = store.count()
    store.add(num(x))
    after = store.count()
    return before, after


def two_stores(a, b, x):
    a.add(num(x))
    b.add(num(x + 1))
    return a.count() + b.count(), a.query("1")


def log_before_and_after_call(x):
    note("before")
    y = ask(x)
    note("after")
    return y


def print_in_loop(xs):
    for x in xs:
        print("item", x, ask(x), sep="|")
    print("done")


def print_is_after_earlier_calls(x):
    a = ask(x)
    print("no dependence")
    return a


def say_what_was_asked(xs):
    replies = []
    for x in xs:
        note(f"asking {x}")
        replies.append(rate(x))
        note(f"asked {len(replies)}")
    return replies


def say_what_was_declared(xs):
    replies = []
    for x in xs:
        say("asking", x)
        replies.append(ask(x))
        say("asked", len(replies))
    return replies


def counter_in_callable(meter, xs):
    return [meter(x) for x in xs], meter.calls


def counter_in_global_list(xs):
    out = []
    for x in xs:
        note_and_return(x)
        out.append(len(LOG))
        ask(x)
    return out


def pacing(xs):
    out = []
    for x in xs:
        out.append(ask(x))
        time.sleep(0.001)
    return out


def pacing_in_helper(xs):
    def breathe():
        time.sleep(0.001)

    out = []
    for x in xs:
        out.append(ask(x))
        breathe()
    return out


def polling(job):
    tries = 0
    while not job.done():
        tries += 1
        time.sleep(0.0005)
    return tries, job.result()


class Job:
    def __init__(self) -> None:
        self.left = 3

    def done(self) -> bool:
        self.left -= 1
        wait("poll", self.left)
        return self.left <= 0

    def result(self) -> str:
        wait("result")
        return "ready"


def budget_guard(xs, budget):
    spent, out = 0, []
    for x in xs:
        if spent + x > budget:
            raise RuntimeError(f"over budget at {x}")
        out.append(ask(x))
        spent += x
    return out


def budget_of_answers(xs, budget):
    spent, out = 0, []
    for x in xs:
        if spent >= budget:
            break
        reply = ask(x)
        spent += len(reply)
        out.append(reply)
    return out, spent


def budget_object(purse, xs):
    for x in xs:
        purse.pay(x)
        ask(x)
    return purse.left


class Purse:
    def __init__(self, left: int) -> None:
        self.left = left

    def pay(self, amount: int) -> None:
        if amount > self.left:
            raise ValueError(f"only {self.left} left")
        self.left -= amount
        LOG.append(("paid", amount))


def timing(x):
    start = time.perf_counter()
    y = slow(x)
    took = time.perf_counter() - start
    return y, took >= 0.001


def timing_does_not_overlap_with_earlier(x):
    slow(x)
    start = time.monotonic()
    slow(x)
    end = time.monotonic()
    return end - start >= 0.001


def timestamps_are_in_order(xs):
    stamps = []
    for x in xs:
        stamps.append(time.perf_counter_ns())
        slow(x)
    stamps.append(time.perf_counter_ns())
    return all(b - a >= 900_000 for a, b in itertools.pairwise(stamps))


class Session:
    """Cookies: each request depends on the one before."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.requests = 0

    def get(self, path: str) -> str:
        self.requests += 1
        wait("get", path, tuple(self.cookies.items()))
        self.cookies["last"] = path
        return f"{path}?{len(self.cookies)}#{self.requests}"


def cookies(session, paths):
    pages = [session.get(p) for p in paths]
    return pages, session.cookies


def two_sessions(a, b, paths):
    return [(a.get(p), b.get(p)) for p in paths]


class Resource:
    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> Resource:
        note(f"open {self.name}")
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        note(f"close {self.name} {kind and kind.__name__}")

    def use(self, x: Any) -> str:
        return ask(f"{self.name}{x}")


def cleanup(xs):
    with Resource("r") as r:
        out = [r.use(x) for x in xs]
        note("used")
    return out


def cleanup_after_failure(x):
    with Resource("outer"), Resource("inner") as r:
        y = r.use(x)
        raise ValueError(y)


def cleanup_with_return(x):
    with Resource("r") as r:
        if num(x) > 10:
            return r.use(x)
        note("fell through")
    return ask("end")


def exit_stack(xs):
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(Resource(f"r{x}")) for x in xs]
        return [r.use(x) for r, x in zip(opened, xs, strict=True)]


@contextlib.contextmanager
def managed(name):
    note(f"enter {name}")
    try:
        yield name
    finally:
        note(f"leave {name}")


def generator_manager(x):
    with managed(ask(x)) as name:
        y = ask(name)
    return y


def file_written_then_read(x):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.txt"
        for i in range(2):
            with path.open("a") as f:
                f.write(ask(x + i) + "\n")
        return path.read_text().splitlines(), sorted(p.name for p in Path(folder).iterdir())


def database(rows):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (k text, v integer)")
    for k in rows:
        connection.execute("insert into t values (?, ?)", (k, len(ask(k))))
    connection.commit()
    found = connection.execute("select k, v from t order by k desc").fetchall()
    connection.close()
    return found


def string_io(xs):
    out = io.StringIO()
    for x in xs:
        out.write(ask(x))
    return out.getvalue(), out.tell()


def environment(x):
    os.environ["XCS_TEST_VALUE"] = ask(x)
    found = os.environ.get("XCS_TEST_VALUE")
    del os.environ["XCS_TEST_VALUE"]
    return found, os.environ.get("XCS_TEST_VALUE")


def random_state(xs):
    random.seed(7)
    out = []
    for x in xs:
        out.append((ask(x), random.random(), random.choice(xs)))
    return out


def own_random_state(seed, xs):
    rng = random.Random(seed)
    return [(rate(str(rng.randint(0, 9))), rng.random()) for _ in xs], rng.random()


def iterator_shared_by_helpers(xs):
    it = itertools.count(1)

    def fresh(x):
        return ask(f"{next(it)}:{x}")

    return [fresh(x) for x in xs], next(it)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LOG.append(("log", record.getMessage()))


LOGGER = logging.getLogger("xcs.tests.programs")
LOGGER.propagate = False
LOGGER.setLevel(logging.INFO)
LOGGER.addHandler(_Handler())


def logging_calls(xs):
    LOGGER.info("start %d", len(xs))
    out = []
    for x in xs:
        LOGGER.info("asking %s", x)
        out.append(ask(x))
        LOGGER.debug("not shown")
    LOGGER.warning("end %s", out)
    return out


def thread_local_state(x):
    local = threading.local()
    local.value = ask(x)
    return local.value, threading.current_thread() is threading.main_thread()


VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("variable", default="none")


def context_variable(x):
    token = VARIABLE.set(ask(x))
    inside = VARIABLE.get(), ask(VARIABLE.get())
    VARIABLE.reset(token)
    return inside, VARIABLE.get()


def reads_then_write(key):
    a = fetch(key)
    note("write")
    b = fetch(key + "2")
    return a, b


def reads_overlap(keys):
    return [fetch(k) for k in keys]


def read_of_what_was_written(d, key):
    d[key] = ask(key)
    a = _look(d, key)
    d[key] = num(1)
    return a, _look(d, key)


def _look(d, key):
    wait("look", key)
    return d[key]


CACHE: dict[Any, Any] = {}


def cached(x):
    if x not in CACHE:
        CACHE[x] = ask(x)
    return CACHE[x]


def cache_in_helper(xs):
    return [cached(x) for x in xs], sorted(CACHE)


def lazily_created_client(x):
    holder = Holder()
    return holder.client().complete(x), holder.client() is holder.client(), holder.made


class Holder:
    def __init__(self) -> None:
        self.made = 0
        self._client: Model | None = None

    def client(self) -> Model:
        if self._client is None:
            self.made += 1
            self._client = Model("lazy")
        return self._client


def rate_limiter(limiter, xs):
    out = []
    for x in xs:
        limiter.acquire()
        out.append(ask(x))
    return out, limiter.tokens


class Limiter:
    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def acquire(self) -> None:
        while self.tokens <= 0:
            time.sleep(0.0001)
            self.tokens += 1
        self.tokens -= 1


def lock_around_call(x):
    lock = threading.Lock()
    with lock:
        y = ask(x)
    return y, lock.locked()


def history_as_memory(model, questions):
    history = []
    for q in questions:
        history.append(("user", q))
        reply = model.complete(repr(history))
        history.append(("assistant", reply))
    return history


def callback_for_each(xs, callback):
    for i, x in enumerate(xs):
        reply = ask(x)
        callback(i, reply)
    return len(xs)


def progress_to_list(xs, report):
    for x in xs:
        report.append(f"start {x}")
        ask(x)
        report.append(f"end {x}")


def observer_object(subject, xs):
    for x in xs:
        subject.publish(ask(x))
    return subject.seen


class Subject:
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.listeners: list[Callable[[Any], Any]] = [self.seen.append, note]

    def publish(self, what: Any) -> None:
        for listener in self.listeners:
            listener(what)


def effect_in_property(thing, x):
    a = thing.value
    b = ask(x)
    c = thing.value
    return a, b, c


class Thing:
    def __init__(self) -> None:
        self.reads = 0

    @property
    def value(self) -> int:
        self.reads += 1
        LOG.append(("read", self.reads))
        return self.reads


def effect_in_str(x):
    return f"{Shown(x)} {ask(x)} {Shown(x + 1)}"


class Shown:
    def __init__(self, x: Any) -> None:
        self.x = x

    def __str__(self) -> str:
        note(f"str {self.x}")
        return str(self.x)


def effect_in_eq_of_in(x):
    items = [Compared(1), Compared(2), Compared(3)]
    return num(x) in items, ask(x), Compared(2) in items


class Compared:
    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        note(f"eq {self.x}")
        return isinstance(other, Compared) and other.x == self.x

    def __hash__(self) -> int:
        note(f"hash {self.x}")
        return 1


def effect_in_hash(x):
    table = {}
    for i in range(3):
        table[Compared(i)] = ask(x + i)
    return len(table), Compared(1) in table


def effect_in_iterator(xs):
    out = []
    for x in Chatty(xs):
        out.append(ask(x))
    return out


class Chatty:
    def __init__(self, xs: list[Any]) -> None:
        self.xs = xs

    def __iter__(self) -> Any:
        for x in self.xs:
            note(f"yield {x}")
            yield x
        note("end")


def list_of_world_is_fresh_each_time(n):
    a, b = many(n), many(n)
    a.append("x")
    return a, b, a is b


def wait_as_statement(x):
    wait("first", x)
    note("second")
    wait("third", x)


PROGRAMS = [
    case(add_then_query, lambda: (Store(), [1, 2, 1])),
    case(query_between_adds, lambda: (Store(), [1, 2])),
    case(read_then_write_then_read, lambda: (Store(), 1)),
    case(two_stores, lambda: (Store(), Store(), 1)),
    case(two_stores, lambda: ((s := Store()), s, 1), name="one_store_twice"),
    case(log_before_and_after_call, (1,)),
    case(print_in_loop, ([1, 2],)),
    case(print_is_after_earlier_calls, (1,)),
    case(
        say_what_was_asked,
        (["1", "2", "3"],),
        overlap=3,
    ),
    case(say_what_was_declared, ([1, 2, 3],)),
    case(counter_in_callable, lambda: (Meter(), [1, 2])),
    case(counter_in_global_list, ([1, 2],)),
    case(pacing, ([1, 2],)),
    case(pacing_in_helper, ([1, 2],)),
    case(polling, lambda: (Job(),)),
    case(budget_guard, ([1, 2, 3], 4), ([1, 2], 4)),
    case(budget_of_answers, ([1, 2, 3], 5)),
    case(budget_object, lambda: (Purse(4), [1, 2, 3]), raises="ValueError"),
    case(timing, (1,)),
    case(timing_does_not_overlap_with_earlier, (1,)),
    case(timestamps_are_in_order, ([1, 2],)),
    case(cookies, lambda: (Session(), ["a", "b"])),
    case(two_sessions, lambda: (Session(), Session(), ["a", "b"])),
    case(two_sessions, lambda: ((s := Session()), s, ["a", "b"]), name="one_session_twice"),
    case(cleanup, ([1, 2],)),
    case(cleanup_after_failure, (1,), raises="ValueError"),
    case(cleanup_with_return, (1,), (2,)),
    case(exit_stack, ([1, 2],)),
    case(generator_manager, (1,)),
    case(file_written_then_read, (1,)),
    case(database, (["b", "a"],)),
    case(string_io, ([1, 2],)),
    case(environment, (1,)),
    case(random_state, ([1, 2],)),
    case(own_random_state, (3, [1, 2])),
    case(iterator_shared_by_helpers, ([1, 2],)),
    case(logging_calls, ([1, 2],)),
    case(thread_local_state, (1,)),
    case(context_variable, (1,)),
    case(reads_then_write, ("k",)),
    case(reads_overlap, (["a", "b", "c"],), overlap=3),
    case(read_of_what_was_written, ({}, "k")),
    case(cache_in_helper, ([1, 2, 1],), setup=CACHE.clear, state=lambda: CACHE),
    case(lazily_created_client, (1,)),
    case(rate_limiter, lambda: (Limiter(1), [1, 2])),
    case(lock_around_call, (1,)),
    case(history_as_memory, lambda: (Model("h"), ["a", "b"])),
    case(callback_for_each, lambda: ([1, 2], lambda i, r: note((i, r)))),
    case(progress_to_list, ([1, 2], [])),
    case(observer_object, lambda: (Subject(), [1, 2])),
    case(effect_in_property, lambda: (Thing(), 1)),
    case(effect_in_str, (1,)),
    case(effect_in_eq_of_in, (1,)),
    case(effect_in_hash, (1,)),
    case(effect_in_iterator, ([1, 2],)),
    case(list_of_world_is_fresh_each_time, (2,)),
    case(wait_as_statement, (1,)),
]


@pytest.mark.parametrize("run", PROGRAMS)
def test_same(run: Callable[[], None]) -> None:
    run()
