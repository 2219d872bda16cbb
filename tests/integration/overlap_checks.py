"""Whether the calls of a program over a client overlap, or keep their order, as the server sees it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from itertools import pairwise
from math import inf
from typing import Any

import pytest
from endpoint_process import EndpointProcess, Logged

import xcs

SHORTEST = 0.85  # of the server's latency, which varies by a tenth
QUESTIONS = [f"question {number}" for number in range(6)]

QUIET = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # sockets that they leave open
]
"""Marks of tests that run other people's packages."""


def installed(name: str) -> Any:
    """The package; its own warnings at import are not ours."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


def echoes(prefix: str = "echo ") -> list[str]:
    """What the server answers to the questions."""
    return [prefix + question for question in QUESTIONS]


def peak_of(requests: list[Logged]) -> int:
    """How many requests were under way at once."""
    changes = sorted([(one.start_s, 1) for one in requests] + [(one.end_s, -1) for one in requests])
    return max(sum(change for _, change in changes[: index + 1]) for index in range(len(changes)))


def run(function: Callable[..., Any], *args: Any) -> Any:
    """What a function gives; a coroutine function on an event loop of its own."""
    given = function(*args)
    return asyncio.run(given) if inspect.iscoroutine(given) else given


def overlapped(
    server: EndpointProcess,
    function: Callable[..., Any],
    *args: Any,
    num_requests: int = len(QUESTIONS),
    at_least: int = len(QUESTIONS) - 1,
) -> Any:
    """What the function gives, plainly and compiled; compiled, so many requests were under way at once."""
    expected = run(function, *args)
    seen = len(server.requests())
    assert seen > 0
    assert run(xcs.jit(function), *args) == expected
    requests = server.requests()[seen:]
    assert len(requests) == num_requests
    peak = peak_of(requests)
    assert peak >= at_least, f"at most {peak} at once"
    return expected


def in_order(server: EndpointProcess, function: Callable[..., Any], *args: Any, seen: list[Any]) -> Any:
    """What the function gives, plainly and compiled; what it notes in `seen` is the same, in the same order."""
    seen.clear()
    expected = run(function, *args)
    noted = list(seen)
    assert noted
    seen.clear()
    before = len(server.requests())
    assert run(xcs.jit(function), *args) == expected
    assert seen == noted
    assert_apart(server, server.requests()[before:])
    return expected


def assert_apart(server: EndpointProcess, requests: list[Logged]) -> None:
    """No request came in before the one before it can have been answered: a server answers, then notes that it has."""
    starts = sorted(one.start_s for one in requests)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps, default=inf) >= SHORTEST * server.latency_s
