"""What policies and models have cost: waits, retries, timeouts, tokens; counted for whoever records at the moment.

Guarantees: any thread may add; each tally has a lock of its own. Who records is part of the context, so that calls on
other threads and in tasks count, too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypedDict


class ModelUsage(TypedDict):
    """What the calls of one model have used: as its endpoint says; `cost` in the unit of the prices it was given.

    Keys:
        calls: answers that say what they used; prompt_tokens, completion_tokens: sums; cost: None without prices.
    """

    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Mesh(Protocol):
    """A model over several endpoints."""

    def stats(self) -> list[Any]:
        """What is known of each endpoint."""
        ...


@dataclass(slots=True)
class Tally:
    """Sums over calls.

    Attributes:
        retries: calls made again; timeouts: calls given up.
        limit_wait_ns: time spent waiting for limits; retry_wait_ns: for another attempt; summed over calls.
        usage: by the name of the model.
        meshes: that calls have gone to, in the order of the first call to each.
    """

    retries: int = 0
    timeouts: int = 0
    limit_wait_ns: int = 0
    retry_wait_ns: int = 0
    usage: dict[str, ModelUsage] = field(default_factory=dict)
    meshes: dict[Mesh, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, *, retries: int = 0, timeouts: int = 0, limit_wait_ns: int = 0, retry_wait_ns: int = 0) -> None:
        """Adds to the sums."""
        with self._lock:
            self.retries += retries
            self.timeouts += timeouts
            self.limit_wait_ns += limit_wait_ns
            self.retry_wait_ns += retry_wait_ns

    def add_usage(self, model: str, prompt_tokens: int, completion_tokens: int, cost: float | None) -> None:
        """One answer."""
        with self._lock:
            found = self.usage.get(model) or ModelUsage(calls=0, prompt_tokens=0, completion_tokens=0, cost=None)
            self.usage[model] = ModelUsage(
                calls=found["calls"] + 1,
                prompt_tokens=found["prompt_tokens"] + prompt_tokens,
                completion_tokens=found["completion_tokens"] + completion_tokens,
                cost=found["cost"] if cost is None else (found["cost"] or 0.0) + cost,
            )

    def copy(self) -> Tally:
        """The sums as they are now."""
        with self._lock:
            return replace(self, usage=dict(self.usage), meshes=dict(self.meshes), _lock=threading.Lock())


@dataclass(frozen=True, slots=True)
class Around:
    """What calls find around them.

    Attributes:
        tallies: of those who record.
        in_program: whether they belong to a program that runs.
    """

    tallies: tuple[Tally, ...] = ()
    in_program: bool = False

    def inside(self, tally: Tally) -> Around:
        """What the calls of a program find that has this around it, and this tally."""
        return Around((*self.tallies, tally), True)


NOTHING = Around()
around: ContextVar[Around] = ContextVar("xcs_around", default=NOTHING)
"""What is around the calls of this context: one variable, because setting one and back takes 150 ns."""


@contextmanager
def recording(tally: Tally) -> Iterator[None]:
    """Counts what happens inside, in the calls made from there too."""
    token = _begin(tally)
    try:
        yield
    finally:
        around.reset(token)


def begin_recording() -> Tally:
    """A new tally for the rest of this context."""
    tally = Tally()
    _begin(tally)
    return tally


def _begin(tally: Tally) -> Token[Around]:
    before = around.get()
    return around.set(replace(before, tallies=(*before.tallies, tally)))


def count(*, retries: int = 0, timeouts: int = 0, limit_wait_ns: int = 0, retry_wait_ns: int = 0) -> None:
    """Adds to whoever records here."""
    for tally in around.get().tallies:
        tally.add(retries=retries, timeouts=timeouts, limit_wait_ns=limit_wait_ns, retry_wait_ns=retry_wait_ns)


def count_usage(model: str, prompt_tokens: int, completion_tokens: int, cost: float | None = None) -> None:
    """Adds the usage of one answer to whoever records here."""
    for tally in around.get().tallies:
        tally.add_usage(model, prompt_tokens, completion_tokens, cost)


def note_mesh(mesh: Mesh) -> None:
    """A call goes to a mesh, for whoever records here."""
    for tally in around.get().tallies:
        tally.meshes.setdefault(mesh, None)  # one step of a dictionary: needs no lock
