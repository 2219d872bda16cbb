"""Plain loops over the official `openai` client overlap, wherever the client is kept; answers stay Python's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai_endpoint import Endpoint

import xcs

openai = pytest.importorskip("openai")

QUESTIONS = [f"question {number}" for number in range(6)]
CLIENT: Any = None


class Assistant:
    def __init__(self, client: Any) -> None:
        self.client = client
        self.model = "small"

    def ask(self, question: str) -> str:
        response = self.client.chat.completions.create(model=self.model, messages=[message(question)])
        return response.choices[0].message.content.strip()

    def ask_all(self, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            response = self.client.chat.completions.create(model=self.model, messages=[message(question)])
            answers.append(response.choices[0].message.content)
        return answers


def message(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def with_global_client(questions: list[str]) -> list[str]:
    answers = []
    for question in questions:
        response = CLIENT.chat.completions.create(model="small", messages=[{"role": "user", "content": question}])
        answers.append(response.choices[0].message.content.strip())
    return answers


def with_client_argument(client: Any, questions: list[str]) -> list[str]:
    answers = []
    for question in questions:
        response = client.chat.completions.create(model="small", messages=[{"role": "user", "content": question}])
        answers.append(response.choices[0].message.content.strip())
    return answers


def with_client_attribute(assistant: Assistant, questions: list[str]) -> list[str]:
    answers = []
    for question in questions:
        response = assistant.client.chat.completions.create(model="small", messages=[message(question)])
        answers.append(response.choices[0].message.content.strip())
    return answers


def with_methods(assistant: Assistant, questions: list[str]) -> list[str]:
    return [assistant.ask(question).upper() for question in questions]


def with_a_method_that_loops(assistant: Assistant, questions: list[str]) -> list[str]:
    return assistant.ask_all(questions)


def counting_tokens(client: Any, questions: list[str]) -> tuple[str, int]:
    text, tokens = "", 0
    for question in questions:
        response = client.chat.completions.create(model="small", messages=[message(question)])
        text += f"{response.choices[0].message.content}; "
        tokens += response.usage.total_tokens
    return text, tokens


def unpacking_options(client: Any, questions: list[str]) -> list[str]:
    options = {"model": "small", "temperature": 0.5}
    return [
        client.chat.completions.create(messages=[message(question)], **options).choices[0].message.content or "nothing"
        for question in questions
    ]


def after_a_write(client: Any, log: list[str], questions: list[str]) -> list[str]:
    log.append("started")
    responses = [client.chat.completions.create(model="small", messages=[message(one)]) for one in questions]
    return [response.choices[0].message.content for response in responses]


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Any]:
    with openai.OpenAI(base_url=endpoint.base_url, api_key="key", max_retries=0) as made:
        yield made


def overlapped(endpoint: Endpoint, function: Callable[..., Any], *args: Any) -> None:
    """Once compiled, no answer is sent before two requests are in; so it only ends where calls overlap."""
    expected = function(*args)
    endpoint.requests.clear()
    endpoint.gate = threading.Barrier(2, timeout=30)
    assert xcs.jit(function)(*args) == expected
    assert sorted(endpoint.prompts()) == QUESTIONS


def test_the_client_is_a_global(endpoint: Endpoint, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "CLIENT", client)
    overlapped(endpoint, with_global_client, QUESTIONS)


@pytest.mark.parametrize("function", [with_client_argument, counting_tokens, unpacking_options])
def test_the_client_is_an_argument(endpoint: Endpoint, client: Any, function: Callable[..., Any]) -> None:
    overlapped(endpoint, function, client, QUESTIONS)


@pytest.mark.parametrize("function", [with_client_attribute, with_methods, with_a_method_that_loops])
def test_the_client_is_an_attribute(endpoint: Endpoint, client: Any, function: Callable[..., Any]) -> None:
    overlapped(endpoint, function, Assistant(client), QUESTIONS)


def test_a_client_stays_a_client_when_the_world_is_written(endpoint: Endpoint, client: Any) -> None:
    log: list[str] = []
    overlapped(endpoint, after_a_write, client, log, QUESTIONS)
    assert log == ["started", "started"]


def test_a_response_that_is_changed_keeps_the_order(endpoint: Endpoint, client: Any) -> None:
    """Records may be filled with objects whose code is seen by others: reading these isn't moved."""
    calls: list[str] = []

    class Loud:
        def strip(self) -> str:
            calls.append("strip")
            return f"stripped {len(calls)}"

    def program(client: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            response = client.chat.completions.create(model="small", messages=[message(question)])
            response.choices[0].message.content = Loud()
            calls.append("before")
            answers.append(response.choices[0].message.content.strip())
            calls.append("after")
        return answers

    expected = program(client, QUESTIONS)
    plainly = calls.copy()
    calls.clear()
    assert xcs.jit(program)(client, QUESTIONS) == expected
    assert calls == plainly
