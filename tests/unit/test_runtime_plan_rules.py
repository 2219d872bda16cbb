"""Malformed plans are named before they run; random plans are well-formed."""

from __future__ import annotations

from random import Random

import pytest
from plan_writing import call, plan_of
from random_plans import PlanWriter, World

from xcs.diagnostics.errors import InternalError
from xcs.runtime.plan import Block, For, If, Instruction, Invoke, Literal, Map, Plan, Slot, Try, While
from xcs.runtime.plan_rules import check_plan

EMPTY = Block(0, (), ())
ONE = Block(1, (), (Slot(0),), 1)
TRUE = Literal(True)


@pytest.mark.parametrize("seed", range(30))
def test_random_plans_are_well_formed(seed: int) -> None:
    check_plan(PlanWriter(Random(seed), World()).plan())


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (call(abs, Slot(1), to=1), "reads %1 before it is filled"),
        (call(abs, to=0), "expected a result of .* in a free slot below 2, found %0"),
        (call(abs, to=2), "expected a result of .* in a free slot below 2, found %2"),
        (call(abs, to=(1, 1)), "expected 1 results, found 2"),
        (call(abs, after=(0,)), "comes after instruction 0, which is not earlier"),
        (If("if", (), condition=TRUE, then_block=EMPTY, else_block=ONE), "expected 0 parameters, found 1"),
        (If("if", (1,), condition=TRUE, then_block=EMPTY, else_block=EMPTY), "expected 1 outputs, found 0"),
        (
            For("for", (), iterable=TRUE, initial=(TRUE,), body=Block(1, (), (), 1)),
            "expected 0 initial values, found 1",
        ),
        (For("for", (), iterable=TRUE, body=Block(1, (), (), 1), breaks=True), "expected 1 outputs, found 0"),
        (Map("map", (), iterable=TRUE, body=EMPTY), "expected 1 parameters, found 0"),
        (Map("map", (), iterable=TRUE, body=Block(2, (), (), 1, ((1, 1),))), "a capture of .* reads %1 before"),
        (Map("map", (), iterable=TRUE, body=Block(2, (), (), 1, ((0, 0),))), "a captured value in a free slot"),
        (While("while", (), condition=EMPTY, body=EMPTY), "expected 1 outputs, found 0"),
        (Try("try", (), body=EMPTY, handler=EMPTY), "expected 1 parameters, found 0"),
        (Invoke("invoke", (), symbol="missing"), "expected a function of the plan, found `missing`"),
        (Invoke("invoke", (), symbol="main"), "expected 0 parameters, found 1"),
    ],
)
def test_malformed_plans(instruction: Instruction, message: str) -> None:
    plan = Plan({"main": Block(2, (instruction,), (), 1)}, "main", lambda function, args, kwargs: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(InternalError, match=message):
        check_plan(plan)


def test_functions_capture_nothing_and_the_entry_exists() -> None:
    with pytest.raises(InternalError, match="expected no captures of function `other`"):
        check_plan(plan_of(EMPTY, other=Block(1, (), (), 0, ((0, 0),))))
    with pytest.raises(InternalError, match="expected the entry `main`"):
        check_plan(Plan({}, "main", plan_of(EMPTY).resolve))
    with pytest.raises(InternalError, match="an output reads %0"):
        check_plan(plan_of(Block(1, (), (Slot(0),))))
