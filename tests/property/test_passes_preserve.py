"""Passes change no program that anyone can see: same value or exception, same ordered effects, no call lost.

Random programs run before and after passes on the sequential executor. Where a program raises, a pass may only have
moved calls *before* the failure that Python would not have made yet; none may be missing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_modules import World, modules
from xdsl.dialects.builtin import ModuleOp, StringAttr

from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.dialect.tensor import TensorOp
from xcs.dialect.verification import verify_module
from xcs.lowering.run import run
from xcs.passes.pipeline import DEFAULT_PIPELINE, optimise
from xcs.runtime.executor import SequentialExecutor

EAGER = ("xcs-infer-effects", "xcs-inline", "xcs-canonicalize", "xcs-cse", "xcs-dce", "xcs-loop-to-map")
PIPELINES = {
    **{name: ("xcs-infer-effects", name) for name in EAGER[1:]},
    "xcs-fuse-maps": (*EAGER, "xcs-fuse-maps"),
    "xcs-reroll": (*EAGER, "xcs-reroll{min-calls=2}"),
    "xcs-fuse-tensor": ("xcs-infer-effects", "xcs-fuse-tensor"),
    "xcs-ensemble": ("xcs-infer-effects", "xcs-ensemble"),
    "default": DEFAULT_PIPELINE,
    "default twice": DEFAULT_PIPELINE * 2,
}


@dataclass(frozen=True)
class Observation:
    """What can be seen of one run."""

    outcome: str
    raised: bool
    log: tuple[str, ...]
    calls: Counter[str]


def observe(module: ModuleOp, one_in: int) -> Observation:
    world = World(one_in)
    for op in module.walk():
        if isinstance(op, TensorOp):
            op.properties["kind"] = StringAttr("numpy")  # runs the calls one by one, on whatever values
    try:
        result = run(module, "p", "q", ["x", "y"], callables=world.callables(), executor=SequentialExecutor())
        return Observation(repr(result), False, tuple(world.log), Counter(world.calls))
    except ValueError as error:
        return Observation(str(error), True, tuple(world.log), Counter(world.calls))
    except Exception as error:
        return Observation(f"{type(error).__name__}: {error}", True, tuple(world.log), Counter(world.calls))


def check(text: str, pipeline: tuple[str, ...], one_in: int) -> None:
    expected = observe(parse_module(text), one_in)
    module = parse_module(text)
    optimise(module, pipeline)
    verify_module(module)
    verify_module(parse_module(ir_text(module)))
    found = observe(module, one_in)
    after = ir_text(module)
    assert (found.outcome, found.raised, found.log) == (expected.outcome, expected.raised, expected.log), after
    if expected.raised:
        assert expected.calls <= found.calls, after
    else:
        assert expected.calls == found.calls, after


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES.keys())
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=modules(), one_in=st.sampled_from((9, 80)))
def test_passes_preserve_meaning(text: str, one_in: int, pipeline: tuple[str, ...]) -> None:
    check(text, pipeline, one_in)
