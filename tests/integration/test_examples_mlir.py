"""The IR of real programs is IR for everybody: MLIR accepts its generic form, and our parser reads both forms back."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import xcs
from xcs.dialect.parsing import parse_module
from xcs.frontend.wrapped import Wrapped

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@xcs.op(effect="unordered")
def ask(prompt: str, temperature: float = 0.0) -> str:
    """Stands for a model."""
    return f"<{prompt}>"


@xcs.op(effect="unordered")
def rate(text: str) -> float:
    """Stands for a model that scores."""
    return float(len(text))


@dataclass
class Note:
    title: str
    tags: list[str] = field(default_factory=list)
    score: float = 0.0


def outline_then_expand(question):
    skeleton = ask(f"outline {question}")
    expanded = [ask(f"expand {skeleton}#{i}") for i in range(5)]
    return "\n\n".join(f"{i}. {text}" for i, text in enumerate(expanded, 1))


def extract(documents):
    rows = []
    for document in documents:
        reply = json.loads(ask(document))
        if reply["size"] < 12:
            continue
        rows.append({"topic": reply["topic"].upper(), "size": reply["size"]})
    return sorted(rows, key=lambda row: (-row["size"], row["topic"]))


def verify_claims(question):
    draft = ask(question)
    verdicts = {claim: ask(f"is {claim} true") for claim in re.split(r"[ @]", draft) if claim}
    wrong = [claim for claim, verdict in verdicts.items() if len(verdict) % 2]
    if wrong:
        return ask(f"fix {draft} given {', '.join(wrong)}")
    return draft


def think_and_act(question, tools):
    memory = [question]
    while True:
        thought = ask(memory[-1][-20:])
        if len(memory) > 3 or "stop" in thought:
            return memory
        memory.append(tools[len(memory) % len(tools)](thought))


def tournament(entries):
    while len(entries) > 1:
        winners = [a if rate(a) >= rate(b) else b for a, b in zip(entries[::2], entries[1::2], strict=False)]
        if len(entries) % 2:
            winners.append(entries[-1])
        entries = winners
    return entries[0]


def careful(texts):
    kept, failed = [], 0
    for text in texts:
        try:
            kept.append(ask(text))
        except ValueError as error:
            failed += 1
            print("failed", error)
        else:
            print("kept", text)
    if not kept:
        raise ValueError("nothing was kept")
    return kept, failed


def group(texts):
    groups = defaultdict(list)
    for text in texts:
        groups[ask(text)].append(text)
    return dict(groups)


def notes(titles):
    made = [Note(title, score=rate(title)) for title in titles]
    for note in made:
        note.tags += ask(note.title).split()
    return max(made, key=lambda note: note.score)


def weigh(question, vectors):
    weights = jnp.exp(vectors @ vectors[0])
    answer = ask(question)
    return answer, (weights / jnp.sum(weights)).tolist()


def smooth(question, signal):
    rough = np.convolve(signal, np.ones(3) / 3, mode="same")
    return ask(question), float(rough.mean())


def power(base, exponent):
    if exponent == 0:
        return ask(str(base))
    return power(base, exponent - 1) + ask(str(exponent))


def join(row):
    return ask(" ".join(row))


def rows(table, pair):
    return [join(row) for row in table], [power(text, 1) for text in pair]


def odd_literals(x):
    return ask(x, float("inf")), ask('"quoted"\n\\ ünïcödé', -0.0), (ask(x), 1j, b"\x00", None, ..., 10**30)


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (outline_then_expand, ("q",)),
    (extract, (["a", "b"],)),
    (verify_claims, ("q",)),
    (think_and_act, ("q", [ask, str.upper])),
    (tournament, (["a", "b", "c"],)),
    (careful, (["a"],)),
    (group, (["a"],)),
    (notes, (["a"],)),
    (weigh, ("q", jnp.ones((3, 4)))),
    (smooth, ("q", np.ones(5))),
    (power, ("2", 3)),
    (rows, ([["a", "b"], ["c"]], ("d", "e"))),
    (odd_literals, ("x",)),
]


def jitted_in_examples() -> Iterator[tuple[str, Wrapped]]:
    """Every jitted function of the examples."""
    for path in sorted(EXAMPLES.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        for name, value in vars(module).items():
            if isinstance(value, Wrapped):
                yield f"{path.stem}.{name}", value


def arguments_of(name: str, module: Any) -> tuple[Any, ...]:
    """What the example itself calls its function with."""
    match name:
        case "classify_texts.classify_texts":
            return (module.TEXTS,)
        case "hybrid_pipeline.clean":
            return (np.ones(64, dtype=np.float32),)
        case "hybrid_pipeline.clean_all":
            return ([np.ones(64, dtype=np.float32)],)
        case "merge_sort.merge_sort":
            return (module.ENTRIES,)
        case "panel_of_experts.answer_all":
            return (module.QUESTIONS, *module.seat_panel(["one document", "another document"]))
    raise AssertionError(f"an example has a new jitted function `{name}`: give it arguments here")


CASES = {function.__name__: (xcs.jit(function), arguments) for function, arguments in PROGRAMS} | {
    name: (wrapped, arguments_of(name, sys.modules[wrapped.__module__])) for name, wrapped in jitted_in_examples()
}


def accepted_by_mlir(text: str) -> str:
    """The generic form as MLIR itself prints it after reading and verifying it."""
    mlir = pytest.importorskip("jaxlib.mlir.ir")
    with mlir.Context() as context, mlir.Location.unknown():
        context.allow_unregistered_dialects = True
        module = mlir.Module.parse(text)
        assert module.operation.verify()
        return module.operation.get_asm(print_generic_op_form=True, enable_debug_info=True, use_local_scope=True)


def test_every_example_has_a_jitted_function() -> None:
    assert {name.partition(".")[0] for name in CASES if "." in name} == {path.stem for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("stage", ["traced", "lowered", "stablehlo"])
def test_the_ir_is_read_by_mlir_and_by_us(name: str, stage: str) -> None:
    program, arguments = CASES[name]
    traced = program.trace(*arguments)
    assert traced.as_text().count("xcs.func") >= 1
    text = generic = ""
    match stage:
        case "traced":
            text, generic = traced.as_text(debuginfo=True), traced.as_text(generic=True, debuginfo=True)
        case "lowered":
            lowered = traced.lower()
            text, generic = lowered.as_text(debuginfo=True), lowered.as_text(generic=True, debuginfo=True)
        case "stablehlo":
            lowered = traced.lower()
            text = lowered.as_text("stablehlo", debuginfo=True)
            generic = lowered.as_text("stablehlo", generic=True, debuginfo=True)
    ours = parse_module(text)
    assert parse_module(generic).is_structurally_equivalent(ours)
    assert parse_module(accepted_by_mlir(generic)).is_structurally_equivalent(ours)
    assert [op.location for op in parse_module(generic).walk()] == [op.location for op in ours.walk()]
