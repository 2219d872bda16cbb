"""What xDSL's own CSE and DCE do to our ops: they keep the meaning, from the ops' memory effects alone."""

from __future__ import annotations

import re

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.transforms.common_subexpression_elimination import CommonSubexpressionElimination
from xdsl.transforms.dead_code_elimination import DeadCodeElimination

from xcs.dialect.parsing import parse_module, xcs_context

DECLARATIONS = """
xcs.callable @g {path = "app:g", effect = #xcs.effect<dynamic>}
xcs.outside @state {kind = "global", path = "app:STATE"}
"""


def count(module: ModuleOp, name: str) -> int:
    return sum(op.name == name for op in module.walk())


def shared(op: str, between: str = "") -> bool:
    """Whether CSE computes two of this op once, with other ops between them, where both results are used."""
    text = f"""{DECLARATIONS}
    xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {{
      %x = {op}
      {between}
      %y = {op}
      xcs.return %x, %y
    }}"""
    module = parse_module(text)
    name = re.split(r"[ (]", op)[0]
    before = count(module, name)
    CommonSubexpressionElimination().apply(xcs_context(), module)
    return count(module, name) < before


def dropped(op: str, result: str = "%x = ") -> bool:
    """Whether DCE removes this op where nothing uses it."""
    text = f"""{DECLARATIONS}
    xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj>) -> () {{
      {result}{op}
      xcs.return
    }}"""
    module = parse_module(text)
    name = re.split(r"[ (]", op)[0]
    before = count(module, name)
    DeadCodeElimination().apply(xcs_context(), module)
    return count(module, name) < before


@pytest.mark.parametrize(
    ("words", "is_shared", "is_dropped"),
    [
        ("pure total", True, True),
        ("pure", False, False),  # it may raise
        ("pure total fresh", False, True),  # each call makes a new object
        ("pure sees_writes total", True, True),
        ("pure external total", True, True),
        ("reads total", True, True),
        ("reads", False, False),
        ("reads external total", False, False),  # a request that Python would have made
        ("unordered total", False, False),
        ("unordered external", False, False),
        ("ordered total", False, False),
        ("fence total", False, False),
        ("dynamic total", False, False),
    ],
)
def test_calls(words: str, is_shared: bool, is_dropped: bool) -> None:
    assert shared(f"xcs.call {words} @g(%a)") == is_shared
    assert dropped(f"xcs.call {words} @g(%a)") == is_dropped


@pytest.mark.parametrize(
    "between", ["xcs.raise %a", "xcs.store_item ordered %a[%a] = %a", "%z = xcs.call ordered @g()"]
)
def test_reads_are_not_shared_across_writes(between: str) -> None:
    assert not shared("xcs.getitem pure sees_writes total %a[%a]", between)
    assert not shared("xcs.load @state", between)


def test_reads_are_shared_with_nothing_between() -> None:
    assert shared("xcs.getitem pure sees_writes total %a[%a]")
    assert shared("xcs.load @state", "%z = xcs.make_list(%a)")


@pytest.mark.parametrize(
    ("op", "is_shared", "is_dropped"),
    [
        ("xcs.constant 1", True, True),
        ('xcs.undef "x"', True, True),
        ("xcs.make_tuple(%a)", True, True),
        ("xcs.make_list(%a)", False, True),
        ("xcs.make_dict(%a : %a)", False, True),
        ("xcs.append %a, %a", False, True),
        ("xcs.insert %a[%a] = %a", False, False),  # the key may not be hashable
        ("xcs.insert total %a[%a] = %a", False, True),
        ('xcs.getattr reads %a "name"', False, False),
        ("xcs.if %a { xcs.yield %a } else { xcs.yield %l }", True, True),
        ("xcs.if %a truth dynamic { xcs.yield %a } else { xcs.yield %l }", False, False),
        ("xcs.for %i in %l iter(%c = %a) { xcs.yield %c }", True, True),
        ("xcs.for %i in %a iter(%c = %a) { xcs.yield %c }", False, False),  # an iterator is used up
        ("xcs.while iter(%c = %a) { xcs.yield %c } do (%d) { xcs.yield %d }", False, False),  # it may not end
        ("xcs.try { xcs.yield %a } except (%e) { xcs.yield %e }", True, True),
        ("xcs.try { xcs.raise %a xcs.yield %a } except (%e) { xcs.yield %e }", False, False),
    ],
)
def test_other_ops(op: str, is_shared: bool, is_dropped: bool) -> None:
    # names inside a region may not be repeated by the second copy
    assert dropped(op) == is_dropped
    if "%c" not in op and "%e" not in op:
        assert shared(op) == is_shared


@pytest.mark.parametrize(
    "op", ["xcs.store_item ordered total %a[%a] = %a", "xcs.store_cell ordered @state = %a", "xcs.raise %a"]
)
def test_acting_ops_without_results_are_kept(op: str) -> None:
    assert not dropped(op, result="")


def test_a_mutating_call_is_not_shared() -> None:
    text = f"""{DECLARATIONS}
    xcs.func @f(%a : !xcs.obj) -> (!xcs.obj, !xcs.obj) {{
      %r, %v = xcs.call pure total @g(%a) mutates [0]
      %s, %w = xcs.call pure total @g(%a) mutates [0]
      xcs.return %r, %s
    }}"""
    module = parse_module(text)
    CommonSubexpressionElimination().apply(xcs_context(), module)
    assert count(module, "xcs.call") == 2
