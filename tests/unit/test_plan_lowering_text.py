"""The text of whole plans: slots, captures, names, flags and order edges at one glance."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from xcs.dialect.parsing import parse_module
from xcs.lowering.plan_lowering import lower_to_plan
from xcs.runtime.plan_text import plan_text


def ask(question: Any) -> Any:
    return question


def show(value: Any) -> None:
    pass


PLANS = [
    (
        """
        xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
        xcs.callable @show {path = "app:show", effect = #xcs.effect<ordered>}
        xcs.func @f(%xs : !xcs.obj, %c : !xcs.obj) -> (!xcs.obj) {
          %l = xcs.make_list()
          %r = xcs.for %x in %xs iter(%acc = %l) snapshot {
            %a = xcs.if %c {
              %y = xcs.call unordered external @ask(%x)
              xcs.yield %y
            } else {
              %none = xcs.call ordered @show(%c, "skip")
              xcs.yield %none
            }
            %next = xcs.append %acc, %a
            xcs.yield %next
          }
          xcs.return %r
        }
        """,
        """
        function @f(%0, %1) may_write:
          0: %2 = call pure make_list()  # xcs.make_list <text>:5
          1: %3 = for %0 snapshot carries %2  # xcs.for <text>:6
            body(%0, %1) captures %2 = outer %1 may_write:
              0: %3 = if %2 truth pure  # xcs.if <text>:7
                then_block() captures %0 = outer %0:
                  0: %1 = call unordered external ask(%0)  # xcs.call @ask <text>:8
                  yield %1
                else_block() captures %0 = outer %2 may_write:
                  0: %1 = call ordered show(%0, 'skip')  # xcs.call @show <text>:11
                  yield %1
              1: %4 = call pure append(%1, %3)  # xcs.append <text>:14
              yield %4
          yield %3
        """,
    ),
    (
        """
        xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
        xcs.func @f(%q : !xcs.obj) -> (!xcs.obj) {
          %a, %b = xcs.ensemble {
            %x = xcs.call unordered external @ask(%q)
            xcs.yield %x
          }, {
            %y = xcs.invoke unordered @g(%q)
            xcs.yield %y
          }
          %t = xcs.make_tuple(%a, %b)
          xcs.return %t
        }
        xcs.func @g(%q : !xcs.obj) -> (!xcs.obj) {
          %a, %b = xcs.unpack dynamic %q -> (!xcs.obj, !xcs.obj)
          xcs.return %b
        }
        """,
        """
        function @f(%0) may_write:
          0: %1 = call unordered external ask(%0)  # xcs.call @ask <text>:5
          1: %2 = invoke @g(%0)  # xcs.invoke @g <text>:8
          2: %3 = call pure make_tuple(%1, %2)  # xcs.make_tuple <text>:11
          yield %3
        function @g(%0) may_write:
          0: %1 = call dynamic unpack(2)(%0)  # xcs.unpack <text>:15
          1: %2 = call pure operator.itemgetter(1)(%1)  # xcs.unpack <text>:15
          yield %2
        """,
    ),
]


@pytest.mark.parametrize(("text", "expected"), PLANS)
def test_plans_as_text(text: str, expected: str) -> None:
    plan = lower_to_plan(parse_module(text), {"ask": ask, "show": show}, lambda *_: pytest.fail("resolved"))
    assert plan_text(plan) == textwrap.dedent(expected).strip()
