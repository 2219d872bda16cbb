"""A panel of experts answers questions about this repository from its own documents, and a judge chooses.

Run `python examples/panel_of_experts.py` from a clone. It needs no network: the models are small, embedded ones that
sleep 50 ms in each call, as a network would. With `XCS_MODEL`, `OPENAI_BASE_URL` and `OPENAI_API_KEY` set, the same
program asks a real model instead.

`answer_all` is ordinary sequential Python. It runs once as such and twice compiled; the program checks that all three
give the same answers, and shows what the compiler made of it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

import xcs

ROOT = Path(__file__).resolve().parent.parent

QUESTIONS = (
    "Why do visible effects such as prints happen in program order?",
    "How does a loop over model calls become parallel?",
    "What happens to Python code that is not staged yet?",
    "How is the effect of a function declared?",
    "Which command runs the tests on a fresh machine?",
    "Who moderates the mailing list?",
)

PERSONAS = {
    "user": "You write Python programs that call models, and want to know what to type.",
    "architect": "You care for the IR of a compiler, its passes, analyses and kernels.",
    "operator": "You care for threads, order, limits, exceptions and latency.",
    "teacher": "You explain what a word means and why it matters.",
}


@dataclass(frozen=True)
class Expert:
    """A model with a point of view."""

    title: str
    model: xcs.ModelBinding

    def opinion(self, question: str) -> str:
        """What this expert says to a question."""
        return self.model(question)


@dataclass(frozen=True)
class Verdict:
    """What the panel makes of one question; `weights` are the experts' shares in the re-ranking, which sum to 1."""

    question: str
    expert: str
    answer: str
    weights: list[float]
    was_repaired: bool


def rerank(question, candidates):
    """Softmax over cosines: how close each candidate is to the question. f32[dim], f32[n, dim] to f32[n]."""
    lengths = jnp.linalg.norm(candidates, axis=1) * jnp.linalg.norm(question)
    cosines = candidates @ question / (lengths + 1e-6)
    scores = jnp.exp(8.0 * (cosines - jnp.max(cosines)))
    return scores / jnp.sum(scores)


def first_number(text: str, default: int) -> int:
    """The first number in a model's reply, or `default`."""
    found = re.search(r"\d+", text)
    return int(found.group()) if found else default


def answer_one(question, experts, judge, embedder):
    """Asks every expert, re-ranks what they say, lets the judge choose, and repairs a poor answer."""
    opinions = [expert.opinion(question) for expert in experts]
    vectors = jnp.stack([embedder.embed(opinion) for opinion in opinions])
    weights = rerank(embedder.embed(question), vectors).tolist()
    ranked = sorted(range(len(experts)), key=lambda i: round(weights[i], 4), reverse=True)

    ballot = "\n".join(f"{place}. {opinions[i]}" for place, i in enumerate(ranked[:3], 1))
    vote = judge(f"{question}\n{ballot}\nReply with the number of the best answer.")
    best = ranked[min(first_number(vote, default=1), len(ranked)) - 1]
    answer = opinions[best]

    check = judge(f"{question}\n{answer}\nIs the question answered? Reply yes or no.")
    beside_the_point = check.lower().startswith("no")
    if beside_the_point:
        hints = [experts[i].opinion(f"{question} {answer}") for i in ranked[:2]]
        answer = judge("\n".join([question, *hints]))
    return Verdict(question, experts[best].title, answer, weights, beside_the_point)


@xcs.jit
def answer_all(questions, experts, judge, embedder):
    """The panel's verdict on each question."""
    verdicts = []
    for question in questions:
        verdicts.append(answer_one(question, experts, judge, embedder))
    return verdicts


def read_documents() -> list[str]:
    """The repository's own documents, in a fixed order."""
    names = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [path.read_text(encoding="utf-8") for path in names if path.exists()]


def seat_panel(corpus: list[str]) -> tuple[list[Expert], xcs.ModelBinding, xcs.ModelBinding]:
    """The experts, who differ in persona and temperature; the judge; and the model that embeds."""
    embedder = xcs.embedded(corpus)
    model = xcs.default_model()
    model = embedder if model.provider == "embedded" else model
    experts = [
        Expert(title, model.with_options(system=persona, temperature=0.15 * place))
        for place, (title, persona) in enumerate(PERSONAS.items())
    ]
    return experts, model, embedder


def timed_call(*args: object) -> tuple[list[Verdict], float]:
    """The verdicts, and the wall time of the call in seconds."""
    start = time.perf_counter()
    verdicts = answer_all(*args)
    return verdicts, time.perf_counter() - start


def require_same(expected: list[Verdict], found: list[Verdict]) -> None:
    """Raises `AssertionError` where two runs differ; weights may in their last bits, as XLA fuses arithmetic."""
    for one, other in zip(expected, found, strict=True):
        assert (one.question, one.expert, one.answer) == (other.question, other.expert, other.answer), (one, other)
        np.testing.assert_allclose(one.weights, other.weights, rtol=1e-5)


def show(verdicts: list[Verdict]) -> None:
    """Prints each question with the panel's answer."""
    for verdict in verdicts:
        shares = ", ".join(f"{title} {share:.0%}" for title, share in zip(PERSONAS, verdict.weights, strict=True))
        print(f"Q: {verdict.question}\nA: {verdict.answer}")
        print(f"   by the {verdict.expert}{', repaired' if verdict.was_repaired else ''}; re-ranking: {shares}\n")


def main() -> None:
    """Runs the panel as plain Python and compiled, and prints what there is to see."""
    parser = argparse.ArgumentParser(description="A panel of experts, as plain Python and compiled.")
    default_path = Path(tempfile.gettempdir()) / "panel_of_experts.timeline.json"
    parser.add_argument("--timeline", type=Path, default=default_path, help="where to write the Perfetto timeline")
    timeline_path = parser.parse_args().timeline

    experts, judge, embedder = seat_panel(read_documents())
    args = (QUESTIONS, experts, judge, embedder)
    vector = embedder.embed(QUESTIONS[0])
    rerank(vector, jnp.stack([vector] * len(experts)))  # JAX compiles its kernels before the clocks run

    with xcs.disable_jit():
        plain, plain_s = timed_call(*args)
    first, first_s = timed_call(*args)
    with xcs.timeline(timeline_path):
        second, second_s = timed_call(*args)
    show(plain)
    require_same(plain, first)
    require_same(plain, second)

    print(f"== wall time, {judge.name}, same answers in all runs")
    print(f"plain Python         {plain_s:6.2f} s")
    print(f"xcs.jit, first call  {first_s:6.2f} s  {plain_s / first_s:5.1f}x  (with tracing and compiling)")
    print(f"xcs.jit, second call {second_s:6.2f} s  {plain_s / second_s:5.1f}x")
    print("\n== the program after the passes: answer_all.lower(...).as_text()")
    print(answer_all.lower(*args).as_text())
    print("\n== xcs.get_jit_stats(answer_all)")
    for name, value in xcs.get_jit_stats(answer_all).items():
        print(f"{name}: {value}")
    print("\n== xcs.explain(answer_all)")
    print(xcs.explain(answer_all))
    print(f"\nThe timeline of the second call is in {timeline_path}: open it at https://ui.perfetto.dev")


if __name__ == "__main__":
    main()
