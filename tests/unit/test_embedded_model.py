"""The embedded model answers readably and the same everywhere, from its documents alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from xcs.runtime.models import bind, embedded
from xcs.runtime.models.corpus_text import sentences_of, text_of, tokens_of
from xcs.runtime.models.decoder import Decoder, uniform_noise
from xcs.runtime.models.ngram_model import NgramModel

QUESTION = "What is the critical path of a program?"
CATS = (
    "# Cats\n\nCats purr when they are happy and warm. A cat sleeps for most of the day.\n\n"
    "```\nnot prose at all here\n```"
)
DOGS = "Dogs bark at strangers near the house. A dog runs after every ball it sees.\n\n| no | table |\n|---|---|"
CORPUS = [CATS, DOGS]


def test_answers_from_the_documents() -> None:
    model = embedded(CORPUS, latency_s=0.0)
    assert model("Why do cats purr?") == ("Cats purr when they are happy and warm. A cat sleeps for most of the day.")
    assert "bark" in model("At whom do dogs bark?")
    assert model("What of quarks?") == "The documents do not say."


def test_a_persona_steers_what_is_said() -> None:
    model = bind("embedded", latency_s=0.0)
    question = "What does a program need?"
    assert "XLA" in model(question, system="arrays, kernels, JAX and XLA")
    assert "XLA" not in model(question)


def test_a_temperature_and_a_seed_draw_other_words() -> None:
    model = bind("embedded", latency_s=0.0)
    drawn = {model(QUESTION, temperature=1.0, seed=seed) for seed in range(8)}
    assert len(drawn) > 2
    assert len({model(QUESTION, temperature=0.0, seed=seed) for seed in range(8)}) == 1


def test_max_tokens_bounds_the_answer() -> None:
    assert len(tokens_of(bind("embedded", latency_s=0.0)(QUESTION, max_tokens=5))) == 5
    assert bind("embedded", latency_s=0.0)(QUESTION, max_tokens=0) == ""


def test_chooses_among_numbered_lines() -> None:
    model = bind("embedded", latency_s=0.0)
    prompt = (
        "Which one is about threads?\n1. cats purr\n2. arrays in memory\n3. threads that wait\nReply with a number."
    )
    assert model(prompt) == "3"


def test_answers_yes_or_no() -> None:
    model = bind("embedded", latency_s=0.0)
    assert model("What does the judge choose?\nThe judge chooses an answer.\nReply yes or no.") == "yes"
    assert model("What does the judge choose?\nThreads wait.\nReply yes or no.") == "no"
    assert model("Does a softmax over similarities turn scores into weights?\nReply yes or no.") == "yes"


def test_an_embedding_is_normal_and_close_for_close_texts() -> None:
    model = bind("embedded", latency_s=0.0)
    judge, same, other = map(model.embed, ("the judge picks answers", "a judge picked an answer", "cats purr"))
    assert judge.dtype == np.float32
    assert judge.shape == (256,)
    assert np.linalg.norm(judge) == pytest.approx(1.0, abs=1e-6)
    assert judge @ same > 0.8 > 0.4 > judge @ other
    assert not model.embed("").any()


PRINT_ANSWERS = """
from xcs.runtime.models import bind
model = bind("embedded:a", latency_s=0.0)
for temperature in (0.0, 0.8):
    print(model("What is the critical path of a program?", temperature=temperature, system="threads"))
print(model("Pick one about threads.\\n1. arrays\\n2. threads\\n3. dogs", temperature=0.5))
print(model.embed("threads wait").tobytes().hex())
"""


def test_is_the_same_under_any_hash_seed() -> None:
    def outcome(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", PRINT_ANSWERS]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    first = outcome("1")
    assert first == outcome("2")
    assert len(first.splitlines()) == 4


def test_noise_is_pinned() -> None:
    """The same on every platform and version, or answers change without a cause."""
    noise = uniform_noise("model", 0, "", 0.5, "prompt")
    assert [round(next(noise), 6) for _ in range(9)] == PINNED_NOISE


PINNED_NOISE = [0.634406, 0.717092, 0.643459, 0.239646, 0.450817, 0.730266, 0.579907, 0.432558, 0.901716]


def test_sleeps_for_its_latency_in_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    model = embedded(CORPUS, latency_s=0.25)
    model("Why do cats purr?")
    model.embed("cats")
    model("cats?", latency_s=0.5)
    assert slept == [0.25, 0.25, 0.5]


def test_one_decoder_is_built_for_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    original = Decoder.__init__

    def counting(self: Decoder, texts: tuple[str, ...]) -> None:
        built.append(threading.get_ident())
        original(self, texts)

    monkeypatch.setattr(Decoder, "__init__", counting)
    corpus = ["A text that no other test has: umbrellas keep the rain away from people."]
    barrier = threading.Barrier(4)

    def ask(name: str) -> str:
        barrier.wait()
        return embedded(corpus, latency_s=0.0, name=name)("What keeps the rain away?")

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, "abcd"))
    assert len(answers) == 1
    assert len(built) == 1


def test_probabilities_sum_to_one() -> None:
    sentences = sentences_of(CORPUS)
    model = NgramModel(sentences)
    context = model.context([0, 1], [1.0, 0.5])
    for before in [(0, 0), (0, 2), (2, 3), (5, 9), (1, 1)]:
        assert model.next_token(before, context).sum() == pytest.approx(1.0)
    likely, odd = sentences[0], tuple(reversed(sentences[0]))
    assert model.mean_log_probability(likely) > model.mean_log_probability(odd)


def test_sentences_are_prose_without_markup() -> None:
    markdown = (
        "# Heading\n\nSee [the **guide**](docs/guide.md), which names `a_b_c` and *every* option. "
        "It is short, e.g. this one.\n"
        "- an item with five words\n- too short\n\n    indented code is left out\n\n| a | table | row | too | here |\n"
    )
    assert [text_of(tokens) for tokens in sentences_of([markdown, markdown])] == [
        "See the guide, which names `a_b_c` and every option.",
        "It is short, e.g. this one.",
        "An item with five words.",
    ]
