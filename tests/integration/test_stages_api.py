"""The stages of a jitted function and its reports: what a user looks at."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import pytest
from xdsl.dialects.builtin import FileLineColLoc, ModuleOp

import xcs
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.frontend.stats import JitStats
from xcs.passes.pipeline import DEFAULT_PIPELINE

HERE = Path(__file__)
GUIDE = (HERE.parents[2] / "docs" / "stages.md").read_text(encoding="utf-8")


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    """Stands for a model."""
    return f"<{question}>"


def shout(text: str) -> str:
    return ask(text.upper())


@xcs.jit
def debate(question: str) -> str:
    first = ask(question + "?")
    second = shout(question)
    verdict = ask(f"{first} or {second}")
    print(verdict)
    return verdict


@xcs.jit
def answer_each(questions: list[str]) -> list[str]:
    answers = []
    for question in questions:
        if len(question) > 3:
            answers.append(ask(question))
        else:
            answers.append(question)
    return answers


@xcs.jit
def weigh(question: str, scores: Any) -> Any:
    weights = jnp.exp(scores - jnp.max(scores))
    answer = ask(question)
    return answer, weights / jnp.sum(weights)


PROGRAMS = [(debate, ("ab",)), (answer_each, (["a", "four"],)), (weigh, ("q", jnp.ones(3)))]
each_program = pytest.mark.parametrize(
    ("program", "arguments"), PROGRAMS, ids=lambda value: getattr(value, "__name__", "")
)


def called(program: Any, *arguments: Any) -> Any:
    """A fresh jitted copy of a program, called once."""
    fresh = xcs.jit(program.__wrapped__)
    fresh(*arguments)
    return fresh


@each_program
def test_each_stage_is_text(program: Any, arguments: tuple[Any, ...]) -> None:
    name = program.__name__
    assert f"xcs.func @{name}(" in program.trace(*arguments).as_text()
    assert f"xcs.func @{name}(" in program.lower(*arguments).as_text()
    assert f"xcs.func @{name}(" in program.lower(*arguments).as_text("stablehlo")
    assert program.lower(*arguments).compile().as_text().startswith(f"function @{name}(")
    assert program.trace(*arguments).lower().compile().as_text() == program.compile(*arguments).as_text()


@each_program
def test_text_reads_back_as_the_module(program: Any, arguments: tuple[Any, ...]) -> None:
    for stage in (program.trace(*arguments), program.lower(*arguments)):
        text = stage.as_text()
        for form in (text, stage.as_text(generic=True), stage.as_text(debuginfo=True)):
            again = parse_module(form)
            assert again.is_structurally_equivalent(stage.module)
            assert ir_text(again).rstrip() == text.rstrip()
        assert '"xcs.func"() <{' in stage.as_text(generic=True)


@each_program
def test_every_op_has_its_place_in_the_users_file(program: Any, arguments: tuple[Any, ...]) -> None:
    for stage in (program.trace(*arguments), program.lower(*arguments)):
        for op in stage.module.walk():
            assert isinstance(op.location, FileLineColLoc), op.name
            assert op.location.filename.data == str(HERE)
            assert op.location.line.data > 0
            assert op.location.column.data > 0
        assert f'loc("{HERE}":' in stage.as_text(debuginfo=True)


def test_a_function_stands_at_its_definition_and_a_call_at_its_line() -> None:
    text = debate.trace("ab").as_text(debuginfo=True)
    lines = HERE.read_text(encoding="utf-8").splitlines()
    first = re.search(r"%first = xcs.call .* loc\(.*:(\d+):\d+\)", text)
    assert first is not None
    assert "first = ask(" in lines[int(first[1]) - 1]
    assert "def debate" in lines[debate.trace("ab").module.location.line.data - 1]  # type: ignore[attr-defined]


@each_program
def test_traced_and_lowered_modules_verify(program: Any, arguments: tuple[Any, ...]) -> None:
    traced = program.trace(*arguments)
    traced.verify()
    lowered = traced.lower()
    lowered.module.verify()


def test_what_only_shows_what_is_there_waits_until_somebody_looks() -> None:
    @xcs.jit
    def panel(question: str) -> list[str]:
        return [ask(question), ask(question)]

    assert panel("q") == ["<q>", "<q>"]
    lowered = panel.lower()
    assert not any(op.name == "xcs.ensemble" for op in lowered.program.walk())
    assert "xcs.ensemble" in lowered.as_text()
    assert lowered.as_text() == panel.lower("q").as_text()
    assert not any(op.name == "xcs.ensemble" for op in lowered.program.walk())
    lowered.module.verify()


def test_the_ir_after_each_pass_is_one_expression() -> None:
    texts = answer_each.trace(["a"]).after_each_pass()
    assert tuple(name for name, _ in texts) == DEFAULT_PIPELINE
    assert texts[-1][1] == answer_each.lower(["a"]).as_text()
    assert "effects" not in answer_each.trace(["a"]).as_text()
    assert "effects unordered" in texts[0][1]
    seen: list[str] = []
    answer_each.trace(["a"]).lower("xcs-cse,xcs-dce", on_pass=lambda name, module: seen.append(name))
    assert seen == ["xcs-cse", "xcs-dce"]


def test_lowering_leaves_the_traced_module_as_it_is() -> None:
    traced = answer_each.trace(["a"])
    before = traced.as_text()
    traced.lower()
    assert traced.as_text() == before


def test_without_arguments_the_stages_are_those_of_the_last_call() -> None:
    program = called(answer_each, ["a"])
    assert program.lower().as_text() == program.lower(["a"]).as_text()
    assert program.compile() is program.compile()
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        xcs.jit(answer_each.__wrapped__).lower()


def test_tracing_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    debate.trace("ab").lower().compile().as_text()
    assert capsys.readouterr().out == ""


def test_stablehlo_of_an_array_region() -> None:
    text = weigh.lower("q", jnp.ones(3)).as_text("stablehlo")
    assert text.count("xcs.xla @kernel") == text.count("xcs.xla_call") > 0
    assert "stablehlo.exponential" in text
    parse_module(text)


@pytest.mark.parametrize("as_module", [True, False], ids=["module", "text"])
def test_a_lowered_module_runs_with_its_callables(as_module: bool) -> None:
    lowered = answer_each.lower(["a"])
    module: ModuleOp | str = lowered.module if as_module else lowered.as_text()
    assert xcs.run(module, ["a", "four"], callables=lowered.objects) == ["a", "<four>"]
    mine = {**lowered.objects, "ask": lambda question: question * 2}
    assert xcs.run(module, ["a", "four"], callables=mine) == ["a", "fourfour"]


def test_a_compiled_stage_is_called_like_the_function() -> None:
    assert answer_each.compile(["a"])(["a", "four", "fives"]) == ["a", "<four>", "<fives>"]


def test_wrong_dialects_and_pipelines_are_refused() -> None:
    with pytest.raises(xcs.XCSError, match="expected the dialect to be `xcs` or `stablehlo`, found `llvm`"):
        answer_each.lower(["a"]).as_text("llvm")
    with pytest.raises(xcs.XCSError, match="expected the name of a pass, found `xcs-magic`"):
        answer_each.trace(["a"]).lower("xcs-magic")


def test_the_program_of_the_guide_runs(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    file = tmp_path / "guide.py"
    file.write_text(source)
    namespace: dict[str, Any] = {"__name__": "guide"}
    exec(compile(source, str(file), "exec"), namespace)
    assert len(namespace["answers"]) == 2
    assert "xcs.map" in namespace["lowered"].as_text()


def test_the_guide_names_the_statistics() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE)
    assert documented == list(JitStats.__annotations__)
    assert list(xcs.get_jit_stats(called(answer_each, ["a"]))) == documented


def test_statistics_before_and_after_calls(capsys: pytest.CaptureFixture[str]) -> None:
    program = xcs.jit(debate.__wrapped__)
    before = xcs.get_jit_stats(program)
    assert (before["calls"], before["traces"], before["measured_speedup"]) == (0, 0, None)
    program("ab")
    program("cd")
    after = xcs.get_jit_stats(program)
    assert (after["calls"], after["traces"], after["fallback_calls"], after["fallback"]) == (2, 1, 0, None)
    assert after["orchestration_ops"] == 3
    assert after["tensor_ops"] == 0
    assert after["estimated_speedup"] == pytest.approx(1.5)
    assert after["measured_speedup"] is not None
    assert min(after["external_time_s"], after["compile_time_s"], after["wall_time_s"]) > 0
    assert xcs.get_jit_stats(called(weigh, "q", jnp.ones(3)))["execution_strategy"] == "hybrid"


@pytest.mark.parametrize(("program", "arguments"), PROGRAMS[:2], ids=["debate", "answer_each"])
def test_explanations(program: Any, arguments: tuple[Any, ...], capsys: pytest.CaptureFixture[str]) -> None:
    text = xcs.explain(called(program, *arguments))
    start = program.__wrapped__.__code__.co_firstlineno - 1
    text = re.sub(rf"{re.escape(str(HERE))}:(\d+)", lambda found: f"FILE:{int(found[1]) - start}", text)
    text = re.sub(r"line (\d+)", lambda found: f"line {int(found[1]) - start}", text)
    golden = HERE.parent / "explanations" / f"{program.__name__}.txt"
    if os.environ.get("XCS_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(f"{text}\n")
    assert text == golden.read_text().rstrip("\n")


def test_explanations_of_what_was_not_compiled() -> None:
    def steps(x: int) -> Any:
        yield x

    assert xcs.explain(xcs.jit(answer_each.__wrapped__)) == "answer_each has not been called yet"
    program = xcs.jit(steps)
    with pytest.warns(xcs.XCSWarning, match="runs as plain Python: a generator"):
        program(1)
    assert xcs.explain(program).startswith(f"{steps.__qualname__} runs as plain Python: a generator; help: ")
    with pytest.raises(xcs.XCSError, match="expected something made by `xcs.jit`"):
        xcs.explain(steps)


def test_timelines_are_what_perfetto_reads(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(AttributeError), xcs.timeline(path):
        answer_each(["a", "four", "fives"]).not_an_attribute
    trace = json.loads(path.read_text())
    events = trace["traceEvents"]
    assert {event["ph"] for event in events} == {"X"}
    assert all({"name", "pid", "tid", "ts", "dur", "cat", "args"} <= event.keys() for event in events)
    assert all(event["dur"] >= 0 and event["ts"] >= 0 for event in events)
    (call, _) = [event for event in events if "@ask" in event["name"]]
    line = answer_each.__wrapped__.__code__.co_firstlineno + 5
    assert call["args"]["location"] == f"{HERE}:{line}"


def test_dependences_of_a_trace_have_the_names_of_the_analyses() -> None:
    traced = xcs.trace_function(debate.__wrapped__, "ab")
    first, second = traced.independent_sets()
    assert (len(first), len(second)) == (2, 1)
    (together,) = traced.find_parallel_opportunities()
    assert together == first
    (verdict,) = second
    reached: set[Any] = set()
    pending = [verdict]
    while pending:
        for op in traced.dependencies(pending.pop()):
            if op not in reached:
                reached.add(op)
                pending.append(op)
    assert set(first) <= reached
    assert called(weigh, "q", jnp.ones(3)).lower().parallelism.fusion_groups
