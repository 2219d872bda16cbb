"""`bind("openai:...")` speaks to a real HTTP server on this machine, through the official client."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from openai_endpoint import Endpoint

from xcs.diagnostics.errors import XCSError
from xcs.runtime.models import ModelBinding, bind, default_model

openai = pytest.importorskip("openai")


def local(endpoint: Endpoint, model: str = "small", **options: object) -> ModelBinding:
    return bind(f"openai:{model}", base_url=endpoint.base_url, api_key="key", max_retries=0, **options)


def test_sends_the_prompt_with_its_options(endpoint: Endpoint) -> None:
    model = local(endpoint, temperature=0.25, system="be brief", stop=["x"], extra_body={"top_k": 3})
    assert model("hello", max_tokens=7) == "echo hello"
    [(path, authorization, body)] = endpoint.requests
    assert (path, authorization) == ("/v1/chat/completions", "Bearer key")
    assert body == {
        "model": "small",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
        "temperature": 0.25,
        "max_tokens": 7,
        "stop": ["x"],
        "top_k": 3,
    }


def test_an_answer_without_text_is_empty(endpoint: Endpoint) -> None:
    assert local(endpoint, "silent")("hello") == ""


def test_embeds_to_length_one(endpoint: Endpoint) -> None:
    vector = local(endpoint, embedding_model="vectors").embed("hello")
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, [0.6, 0.8])
    assert endpoint.requests[0][2]["model"] == "vectors"


def test_errors_of_the_endpoint_are_the_clients_own(endpoint: Endpoint) -> None:
    with pytest.raises(openai.NotFoundError, match="no such model"):
        local(endpoint, "missing")("hello")


def test_calls_from_many_threads_overlap(endpoint: Endpoint) -> None:
    """The server answers nobody before all four have asked, so this ends only where calls overlap."""
    endpoint.gate = threading.Barrier(4, timeout=30)
    model = local(endpoint)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(model, "abcd")) == ["echo a", "echo b", "echo c", "echo d"]


def test_an_unpickled_binding_works(endpoint: Endpoint) -> None:
    assert pickle.loads(pickle.dumps(local(endpoint)))("hello") == "echo hello"


def test_default_model_reads_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCS_MODEL", "small")
    monkeypatch.setenv("XCS_BASE_URL", endpoint.base_url)
    monkeypatch.setenv("XCS_API_KEY", "from-environment")
    assert default_model(max_retries=0)("hello") == "echo hello"
    assert endpoint.requests[0][1] == "Bearer from-environment"


def test_a_missing_key_is_explained(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("XCS_API_KEY", raising=False)
    with pytest.raises(XCSError, match=r"expected an address and a key .* help: pass `base_url=` and `api_key=`"):
        bind("openai:small", base_url=endpoint.base_url)("hello")
