"""Natural programs over the `openai` client: answer, output, log and calls are plain Python's, and calls overlap."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUIET, installed, peak_of

import xcs

installed("openai")
installed("pydantic")
import client_programs  # noqa: E402  it needs what may be missing

pytestmark = QUIET
TEXTS = [f"question {number}" for number in range(4)]


def observed(function: Callable[..., Any], server: EndpointProcess, texts: list[str], capsys: Any, caplog: Any) -> Any:
    """What a program gives and shows, and the requests it makes."""
    capsys.readouterr()
    caplog.clear()
    seen = len(server.requests())
    if inspect.iscoroutinefunction(function):
        result = asyncio.run(function(texts))
    else:
        with client_programs.client() as chat:
            result = function(chat, texts)
    requests = server.requests()[seen:]
    return (result, capsys.readouterr().out, caplog.messages, Counter(one.prompt for one in requests)), requests


@pytest.mark.parametrize("program", [*client_programs.SYNCHRONOUS, *client_programs.ASYNCHRONOUS])
def test_a_program_is_what_python_makes_of_it(
    server: EndpointProcess,
    program: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "client_programs")
    monkeypatch.setattr(client_programs, "ADDRESS", server.base_url)
    expected, _ = observed(program, server, TEXTS, capsys, caplog)
    found, requests = observed(xcs.jit(program), server, TEXTS, capsys, caplog)
    assert found == expected
    assert peak_of(requests) >= 2 or program in client_programs.ONE_BY_ONE


def test_failures_are_shown_in_their_place(
    server: EndpointProcess,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(client_programs, "ADDRESS", server.base_url)
    for program in (client_programs.with_attempts, client_programs.vote):
        shown = []
        for one, name in ((program, "a"), (xcs.jit(program), "b")):  # each prompt fails but once
            texts = ["fine", f"{name} bad|500|500", f"{name} once|503", "fine too"]
            (result, out, _, calls), _ = observed(one, server, texts, capsys, caplog)
            shown.append([str(part).replace(f"{name} ", "") for part in (result, out, sorted(calls.items()))])
        assert shown[0] == shown[1]
