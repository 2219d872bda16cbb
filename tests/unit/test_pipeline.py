from __future__ import annotations

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Region
from xdsl.passes import ModulePass

from xcs.diagnostics.effect import PURE, Behaviour, Effect
from xcs.diagnostics.errors import XCSError
from xcs.dialect.calls import CallOp
from xcs.dialect.functions import CallableOp, FuncOp, ReturnOp
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.dialect.types import OBJ
from xcs.dialect.verification import verify_module
from xcs.passes.pipeline import DEFAULT_PIPELINE, PIPELINES, optimise, parse_pipeline
from xcs.passes.registry import XCS_PASSES, all_passes

HYBRID = """
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.func @f(%xs : !xcs.list<!xcs.obj>, %w : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) {
    %v = xcs.invoke dynamic @embed(%x, %w)
    %a = xcs.call unordered external @ask(%v)
    %b = xcs.call unordered external @ask(%v)
    %t = xcs.make_tuple(%a, %b)
    %next = xcs.append %out, %t
    xcs.yield %next
  }
  xcs.return %ys
}
xcs.func @embed(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
  %h = xcs.call pure @dot(%x, %w)
  %y = xcs.call pure @dot(%h, %w)
  xcs.return %y
}
"""


def optimised(text: str, pipeline: object = DEFAULT_PIPELINE) -> ModuleOp:
    module = parse_module(text)
    optimise(module, pipeline)  # type: ignore[arg-type]
    verify_module(module)
    return module


def count(module: ModuleOp, name: str) -> int:
    return sum(op.name == name for op in module.body.block.first_op.parent.walk())  # type: ignore[union-attr]


def test_the_default_pipeline_finds_maps_kernels_and_ensembles() -> None:
    module = optimised(HYBRID)
    assert count(module, "xcs.map") == 1
    assert count(module, "xcs.ensemble") == 1
    assert count(module, "xcs.for") == count(module, "xcs.invoke") == 0
    assert count(module, "xcs.tensor") == 2  # the inlined copy and the function itself


def test_sequential_makes_nothing_parallel() -> None:
    module = optimised(HYBRID, PIPELINES["sequential"])
    assert count(module, "xcs.map") == count(module, "xcs.ensemble") == count(module, "xcs.tensor") == 0
    assert count(module, "xcs.for") == 1


def test_parallel_leaves_arrays_alone_and_vectorized_leaves_calls_alone() -> None:
    parallel, vectorized = optimised(HYBRID, PIPELINES["parallel"]), optimised(HYBRID, PIPELINES["vectorized"])
    assert (count(parallel, "xcs.ensemble"), count(parallel, "xcs.tensor")) == (1, 0)
    assert (count(vectorized, "xcs.ensemble"), count(vectorized, "xcs.tensor")) == (0, 2)


def test_every_strategy_has_a_pipeline() -> None:
    assert PIPELINES.keys() == {"sequential", "parallel", "vectorized", "hybrid", "adaptive"}
    for pipeline in PIPELINES.values():
        optimised(HYBRID, pipeline)


def test_the_callback_sees_the_module_after_each_pass() -> None:
    seen: list[tuple[str, str]] = []
    module = parse_module(HYBRID)
    optimise(module, on_pass=lambda name, current: seen.append((name, ir_text(current))))
    assert tuple(name for name, _ in seen) == DEFAULT_PIPELINE
    converted = [name for name, _ in seen].index("xcs-loop-to-map")
    assert "xcs.for" in seen[converted - 1][1]
    assert "xcs.for" not in seen[converted][1]
    assert seen[-1][1] == ir_text(module)


def test_a_pipeline_reads_the_same_as_text_and_in_pieces() -> None:
    assert parse_pipeline("xcs-cse,xcs-reroll{min-calls=8}") == parse_pipeline(["xcs-cse", "xcs-reroll{min-calls=8}"])
    (reroll,) = parse_pipeline("xcs-reroll{min-calls=8}")
    assert reroll.min_calls == 8  # type: ignore[attr-defined]
    assert parse_pipeline("") == ()


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("xcs-csee", "expected the name of a pass, found `xcs-csee`"),
        ("xcs-cse{fast=true}", "expected options of `xcs-cse`"),
        ("xcs-reroll{min-calls=many}", "expected options of `xcs-reroll`"),
        ("xcs-cse,,", "expected a pipeline like"),
    ],
)
def test_mistakes_in_pipelines_are_the_users_own_errors(pipeline: str, message: str) -> None:
    with pytest.raises(XCSError, match=message):
        parse_pipeline(pipeline)


def test_every_pass_is_named_like_its_class_and_its_file() -> None:
    for one in XCS_PASSES:
        words = one.name.removeprefix("xcs-").split("-")
        assert one.__name__ == "".join(word.capitalize() for word in words) + "Pass"
        assert one.__module__ == f"xcs.passes.{'_'.join(words)}"
        assert one.__doc__ is not None
        assert not one.__doc__.startswith(one.__name__)


def test_the_general_passes_of_xdsl_run_too() -> None:
    assert {"canonicalize", "cse", "dce"} <= all_passes().keys()
    module = optimised(HYBRID, "cse,dce,canonicalize,xcs-loop-to-map")
    assert count(module, "xcs.append") == 1  # a call of unknown effect in the body


def test_all_passes_can_run_on_clones() -> None:
    for load in all_passes().values():
        one: ModulePass = load()()
        module = parse_module(HYBRID)
        before = ir_text(module)
        _, changed = one.apply_to_clone(Context(allow_unregistered=True), module)
        assert ir_text(module) == before
        verify_module(changed)


def straight_line(num_ops: int) -> ModuleOp:
    """A function of external and pure calls, each using values well before it."""
    external = Behaviour(Effect.UNORDERED, external=True)
    block = Block(arg_types=(OBJ, OBJ))
    values = list(block.args)
    for index in range(num_ops):
        operands = [values[index // 2], values[1]]
        call = CallOp.make("ask", operands, external) if index % 3 == 0 else CallOp.make("fmt", operands, PURE)
        block.add_op(call)
        values.append(call.results[0])
    block.add_op(ReturnOp.make(values[-1:]))
    declared = [CallableOp.make("ask", "app:ask", external), CallableOp.make("fmt", "app:fmt", PURE)]
    return ModuleOp([*declared, FuncOp.make("f", Region(block))])


def test_the_work_grows_with_the_program_and_no_faster() -> None:
    def num_events(num_ops: int) -> int:
        import sys

        module, events = straight_line(num_ops), 0

        def note(frame: object, event: str, argument: object) -> None:
            nonlocal events
            events += 1

        sys.setprofile(note)
        try:
            optimise(module)
        finally:
            sys.setprofile(None)
        return events

    num_events(10)  # what is done once
    small, large = num_events(250), num_events(2000)
    assert large < 8.8 * small
