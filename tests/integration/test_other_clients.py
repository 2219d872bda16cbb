"""Programs over other people's clients overlap with nothing declared: each with the real package and a local server.

How many requests were under way at once is what the server saw. A package that isn't installed is skipped.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess
from overlap_checks import QUESTIONS, QUIET, echoes, in_order, installed, overlapped, peak_of

import xcs

pytestmark = [*QUIET, pytest.mark.usefixtures("leaves_nothing_of_ours")]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What packages leave open is noticed while such warnings are ignored."""
    yield
    litellm = sys.modules.get("litellm")  # DSPy calls it
    if litellm is not None:
        litellm.in_memory_llm_clients_cache.flush_cache()
    gc.collect()


def test_anthropic(server: EndpointProcess) -> None:
    anthropic = installed("anthropic")
    client = anthropic.Anthropic(base_url=server.base_url.removesuffix("/v1"), api_key="k", max_retries=0)

    def ask_all(client: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            messages = [{"role": "user", "content": question}]
            answers.append(client.messages.create(model="m", max_tokens=9, messages=messages).content[0].text.strip())
        return answers

    assert overlapped(server, ask_all, client, QUESTIONS) == echoes()


def test_anthropic_on_an_event_loop(server: EndpointProcess) -> None:
    anthropic = installed("anthropic")

    @xcs.jit
    async def ask_all(client: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            messages = [{"role": "user", "content": question}]
            answers.append((await client.messages.create(model="m", max_tokens=9, messages=messages)).content[0].text)
        return answers

    async def main() -> list[str]:
        url = server.base_url.removesuffix("/v1")
        async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
            return await ask_all(client, QUESTIONS)

    assert asyncio.run(main()) == echoes()


def chat_model(server: EndpointProcess, **options: Any) -> Any:
    return installed("langchain_openai").ChatOpenAI(
        model="m", base_url=server.base_url, api_key="k", max_retries=0, **options
    )


def test_langchain_chat_models(server: EndpointProcess) -> None:
    def ask_all(llm: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            answers.append(llm.invoke(question).content.strip())
        return answers

    class Assistant:
        def __init__(self, llm: Any) -> None:
            self.llm = llm

        def ask_all(self, questions: list[str]) -> list[str]:
            return [self.llm.invoke([("user", question)]).content for question in questions]

    llm = chat_model(server)
    assert overlapped(server, ask_all, llm, QUESTIONS) == echoes()
    assert overlapped(server, Assistant(llm).ask_all, QUESTIONS) == echoes()


def test_langchain_chains_of_models_prompts_and_parsers(server: EndpointProcess) -> None:
    installed("langchain_openai")
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate

    chain = ChatPromptTemplate.from_template("{text}") | chat_model(server) | StrOutputParser()
    assert overlapped(server, lambda texts: [chain.invoke({"text": text}) for text in texts], QUESTIONS) == echoes()

    def ask_all(chain: Any, texts: list[str]) -> list[str]:
        return [chain.invoke({"text": text}) for text in texts]

    assert overlapped(server, ask_all, chain, QUESTIONS) == echoes()


def test_langchain_chains_with_functions_of_the_users_keep_their_order(server: EndpointProcess) -> None:
    installed("langchain_openai")
    from langchain_core.runnables import RunnableLambda

    seen: list[str] = []
    noting = chat_model(server) | RunnableLambda(lambda message: (seen.append(message.content), message.content)[1])
    program = xcs.jit(lambda chain, texts: [chain.invoke(text) for text in texts])
    assert program(noting, QUESTIONS) == echoes()
    assert seen == echoes()
    plain = chat_model(server) | RunnableLambda(lambda message: message.content)
    seen.clear()
    for chain in (plain, noting):  # another chain under the same name is looked at anew
        assert program(chain, QUESTIONS) == echoes()
    assert seen == echoes()


CHAIN: Any = None


def through_a_global(texts: list[str]) -> list[str]:
    return [CHAIN.invoke(text) for text in texts]


def test_a_chain_in_a_global_is_looked_at_anew(server: EndpointProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    installed("langchain_openai")
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.runnables import RunnableLambda

    seen: list[str] = []
    harmless = chat_model(server) | StrOutputParser()
    noting = chat_model(server) | RunnableLambda(lambda message: (seen.append(message.content), message.content)[1])
    program = xcs.jit(through_a_global)
    for chain in (harmless, noting):
        monkeypatch.setitem(globals(), "CHAIN", chain)
        assert program(QUESTIONS) == echoes()
    assert seen == echoes()


def test_langchain_models_made_for_tests_answer_in_order() -> None:
    installed("langchain_core")
    from langchain_core.language_models import FakeListChatModel

    answers = [str(number) for number in range(20)]
    program = xcs.jit(lambda llm: [llm.invoke("next").content for _ in range(20)])
    assert program(FakeListChatModel(responses=answers)) == answers


def test_a_langchain_model_of_the_users_own_keeps_its_order() -> None:
    installed("langchain_core")
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    calls: list[str] = []

    class Counting(BaseChatModel):
        def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
            calls.append(messages[-1].content)
            return ChatResult(generations=[ChatGeneration(message=AIMessage(content=str(len(calls))))])

        @property
        def _llm_type(self) -> str:
            return "counting"

    program = xcs.jit(lambda llm, texts: [llm.invoke(text).content for text in texts])
    assert program(Counting(), QUESTIONS) == [str(number + 1) for number in range(len(QUESTIONS))]
    assert calls == QUESTIONS


def test_langchain_embeddings(server: EndpointProcess) -> None:
    embeddings = installed("langchain_openai").OpenAIEmbeddings(
        model="m", base_url=server.base_url, api_key="k", check_embedding_ctx_length=False, max_retries=0
    )
    lengths = overlapped(server, lambda texts: [embeddings.embed_query(text)[0] for text in texts], QUESTIONS)
    assert lengths == [float(len(question)) for question in QUESTIONS]


def test_langchain_on_an_event_loop(server: EndpointProcess) -> None:
    async def ask_all(llm: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            answers.append((await llm.ainvoke(question)).content)
        return answers

    seen = len(server.requests())
    assert asyncio.run(xcs.jit(ask_all)(chat_model(server), QUESTIONS)) == echoes()
    requests = server.requests()[seen:]
    assert max(one.start_s for one in requests) < min(one.end_s for one in requests)


def test_llama_index(server: EndpointProcess) -> None:
    installed("llama_index.core")
    llm = installed("llama_index.llms.openai").OpenAI(
        model="gpt-4o-mini", api_base=server.base_url, api_key="k", max_retries=0
    )

    def ask_all(llm: Any, questions: list[str]) -> list[str]:
        answers = []
        for question in questions:
            answers.append(llm.complete(question).text.strip())
        return answers

    assert overlapped(server, ask_all, llm, QUESTIONS) == echoes()


def llama_index_parts(server: EndpointProcess) -> tuple[Any, Any, Any]:
    """A model and embeddings that ask the server, and an index of four short texts."""
    core = installed("llama_index.core")
    options = {"api_base": server.base_url, "api_key": "k", "max_retries": 0}
    llm = installed("llama_index.llms.openai").OpenAI(model="gpt-4o-mini", **options)
    embedding = installed("llama_index.embeddings.openai").OpenAIEmbedding(**options)
    from llama_index.core.schema import TextNode

    nodes = [TextNode(text="word " * count, id_=str(count)) for count in (1, 2, 3, 4)]
    return llm, embedding, core.VectorStoreIndex(nodes, embed_model=embedding)


def test_llama_index_embeddings(server: EndpointProcess) -> None:
    _, embedding, _ = llama_index_parts(server)

    def embed_all(embedding: Any, texts: list[str]) -> list[float]:
        return [embedding.get_text_embedding(text)[0] + embedding.get_query_embedding(text)[0] for text in texts]

    async def embed_later(embedding: Any, texts: list[str]) -> list[float]:
        return [(await embedding.aget_query_embedding(text))[0] for text in texts]

    lengths = [float(len(question)) for question in QUESTIONS]
    number = len(QUESTIONS)
    found = overlapped(server, embed_all, embedding, QUESTIONS, num_requests=2 * number)
    assert found == [2 * length for length in lengths]
    seen = len(server.requests())
    assert asyncio.run(xcs.jit(embed_later)(embedding, QUESTIONS)) == lengths
    assert peak_of(server.requests()[seen:]) >= number - 1


def test_llama_index_retrievers_and_query_engines(server: EndpointProcess) -> None:
    llm, _, index = llama_index_parts(server)
    retriever = index.as_retriever(similarity_top_k=2)
    engine = index.as_query_engine(llm=llm, similarity_top_k=1)

    def retrieve_all(retriever: Any, texts: list[str]) -> list[list[str]]:
        found = []
        for text in texts:
            nodes = retriever.retrieve(text)
            found.append([node.get_content().strip() for node in nodes if node.score > 0])
        return found

    def query_all(engine: Any, texts: list[str]) -> list[tuple[str, int]]:
        found = []
        for text in texts:
            response = engine.query(text)
            found.append((str(response), len(response.source_nodes)))
        return found

    found = overlapped(server, retrieve_all, retriever, QUESTIONS)
    assert all(len(texts) == 2 for texts in found)
    number = len(QUESTIONS)
    answers = overlapped(server, query_all, engine, QUESTIONS, num_requests=2 * number)
    assert all(question in text and count == 1 for (text, count), question in zip(answers, QUESTIONS, strict=True))


def test_llama_index_parts_of_the_users_keep_their_order(server: EndpointProcess) -> None:
    llm, _, index = llama_index_parts(server)
    from llama_index.core.postprocessor.types import BaseNodePostprocessor

    noted: list[str] = []

    class Noting(BaseNodePostprocessor):
        def _postprocess_nodes(self, nodes: Any, query_bundle: Any = None) -> Any:
            noted.append(query_bundle.query_str)
            return nodes

    def query_all(engine: Any, texts: list[str]) -> list[str]:
        return [str(engine.query(text)) for text in texts]

    engine = index.as_query_engine(llm=llm, similarity_top_k=1, node_postprocessors=[Noting()])
    in_order(server, query_all, engine, QUESTIONS, seen=noted)
    streaming = index.as_query_engine(llm=llm, similarity_top_k=1, streaming=True)
    assert xcs.jit(query_all)(streaming, QUESTIONS) == query_all(streaming, QUESTIONS)


def dspy_model(server: EndpointProcess) -> Any:
    return installed("dspy").LM("openai/m", api_base=server.base_url, api_key="k", cache=False, num_retries=0)


def test_dspy_models(server: EndpointProcess) -> None:
    model = dspy_model(server)

    def ask_all(lm: Any, questions: list[str]) -> list[str]:
        return [str(lm(question)[0]) for question in questions]

    answers = overlapped(server, ask_all, model, QUESTIONS)
    assert all(question in answer for answer, question in zip(answers, QUESTIONS, strict=True))


def test_dspy_predictions(server: EndpointProcess) -> None:
    dspy = installed("dspy")
    model = dspy_model(server)

    def predict_all(predict: Any, questions: list[str]) -> list[Any]:
        predictions = []
        for question in questions:
            predictions.append(predict(question=question))
        return [prediction.answer for prediction in predictions]

    with dspy.context(lm=model):  # a context variable, which calls on other threads see too
        assert overlapped(server, predict_all, dspy.Predict("question -> answer"), QUESTIONS) == echoes()


def small_classifier(folder: Path) -> Any:
    transformers = installed("transformers")
    installed("torch").manual_seed(7)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "question", *map(str, range(10))]
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    model = transformers.BertForSequenceClassification(config).eval()
    return transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")


def test_hugging_face_pipelines(server: EndpointProcess, tmp_path: Path) -> None:
    classify = small_classifier(tmp_path)
    openai = installed("openai")
    with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0) as client:

        def judge_all(classify: Any, client: Any, questions: list[str]) -> list[tuple[str, str]]:
            found = []
            for question in questions:
                label = classify(question)[0]["label"]
                messages = [{"role": "user", "content": question}]
                answer = client.chat.completions.create(model="m", messages=messages).choices[0].message.content
                found.append((label, answer))
            return found

        found = overlapped(server, judge_all, classify, client, QUESTIONS)
    assert [answer for _, answer in found] == echoes()


def test_sentence_transformers(server: EndpointProcess) -> None:
    sentence_transformers = installed("sentence_transformers")
    tokenizers = installed("tokenizers")
    words = {word: index for index, word in enumerate(["[UNK]", "question", *map(str, range(10))])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    from sentence_transformers.models import StaticEmbedding

    installed("torch").manual_seed(7)
    model = sentence_transformers.SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_dim=4)], device="cpu"
    )
    llm = xcs.bind("openai:m", base_url=server.base_url, api_key="k", max_retries=0)

    def search_all(model: Any, questions: list[str]) -> list[tuple[float, str]]:
        found = []
        for question in questions:
            vector = model.encode(question, show_progress_bar=False)
            found.append((float(vector[0]), llm(question)))
        return found

    found = overlapped(server, search_all, model, QUESTIONS)
    assert [answer for _, answer in found] == echoes()
