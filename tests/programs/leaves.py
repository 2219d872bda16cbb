"""What the programs of the tests call: models, reads, ordered effects; each records itself out of sight of inference.

`LOG` is the visible order (a plain global list, so that what appends to it is rightly inferred as ordered). `WORLD`
holds the external calls of the run under observation, and the gate that makes overlapping calls meet.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from snapshot import snapshot

import xcs
from xcs.frontend.effects.known import register

register(snapshot, "pure", result=str)  # the observer is no part of the programs

LOG: list[Any] = []
PATIENCE_S = 2.0  # how long a call waits for others that should overlap with it before the test fails


class Gate:
    """Holds calls until `width` of them are inside together; then it stays open."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.peak = 0
        self._inside = 0
        self._is_open = width <= 1
        self._finished = 0
        self._changed = threading.Condition()

    def enter(self) -> None:
        with self._changed:
            self._inside += 1
            self.peak = max(self.peak, self._inside)
            self._is_open = self._is_open or self._inside >= self.width
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._is_open, PATIENCE_S):
                self._is_open = True  # one call has waited in vain: don't let each of them do so

    def leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._finished += 1
            self._changed.notify_all()

    def await_another(self) -> None:
        """Wait until some other call has finished, where calls overlap at all."""
        with self._changed:
            if self.width > 1:
                self._changed.wait_for(lambda: self._finished > 0, PATIENCE_S)


@dataclass
class World:
    """What one run did outside: its external calls (any thread adds) and the ordered effects off the calling thread."""

    gate: Gate = field(default_factory=lambda: Gate(1))
    calls: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    caller: int = 0
    on_worker: bool = False  # a worker runs a call now, on whatever thread
    latency_s: float = 0.0  # longer than scheduling takes, so that whatever doesn't wait for a call is seen

    @contextmanager
    def call(self, tag: str, *args: object) -> Iterator[None]:
        self.calls.append(f"{tag}{snapshot(*args)}")
        self.gate.enter()
        try:
            if self.latency_s:
                time.sleep(self.latency_s)
            yield
        finally:
            self.gate.leave()


_WORLD: ContextVar[World] = ContextVar("world", default=World())  # noqa: B039


class _Current:
    """The world of this run: calls that outlive their run still belong to it, as contexts flow into every call."""

    @property
    def world(self) -> World:
        return _WORLD.get()

    @world.setter
    def world(self, world: World) -> None:
        _WORLD.set(world)


CURRENT = _Current()


# ---------------------------------------------------------------- declared leaves
@xcs.op(effect="unordered")
def ask(prompt: Any = "", *rest: Any, **options: Any) -> str:
    with CURRENT.world.call("ask", prompt, rest, options):
        extra = "".join(f",{r}" for r in rest) + "".join(f",{k}={v}" for k, v in options.items())
        return f"<{prompt}{extra}>"


@xcs.op(effect="unordered")
def num(x: Any = 0) -> Any:
    with CURRENT.world.call("num", x):
        return x * 10


@xcs.op(effect="unordered")
def flaky(x: int) -> int:
    with CURRENT.world.call("flaky", x):
        if x % 3 == 2:
            raise ValueError(f"flaky({x})")
        return x * 10


@xcs.op(effect="unordered")
def raising(error: Any) -> Any:
    with CURRENT.world.call("raising", str(error)):
        raise error


@xcs.op(effect="unordered")
def tardy(x: int) -> int:
    """Finishes after some other call has, where calls overlap; fails for multiples of 3 less 1."""
    with CURRENT.world.call("tardy", x):
        CURRENT.world.gate.await_another()
        if x % 3 == 2:
            raise ValueError(f"tardy({x})")
        return x * 10


@xcs.op(effect="unordered")
def many(n: int) -> list[Any]:
    """A fresh list from the world."""
    with CURRENT.world.call("many", n):
        return [f"item{i}" for i in range(n)]


@xcs.op(effect="unordered")
def echo(x: Any) -> Any:
    """The argument itself comes back."""
    with CURRENT.world.call("echo", x):
        return x


@xcs.op(effect="reads")
def fetch(key: Any) -> str:
    with CURRENT.world.call("fetch", key):
        return f"[{key}]"


@xcs.op(effect="ordered")
def say(*words: Any) -> int:
    _here(f"say {words}")
    LOG.append(("say", snapshot(*words)))
    return len(LOG)


def _here(what: str) -> None:
    if threading.get_ident() != CURRENT.world.caller or CURRENT.world.on_worker:
        CURRENT.world.strays.append(what)


# ---------------------------------------------------------------- leaves that inference must understand
@xcs.op(effect="unordered")
def wait(tag: str, *args: object) -> None:
    with CURRENT.world.call(tag, *args):
        pass


def rate(text: Any) -> float:
    """One external call and a little Python."""
    wait("rate", text)
    return (sum(map(ord, str(text))) % 97) / 97


def slow(x: Any) -> Any:
    """Latency, and nothing else."""
    time.sleep(0.001)
    return x


def note(x: Any) -> None:
    """An ordered effect, found by inference."""
    LOG.append(("note", x))


def note_and_return(x: Any) -> Any:
    LOG.append(("note", x))
    return x


class Model:
    """A callable that is data."""

    def __init__(self, name: str = "m") -> None:
        self.name = name

    def __call__(self, prompt: Any) -> str:
        wait("model", self.name, prompt)
        return f"{self.name}({prompt})"

    def complete(self, prompt: Any, *, temperature: float = 0.0) -> str:
        wait("complete", self.name, prompt, temperature)
        return f"{self.name}.complete({prompt}@{temperature:g})"


class Meter:
    """A callable that counts itself."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, prompt: Any) -> str:
        self.calls += 1
        wait("meter", prompt)
        return f"{self.calls}:{prompt}"


class Store:
    """A database: what it does is ordered on itself."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def add(self, row: Any) -> int:
        self.rows.append(row)
        LOG.append(("add", row))
        return len(self.rows)

    def count(self) -> int:
        return len(self.rows)

    def query(self, prefix: str) -> list[Any]:
        return [row for row in self.rows if str(row).startswith(prefix)]
