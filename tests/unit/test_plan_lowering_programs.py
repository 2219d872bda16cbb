"""Programs in text, lowered and run on both executors: they give what Python gives."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region

from xcs.diagnostics.errors import XCSError
from xcs.dialect import OBJ, FuncOp, IfOp, ReturnOp, YieldOp
from xcs.dialect.parsing import parse_module
from xcs.dialect.regions import yielding_region
from xcs.lowering.plan_lowering import lower_to_plan
from xcs.lowering.run import run
from xcs.runtime.executor import Executor, SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan_summary import summarise


@pytest.fixture(params=[SequentialExecutor, ThreadsExecutor], ids=["sequential", "threads"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return request.param()


DECLARATIONS = """
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @show {path = "app:show", effect = #xcs.effect<ordered>}
xcs.callable @add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.callable @lt {path = "_operator:lt", effect = #xcs.effect<pure>}
xcs.callable @len {path = "builtins:len", effect = #xcs.effect<pure>}
xcs.callable @list {path = "builtins:list", effect = #xcs.effect<pure>}
xcs.callable @dict {path = "builtins:dict", effect = #xcs.effect<pure>}
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.callable @ValueError {path = "builtins:ValueError", effect = #xcs.effect<pure>}
"""


def ask(question: Any) -> str:
    return f"<{question}>"


def outcome(executor: Executor, body: str, *arguments: Any, **callables: Any) -> Any:
    """The result of a program over the declarations above, or the type and text of its exception."""
    try:
        return run(
            DECLARATIONS + body, *arguments, callables={"ask": ask, "show": print, **callables}, executor=executor
        )
    except Exception as error:
        return type(error), str(error)


PROGRAMS = [
    (
        """xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {
          %a = xcs.call unordered external @ask(%x)
          %b = xcs.call pure @add(%a, "!")
          xcs.return %b
        }""",
        ("q",),
        "<q>!",
    ),
    (
        """xcs.func @f(%xs : !xcs.obj, %kw : !xcs.obj) -> (!xcs.obj) {
          %one = xcs.constant 1
          %d = xcs.call pure @dict(**%kw, b = %one, c = 2)
          %l = xcs.make_list(%d, %one)
          %t = xcs.make_tuple(%l, %one)
          xcs.return %t
        }""",
        ((), {"a": 0}),
        ([{"a": 0, "b": 1, "c": 2}, 1], 1),
    ),
    (
        """xcs.func @f(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
          %r = xcs.if %c {
            %a = xcs.call unordered external @ask(%x)
            xcs.yield %a
          } else {
            %none = xcs.constant None
            xcs.yield %none
          }
          xcs.return %r
        }""",
        ([], "q"),
        None,
    ),
    (
        """xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
          %zero = xcs.constant 0
          %empty = xcs.make_list()
          %n, %out = xcs.for %x in %xs iter(%i = %zero, %l = %empty) {
            %a = xcs.call unordered external @ask(%x)
            %l2 = xcs.append %l, %a
            %j = xcs.call pure @add(%i, 1)
            xcs.yield %j, %l2
          }
          xcs.return %n, %out
        }""",
        ("abc",),
        (3, ["<a>", "<b>", "<c>"]),
    ),
    (
        """xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj) {
          %empty = xcs.make_list()
          %out = xcs.for %x in %xs iter(%l = %empty) breaks {
            %l2 = xcs.append %l, %x
            %n = xcs.call pure @len(%l2)
            %more = xcs.call pure @lt(%n, 2)
            %done = xcs.call pure @lt(1, %n)
            xcs.yield %done, %l2
          }
          xcs.return %out
        }""",
        ("abc",),
        ["a", "b"],
    ),
    (
        """xcs.func @f(%n : !xcs.obj) -> (!xcs.obj) {
          %zero = xcs.constant 0
          %r = xcs.while iter(%i = %zero) {
            %c = xcs.call pure @lt(%i, %n)
            xcs.yield %c
          } do (%j) {
            %k = xcs.call pure @add(%j, 2)
            xcs.yield %k
          }
          xcs.return %r
        }""",
        (5,),
        6,
    ),
    (
        """xcs.func @f(%xs : !xcs.obj, %suffix : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
          %a, %b = xcs.map %x in %xs snapshot {
            %y = xcs.call unordered external @ask(%x)
            %z = xcs.call pure @add(%y, %suffix)
            xcs.yield %y, %z
          }
          xcs.return %a, %b
        }""",
        (["a", "b"], "."),
        (["<a>", "<b>"], ["<a>.", "<b>."]),
    ),
    (
        """xcs.func @f(%q : !xcs.obj) -> (!xcs.obj) {
          %a, %b, %c = xcs.ensemble {
            %x = xcs.call unordered external @ask(%q)
            %s = xcs.constant "static"
            xcs.yield %x, %s
          }, {
            %y = xcs.call pure @upper(%q)
            xcs.yield %y
          }
          %t = xcs.make_tuple(%a, %b, %c)
          xcs.return %t
        }""",
        ("q",),
        ("<q>", "static", "Q"),
    ),
    (
        """xcs.func @main(%x : !xcs.obj) -> (!xcs.obj) {
          %a, %b = xcs.invoke unordered @pair(%x, %x) -> (!xcs.obj, !xcs.obj)
          %l = xcs.make_list(%b, %a)
          xcs.return %l
        }
        xcs.func @pair(%x : !xcs.obj, %y : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
          %a = xcs.call unordered external @ask(%x)
          xcs.return %a, %y
        }""",
        ("q",),
        ["q", "<q>"],
    ),
    (
        """xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {
          %r = xcs.try {
            %e = xcs.call pure @ValueError(%x)
            xcs.raise %e
            xcs.yield %x
          } except (%e) {
            %m = xcs.getattr pure %e "args"
            xcs.yield %m
          }
          xcs.return %r
        }""",
        ("bad",),
        ("bad",),
    ),
    (
        """xcs.func @f(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
          %v = xcs.variable %x
          %r = xcs.try {
            %a = xcs.call unordered external @ask(%x)
            xcs.assign %v = %a
            %now = xcs.current %v
            %e = xcs.call pure @ValueError(%now)
            xcs.raise %e
            xcs.assign %v = %e
            xcs.yield %x
          } except (%e) {
            %last = xcs.current %v
            xcs.yield %last
          }
          %after = xcs.current %v
          xcs.return %r, %after
        }""",
        ("q",),
        ("<q>", "<q>"),
    ),
    (
        """xcs.func @f(%t : !xcs.obj) -> (!xcs.obj) {
          %a, %b, %c = xcs.unpack pure %t star 1 -> (!xcs.obj, !xcs.obj, !xcs.obj)
          %x, %y = xcs.unpack pure %b -> (!xcs.obj, !xcs.obj)
          %d = xcs.make_dict(%a : %x, %c : %y)
          %d2 = xcs.insert %d[%a] = %c
          xcs.return %d2
        }""",
        ("abcd",),
        {"a": "d", "d": "c"},
    ),
    (
        """xcs.func @f(%t : !xcs.obj) -> (!xcs.obj) {
          %x, %y = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj)
          xcs.return %x
        }""",
        ("abc",),
        (ValueError, "too many values to unpack (expected 2)"),
    ),
    (
        """xcs.func @f(%xs : !xcs.obj, %init : !xcs.obj) -> (!xcs.obj) {
          %r = xcs.reduce %x in %xs iter(%acc = %init) associative {
            %next = xcs.call pure @add(%acc, %x)
            xcs.yield %next
          }
          xcs.return %r
        }""",
        ("abc", ""),
        "abc",
    ),
    (
        """xcs.func @f(%c : !xcs.obj) -> (!xcs.obj) {
          %one = xcs.constant 1
          %r = xcs.if %c {
            xcs.yield %one
          } else {
            %u = xcs.undef "answer"
            xcs.yield %u
          }
          %s = xcs.call pure @add(%r, 1)
          xcs.return %s
        }""",
        (False,),
        (UnboundLocalError, "cannot access local variable 'answer' where it is not associated with a value"),
    ),
    (
        """xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj) {
          %u = xcs.undef "last"
          %r = xcs.for %x in %xs iter(%last = %u) {
            xcs.yield %x
          }
          xcs.return %r
        }""",
        ("ab",),
        "b",
    ),
    (
        """xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj) {
          %u = xcs.undef "last"
          %r = xcs.for %x in %xs iter(%last = %u) {
            xcs.yield %x
          }
          xcs.return %r
        }""",
        ("",),
        (UnboundLocalError, "cannot access local variable 'last' where it is not associated with a value"),
    ),
]


@pytest.mark.parametrize(("body", "arguments", "expected"), PROGRAMS)
def test_a_program_gives_what_python_gives(
    executor: Executor, body: str, arguments: tuple[Any, ...], expected: Any
) -> None:
    assert outcome(executor, body, *arguments) == expected


@pytest.mark.parametrize("body", [body for body, _, _ in PROGRAMS])
def test_the_flags_of_blocks_are_those_the_runtime_computes(body: str) -> None:
    module = parse_module(DECLARATIONS + body)
    symbols = [op.sym_name.data for op in module.ops if op.name == "xcs.callable"]  # type: ignore[attr-defined]
    plan = lower_to_plan(module, dict.fromkeys(symbols, ask), lambda *_: pytest.fail("resolved while lowering"))
    assert summarise(plan.functions) == plan.functions


RECURSION = """
xcs.callable @sub {path = "operator:sub", effect = #xcs.effect<pure>}
xcs.callable @show {path = "app:show", effect = #xcs.effect<ordered>}
xcs.func @f(%n : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.if %n {
    %m = xcs.call pure @sub(%n, 1)
    %a = xcs.invoke ordered @g(%m)
    xcs.yield %a
  } else {
    xcs.yield %n
  }
  xcs.return %r
}
xcs.func @g(%n : !xcs.obj) -> (!xcs.obj) {
  %x = xcs.call ordered @show(%n)
  %a = xcs.invoke ordered @f(%n)
  xcs.return %a
}
"""


def test_functions_that_invoke_each_other_share_their_effects(executor: Executor) -> None:
    seen: list[int] = []
    assert run(RECURSION, 4, callables={"show": seen.append}, executor=executor) == 0
    assert seen == [3, 2, 1, 0]
    module = parse_module(RECURSION)
    plan = lower_to_plan(module, {"sub": None, "show": None}, lambda *_: pytest.fail("resolved"))
    assert all(block.may_write for block in plan.functions.values())
    assert summarise(plan.functions) == plan.functions


def test_outside_state_is_loaded_and_stored_in_order(executor: Executor) -> None:
    class Cell:
        def __init__(self, value: Any) -> None:
            self.value = value

        def load(self) -> Any:
            return self.value

        def store(self, value: Any) -> None:
            self.value = value

    class Owner:
        pass

    cell, owner, table = Cell(1), Owner(), {}
    text = """
    xcs.callable @add {path = "operator:add", effect = #xcs.effect<pure>}
    xcs.outside @total {kind = "global", path = "app:TOTAL"}
    xcs.outside @table {kind = "object", path = "app:TABLE"}
    xcs.func @f(%o : !xcs.obj) -> (!xcs.obj) {
      %a = xcs.load @total
      %b = xcs.call pure @add(%a, 1)
      xcs.store_cell ordered @total = %b
      %c = xcs.load @total
      xcs.store_attr ordered %o "calls" = %c
      %d = xcs.getattr reads %o "calls"
      %t = xcs.load @table
      xcs.store_item ordered %t[%a] = %d
      %e = xcs.getitem reads %t[%a]
      xcs.return %e
    }
    """
    assert run(text, owner, callables={"total": cell, "table": table}, executor=executor) == 2
    assert (cell.value, owner.calls, table) == (2, 2, {1: 2})  # type: ignore[attr-defined]


def test_independent_calls_of_an_ensemble_overlap() -> None:
    barrier = threading.Barrier(2, timeout=20)

    def meet(value: Any) -> Any:
        barrier.wait()
        return value

    text = """
    xcs.callable @meet {path = "app:meet", effect = #xcs.effect<unordered, external>}
    xcs.func @f(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %a, %b = xcs.ensemble {
        %x = xcs.call unordered external @meet(%q)
        xcs.yield %x
      }, {
        %y = xcs.call unordered external @meet(%q)
        xcs.yield %y
      }
      xcs.return %a, %b
    }
    """
    assert run(text, 1, callables={"meet": meet}) == (1, 1)


def test_a_dynamic_call_keeps_its_place_without_the_frontend(executor: Executor) -> None:
    text = """
    xcs.func @f(%fn : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
      %a = xcs.call_indirect dynamic %fn(%x, key = 3)
      %b = xcs.call_indirect dynamic %fn(%a, key = 4)
      xcs.return %b
    }
    """
    assert run(text, lambda x, key: f"{x}{key}", "k", executor=executor) == "k34"


def test_missing_callables_are_listed_together() -> None:
    text = (
        DECLARATIONS
        + """
    xcs.func @f(%x : !xcs.obj) -> () {
      xcs.if %x {
        %a = xcs.call unordered external @ask(%x)
        %b = xcs.call ordered @show(%a)
        %c = xcs.call pure @upper(%x)
        xcs.yield
      }
      xcs.return
    }
    """
    )
    with pytest.raises(XCSError) as caught:
        run(text, 1)
    assert str(caught.value) == (
        "expected `callables` to have an entry for each symbol in use, missing `@ask` (app:ask), `@show` (app:show)"
    )


@pytest.mark.parametrize(
    "path", ["os:system", "builtins:eval", "builtins:open", "builtins:str.__class__", "operator:__name__"]
)
def test_a_path_is_never_imported(path: str) -> None:
    with pytest.raises(XCSError, match="missing `@x`"):
        run(
            f'xcs.callable @x {{path = "{path}", effect = #xcs.effect<pure>}}'
            "xcs.func @f() -> (!xcs.obj) { %r = xcs.call pure @x() xcs.return %r }"
        )


def test_the_entry_is_chosen_by_symbol() -> None:
    text = "xcs.func @f() -> () { xcs.return } xcs.func @g(%x : !xcs.obj) -> (!xcs.obj) { xcs.return %x }"
    assert run(text, 3, entry="g") == 3
    assert run(text) == ()
    with pytest.raises(XCSError, match="expected the entry to be one of `@f`, `@g`, found `@h`"):
        run(text, entry="h")


def test_lines_of_the_text_are_the_locations_of_instructions() -> None:
    module = parse_module(
        "xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {\n  %y = xcs.make_list(%x)\n  xcs.return %y\n}", "a.mlir"
    )
    plan = lower_to_plan(module, {}, lambda *_: pytest.fail("resolved"))
    (instruction,) = plan.functions["f"].instructions
    assert (instruction.name, str(instruction.location)) == ("xcs.make_list", "a.mlir:2")


def test_branches_nest_deeply() -> None:
    inner: list[Operation] = []
    block = Block(arg_types=[OBJ])
    value = block.args[0]
    for _ in range(120):
        operations = [*inner, YieldOp.make([inner[-1].results[0] if inner else value])]
        inner = [IfOp.make(value, Region(Block(operations)), yielding_region((), [value]), [OBJ])]
    block.add_ops([*inner, ReturnOp.make([inner[-1].results[0]])])
    module = ModuleOp([FuncOp.make("f", Region(block))])
    assert run(module, 1, executor=SequentialExecutor()) == 1
