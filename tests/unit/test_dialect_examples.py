"""The examples of the op docstrings and of the reference are IR that parses, and reads back from every form."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from xdsl.ir import Operation

from xcs.dialect import XCS
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text

BLOCK = re.compile(r"```mlir\n(?P<text>.*?)```", re.DOTALL)
REFERENCE = Path(__file__).parents[2] / "docs" / "dialect.md"
OPS = list(XCS.operations)


def example(op: type[Operation]) -> str:
    found = BLOCK.search(inspect.cleandoc(op.__doc__ or ""))
    assert found, f"`{op.name}` has no example"
    return found["text"]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_example_of_each_op(op: type[Operation]) -> None:
    module = parse_module(example(op), op.name)
    assert any(isinstance(found, op) for found in module.walk())
    text = ir_text(module)
    for form in (text, ir_text(module, generic=True), ir_text(module, locations=True)):
        again = parse_module(form)
        assert again.is_structurally_equivalent(module)
        assert ir_text(again) == text


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_mlir_accepts_the_generic_form(op: type[Operation]) -> None:
    mlir = pytest.importorskip("jaxlib.mlir.ir")
    module = parse_module(example(op), op.name)
    with mlir.Context() as context, mlir.Location.unknown():
        context.allow_unregistered_dialects = True
        theirs = mlir.Module.parse(ir_text(module, generic=True))
        assert theirs.operation.verify()
        text = theirs.operation.get_asm(print_generic_op_form=True)
    assert parse_module(text).is_structurally_equivalent(module)


REFERENCE_EXAMPLES = BLOCK.findall(REFERENCE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("index", range(len(REFERENCE_EXAMPLES)))
def test_examples_of_the_reference(index: int) -> None:
    parse_module(REFERENCE_EXAMPLES[index], f"{REFERENCE.name}[{index}]")


def test_the_reference_shows_every_op() -> None:
    shown = {op.name for text in REFERENCE_EXAMPLES for op in parse_module(text).walk()}
    assert {op.name for op in OPS} <= shown
