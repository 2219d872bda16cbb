"""Fixtures of the tests that speak to a server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from endpoint_process import EndpointProcess, endpoint_process
from leftovers import nothing_left
from openai_endpoint import Endpoint, served


@pytest.fixture
def leaves_nothing() -> Iterator[None]:
    """The test leaves no thread, call, task or socket."""
    with nothing_left():
        yield


@pytest.fixture
def leaves_nothing_of_ours() -> Iterator[None]:
    """The same for tests of packages that keep threads, tasks and connections of their own."""
    with nothing_left(("threads", "tasks", "sockets")):
        yield


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as state:
        yield state


LATENCY_S = 0.1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    """A server that speaks to other people's clients, which look for nothing elsewhere."""
    names = ("NO_PROXY", "LITELLM_LOCAL_MODEL_COST_MAP", "TOKENIZERS_PARALLELISM")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(NO_PROXY="127.0.0.1", LITELLM_LOCAL_MODEL_COST_MAP="True", TOKENIZERS_PARALLELISM="false")
    with endpoint_process(tmp_path_factory.mktemp("server"), latency_s=LATENCY_S) as running:
        yield running
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
