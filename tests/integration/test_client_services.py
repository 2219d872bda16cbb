"""Programs over `openai`, `anthropic` and HTTP: what they parse, embed and make, and what they hold of the user's."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped

import xcs

pytestmark = QUIET
NOTED: list[Any] = []
pydantic = installed("pydantic")
ADDRESS = ""


class Verdict(pydantic.BaseModel):
    answer: str
    score: int


class Checked(Verdict):
    @pydantic.field_validator("score")
    @classmethod
    def is_low(cls, score: int) -> int:
        if score > 100:
            raise ValueError("too much")
        return score


class Noting(Verdict):
    @pydantic.field_validator("answer")
    @classmethod
    def note(cls, answer: str) -> str:
        NOTED.append(answer)
        return answer


class Loud(Verdict):
    @property
    def shout(self) -> str:
        NOTED.append(self.answer)
        return self.answer.upper()


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


@pytest.fixture
def client(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setitem(globals(), "ADDRESS", server.base_url)
    with installed("openai").OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as made:
        yield made
        gc.collect()  # clients that a program makes and doesn't close


def test_responses_embeddings_and_moderations(server: EndpointProcess, client: Any) -> None:
    def respond_all(client: Any, texts: list[str]) -> list[str]:
        return [client.responses.create(model="m", input=text).output_text for text in texts]

    def embed_all(client: Any, texts: list[str]) -> list[float]:
        return [client.embeddings.create(model="m", input=text).data[0].embedding[0] for text in texts]

    def count_bad(client: Any, texts: list[str]) -> int:
        found = 0
        for text in texts:
            if client.moderations.create(input=text).results[0].flagged:
                found += 1
        return found

    assert overlapped(server, respond_all, client, QUESTIONS) == echoes()
    assert overlapped(server, embed_all, client, QUESTIONS) == [float(len(text)) for text in QUESTIONS]
    assert overlapped(server, count_bad, client, ["bad", *QUESTIONS[1:]]) == 1


def test_tool_calls(server: EndpointProcess, client: Any) -> None:
    import json

    tools = [{"type": "function", "function": {"name": "shout", "parameters": {}}}]

    def call_all(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            message = client.chat.completions.create(model="m", messages=asked(text), tools=tools).choices[0].message
            if message.tool_calls:
                found.append(json.loads(message.tool_calls[0].function.arguments)["text"].upper())
        return found

    assert overlapped(server, call_all, client, QUESTIONS) == [text.upper() for text in QUESTIONS]


def test_calls_inside_of_calls(server: EndpointProcess, client: Any) -> None:
    def ask_twice(client: Any, texts: list[str]) -> list[str]:
        return [
            client.chat.completions.create(
                model="m",
                messages=asked(
                    client.chat.completions.create(model="m", messages=asked(text)).choices[0].message.content
                ),
            )
            .choices[0]
            .message.content
            for text in texts
        ]

    expected = ["echo echo " + text for text in QUESTIONS]
    assert overlapped(server, ask_twice, client, QUESTIONS, num_requests=2 * len(QUESTIONS)) == expected


def parse_with(cls: type[Verdict]) -> Any:
    def parse_all(client: Any, texts: list[str]) -> list[tuple[str, int]]:
        found = []
        for text in texts:
            parsed = client.chat.completions.parse(model="m", messages=asked(text), response_format=cls)
            verdict = parsed.choices[0].message.parsed
            found.append((verdict.answer, verdict.score))
        return found

    return parse_all


def test_answers_parsed_into_records(server: EndpointProcess, client: Any) -> None:
    def respond_all(client: Any, texts: list[str]) -> list[str]:
        return [
            client.responses.parse(model="m", input=text, text_format=Verdict).output_parsed.answer for text in texts
        ]

    verdicts = [(text, len(text)) for text in QUESTIONS]
    assert overlapped(server, parse_with(Verdict), client, QUESTIONS) == verdicts
    assert overlapped(server, parse_with(Checked), client, QUESTIONS) == verdicts
    assert overlapped(server, respond_all, client, QUESTIONS) == QUESTIONS


def test_answers_parsed_by_code_that_is_noticed(server: EndpointProcess, client: Any) -> None:
    def shout_all(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            parsed = client.beta.chat.completions.parse(model="m", messages=asked(text), response_format=Loud)
            found.append(parsed.choices[0].message.parsed.shout)
        return found

    in_order(server, parse_with(Noting), client, QUESTIONS, seen=NOTED)
    in_order(server, shout_all, client, QUESTIONS, seen=NOTED)


def test_clients_that_are_made_in_the_program(server: EndpointProcess, client: Any) -> None:
    from openai import AsyncOpenAI, OpenAI

    def ask_all(texts: list[str]) -> list[str]:
        client = OpenAI(base_url=ADDRESS, api_key="k", max_retries=0)
        return [
            client.chat.completions.create(model="m", messages=asked(text)).choices[0].message.content for text in texts
        ]

    def ask_with(texts: list[str]) -> list[str]:
        with OpenAI(base_url=ADDRESS, api_key="k", max_retries=0) as client:
            answers = []
            for text in texts:
                answers.append(
                    client.chat.completions.create(model="m", messages=asked(text)).choices[0].message.content
                )
        return answers

    async def gather(texts: list[str]) -> list[str]:
        import asyncio

        client = AsyncOpenAI(base_url=ADDRESS, api_key="k", max_retries=0)

        async def ask(text: str) -> str:
            return (await client.chat.completions.create(model="m", messages=asked(text))).choices[0].message.content

        answers = await asyncio.gather(*(ask(text) for text in texts))
        await client.close()
        return answers

    for function in (ask_all, ask_with, gather):
        assert overlapped(server, function, QUESTIONS) == echoes()


def test_anthropic_tools_and_streams(server: EndpointProcess) -> None:
    client = installed("anthropic").Anthropic(base_url=server.base_url.removesuffix("/v1"), api_key="k", max_retries=0)
    tools = [{"name": "shout", "input_schema": {"type": "object"}}]

    def call_all(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            reply = client.messages.create(model="m", max_tokens=10, messages=asked(text), tools=tools)
            found.append(str(reply.content[-1].input["text"]))
        return found

    def stream_all(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            with client.messages.stream(model="m", max_tokens=10, messages=asked(text)) as stream:
                found.append("".join(stream.text_stream))
        return found

    assert overlapped(server, call_all, client, QUESTIONS) == QUESTIONS
    assert xcs.jit(stream_all)(client, QUESTIONS) == stream_all(client, QUESTIONS)
    client.close()


def test_streams_are_read_where_they_stand(server: EndpointProcess, client: Any, capsys: Any) -> None:
    def stream_all(client: Any, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            words = []
            for chunk in client.chat.completions.create(model="m", messages=asked(text), stream=True):
                words.append(chunk.choices[0].delta.content or "")
                print(words[-1], end=" ")
            found.append("".join(words))
        return found

    expected = stream_all(client, QUESTIONS)
    shown = capsys.readouterr().out
    assert xcs.jit(stream_all)(client, QUESTIONS) == expected
    assert capsys.readouterr().out == shown


def test_reading_and_writing_over_http(server: EndpointProcess) -> None:
    httpx, requests = installed("httpx"), installed("requests")

    def read_all(base: str, texts: list[str]) -> list[str]:
        return [httpx.get(f"{base}/{text}").json()["page"] for text in texts]

    def read_by_requests(base: str, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            reply = requests.get(f"{base}/{text}", timeout=30)
            reply.raise_for_status()
            found.append(reply.json()["page"])
        return found

    def read_by_session(base: str, texts: list[str]) -> list[str]:
        with httpx.Client(timeout=30) as session:
            return [session.get(f"{base}/{text}").json()["page"] for text in texts]

    def write_all(base: str, texts: list[str]) -> list[str]:
        found = []
        for text in texts:
            reply = httpx.post(f"{base}/chat/completions", json={"model": "m", "messages": asked(text)})
            found.append(reply.json()["choices"][0]["message"]["content"])
            NOTED.append(text)
        return found

    for function in (read_all, read_by_requests, read_by_session):
        assert overlapped(server, function, server.base_url, QUESTIONS) == QUESTIONS
    assert in_order(server, write_all, server.base_url, QUESTIONS, seen=NOTED) == echoes()


def ask_all(client: Any, texts: list[str]) -> list[str]:
    return [
        client.chat.completions.create(model="m", messages=asked(text)).choices[0].message.content for text in texts
    ]


CLIENT: Any = None


def ask_global(texts: list[str]) -> list[str]:
    return ask_all(CLIENT, texts)


def test_hooks_of_a_client_keep_the_order_of_calls(
    server: EndpointProcess, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    httpx, openai = installed("httpx"), installed("openai")

    def note(request: Any) -> None:
        NOTED.append(json.loads(request.content)["messages"][0]["content"])

    hooked = openai.OpenAI(
        base_url=server.base_url,
        api_key="k",
        max_retries=0,
        http_client=httpx.Client(event_hooks={"request": [note]}),
    )
    assert in_order(server, ask_all, hooked, QUESTIONS, seen=NOTED) == echoes()
    program = xcs.jit(ask_global)
    for one in (client, hooked):  # another client under the same name is looked at anew
        monkeypatch.setitem(globals(), "CLIENT", one)
        NOTED.clear()
        assert program(QUESTIONS) == echoes()
    hooked.close()
    assert NOTED == QUESTIONS


def test_a_transport_of_the_users_answers_in_order() -> None:
    httpx, openai = installed("httpx"), installed("openai")
    count = iter(range(100))

    def answer(request: Any) -> Any:
        message = {"role": "assistant", "content": str(next(count))}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return httpx.Response(200, json={"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]})

    client = openai.OpenAI(api_key="k", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
    assert xcs.jit(ask_all)(client, QUESTIONS) == [str(number) for number in range(len(QUESTIONS))]
