"""What compiling costs: it grows with the program, not with its data.

Times are processor time: a compilation waits for nothing, and other processes shouldn't count.
"""

from __future__ import annotations

import gc
import importlib.util
import statistics
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from measurement import Measurement

import xcs
from xcs.frontend.signature import signature_of
from xcs.frontend.stages import Compiled
from xcs.frontend.tracing import trace
from xcs.runtime.garbage import without_garbage_collection

NUM_OPS = 1_000
REPEATS = 7
ARRAY = jnp.ones((16, 16))


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    """Stands for a model that answers at once."""
    return question


def answer_each(argument: list[str]) -> list[str]:
    """A map."""
    return [ask(question) for question in argument]


def two_panels(question: str) -> dict[str, str]:
    """Fifty ops: two panels one after the other, a map, prompts."""
    a, b, c = ask(question), ask(question), ask(question)
    d, e = ask(a + b), ask(f"{c} and {a}")
    f, g, h = ask(d), ask(e), ask(e)
    i = ask(f"{f} {g} {h}")
    j, k = ask(i), ask(i)
    m, n = ask(j), ask(k)
    o, p = ask(m + n), ask(f"{m} and {n}")
    q, r, s = ask(o), ask(p), ask(p)
    t = ask(f"{q} {r} {s}")
    answers = [ask(one) for one in (a, b, c, d)]
    u = ask("\n".join(answers))
    return {"first": t, "second": ask(u), "third": ask(f"{t} {u}")}


def answer_with_care(question: str) -> str:
    """Little but control flow: a loop with a way out, branches, a failure."""
    answer = ""
    for attempt in range(int(question)):
        try:
            answer = ask(f"{attempt}: {question}")
        except ValueError:
            answer = "none"
            continue
        if ask(f"is it good? {answer}") == "yes":
            break
        if len(answer) > 100:
            answer = ask(f"shorter: {answer}")
        else:
            answer = ask(f"longer: {answer}")
    return answer


def measure() -> list[Measurement]:
    """Compiling maps, small programs, long ones, and array code."""
    few, many = (["question"] * size for size in (10, 10_000))
    few_s, many_s = compile_s(answer_each, few), compile_s(answer_each, many)
    straight = made(["argument = ask(argument)"] * NUM_OPS)
    panels_s, care_s = compile_s(two_panels, "question"), compile_s(answer_with_care, "3")
    kernel_s, jax_s = array_first_calls_s()
    return [
        Measurement("compile a map over 10 items", few_s * 1e3, "ms"),
        Measurement("compile a map over 10,000 items, over 10", many_s / few_s, "x", at_most=1.2),
        Measurement("compile 50 ops", panels_s * 1e3, "ms", at_most=3),
        Measurement("compile a loop with branches, `try` and `break`", care_s * 1e3, "ms"),
        Measurement(f"compile {NUM_OPS:,} calls in a line", compile_s(straight, "question") * 1e3, "ms", at_most=25),
        Measurement("first call of 10,000 calls in a line, per call", first_call_s() / 10_000 * 1e6, "us", at_most=60),
        Measurement(f"first call of {NUM_OPS:,} array ops, over `jax.jit`", kernel_s / jax_s, "x", at_most=1.15),
    ]


def compile_s(function: types.FunctionType, argument: Any) -> float:
    """Tracing, passes and lowering, once its file has been parsed."""
    compile_for(function, argument)
    return statistics.median(processor_s(lambda: compile_for(function, argument)) for _ in range(REPEATS))


def first_call_s() -> float:
    """Parsing, tracing, compiling and running a function of 10,000 calls, for the first time."""
    found = []
    for _ in range(3):
        jitted = xcs.jit(made(["argument = ask(argument)"] * 10_000))
        found.append(processor_s(lambda jitted=jitted: jitted("question")))
    return statistics.median(found)


def array_first_calls_s() -> tuple[float, float]:
    """First calls of a function of array code, jitted by XCS and by JAX, in turns."""
    ours, theirs = [], []
    sides = [(ours, xcs.jit), (theirs, jax.jit)]
    for number in range(5):
        for found, jit in sides if number % 2 else reversed(sides):
            lines = ["argument = jnp.tanh(argument @ argument.T)"] * (NUM_OPS // 3)
            jitted = jit(made([*lines, f"argument = argument + {number}"]))
            found.append(processor_s(lambda jitted=jitted: jitted(ARRAY).block_until_ready()))
    return statistics.median(ours), statistics.median(theirs)


def processor_s(action: Callable[[], object]) -> float:
    """The processor time of one run of `action`, without a garbage collection left over from before."""
    gc.collect()
    start = time.process_time()
    action()
    return time.process_time() - start


def compile_for(function: types.FunctionType, argument: Any) -> Compiled:
    """What the first call with arguments of new types does before it runs the program."""
    with without_garbage_collection():
        traced = trace(function, function.__code__.co_varnames[:1], signature_of((argument,), frozenset()))
        return traced.lower_in_place().compile()


def made(lines: list[str]) -> types.FunctionType:
    """A function of `argument` with these lines, which it returns."""
    text = [
        "import jax.numpy as jnp",
        "from compiling import ask",
        "",
        "def straight(argument):",
        *(f"    {line}" for line in lines),
        "    return argument",
        "",
    ]
    path = Path(tempfile.mkdtemp()) / "straight.py"
    path.write_text("\n".join(text), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("straight", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.straight
