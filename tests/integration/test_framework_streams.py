"""Streams of LangChain's and LlamaIndex's models that a program reads itself: each is one call, and calls overlap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, in_order, installed, overlapped, peak_of

import xcs

pytestmark = QUIET
NOTED: list[Any] = []
WORDS = ["".join(f"echo {question}".split()) for question in QUESTIONS]


def chat_model(server: EndpointProcess, **options: Any) -> Any:
    openai = installed("langchain_openai")
    return openai.ChatOpenAI(model="m", base_url=server.base_url, api_key="k", max_retries=0, **options)


def prompt_of() -> Any:
    prompts = installed("langchain_core.prompts")
    return prompts.ChatPromptTemplate.from_messages([("system", "be brief"), ("user", "{text}")])


def parser() -> Any:
    return installed("langchain_core.output_parsers").StrOutputParser()


# ---- LangChain


def join_each(llm: Any, texts: list[str]) -> list[str]:
    return ["".join(chunk.content for chunk in llm.stream(text)) for text in texts]


def collect(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        answer = ""
        for chunk in llm.stream([("user", text)]):
            if chunk.content:
                answer += chunk.content
        found.append(answer)
    return found


def added(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        stream = llm.stream(text)
        whole = next(stream)
        for chunk in stream:
            whole = whole + chunk
        found.append(whole.content)
    return found


def through_a_chain(chain: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        for word in chain.stream({"text": text}):
            words.append(word)
        found.append("".join(words))
    return found


@pytest.mark.parametrize("program", [join_each, collect, added], ids=lambda one: one.__name__)
def test_streams_of_models_overlap(server: EndpointProcess, program: Callable[..., Any]) -> None:
    assert overlapped(server, program, chat_model(server), QUESTIONS) == WORDS


def test_streams_of_chains_overlap(server: EndpointProcess) -> None:
    chain = prompt_of() | chat_model(server) | parser()
    assert overlapped(server, through_a_chain, chain, QUESTIONS) == WORDS
    bound = prompt_of() | chat_model(server).bind(temperature=0.5).with_retry() | parser()
    assert overlapped(server, through_a_chain, bound, QUESTIONS) == WORDS
    other = chain.with_fallbacks([chain])
    assert overlapped(server, through_a_chain, other, QUESTIONS) == WORDS


async def join_later(llm: Any, text: str) -> str:
    words = []
    async for chunk in llm.astream(text):
        words.append(chunk.content)
    return "".join(words)


async def join_each_later(llm: Any, texts: list[str]) -> list[str]:
    return [await join_later(llm, text) for text in texts]


def test_streams_of_models_overlap_on_an_event_loop(server: EndpointProcess) -> None:
    llm = chat_model(server)
    program = xcs.jit(join_each_later)
    asyncio.run(join_each_later(llm, QUESTIONS[:1]))
    seen = len(server.requests())
    assert asyncio.run(program(llm, QUESTIONS)) == WORDS
    assert peak_of(server.requests()[seen:]) >= len(QUESTIONS) - 1


def shown(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        for chunk in llm.stream(text):
            NOTED.append(chunk.content)
            words.append(chunk.content)
        found.append("".join(words))
    return found


def test_what_is_done_for_each_piece_keeps_its_order(server: EndpointProcess) -> None:
    llm = chat_model(server)
    NOTED.clear()
    expected = shown(llm, QUESTIONS)
    noted = NOTED.copy()
    NOTED.clear()
    assert xcs.jit(shown)(llm, QUESTIONS) == expected == WORDS
    assert noted == NOTED


def test_chains_with_functions_of_one_s_own_keep_their_order(server: EndpointProcess) -> None:
    installed("langchain_core")
    from langchain_core.runnables import RunnableGenerator, RunnableLambda

    def note(text: str) -> str:
        NOTED.append(text)
        return text

    def note_each(words: Any) -> Any:
        for word in words:
            NOTED.append(word)
            yield word

    start = prompt_of() | chat_model(server) | parser()
    for step in (RunnableLambda(note), RunnableGenerator(note_each)):
        assert in_order(server, through_a_chain, start | step, QUESTIONS, seen=NOTED) == WORDS


def test_callbacks_keep_the_order_of_streams(server: EndpointProcess) -> None:
    installed("langchain_core")
    from langchain_core.callbacks import BaseCallbackHandler

    class Notes(BaseCallbackHandler):
        def on_llm_new_token(self, token: str, **_: Any) -> None:
            NOTED.append(token)

    def join_watched(llm: Any, texts: list[str]) -> list[str]:
        return ["".join(chunk.content for chunk in llm.stream(text, config={"callbacks": [Notes()]})) for text in texts]

    watched = chat_model(server, callbacks=[Notes()])
    assert in_order(server, join_each, watched, QUESTIONS, seen=NOTED) == WORDS
    assert in_order(server, join_watched, chat_model(server), QUESTIONS, seen=NOTED) == WORDS


def first_words(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        for chunk in llm.stream(text):
            if chunk.content:
                found.append(chunk.content)
                break
    return found


def test_streams_that_are_left_or_fail_do_so_in_their_place(server: EndpointProcess) -> None:
    llm = chat_model(server)
    assert xcs.jit(first_words)(llm, QUESTIONS) == first_words(llm, QUESTIONS) == ["echo"] * len(QUESTIONS)
    error = installed("openai").InternalServerError
    with pytest.raises(error):
        join_each(llm, ["a", "b|500", "c"])
    with pytest.raises(error):
        xcs.jit(join_each)(llm, ["a", "bb|500", "c"])


def test_a_stream_that_the_caller_reads_is_not_read_before(server: EndpointProcess) -> None:
    llm = chat_model(server)

    @xcs.jit
    def opened(llm: Any, text: str) -> Any:
        return llm.stream(text)

    seen = len(server.requests())
    stream = opened(llm, "later")
    assert len(server.requests()) == seen  # LangChain asks once the first piece is asked for
    assert "".join(chunk.content for chunk in stream) == "echolater"


# ---- LlamaIndex


def complete_each(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        answer = ""
        for piece in llm.stream_complete(text):
            answer += piece.delta or ""
        found.append(answer)
    return found


def chat_each(llm: Any, texts: list[str]) -> list[str]:
    from llama_index.core.llms import ChatMessage

    found = []
    for text in texts:
        stream = llm.stream_chat([ChatMessage(role="user", content=text)])
        found.append("".join(piece.delta or "" for piece in stream))
    return found


async def complete_each_later(llm: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        words = []
        async for piece in await llm.astream_complete(text):
            words.append(piece.delta or "")
        found.append("".join(words))
    return found


def llama_index_model(server: EndpointProcess) -> Any:
    installed("llama_index.llms.openai")
    from llama_index.llms.openai import OpenAI

    return OpenAI(model="gpt-4o-mini", api_base=server.base_url, api_key="k", max_retries=0)


@pytest.mark.parametrize("program", [complete_each, chat_each], ids=lambda one: one.__name__)
def test_streams_of_llama_index_overlap(server: EndpointProcess, program: Callable[..., Any]) -> None:
    assert overlapped(server, program, llama_index_model(server), QUESTIONS) == WORDS


def test_streams_of_llama_index_overlap_on_an_event_loop(server: EndpointProcess) -> None:
    async def run(function: Callable[..., Any]) -> list[str]:
        return await function(llama_index_model(server), QUESTIONS)

    assert asyncio.run(run(complete_each_later)) == WORDS
    seen = len(server.requests())
    assert asyncio.run(run(xcs.jit(complete_each_later))) == WORDS
    assert peak_of(server.requests()[seen:]) >= len(QUESTIONS) - 1


def test_handlers_of_llama_index_keep_the_order_of_streams(server: EndpointProcess) -> None:
    installed("llama_index.core")
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler

    class Notes(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            if type(event).__name__.endswith("StartEvent"):
                NOTED.append(type(event).__name__)

    dispatcher = get_dispatcher()
    notes = Notes()
    dispatcher.add_event_handler(notes)
    try:
        assert in_order(server, complete_each, llama_index_model(server), QUESTIONS, seen=NOTED) == WORDS
    finally:
        dispatcher.event_handlers.remove(notes)
