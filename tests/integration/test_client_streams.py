"""Streams of `openai`, `anthropic` and `litellm` that a program reads itself: each is one call, and calls overlap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, in_order, installed, overlapped, peak_of

import xcs

pytestmark = QUIET
LEAVES_NOTHING = pytest.mark.usefixtures("leaves_nothing")
NOTED: list[Any] = []
WORDS = ["".join(f"echo {question}".split()) for question in QUESTIONS]


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


# ---- openai


def join(client: Any, text: str) -> str:
    chunks = client.chat.completions.create(model="m", messages=asked(text), stream=True)
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def join_each(client: Any, texts: list[str]) -> list[str]:
    return [join(client, text) for text in texts]


def join_where_it_stands(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        found.append(
            "".join(
                chunk.choices[0].delta.content or ""
                for chunk in client.chat.completions.create(model="m", messages=asked(text), stream=True)
            )
        )
    return found


def collect(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        stream = client.chat.completions.create(model="m", messages=asked(text), stream=True, max_tokens=50)
        answer = ""
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content is not None:
                answer += chunk.choices[0].delta.content
        found.append(answer)
    return found


def manage(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        with client.chat.completions.create(model="m", messages=asked(text), stream=True) as stream:
            found.append("".join(chunk.choices[0].delta.content or "" for chunk in stream))
    return found


def by_events(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        with client.chat.completions.stream(model="m", messages=asked(text)) as stream:
            found.append("".join(event.delta for event in stream if event.type == "content.delta"))
    return found


def six_times(client: Any, texts: list[str]) -> list[str]:
    one, two, three = join(client, texts[0]), join(client, texts[1]), join(client, texts[2])
    four, five, six = join(client, texts[3]), join(client, texts[4]), join(client, texts[5])
    return [one, two, three, four, five, six]


@pytest.fixture
def client(server: EndpointProcess) -> Iterator[Any]:
    with installed("openai").OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as made:
        yield made


@LEAVES_NOTHING
@pytest.mark.parametrize(
    "program", [join_each, join_where_it_stands, collect, manage, by_events, six_times], ids=lambda one: one.__name__
)
def test_streams_of_openai_overlap(server: EndpointProcess, client: Any, program: Callable[..., Any]) -> None:
    assert overlapped(server, program, client, QUESTIONS) == WORDS


async def join_later(client: Any, text: str) -> str:
    words = []
    async for chunk in await client.chat.completions.create(model="m", messages=asked(text), stream=True):
        words.append(chunk.choices[0].delta.content or "")
    return "".join(words)


async def join_each_later(client: Any, texts: list[str]) -> list[str]:
    return [await join_later(client, text) for text in texts]


async def listed_later(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        stream = await client.chat.completions.create(model="m", messages=asked(text), stream=True)
        found.append("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))
    return found


async def managed_later(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        async with await client.chat.completions.create(model="m", messages=asked(text), stream=True) as stream:
            answer = ""
            async for chunk in stream:
                answer += chunk.choices[0].delta.content or ""
        found.append(answer)
    return found


@LEAVES_NOTHING
@pytest.mark.parametrize("program", [join_each_later, listed_later, managed_later], ids=lambda one: one.__name__)
def test_streams_of_openai_overlap_on_an_event_loop(server: EndpointProcess, program: Callable[..., Any]) -> None:
    openai = installed("openai")

    async def run(function: Callable[..., Any]) -> list[str]:
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k", max_retries=0) as client:
            return await function(client, QUESTIONS)

    assert overlapped_later(server, program, run) == WORDS


def overlapped_later(server: EndpointProcess, program: Callable[..., Any], run: Callable[..., Any]) -> Any:
    """The same as `overlapped` for a client that lives on one event loop."""
    expected = asyncio.run(run(program))
    seen = len(server.requests())
    assert asyncio.run(run(xcs.jit(program))) == expected
    requests = server.requests()[seen:]
    assert len(requests) == len(QUESTIONS)
    assert peak_of(requests) >= len(QUESTIONS) - 1
    return expected


@LEAVES_NOTHING
@pytest.mark.parametrize("program", [join_each, collect, manage], ids=lambda one: one.__name__)
def test_a_journal_records_what_was_read(
    server: EndpointProcess, client: Any, tmp_path: Path, program: Callable[..., Any]
) -> None:
    for _ in range(2):
        seen = len(server.requests())
        with xcs.journal(tmp_path / "run.db"):
            assert xcs.jit(program)(client, QUESTIONS) == WORDS
        requests = server.requests()[seen:]
    assert not requests


# ---- anthropic


def texts_of(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        with client.messages.stream(model="m", max_tokens=10, messages=asked(text)) as stream:
            found.append("".join(stream.text_stream))
    return found


def texts_one_by_one(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        with client.messages.stream(model="m", max_tokens=10, messages=asked(text)) as stream:
            for word in stream.text_stream:
                words.append(word)
            message = stream.get_final_message()
        found.append(message.content[0].text if message.content[0].text == "".join(words) else "different")
    return found


def final_text(client: Any, text: str) -> str:
    with client.messages.stream(model="m", max_tokens=10, messages=asked(text)) as stream:
        return stream.get_final_text()


def final_texts(client: Any, texts: list[str]) -> list[str]:
    return [final_text(client, text) for text in texts]


def events_of(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        for event in client.messages.create(model="m", max_tokens=10, messages=asked(text), stream=True):
            if event.type == "content_block_delta":
                words.append(event.delta.text)
        found.append("".join(words))
    return found


@LEAVES_NOTHING
@pytest.mark.parametrize("program", [texts_of, texts_one_by_one, final_texts, events_of], ids=lambda one: one.__name__)
def test_streams_of_anthropic_overlap(server: EndpointProcess, program: Callable[..., Any]) -> None:
    url = server.base_url.removesuffix("/v1")
    with installed("anthropic").Anthropic(base_url=url, api_key="k", max_retries=0) as client:
        assert overlapped(server, program, client, QUESTIONS) == WORDS


async def text_later(client: Any, text: str) -> str:
    async with client.messages.stream(model="m", max_tokens=10, messages=asked(text)) as stream:
        answer = ""
        async for word in stream.text_stream:
            answer += word
        return answer if await stream.get_final_text() == answer else "different"


async def texts_later(client: Any, texts: list[str]) -> list[str]:
    return [await text_later(client, text) for text in texts]


@LEAVES_NOTHING
def test_streams_of_anthropic_overlap_on_an_event_loop(server: EndpointProcess) -> None:
    anthropic = installed("anthropic")

    async def run(function: Callable[..., Any]) -> list[str]:
        url = server.base_url.removesuffix("/v1")
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            return await function(client, QUESTIONS)

    assert overlapped_later(server, texts_later, run) == WORDS


# ---- what keeps its order


def shown(client: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        for chunk in client.chat.completions.create(model="m", messages=asked(text), stream=True):
            NOTED.append(chunk.choices[0].delta.content)
            words.append(chunk.choices[0].delta.content)
        found.append("".join(words))
    return found


def test_what_is_done_for_each_piece_keeps_its_order(server: EndpointProcess, client: Any) -> None:
    NOTED.clear()
    expected = shown(client, QUESTIONS)
    noted = NOTED.copy()
    NOTED.clear()
    assert xcs.jit(shown)(client, QUESTIONS) == expected == WORDS
    assert noted == NOTED


def test_hooks_keep_the_order_of_streams(server: EndpointProcess) -> None:
    import json

    httpx, openai = installed("httpx"), installed("openai")

    def note(request: Any) -> None:
        NOTED.append(json.loads(request.content)["messages"][0]["content"])

    hooked = httpx.Client(event_hooks={"request": [note]})
    with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0, http_client=hooked) as client:
        assert in_order(server, join_each, client, QUESTIONS, seen=NOTED) == WORDS


@LEAVES_NOTHING
def test_streams_that_fail_do_so_in_their_place(server: EndpointProcess, client: Any) -> None:
    openai = installed("openai")

    def with_fallback(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            try:
                found.append(join(client, text))
            except openai.APIStatusError as error:
                found.append(f"failed: {error.status_code}")
        return found

    plainly = with_fallback(client, ["a", "b|500", "c"])
    assert xcs.jit(with_fallback)(client, ["a", "bb|500", "c"]) == plainly == ["echoa", "failed: 500", "echoc"]
    with pytest.raises(openai.InternalServerError):
        xcs.jit(join_each)(client, ["a", "bbb|500", "c"])


# ---- litellm


def test_streams_of_litellm_overlap(server: EndpointProcess) -> None:
    litellm, url = installed("litellm"), server.base_url

    def join_all(texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            stream = litellm.completion(model="openai/m", messages=asked(text), api_base=url, api_key="k", stream=True)
            found.append("".join(chunk.choices[0].delta.content or "" for chunk in stream))
        return found

    assert overlapped(server, join_all, QUESTIONS) == WORDS
