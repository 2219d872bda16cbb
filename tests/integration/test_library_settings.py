"""Settings of a library that are changed after a program is compiled, or by the program itself, are noticed."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped, peak_of

import xcs

pytestmark = [*QUIET, pytest.mark.usefixtures("leaves_nothing_of_ours")]
NOTED: list[Any] = []
ADDRESS = ""
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
litellm: Any = None


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def ask_all(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        response = litellm.completion(model="openai/m", messages=asked(text), api_base=ADDRESS, api_key="k")
        found.append(response.choices[0].message.content)
    return found


def note_input(details: Any) -> None:
    NOTED.append(details["messages"][-1]["content"])


def watched_on_the_way(texts: list[str]) -> list[str]:
    found = ask_all(texts[:2])
    litellm.input_callback = [note_input]
    return found + ask_all(texts[2:])


def watched_in_place(texts: list[str]) -> list[str]:
    found = ask_all(texts[:2])
    litellm.input_callback.append(note_input)
    return found + ask_all(texts[2:])


@pytest.fixture(autouse=True)
def quiet(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(globals(), "ADDRESS", server.base_url)
    monkeypatch.setitem(globals(), "litellm", installed("litellm"))
    NOTED.clear()
    yield
    for name in ("input_callback", "success_callback", "failure_callback", "callbacks", "service_callback"):
        setattr(litellm, name, [])
    litellm.cache = None
    gc.collect()  # what it leaves open is noticed while such warnings are ignored


@pytest.mark.parametrize("in_place", [False, True])
def test_callbacks_of_litellm_that_are_set_later(server: EndpointProcess, in_place: bool) -> None:
    program = xcs.jit(ask_all)
    ask_all(["what is loaded by the first call"])
    for is_watched in (False, True, False):
        if in_place:
            litellm.input_callback.extend([note_input] if is_watched else [])
        else:
            litellm.input_callback = [note_input] if is_watched else []
        seen = len(server.requests())
        NOTED.clear()
        assert program(QUESTIONS) == echoes()
        assert peak_of(server.requests()[seen:]) == 1 if is_watched else peak_of(server.requests()[seen:]) >= 5
        assert (QUESTIONS if is_watched else []) == NOTED
        litellm.input_callback.clear()


@pytest.mark.parametrize("program", [watched_on_the_way, watched_in_place])
def test_callbacks_of_litellm_that_a_program_sets(server: EndpointProcess, program: Any) -> None:
    expected = program(QUESTIONS)
    litellm.input_callback = []
    noted = NOTED.copy()
    assert noted == QUESTIONS[2:]
    NOTED.clear()
    assert xcs.jit(program)(QUESTIONS) == expected
    assert noted == NOTED


def test_what_langchain_prints_later(server: EndpointProcess, capsys: pytest.CaptureFixture[str]) -> None:
    chat_openai = installed("langchain_openai").ChatOpenAI
    from langchain_core.globals import set_debug

    def ask_new(texts: list[str]) -> list[str]:
        llm = chat_openai(model="m", base_url=ADDRESS, api_key="k", max_retries=0)
        return [llm.invoke(text).content for text in texts]

    program = xcs.jit(ask_new)
    assert program(QUESTIONS) == echoes()
    set_debug(True)
    try:
        seen = len(server.requests())
        assert program(QUESTIONS) == echoes()
        assert peak_of(server.requests()[seen:]) == 1
    finally:
        set_debug(False)
    assert capsys.readouterr().out.count("[llm/start]") == len(QUESTIONS)


# ---- routers of LiteLLM, whose own callbacks are no one's else


def router_of(server: EndpointProcess) -> Any:
    parameters = {"model": "openai/m", "api_base": server.base_url, "api_key": "k"}
    return litellm.Router(model_list=[{"model_name": "m", "litellm_params": parameters}], num_retries=0)


def route_all(router: Any, texts: list[str]) -> list[str]:
    return [router.completion(model="m", messages=asked(text)).choices[0].message.content for text in texts]


def embed_all(router: Any, texts: list[str]) -> list[float]:
    return [router.embedding(model="m", input=[text]).data[0]["embedding"][0] for text in texts]


def stream_all(router: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        chunks = router.completion(model="m", messages=asked(text), stream=True)
        found.append("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
    return found


async def route_later(router: Any, texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        response = await router.acompletion(model="m", messages=asked(text))
        found.append(response.choices[0].message.content)
    return found


def test_routers_of_litellm(server: EndpointProcess) -> None:
    router = router_of(server)
    assert overlapped(server, route_all, router, QUESTIONS) == echoes()
    assert overlapped(server, embed_all, router, QUESTIONS) == [float(len(text)) for text in QUESTIONS]
    assert overlapped(server, stream_all, router, QUESTIONS) == ["".join(one.split()) for one in echoes()]
    assert overlapped(server, route_later, router, QUESTIONS) == echoes()
    assert overlapped(server, ask_all, QUESTIONS) == echoes()  # its callbacks are in LiteLLM's lists
    litellm.input_callback = [note_input]
    assert in_order(server, route_all, router, QUESTIONS, seen=NOTED) == echoes()
