"""Fixtures of the tests that speak to a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai_endpoint import Endpoint, served


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as state:
        yield state
