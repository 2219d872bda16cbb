"""What performance rests on and no clock is needed for: ops after the passes, tasks in the plan, calls, overlap."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest

import xcs
from xcs.runtime.plan import Block, Call, Instruction

WAIT_S = 30.0  # how long a call waits for others that should be there; reached only where the test fails


class Meeting:
    """A place where a number of calls must be at the same time; says how many were."""

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size, timeout=WAIT_S)
        self.lock = threading.Lock()
        self.running = self.peak = self.calls = 0

    def attend(self, value: Any) -> Any:
        with self.lock:
            self.running += 1
            self.calls += 1
            self.peak = max(self.peak, self.running)
        self.barrier.wait()
        with self.lock:
            self.running -= 1
        return value


class Model:
    """A model that answers once all the others have been asked."""

    def __init__(self, name: str, meeting: Meeting) -> None:
        self.name = name
        self.attend = meeting.attend

    @xcs.op(effect="unordered")
    def __call__(self, question: str) -> str:
        return f"{self.name}: {self.attend(question)}"


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return f"<{question}>"


def ensemble(models: Sequence[Model], question: str) -> list[str]:
    answers = []
    for model in models:
        answers.append(model(question))
    return answers


def two_stages(models: Sequence[Model], question: str) -> list[str]:
    drafts = [model(question) for model in models]
    together = "\n".join(drafts)
    return [model(together) for model in models]


def answer_each(questions: list[str]) -> list[str]:
    return [ask(question) for question in questions]


def filtered(questions: list[str]) -> list[str]:
    answers = []
    for question in questions:
        if len(question) > 1:
            answers.append(ask(question))
    return answers


def hybrid(question: str, x: Any) -> Any:
    y = jnp.tanh(x) * 2.0 + 1.0
    answer = ask(question)
    return answer, jnp.sum(y * y) / 3.0


@pytest.mark.parametrize(("program", "stages"), [(ensemble, 1), (two_stages, 2)])
def test_every_model_is_asked_once_a_stage_and_all_at_once(program: Callable[..., Any], stages: int) -> None:
    """With new objects and new questions in each call, from the first call on."""
    jitted = xcs.jit(program)
    for number in range(3):
        meeting = Meeting(5)
        models = [Model(f"model {number} {index}", meeting) for index in range(5)]
        answers = jitted(models, f"question {number}")
        assert [answer.split(":")[0] for answer in answers] == [model.name for model in models]
        assert (meeting.calls, meeting.peak) == (5 * stages, 5)
    assert xcs.get_jit_stats(jitted)["traces"] == 1


@pytest.mark.parametrize("program", [answer_each, filtered])
def test_iterations_overlap_up_to_the_window(program: Callable[..., Any]) -> None:
    meeting = Meeting(40)
    jitted = xcs.jit(program)
    program.__globals__["ask"], kept = xcs.op(effect="unordered")(lambda question: meeting.attend(question)), ask
    try:
        questions = [f"question {number}" for number in range(40)]
        assert jitted(questions) == questions
    finally:
        program.__globals__["ask"] = kept
    assert (meeting.calls, meeting.peak) == (40, 40)


def test_a_window_bounds_what_is_under_way() -> None:
    meeting = Meeting(4)
    models = [Model(str(index), meeting) for index in range(12)]
    assert len(xcs.jit(window=4)(ensemble)(models, "why")) == 12
    assert (meeting.calls, meeting.peak) == (12, 4)


def test_the_sequential_strategy_asks_one_after_the_other() -> None:
    meeting = Meeting(1)
    xcs.jit(strategy="sequential")(ensemble)([Model(str(index), meeting) for index in range(5)], "why")
    assert (meeting.calls, meeting.peak) == (5, 1)


def ops_of(program: Callable[..., Any], *arguments: Any) -> dict[str, int]:
    """The ops in the functions of the lowered module, by name."""
    lowered = xcs.jit(program).lower(*arguments)
    functions = [op for op in lowered.module.ops if op.name == "xcs.func"]
    names = Counter(op.name.removeprefix("xcs.") for function in functions for op in function.walk())
    return {name: names[name] for name in sorted(names) if name not in ("func", "return", "yield")}


def instructions_of(block: Block) -> list[Instruction]:
    """The instructions of a block and of the blocks inside it."""
    return [
        found
        for instruction in block.instructions
        for found in (instruction, *(one for inner in blocks_in(instruction) for one in instructions_of(inner)))
    ]


def blocks_in(instruction: Instruction) -> list[Block]:
    """The blocks that an instruction owns."""
    held = [getattr(instruction, one.name) for one in fields(instruction)]
    return [value for value in held if isinstance(value, Block)]


def tasks_of(program: Callable[..., Any], *arguments: Any) -> int:
    """The leaf calls in the plan."""
    plan = xcs.jit(program).compile(*arguments).plan
    return sum(isinstance(one, Call) for body in plan.functions.values() for one in instructions_of(body))


def test_ops_after_the_passes() -> None:
    assert ops_of(answer_each, ["a"]) == {"call": 1, "map": 1}
    assert ops_of(hybrid, "q", jnp.ones(3)) == {"call": 7, "make_tuple": 1, "tensor": 2}
    assert ops_of(two_stages, [Model("a", Meeting(1))], "q")["map"] == 2


def test_tasks_in_the_plan() -> None:
    assert tasks_of(answer_each, ["a"]) == 1
    assert tasks_of(hybrid, "q", jnp.ones(3)) == 4  # two kernels, the model, the tuple


@pytest.mark.parametrize("program", [answer_each, filtered])
def test_programs_dont_grow_with_their_data(program: Callable[..., Any]) -> None:
    few, many = ["a"] * 10, ["a"] * 10_000
    assert ops_of(program, few) == ops_of(program, many)
    assert xcs.jit(program).compile(few).as_text() == xcs.jit(program).compile(many).as_text()
    jitted = xcs.jit(program)
    jitted(few)
    jitted(many)
    jitted([])
    assert xcs.get_jit_stats(jitted)["traces"] <= 2  # of an empty list the element type is unknown


def test_a_long_function_has_one_op_a_call(tmp_path: Path) -> None:
    lines = ["def straight(x):", *["    x = ask(x)"] * 300, "    return x", ""]
    file = tmp_path / "straight.py"
    file.write_text("\n".join(lines))
    namespace = {"ask": ask}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    assert ops_of(namespace["straight"], "q") == {"call": 300}
    assert tasks_of(namespace["straight"], "q") == 300


def test_equal_arguments_find_the_program_again() -> None:
    jitted = xcs.jit(answer_each)
    for _ in range(3):
        jitted(["a", "b"])
    stats = xcs.get_jit_stats(jitted)
    assert (stats["calls"], stats["traces"]) == (3, 1)
