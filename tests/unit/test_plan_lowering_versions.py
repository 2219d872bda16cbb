"""Updates in place against versions as values: order edges, gates and copies."""

from __future__ import annotations

import copy
import random
import threading
from typing import Any

import pytest

from xcs.dialect.parsing import parse_module
from xcs.lowering import plan_lowering
from xcs.lowering.adjustments import Adjustments
from xcs.lowering.plan_lowering import lower_to_plan
from xcs.lowering.structure_calls import append, hand_on
from xcs.runtime.executor import Executor, SequentialExecutor, ThreadsExecutor
from xcs.runtime.plan import Block, Call, Instruction, Literal, Plan

DECLARATIONS = """
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @refuse {path = "app:refuse", effect = #xcs.effect<unordered>}
xcs.callable @reverse {path = "app:reverse", effect = #xcs.effect<pure>}
xcs.callable @test {path = "app:test", effect = #xcs.effect<pure>}
"""
PAUSE = threading.Event()
SEEN: list[str] = []


def ask(value: Any) -> tuple[Any, ...]:
    """What a list holds once others had a chance to write it; noted in `SEEN`."""
    PAUSE.wait(0.0003)
    SEEN.append(repr(value))
    return tuple(value)


def reverse(values: list[Any]) -> None:
    values.reverse()


def refuse(value: Any) -> None:
    """Fails for some lists."""
    if len(value) % 2:
        raise ValueError(repr(value))


CALLABLES = {"ask": ask, "refuse": refuse, "reverse": reverse, "test": lambda value: len(value) % 3 == 0}


def plan_of(body: str) -> Plan:
    return lower_to_plan(parse_module(DECLARATIONS + body), CALLABLES, lambda *_: pytest.fail("resolved"))


def calls_of(block: Block, function: Any) -> list[int]:
    """Where a block calls a function."""
    return [
        index
        for index, instruction in enumerate(block.instructions)
        if isinstance(instruction, Call) and instruction.callee == Literal(function)
    ]


def body_of(instruction: Instruction, name: str = "body") -> Block:
    block = getattr(instruction, name)
    assert isinstance(block, Block)
    return block


def num_copies(block: Block) -> int:
    """Copies in a block and the blocks inside."""
    inside = 0
    for instruction in block.instructions:
        for name in ("body", "condition", "then_block", "else_block", "handler"):
            inner = getattr(instruction, name, None)
            inside += num_copies(inner) if isinstance(inner, Block) else 0
    return inside + len(calls_of(block, copy.copy))


def test_an_update_waits_for_the_readers_of_its_version() -> None:
    block = plan_of("""
    xcs.func @f(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %l = xcs.make_list(%x)
      %a = xcs.call unordered external @ask(%l)
      %m = xcs.append %l, %x
      %b = xcs.call unordered external @ask(%m)
      %none, %n = xcs.call pure @reverse(%m) mutates [0]
      %o = xcs.append %n, %a
      xcs.return %o, %b
    }""").functions["f"]
    asks, appends, reverses = calls_of(block, ask), calls_of(block, append), calls_of(block, reverse)
    assert block.instructions[appends[0]].after == (asks[0],)
    assert block.instructions[reverses[0]].after == (asks[1],)
    assert block.instructions[appends[1]].after == ()
    assert num_copies(block) == 0


def test_a_version_read_after_its_update_is_kept_by_a_copy() -> None:
    plan = plan_of("""
    xcs.func @f(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
      %l = xcs.make_list(%x)
      %m = xcs.append %l, %x
      %n = xcs.append %l, %m
      xcs.return %l, %m, %n
    }""")
    assert num_copies(plan.functions["f"]) == 2
    assert SequentialExecutor().run(plan, (1,)).unwrap() == ([1], [1, 1], [1, [1, 1]])


def test_the_last_update_in_a_try_body_waits_for_what_may_fail_and_needs_no_copy() -> None:
    text = """
    xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {{
      %l = xcs.make_list(%x)
      %r = xcs.try {{
        {body}
        xcs.yield %m
      }} except (%e) {{
        %n = xcs.append %l, %e
        xcs.yield %n
      }}
      xcs.return %r
    }}"""
    a, refuses, appends = (
        "%a = xcs.call unordered external @ask(%x)",
        "%b = xcs.call unordered @refuse(%x)",
        "%m = xcs.append %l, %x",
    )
    block = plan_of(text.format(body="\n".join((a, refuses, appends)))).functions["f"]
    body = body_of(block.instructions[1])
    assert num_copies(block) == 0
    assert body.instructions[calls_of(body, append)[0]].after == (0, 1)
    assert num_copies(plan_of(text.format(body="\n".join((a, appends, refuses)))).functions["f"]) == 1


def test_branches_that_update_one_version_need_no_copy() -> None:
    plan = plan_of("""
    xcs.func @f(%c : !xcs.obj) -> (!xcs.obj) {
      %l = xcs.make_list(%c)
      %r = xcs.if %c {
        %m = xcs.append %l, %c
        xcs.yield %m
      } else {
        %k = xcs.call unordered external @ask(%l)
        xcs.yield %l
      }
      %s = xcs.append %r, %c
      xcs.return %s
    }""")
    assert num_copies(plan.functions["f"]) == 0
    assert SequentialExecutor().run(plan, (1,)).unwrap() == ([1, 1, 1],)
    assert SequentialExecutor().run(plan, (0,)).unwrap() == ([0, 0],)
    else_block = body_of(plan.functions["f"].instructions[1], "else_block")
    (gate,) = calls_of(else_block, hand_on)
    assert else_block.instructions[gate].after == tuple(calls_of(else_block, ask))


def test_a_loop_takes_over_a_version_once_its_readers_are_done() -> None:
    block = plan_of("""
    xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %l = xcs.make_list(%xs)
      %a = xcs.call unordered external @ask(%l)
      %r = xcs.for %x in %xs iter(%acc = %l) {
        %b = xcs.call unordered external @ask(%acc)
        %m = xcs.append %acc, %x
        %c = xcs.call unordered external @ask(%m)
        xcs.yield %m
      }
      xcs.return %r, %a
    }""").functions["f"]
    (gate,) = calls_of(block, hand_on)
    assert block.instructions[gate].after == tuple(calls_of(block, ask))
    inner = body_of(block.instructions[-1])
    first, second = calls_of(inner, ask)
    assert inner.instructions[calls_of(inner, append)[0]].after == (first,)
    assert inner.instructions[calls_of(inner, hand_on)[0]].after == (second,)
    assert num_copies(block) == 0


def test_a_loop_that_updates_an_outer_version_copies_it_each_time() -> None:
    plan = plan_of("""
    xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj) {
      %l = xcs.make_list()
      %r = xcs.map %x in %xs snapshot {
        %m = xcs.append %l, %x
        xcs.yield %m
      }
      xcs.return %r
    }""")
    assert SequentialExecutor().run(plan, ("ab",)).unwrap() == ([["a"], ["b"]],)


def test_a_loop_keeps_the_version_that_others_still_read() -> None:
    plan = plan_of("""
    xcs.func @f(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %l = xcs.make_list()
      %r = xcs.for %x in %xs iter(%acc = %l) {
        %m = xcs.append %acc, %x
        xcs.yield %m
      }
      xcs.return %l, %r
    }""")
    assert num_copies(plan.functions["f"]) == 1
    assert SequentialExecutor().run(plan, ("ab",)).unwrap() == ([], ["a", "b"])


def test_a_condition_that_reads_a_carried_list_holds_the_body_back() -> None:
    block = plan_of("""
    xcs.func @f(%x : !xcs.obj) -> (!xcs.obj) {
      %l = xcs.make_list(%x)
      %r = xcs.while iter(%a = %l) {
        %s = xcs.call unordered external @ask(%a)
        %c = xcs.call pure @test(%a)
        xcs.yield %c
      } do (%b) {
        %m = xcs.append %b, %x
        xcs.yield %m
      }
      xcs.return %r
    }""").functions["f"]
    condition = body_of(block.instructions[-1], "condition")
    (gate,) = calls_of(condition, hand_on)
    assert set(calls_of(condition, ask)) <= set(condition.instructions[gate].after)
    assert num_copies(block) == 0


def test_readers_in_regions_and_ensembles_are_waited_for() -> None:
    block = plan_of("""
    xcs.func @f(%c : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
      %l = xcs.make_list(%c)
      xcs.if %c {
        %a = xcs.call unordered external @ask(%l)
        xcs.yield
      }
      %p, %q = xcs.ensemble {
        %b = xcs.call unordered external @ask(%l)
        xcs.yield %b
      }, {
        %d = xcs.map %x in %xs snapshot {
          %e = xcs.call unordered external @ask(%l)
          xcs.yield %e
        }
        xcs.yield %d
      }
      %m = xcs.append %l, %p
      xcs.return %m, %q
    }""").functions["f"]
    (update,) = calls_of(block, append)
    assert block.instructions[update].after == (1, 2, 3)


class ProgramWriter:
    """Writes random programs over lists of which every version is used as a value."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.budget = 14
        self.linear = (0.6, 0.9, 1.0)[seed % 3]  # how often the newest version is the one that is used

    def name(self) -> str:
        self.count += 1
        return f"%v{self.count}"

    def program(self) -> str:
        lines = ["xcs.func @f(%x : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj) {", "  %l = xcs.make_list(%x)"]
        lists, seen = self.block(lines, ["%l"], [], 1)
        result = self.name()
        chosen = [self.frozen(lines, one, 1) for one in self.random.sample(lists, min(len(lists), 4))]
        lines += [f"  {result} = xcs.make_tuple({', '.join(chosen + seen)})", f"  xcs.return {result}", "}"]
        return "\n".join(lines)

    def frozen(self, lines: list[str], value: str, depth: int) -> str:
        name = self.name()
        lines.append(f"{'  ' * depth}{name} = xcs.call unordered external @ask({value})")
        return name

    def block(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> tuple[list[str], list[str]]:
        lists, seen = list(lists), list(seen)
        for _ in range(self.random.randint(1, 5)):
            if self.budget <= 0:
                break
            self.budget -= 1
            kinds = ["append", "append", "ask", "ask", "reverse"]
            kinds += ["if", "for", "while", "ensemble", "map", "try"] if depth < 4 else []
            getattr(self, f"write_{self.random.choice(kinds)}")(lines, lists, seen, depth)
        return lists, seen

    def pick(self, lists: list[str]) -> str:
        return lists[-1] if self.random.random() < self.linear else self.random.choice(lists)

    def write_append(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        name = self.name()
        lines.append(f"{'  ' * depth}{name} = xcs.append {self.pick(lists)}, {self.random.choice(['%x', *seen])}")
        lists.append(name)

    def write_reverse(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        name, none = self.name(), self.name()
        lines.append(f"{'  ' * depth}{none}, {name} = xcs.call pure @reverse({self.pick(lists)}) mutates [0]")
        lists.append(name)

    def write_ask(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        seen.append(self.frozen(lines, self.pick(lists), depth))

    def region(self, lines: list[str], lists: list[str], seen: list[str], depth: int, yields: int) -> None:
        inner, _ = self.block(lines, lists, seen, depth)
        lines.append(f"{'  ' * depth}xcs.yield {', '.join(self.pick(inner) for _ in range(yields))}")

    def test(self, lines: list[str], lists: list[str], depth: int) -> str:
        name = self.name()
        lines.append(f"{'  ' * depth}{name} = xcs.call pure @test({self.pick(lists)})")
        return name

    def regions(
        self, head: str, between: list[str], lines: list[str], lists: list[str], seen: list[str], depth: int
    ) -> None:
        names = [self.name() for _ in range(1 if "ensemble" not in head else len(between))]
        lines.append(f"{'  ' * depth}{', '.join(names)} = {head} {{")
        for separator in between:
            self.region(lines, lists, seen, depth + 1, 1)
            lines.append("  " * depth + separator)
        lists += names

    def write_if(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        condition = self.test(lines, lists, depth)
        self.regions(f"xcs.if {condition}", ["} else {", "}"], lines, lists, seen, depth)

    def write_ensemble(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        self.regions("xcs.ensemble", ["}, {", "}"], lines, lists, seen, depth)

    def write_try(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        # Nothing that is noted comes after what may fail: it might run, or might not.
        name, indent = self.name(), "  " * (depth + 1)
        lines.append(f"{'  ' * depth}{name} = xcs.try {{")
        inner, values = self.block(lines, lists, seen, depth + 1)
        lines.append(f"{indent}{self.name()} = xcs.call unordered @refuse({self.pick(inner)})")
        for _ in range(self.random.randint(0, 2)):
            self.write_append(lines, inner, values, depth + 1)
        lines += [f"{indent}xcs.yield {self.pick(inner)}", f"{'  ' * depth}}} except ({self.name()}) {{"]
        self.region(lines, lists, seen, depth + 1, 1)
        lines.append("  " * depth + "}")
        lists.append(name)

    def write_map(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        name, element = self.name(), self.name()
        lines.append(f"{'  ' * depth}{name} = xcs.map {element} in %xs snapshot {{")
        inner, _ = self.block(lines, lists, [*seen, element], depth + 1)
        held = self.frozen(lines, self.pick(inner), depth + 1)  # a version that is stored isn't updated any more
        lines += [f"{'  ' * depth}  xcs.yield {held}", "  " * depth + "}"]
        seen.append(name)

    def write_for(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        names, carried, element = [self.name(), self.name()], [self.name(), self.name()], self.name()
        inits = ", ".join(f"{name} = {self.pick(lists)}" for name in carried)
        lines.append(f"{'  ' * depth}{', '.join(names)} = xcs.for {element} in %xs iter({inits}) {{")
        self.region(lines, [*lists, *carried], [*seen, element], depth + 1, 2)
        lines.append("  " * depth + "}")
        lists += names

    def write_while(self, lines: list[str], lists: list[str], seen: list[str], depth: int) -> None:
        name, tested, body, longer = (self.name() for _ in range(4))
        lines.append(f"{'  ' * depth}{name} = xcs.while iter({tested} = {self.pick(lists)}) {{")
        self.block(lines, [*lists, tested], seen, depth + 1)
        condition = self.name()
        lines.append(f"{'  ' * depth}  {condition} = xcs.call pure @test({tested})")
        lines.append(f"{'  ' * depth}  xcs.yield {condition}")
        lines.append(f"{'  ' * depth}}} do ({body}) {{")
        self.block(lines, [*lists, body], seen, depth + 1)
        lines.append(f"{'  ' * depth}  {longer} = xcs.append {body}, %x")
        lines.append(f"{'  ' * depth}  xcs.yield {longer}")
        lines.append("  " * depth + "}")
        lists.append(name)


def by_value(monkeypatch: pytest.MonkeyPatch, body: str) -> Plan:
    """A plan in which every update works on a copy, so that all versions are objects of their own."""

    def copy_always(updates: Any, blocks: Any, adjustments: Adjustments) -> None:
        adjustments.copies.update(updates)

    with monkeypatch.context() as patch:
        patch.setattr(plan_lowering, "order_updates", copy_always)
        return plan_of(body)


def results(executor: Executor, plan: Plan) -> tuple[Any, list[str]]:
    """What a plan gives, and what its calls saw."""
    SEEN.clear()
    values = executor.run(plan, (["a", "b"], ("p", "q"))).unwrap()
    return values, sorted(SEEN)


@pytest.mark.parametrize("seed", range(150))
def test_random_programs_give_what_values_give(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    body = ProgramWriter(seed).program()
    expected = results(SequentialExecutor(), by_value(monkeypatch, body))
    plan = plan_of(body)
    assert results(SequentialExecutor(), plan) == expected, body
    assert results(ThreadsExecutor(), plan) == expected, body
