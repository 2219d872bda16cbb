"""Programs over LiteLLM's functions overlap with nothing declared: the real package and a local server."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped

import xcs

pytestmark = [*QUIET, pytest.mark.usefixtures("leaves_nothing_of_ours")]
LENGTHS = [float(len(question)) for question in QUESTIONS]
NOTED: list[Any] = []
URL = ""
litellm: Any = None


@pytest.fixture(autouse=True)
def package(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package, with nothing left of what it keeps open."""
    monkeypatch.setitem(globals(), "litellm", installed("litellm"))
    monkeypatch.setitem(globals(), "URL", server.base_url)
    yield
    litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect()


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def ask_all(texts: list[str]) -> list[str]:
    answers = []
    for text in texts:
        response = litellm.completion(model="openai/m", messages=asked(text), api_base=URL, api_key="k")
        answers.append(response.choices[0].message.content)
    return answers


async def ask_all_later(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        response = await litellm.acompletion(model="openai/m", messages=asked(text), api_base=URL, api_key="k")
        found.append(response.choices[0].message.content)
    return found


def complete_all(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        response = litellm.text_completion(model="text-completion-openai/m", prompt=text, api_base=URL, api_key="k")
        found.append(response.choices[0].text)
    return found


async def complete_all_later(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        response = await litellm.atext_completion(
            model="text-completion-openai/m", prompt=text, api_base=URL, api_key="k"
        )
        found.append(response.choices[0].text)
    return found


def embed_all(texts: list[str]) -> list[float]:
    return [
        litellm.embedding(model="openai/m", input=[text], api_base=URL, api_key="k").data[0]["embedding"][0]
        for text in texts
    ]


async def embed_all_later(texts: list[str]) -> list[float]:
    found = []
    for text in texts:
        response = await litellm.aembedding(model="openai/m", input=[text], api_base=URL, api_key="k")
        found.append(response.data[0]["embedding"][0])
    return found


def rank_all(texts: list[str]) -> list[tuple[int, float]]:
    found = []
    for text in texts:
        documents = ["short", f"longer than {text}"]
        ranked = litellm.rerank(
            model="cohere/m", query=text, documents=documents, top_n=2, api_base=f"{URL}/rerank", api_key="k"
        )
        best = ranked.results[0]
        found.append((best["index"], best["relevance_score"]))
    return found


async def rank_all_later(texts: list[str]) -> list[list[int]]:
    found = []
    for text in texts:
        documents = ["short", f"longer than {text}"]
        ranked = await litellm.arerank(
            model="cohere/m", query=text, documents=documents, top_n=2, api_base=f"{URL}/rerank", api_key="k"
        )
        found.append([result["index"] for result in ranked.results])
    return found


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (ask_all, echoes()),
        (ask_all_later, echoes()),
        (complete_all, echoes()),
        (complete_all_later, echoes()),
        (embed_all, LENGTHS),
        (embed_all_later, LENGTHS),
        (rank_all, [(1, 1.0)] * len(QUESTIONS)),
        (rank_all_later, [[1, 0]] * len(QUESTIONS)),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_calls_overlap(server: EndpointProcess, program: Callable[..., Any], expected: list[Any]) -> None:
    assert overlapped(server, program, QUESTIONS) == expected


@pytest.mark.parametrize("program", [rank_all, embed_all, complete_all], ids=lambda one: one.__name__)
def test_calls_that_are_watched_keep_their_order(
    server: EndpointProcess, program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(kwargs: Any, *_: Any) -> None:
        NOTED.append(str(kwargs.get("input") or kwargs.get("messages") or kwargs.get("model")))

    for name in ("input_callback", "_async_input_callback"):
        monkeypatch.setattr(litellm, name, [])
    litellm.input_callback.append(note)
    assert in_order(server, program, QUESTIONS, seen=NOTED)


@pytest.mark.parametrize("program", [rank_all, complete_all, embed_all], ids=lambda one: one.__name__)
def test_errors_are_those_of_the_package(program: Callable[..., Any]) -> None:
    with pytest.raises(Exception) as plainly:
        program(["plain|400|400|400|400"])
    with pytest.raises(type(plainly.value)) as caught:
        xcs.jit(program)(["other|400|400|400|400"])
    assert str(caught.value).replace("other", "plain") == str(plainly.value)
