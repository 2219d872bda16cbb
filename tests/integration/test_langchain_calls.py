"""Programs over LangChain: chains, retrievers, tools, prompts and parsers overlap where nobody can notice.

What holds a callback, a memory, a cache or a function that writes keeps its order.
"""

from __future__ import annotations

import asyncio
import gc
from operator import itemgetter
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped

import xcs

pytestmark = QUIET
NOTED: list[Any] = []
pydantic = installed("pydantic")


class Verdict(pydantic.BaseModel):
    answer: str
    score: int


def chat_model(server: EndpointProcess, **options: Any) -> Any:
    openai = installed("langchain_openai")
    return openai.ChatOpenAI(model="m", base_url=server.base_url, api_key="k", max_retries=0, **options)


def embeddings(server: EndpointProcess) -> Any:
    return installed("langchain_openai").OpenAIEmbeddings(
        model="m", base_url=server.base_url, api_key="k", check_embedding_ctx_length=False, max_retries=0
    )


def vector_store(embedding: Any) -> Any:
    installed("langchain_core")
    from langchain_core.vectorstores import InMemoryVectorStore

    return InMemoryVectorStore.from_texts(["apple", "a pear", "three plums"], embedding)


def invoke_all(runnable: Any, texts: list[str]) -> list[Any]:
    return [runnable.invoke(text) for text in texts]


def invoke_named(runnable: Any, texts: list[str]) -> list[Any]:
    return [runnable.invoke({"text": text}) for text in texts]


def prompt_of(text: str = "{text}") -> Any:
    from langchain_core.prompts import ChatPromptTemplate

    return ChatPromptTemplate.from_messages([("system", "be brief"), ("user", text)])


def parser() -> Any:
    from langchain_core.output_parsers import StrOutputParser

    return StrOutputParser()


def test_batches_and_completions(server: EndpointProcess) -> None:
    base = installed("langchain_openai").OpenAI(model="m", base_url=server.base_url, api_key="k", max_retries=0)

    def batch_all(llm: Any, texts: list[str]) -> list[str]:
        return [llm.batch([text])[0].content for text in texts]

    assert overlapped(server, batch_all, chat_model(server), QUESTIONS) == echoes()
    assert overlapped(server, invoke_all, base, QUESTIONS) == echoes()


def test_messages_prompts_and_parsers_by_hand(server: EndpointProcess) -> None:
    llm = chat_model(server)
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_core.output_parsers import CommaSeparatedListOutputParser, StrOutputParser

    prompt = prompt_of()

    def with_messages(llm: Any, texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            answers.append(llm.invoke([SystemMessage(content="be brief"), HumanMessage(content=text)]).content)
        return answers

    def step_by_step(llm: Any, texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            message = llm.invoke(prompt.invoke({"text": text}))
            answers.append(StrOutputParser().invoke(message))
        return answers

    def parsed(llm: Any, parser: Any, texts: list[str]) -> list[list[str]]:
        return [parser.parse(llm.invoke(prompt.format_messages(text=text)).content) for text in texts]

    assert overlapped(server, with_messages, llm, QUESTIONS) == echoes()
    assert overlapped(server, step_by_step, llm, QUESTIONS) == echoes()
    assert overlapped(server, parsed, llm, CommaSeparatedListOutputParser(), QUESTIONS) == [[one] for one in echoes()]


ADDRESS = ""


def test_a_chain_that_is_made_in_the_program(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    ChatOpenAI = installed("langchain_openai").ChatOpenAI
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate

    def ask_all(texts: list[str]) -> list[str]:
        llm = ChatOpenAI(model="m", base_url=ADDRESS, api_key="k", max_retries=0)
        chain = ChatPromptTemplate.from_template("{text}") | llm | StrOutputParser()
        return [chain.invoke({"text": text}) for text in texts]

    monkeypatch.setitem(globals(), "ADDRESS", server.base_url)
    assert overlapped(server, ask_all, QUESTIONS) == echoes()


def test_chains_with_functions_that_only_compute(server: EndpointProcess) -> None:
    llm = chat_model(server)
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough

    shout = prompt_of() | llm | RunnableLambda(lambda message: message.content.upper())
    assert overlapped(server, invoke_named, shout, QUESTIONS) == [one.upper() for one in echoes()]
    piped = {"text": RunnablePassthrough()} | prompt_of() | llm | parser()
    assert overlapped(server, invoke_all, piped, QUESTIONS) == echoes()
    picked = {"text": itemgetter("text")} | prompt_of() | llm | parser()
    assert overlapped(server, invoke_named, picked, QUESTIONS) == echoes()
    assigned = RunnablePassthrough.assign(answer=prompt_of() | llm | parser())
    found = overlapped(server, invoke_named, assigned, QUESTIONS)
    assert [one["answer"] for one in found] == echoes()


def test_structured_output(server: EndpointProcess) -> None:
    judge = chat_model(server).with_structured_output(Verdict)

    def judge_all(judge: Any, texts: list[str]) -> list[tuple[str, int]]:
        found = []
        for text in texts:
            verdict = judge.invoke(text)
            found.append((verdict.answer, verdict.score))
        return found

    assert overlapped(server, judge_all, judge, QUESTIONS) == [(one, len(one)) for one in QUESTIONS]


def test_retrieval_and_generation(server: EndpointProcess) -> None:
    llm, retriever = chat_model(server), vector_store(embeddings(server)).as_retriever(search_kwargs={"k": 1})

    def retrieve_all(retriever: Any, texts: list[str]) -> list[str]:
        return [retriever.invoke(text)[0].page_content for text in texts]

    def answer_all(retriever: Any, llm: Any, texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            context = "; ".join(document.page_content for document in retriever.invoke(text))
            answers.append(llm.invoke(f"{context}: {text}").content)
        return answers

    overlapped(server, retrieve_all, retriever, QUESTIONS)
    overlapped(server, answer_all, retriever, llm, QUESTIONS, num_requests=2 * len(QUESTIONS))


def joined(documents: list[Any]) -> str:
    return "; ".join(document.page_content for document in documents)


def test_a_retrieval_chain(server: EndpointProcess) -> None:
    llm, retriever = chat_model(server), vector_store(embeddings(server)).as_retriever(search_kwargs={"k": 1})
    from langchain_core.runnables import RunnablePassthrough

    asked = {"context": retriever | joined, "question": RunnablePassthrough()}
    chain = asked | prompt_of("{context}: {question}") | llm | parser()
    overlapped(server, invoke_all, chain, QUESTIONS, num_requests=2 * len(QUESTIONS))


def test_embeddings_of_the_users_in_a_store(server: EndpointProcess) -> None:
    installed("langchain_core")
    from langchain_core.embeddings import Embeddings

    class Lengths(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [self.embed_query(text) for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return [float(len(text)), 1.0]

    class Noting(Lengths):
        def embed_query(self, text: str) -> list[float]:
            NOTED.append(text)
            return [float(len(text)), 1.0]

    llm = chat_model(server)

    def answer_all(retriever: Any, texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            answers.append(llm.invoke(retriever.invoke(text)[0].page_content).content)
        return answers

    overlapped(server, answer_all, vector_store(Lengths()).as_retriever(), QUESTIONS)
    in_order_of_notes(answer_all, vector_store(Noting()).as_retriever(), QUESTIONS)


def test_tools(server: EndpointProcess) -> None:
    llm = chat_model(server)
    from langchain_core.tools import tool

    @tool
    def shout(text: str) -> str:
        """Says it louder."""
        return text.upper()

    @tool
    def note(text: str) -> str:
        """Writes it down."""
        NOTED.append(text)
        return text.upper()

    def call_all(llm: Any, tool: Any, texts: list[str]) -> list[str]:
        results = []
        for text in texts:
            call = llm.invoke(text).tool_calls[0]
            results.append(str(tool.invoke(call["args"])))
        return results

    for one in (shout, note):
        found = overlapped(server, call_all, llm.bind_tools([one]), one, QUESTIONS)
        assert found == [text.upper() for text in QUESTIONS]
    in_order_of_notes(call_all, llm.bind_tools([note]), note, QUESTIONS)


def test_chains_on_an_event_loop(server: EndpointProcess) -> None:
    installed("langchain_openai")

    async def gather_all(chain: Any, texts: list[str]) -> list[str]:
        answers = []
        for text in texts:
            answers.append(await chain.ainvoke({"text": text}))
        return answers

    seen = len(server.requests())

    async def main() -> list[str]:
        chain = prompt_of() | chat_model(server) | parser()
        return await xcs.jit(gather_all)(chain, QUESTIONS)

    assert asyncio.run(main()) == echoes()
    gc.collect()  # LangChain leaves the connections of the loop open
    requests = server.requests()[seen:]
    assert max(one.start_s for one in requests) < min(one.end_s for one in requests)


def in_order_of_notes(function: Any, *args: Any) -> Any:
    """What the function gives and notes, plainly and compiled, is the same."""
    NOTED.clear()
    expected = function(*args)
    noted = list(NOTED)
    assert noted
    NOTED.clear()
    assert xcs.jit(function)(*args) == expected
    assert noted == NOTED
    return expected


def test_callbacks_keep_the_order_of_calls(server: EndpointProcess) -> None:
    installed("langchain_openai")
    from langchain_core.callbacks import BaseCallbackHandler

    class Noting(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            NOTED.append(messages[0][-1].content)

    def ask_all(llm: Any, texts: list[str]) -> list[str]:
        return [llm.invoke(text).content for text in texts]

    def ask_with_config(llm: Any, handler: Any, texts: list[str]) -> list[str]:
        return [llm.invoke(text, config={"callbacks": [handler]}).content for text in texts]

    quiet, loud = chat_model(server), chat_model(server, callbacks=[Noting()])
    assert in_order(server, ask_all, loud, QUESTIONS, seen=NOTED) == echoes()
    assert in_order(server, invoke_named, prompt_of() | loud | parser(), QUESTIONS, seen=NOTED) == echoes()
    configured = (prompt_of() | quiet | parser()).with_config(callbacks=[Noting()])
    assert in_order(server, invoke_named, configured, QUESTIONS, seen=NOTED) == echoes()
    assert in_order(server, ask_with_config, quiet, Noting(), QUESTIONS, seen=NOTED) == echoes()


LLM: Any = None


def ask_global(texts: list[str]) -> list[str]:
    return [LLM.invoke(text).content for text in texts]


def test_callbacks_that_are_added_between_calls(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = chat_model(server)
    from langchain_core.callbacks import BaseCallbackHandler

    class Noting(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            NOTED.append(messages[0][-1].content)

    monkeypatch.setitem(globals(), "LLM", llm)
    program = xcs.jit(ask_global)
    assert program(QUESTIONS) == echoes()
    llm.callbacks = [Noting()]
    NOTED.clear()
    assert program(QUESTIONS) == echoes()
    assert NOTED == QUESTIONS


def test_callbacks_that_are_added_on_the_way(server: EndpointProcess) -> None:
    installed("langchain_openai")
    from langchain_core.callbacks import BaseCallbackHandler

    class Noting(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            NOTED.append(messages[0][-1].content)

    def ask_all(llm: Any, handler: Any, texts: list[str]) -> list[str]:
        first = llm.invoke("nobody listens").content
        llm.callbacks = [handler]
        answers = [llm.invoke(text).content for text in texts]
        llm.callbacks = None
        return [first, *answers]

    in_order_of_notes(ask_all, chat_model(server), Noting(), QUESTIONS)


def test_a_memory_keeps_the_order_of_calls(server: EndpointProcess) -> None:
    llm = chat_model(server)
    from langchain_core.chat_history import InMemoryChatMessageHistory
    from langchain_core.runnables.history import RunnableWithMessageHistory

    def talk(texts: list[str]) -> tuple[list[str], list[str]]:
        history = InMemoryChatMessageHistory()
        chain = RunnableWithMessageHistory(llm, lambda session_id: history)
        config = {"configurable": {"session_id": "one"}}
        answers = [say(chain, text, config) for text in texts]
        return answers, [message.content for message in history.messages]

    say = xcs.jit(lambda chain, text, config: chain.invoke(text, config=config).content)
    answers, said = talk(QUESTIONS)
    assert answers == echoes()
    assert said == [line for pair in zip(QUESTIONS, answers, strict=True) for line in pair]

    history = InMemoryChatMessageHistory()
    chain = RunnableWithMessageHistory(llm, lambda session_id: history)

    def ask_all(chain: Any, texts: list[str]) -> list[str]:
        return [chain.invoke(text, config={"configurable": {"session_id": "one"}}).content for text in texts]

    assert xcs.jit(ask_all)(chain, QUESTIONS) == echoes()
    assert [message.content for message in history.messages] == said


def test_a_cache_is_asked_in_order(server: EndpointProcess) -> None:
    installed("langchain_openai")
    from langchain_core.caches import InMemoryCache

    def ask_all(llm: Any, texts: list[str]) -> list[str]:
        return [llm.invoke(text).content for text in texts]

    seen = len(server.requests())
    llm = chat_model(server, cache=InMemoryCache())
    assert xcs.jit(ask_all)(llm, ["question 1"] * 4) == ["echo question 1"] * 4
    assert len(server.requests()) == seen + 1


def test_a_retriever_of_the_users_keeps_its_order() -> None:
    installed("langchain_core")
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    class Counting(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            NOTED.append(query)
            return [Document(page_content=f"{len(NOTED)}. {query}")]

    def retrieve_all(retriever: Any, texts: list[str]) -> list[str]:
        return [retriever.invoke(text)[0].page_content for text in texts]

    in_order_of_notes(retrieve_all, Counting(), QUESTIONS)


def test_errors_are_those_of_the_first_call_that_fails(server: EndpointProcess) -> None:
    llm = chat_model(server)
    chain = prompt_of() | llm | parser()
    texts = ["good", "bad|400|400", "worse|404|404"]
    with pytest.raises(Exception, match="refused") as plain:
        invoke_named(chain, texts)
    with pytest.raises(type(plain.value), match="refused: bad"):
        xcs.jit(invoke_named)(chain, ["good 2", "bad|400|400|400|400", "worse 2|404|404"])
