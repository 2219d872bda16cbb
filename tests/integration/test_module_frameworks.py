"""Programs over DSPy and LlamaIndex: modules of the user's, predictions, chats and embeddings."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped

import xcs

pytestmark = QUIET
NOTED: list[Any] = []


@pytest.fixture
def dspy(server: EndpointProcess) -> Any:
    module = installed("dspy")
    lm = module.LM("openai/m", api_base=server.base_url, api_key="k", cache=False, num_retries=0)
    lm("a first question")
    with module.context(lm=lm):
        yield module


def answers_of(module: Any, questions: list[str]) -> list[str]:
    return [module(question=question).answer for question in questions]


def test_chains_of_thought(server: EndpointProcess, dspy: Any) -> None:
    assert overlapped(server, answers_of, dspy.ChainOfThought("question -> answer"), QUESTIONS) == echoes()


def test_modules_of_the_users(server: EndpointProcess, dspy: Any) -> None:
    class Twice(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = dspy.Predict("question -> answer")
            self.second = dspy.ChainOfThought("question -> answer")

        def forward(self, question: str) -> Any:
            draft = self.first(question=question)
            return dspy.Prediction(answer=self.second(question=draft.answer).answer)

    class Noting(dspy.Module):
        def __init__(self) -> None:
            super().__init__()
            self.predict = dspy.Predict("question -> answer")
            self.asked = 0

        def forward(self, question: str) -> Any:
            self.asked += 1
            NOTED.append((self.asked, question))
            return self.predict(question=question)

    found = overlapped(server, answers_of, Twice(), QUESTIONS, num_requests=2 * len(QUESTIONS))
    assert found == echoes("echo echo ")
    noting = Noting()
    NOTED.clear()
    assert xcs.jit(answers_of)(noting, QUESTIONS) == echoes()
    assert [(number + 1, question) for number, question in enumerate(QUESTIONS)] == NOTED


def test_callbacks_and_models_of_the_users(server: EndpointProcess, dspy: Any) -> None:
    from dspy.utils import DummyLM
    from dspy.utils.callback import BaseCallback

    class Noting(BaseCallback):
        def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
            NOTED.append(inputs["messages"][-1]["content"].splitlines()[1])

    predict = dspy.Predict("question -> answer")
    with dspy.context(callbacks=[Noting()]):
        assert in_order(server, answers_of, predict, QUESTIONS, seen=NOTED) == echoes()
    numbers = [{"answer": str(number)} for number in range(len(QUESTIONS))]
    program = xcs.jit(answers_of)
    assert program(predict, QUESTIONS) == echoes()
    with dspy.context(lm=DummyLM(numbers)):  # it answers in a fixed order, and its predictors are others now
        assert program(predict, QUESTIONS) == [one["answer"] for one in numbers]


def test_a_history_tells_of_all_calls_before_it(server: EndpointProcess, dspy: Any) -> None:
    lm = dspy.settings.lm

    def counted(lm: Any, question: str) -> list[int]:
        before = len(lm.history)
        lm(question)
        between = len(lm.history)
        lm(question + "!")
        return [between - before, len(lm.history) - between]

    assert xcs.jit(counted)(lm, "how many") == counted(lm, "how many") == [1, 1]


def llama_index_model(server: EndpointProcess, **options: Any) -> Any:
    installed("llama_index.core")
    return installed("llama_index.llms.openai").OpenAI(
        model="gpt-4o-mini", api_base=server.base_url, api_key="k", max_retries=0, **options
    )


def test_llama_index_chats(server: EndpointProcess) -> None:
    llm = llama_index_model(server)
    from llama_index.core import PromptTemplate
    from llama_index.core.llms import ChatMessage

    template = PromptTemplate("{question}")

    def chat_all(llm: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            answers.append(llm.chat([ChatMessage(role="user", content=question)]).message.content)
        return answers

    def predict_all(llm: Any, questions: list[str]) -> list[str]:
        return [llm.predict(template, question=question) for question in questions]

    async def complete_all(questions: list[str]) -> list[str]:
        return await complete_each(llama_index_model(server), questions)

    async def complete_each(llm: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            answers.append((await llm.acomplete(question)).text)
        return answers

    assert overlapped(server, chat_all, llm, QUESTIONS) == echoes()
    assert overlapped(server, predict_all, llm, QUESTIONS) == echoes()

    async def compiled() -> list[str]:
        return await xcs.jit(complete_each)(llama_index_model(server), QUESTIONS)

    seen = len(server.requests())
    assert asyncio.run(compiled()) == asyncio.run(complete_all(QUESTIONS)) == echoes()
    gc.collect()  # LlamaIndex leaves the connections of the loops open
    requests = server.requests()[seen : seen + len(QUESTIONS)]
    assert max(one.start_s for one in requests) < min(one.end_s for one in requests)


def test_llama_index_callbacks_keep_the_order_of_calls(server: EndpointProcess) -> None:
    installed("llama_index.core")
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.callbacks.base_handler import BaseCallbackHandler

    class Noting(BaseCallbackHandler):
        def __init__(self) -> None:
            super().__init__([], [])

        def on_event_start(self, event_type: Any, payload: Any = None, **kwargs: Any) -> str:
            NOTED.append(str(event_type))
            return ""

        def on_event_end(self, event_type: Any, payload: Any = None, **kwargs: Any) -> None:
            NOTED.append("end")

        def start_trace(self, trace_id: str | None = None) -> None:
            """Nothing."""

        def end_trace(self, trace_id: str | None = None, trace_map: Any = None) -> None:
            """Nothing."""

    llm = llama_index_model(server, callback_manager=CallbackManager([Noting()]))

    def ask_all(llm: Any, questions: list[str]) -> list[str]:
        return [llm.complete(question).text for question in questions]

    assert in_order(server, ask_all, llm, QUESTIONS, seen=NOTED) == echoes()
