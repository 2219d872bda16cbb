"""What compiling costs: it grows with the program, not with its data."""

from __future__ import annotations

import importlib.util
import tempfile
import types
from pathlib import Path
from typing import Any

from measurement import Measurement, median_s

import xcs
from xcs.frontend.signature import signature_of
from xcs.frontend.stages import Compiled, without_garbage_collection
from xcs.frontend.tracing import trace

NUM_OPS = 1_000
REPEATS = 7


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    """Stands for a model that answers at once."""
    return question


def answer_each(argument: list[str]) -> list[str]:
    """A map."""
    return [ask(question) for question in argument]


def measure() -> list[Measurement]:
    """Compiling a map for few and for many items, and a long straight-line function."""
    few, many = (["question"] * size for size in (10, 10_000))
    compile_for(answer_each, few)  # parses this file
    few_s, many_s = (median_s(lambda data=data: compile_for(answer_each, data), REPEATS) for data in (few, many))
    straight = straight_line(NUM_OPS)
    compile_for(straight, "question")
    straight_s = median_s(lambda: compile_for(straight, "question"), REPEATS)
    return [
        Measurement("compile a map over 10 items", few_s * 1e3, "ms"),
        Measurement("compile a map over 10,000 items, over 10", many_s / few_s, "x", at_most=1.2),
        Measurement(f"compile {NUM_OPS:,} calls in a line", straight_s * 1e3, "ms", at_most=60),
    ]


def compile_for(function: types.FunctionType, argument: Any) -> Compiled:
    """What the first call with arguments of new types does before it runs the program."""
    with without_garbage_collection():
        traced = trace(function, ("argument",), signature_of((argument,), frozenset()))
        return traced.lower_in_place(traced.module).compile()


def straight_line(num_ops: int) -> types.FunctionType:
    """A function of so many calls, each of the result of the one before."""
    lines = [
        "from compiling import ask",
        "",
        "def straight(argument):",
        *["    argument = ask(argument)"] * num_ops,
        "    return argument",
        "",
    ]
    path = Path(tempfile.mkdtemp()) / "straight.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("straight", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.straight
