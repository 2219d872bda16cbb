"""Checks of IR built in memory, and what the text alone can't show: locations, sharing, the cost of building."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import FileLineColLoc, ModuleOp
from xdsl.ir import Block, Region
from xdsl.utils.exceptions import ParseError

from xcs.diagnostics.effect import PURE, Behaviour, Effect
from xcs.dialect import (
    OBJ,
    AppendOp,
    CallableOp,
    CallOp,
    ConstantOp,
    FuncOp,
    IfOp,
    MakeTupleOp,
    ReturnOp,
    XlaOp,
    file_location,
    symbol,
)
from xcs.dialect.dominance import check_dominance
from xcs.dialect.op_error import OpVerifyException
from xcs.dialect.parsing import parse_module
from xcs.dialect.printing import ir_text
from xcs.dialect.regions import yielding_region
from xcs.dialect.verification import verify_module


def module_of(*ops: object) -> ModuleOp:
    """A module with one function of these ops."""
    return ModuleOp([FuncOp.make("f", Region(Block([*ops, ReturnOp.make(())])), ())])  # type: ignore[list-item]


def test_programs_built_in_memory_are_valid_and_print() -> None:
    one = ConstantOp.make(1)
    call = CallOp.make(
        "g", (one.results[0],), Behaviour(Effect.UNORDERED, external=True), location=file_location("a.py", 3, 4)
    )
    branch = IfOp.make(one.results[0], yielding_region((), call.results), yielding_region((), one.results), (OBJ,))
    module = module_of(one, call, branch)
    module.body.block.insert_op_before(CallableOp.make("g", "app:g", PURE), module.body.block.first_op)  # type: ignore[arg-type]
    verify_module(module)
    assert ir_text(parse_module(ir_text(module))) == ir_text(module)
    assert 'loc("a.py":3:4)' in ir_text(module, locations=True)


def test_a_use_before_the_definition() -> None:
    one = ConstantOp.make(1)
    pair = MakeTupleOp.make(one.results)
    with pytest.raises(OpVerifyException, match="used before it is defined") as caught:
        check_dominance(module_of(pair, one))
    assert caught.value.op is pair


def test_a_use_of_an_op_that_is_in_no_block() -> None:
    one = ConstantOp.make(1)
    one.results[0].name_hint = "one"
    with pytest.raises(OpVerifyException, match="`%one` is not defined in this program"):
        check_dominance(module_of(MakeTupleOp.make(one.results)))


def test_a_use_outside_the_region() -> None:
    condition, inner = ConstantOp.make(True), ConstantOp.make(1)
    branch = IfOp.make(condition.results[0], yielding_region((inner,)), yielding_region(()))
    with pytest.raises(OpVerifyException, match="outside the region"):
        check_dominance(module_of(condition, branch, MakeTupleOp.make(inner.results)))


def test_regions_may_use_what_is_around_them() -> None:
    condition = ConstantOp.make(True)
    inner = MakeTupleOp.make(condition.results)
    check_dominance(
        module_of(condition, IfOp.make(condition.results[0], yielding_region((inner,)), yielding_region(())))
    )


def test_sibling_regions_share_nothing() -> None:
    condition, inner = ConstantOp.make(True), ConstantOp.make(1)
    other = AppendOp.make(inner.results[0], condition.results[0])
    branch = IfOp.make(condition.results[0], yielding_region((inner,)), yielding_region((other,)))
    with pytest.raises(OpVerifyException, match="outside the region"):
        check_dominance(module_of(condition, branch))


def test_an_error_knows_its_op_and_place() -> None:
    with pytest.raises(OpVerifyException) as caught:
        parse_module("xcs.func @f() -> () {\n  %x = xcs.call pure @g()\n  xcs.return\n}", "f.mlir")
    assert caught.value.op.name == "xcs.call"
    assert caught.value.span is not None
    assert str(caught.value.span.get_location()) == "f.mlir:2:8"


def test_ops_are_located_in_their_text() -> None:
    function = parse_module(
        'xcs.func @f() -> () {\n  %x = xcs.constant 1\n  xcs.return loc("a.py":7:9)\n}', "f.mlir"
    ).body.block.first_op
    assert isinstance(function, FuncOp)
    constant, returned = function.body.block.ops
    assert constant.location == file_location("f.mlir", 2, 8)
    assert returned.location == file_location("a.py", 7, 9)
    assert isinstance(function.location, FileLineColLoc)


def test_deep_text_is_an_error_not_a_crash() -> None:
    with pytest.raises(ParseError, match="nested too deeply"):
        parse_module("%a = xcs.constant " + "(" * 5000)


def test_an_unclosed_string_is_found_in_linear_time() -> None:
    with pytest.raises(ParseError, match="string literal"):
        parse_module('%a = xcs.constant "' + "a" * 100_000)


def test_a_kernel_is_kept_verbatim() -> None:
    text = 'module @m {\n      // }\n "x"() {a = "}"} : () -> ()\n}'
    module = ModuleOp([XlaOp.make("k", f"\n{text}\n")])
    kernel = parse_module(ir_text(module)).body.block.first_op
    assert isinstance(kernel, XlaOp)
    assert kernel.text.data == text


def test_symbols_and_locations_are_shared() -> None:
    assert symbol("f") is symbol("f")
    assert file_location("a.py", 1, 2) is file_location("a.py", 1, 2)
