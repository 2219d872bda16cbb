"""Embeddings from coroutines: the vectors of the synchronous calls, batched, under limits, and journaled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from endpoint_process import EndpointProcess, endpoint_process

import xcs

pytest.importorskip("openai")
pytestmark = pytest.mark.usefixtures("leaves_nothing")
TEXTS = ["a", "bb", "ccc"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointProcess]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with endpoint_process(tmp_path, latency_s=0.02) as running:
        yield running


def model_of(server: EndpointProcess, **options: object) -> Any:
    return xcs.bind("openai:m", base_url=server.base_url, api_key="k", max_retries=0, **options)


def models(server: EndpointProcess) -> list[Any]:
    plain = model_of(server)
    limited = model_of(server, max_concurrency=2, token_limit=10_000, timeout_s=20)
    return [plain, limited, xcs.ModelMesh([plain]), xcs.embedded(latency_s=0.0)]


def test_they_are_those_of_the_synchronous_calls(server: EndpointProcess) -> None:
    async def embedded(model: Any) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
        each = await asyncio.gather(*[model.aembed(text) for text in TEXTS])
        return each, await model.aembed_batch(TEXTS), await model.aembed_batch([])

    for model in models(server):
        each, batch, none = asyncio.run(embedded(model))
        np.testing.assert_array_equal(np.stack(each), np.stack([model.embed(text) for text in TEXTS]))
        np.testing.assert_array_equal(batch, model.embed_batch(TEXTS))
        assert batch.dtype == np.float32
        assert none.shape[0] == 0


def test_a_compiled_coroutine_asks_for_all_in_one_request(server: EndpointProcess) -> None:
    model = model_of(server)

    @xcs.jit
    async def program(texts: list[str]) -> list[np.ndarray]:
        return [await model.aembed(text) for text in texts]

    each = asyncio.run(program(TEXTS))
    np.testing.assert_array_equal(np.stack(each), model.embed_batch(TEXTS))
    assert server.prompts() == [str(TEXTS)] * 2
    assert xcs.get_jit_stats(program)["batched_calls"] == 3


def test_a_journal_has_them(server: EndpointProcess, tmp_path: Path) -> None:
    model = model_of(server)

    @xcs.jit
    async def program(texts: list[str]) -> list[np.ndarray]:
        return [await model.aembed(text) for text in texts]

    with xcs.journal(tmp_path / "run.db"):
        first = asyncio.run(program(TEXTS))
    asked = len(server.requests())
    with xcs.journal(tmp_path / "run.db", mode="replay"):
        again = asyncio.run(program(TEXTS))
    np.testing.assert_array_equal(np.stack(again), np.stack(first))
    assert len(server.requests()) == asked
