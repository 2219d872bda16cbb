"""Programs over models that run here: on the calling thread, one after the other, while calls of other models go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_process import EndpointProcess, endpoint_process
from overlap_checks import QUESTIONS, QUIET, echoes, installed, overlapped

import xcs

pytestmark = QUIET
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "question", *map(str, range(10))]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointProcess]:
    """A server that takes longer than any model here."""
    with endpoint_process(tmp_path_factory.mktemp("server"), latency_s=0.5) as running:
        yield running


def tokenizer_of(folder: Path) -> Any:
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    return installed("transformers").BertTokenizer(str(folder / "vocab.txt"))


def sizes() -> dict[str, int]:
    return {
        "vocab_size": len(WORDS),
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": 8,
        "max_position_embeddings": 64,
    }


def asking(server: EndpointProcess, local: Any) -> Any:
    """A program that asks the local model and one that is far away, for each question."""
    llm = xcs.bind("openai:m", base_url=server.base_url, api_key="k", max_retries=0)

    def ask_all(model: Any, questions: list[str]) -> list[tuple[Any, str]]:
        found = []
        for question in questions:
            found.append((local(model, question), llm(question)))
        return found

    return ask_all


def test_cross_encoders(server: EndpointProcess, tmp_path: Path) -> None:
    sentence_transformers, transformers = installed("sentence_transformers"), installed("transformers")
    installed("torch").manual_seed(7)
    config = transformers.BertConfig(**sizes(), num_labels=1)
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer_of(tmp_path).save_pretrained(tmp_path)
    encoder = sentence_transformers.CrossEncoder(str(tmp_path), device="cpu")

    def score(model: Any, question: str) -> float:
        return round(float(model.predict([(question, "question 1")], show_progress_bar=False)[0]), 4)

    def best(model: Any, question: str) -> int:
        return int(model.rank(question, ["1", "question 2", "3"], show_progress_bar=False)[0]["corpus_id"])

    for local in (score, best):
        found = overlapped(server, asking(server, local), encoder, QUESTIONS, at_least=2)
        assert [answer for _, answer in found] == echoes()


def test_pipelines_that_classify_generate_and_embed(server: EndpointProcess, tmp_path: Path) -> None:
    transformers = installed("transformers")
    installed("torch").manual_seed(7)
    tokenizer = tokenizer_of(tmp_path)
    tokenizer.pad_token = "[PAD]"
    bert = transformers.BertConfig(**sizes())
    classifier = transformers.BertForSequenceClassification(bert).eval()
    embedder = transformers.BertModel(bert).eval()
    gpt = transformers.GPT2Config(
        vocab_size=len(WORDS), n_embd=8, n_layer=1, n_head=1, n_positions=64, bos_token_id=2, eos_token_id=3
    )
    generator = transformers.GPT2LMHeadModel(gpt).eval()

    def classify(pipe: Any, question: str) -> str:
        return pipe(question)[0]["label"]

    def embed(pipe: Any, question: str) -> float:
        return round(pipe(question)[0][0][0], 4)

    def generate(pipe: Any, question: str) -> str:
        return pipe(question, max_new_tokens=2, do_sample=False)[0]["generated_text"]

    for task, model, local in (
        ("text-classification", classifier, classify),
        ("feature-extraction", embedder, embed),
        ("text-generation", generator, generate),
    ):
        pipe = transformers.pipeline(task, model=model, tokenizer=tokenizer, device="cpu")
        found = overlapped(server, asking(server, local), pipe, QUESTIONS, at_least=2)
        assert [answer for _, answer in found] == echoes()


def test_sampling_pipelines_draw_in_order(tmp_path: Path) -> None:
    transformers, torch = installed("transformers"), installed("torch")
    tokenizer = tokenizer_of(tmp_path)
    gpt = transformers.GPT2Config(
        vocab_size=len(WORDS), n_embd=8, n_layer=1, n_head=1, n_positions=64, bos_token_id=2, eos_token_id=3
    )
    pipe = transformers.pipeline(
        "text-generation", model=transformers.GPT2LMHeadModel(gpt).eval(), tokenizer=tokenizer, device="cpu"
    )

    def generate_all(pipe: Any, questions: list[str]) -> list[str]:
        return [pipe(question, max_new_tokens=8, do_sample=True)[0]["generated_text"] for question in questions]

    torch.manual_seed(3)
    expected = generate_all(pipe, QUESTIONS)
    torch.manual_seed(3)
    assert xcs.jit(generate_all)(pipe, QUESTIONS) == expected
