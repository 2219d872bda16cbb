"""Lists of ops are what xDSL's iterators give."""

from __future__ import annotations

from xdsl.ir import Block

import xcs
from xcs.dialect.nesting import ops_inside, ops_of, region_ops_inside


@xcs.op(effect="unordered")
def ask(question: str) -> str:
    return question


def program(questions: list[str]) -> list[str]:
    found = []
    for question in questions:
        if ask(question) == "yes":
            for word in question.split():
                found.append(ask(word))
        else:
            found.append(question)
    return found


def test_ops_are_those_that_walking_meets() -> None:
    module = xcs.jit(program).trace(["a"]).module
    assert ops_inside(module) == list(module.walk())[1:]
    assert ops_inside(module, inner_first=True) == list(module.walk(region_first=True))[:-1]
    assert region_ops_inside(module) == [op for op in ops_inside(module, inner_first=True) if op.regions]
    assert len(region_ops_inside(module)) >= 3
    assert all(
        ops_of(block) == list(block.ops) for op in module.walk() for region in op.regions for block in region.blocks
    )


def test_a_block_may_be_empty() -> None:
    assert ops_of(Block()) == []
