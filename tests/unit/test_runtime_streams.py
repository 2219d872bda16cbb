"""Loops over what a map gives start with its first element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from plan_writing import EXTERNAL, ORDERED, READS, Recorder, call
from stage_leaves import Stages, block_of, run_block

from xcs.diagnostics.effect import PURE, Behaviour
from xcs.runtime.plan import Block, For, Literal, LoopSource, Map, Slot, Try
from xcs.runtime.row_shape import ROWS, Numbers, RowShape

SOURCES = pytest.mark.parametrize("source", list(LoopSource))


@SOURCES
def test_an_element_goes_through_all_stages_while_others_wait(source: LoopSource) -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2]), 0, source)
    second, third = stages.map("b", Slot(0), 1, source), stages.map("c", Slot(1), 2, source)
    assert run_block(block_of(first, second, third, gives=2)) == ([1, 2],)
    assert stages.done == [("a", 2), ("b", 2), ("c", 2), ("a", 1), ("b", 1), ("c", 1)]


def test_later_elements_follow_through_a_small_window() -> None:
    stages = Stages()
    first = stages.map("a", Literal(list(range(5))), 0, LoopSource.SNAPSHOT)
    second = stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT)
    assert run_block(block_of(first, second, gives=1), window=2) == (list(range(5)),)
    assert stages.done[-2:] == [("a", 0), ("b", 0)]


def test_a_loop_with_carried_values_goes_on_as_its_elements_come() -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2, 3]), 0, LoopSource.SNAPSHOT)
    asked = call(stages.leaf("b"), Slot(0), to=2, behaviour=EXTERNAL)
    added = call(lambda total, value: total + value, Slot(1), Slot(2), to=3)
    body = Block(4, (asked, added), (Slot(3),), 2)
    loop = For("for", (1,), iterable=Slot(0), initial=(Literal(10),), body=body, source=LoopSource.SNAPSHOT)
    assert run_block(block_of(first, loop, gives=1)) == (16,)
    assert stages.done[:2] == [("a", 3), ("b", 3)]


def test_a_carried_list_is_gone_over_element_by_element() -> None:
    stages = Stages()
    stage = Block(3, (stages.map("stage", Slot(1), 2, LoopSource.LISTED),), (Slot(2),), 2)
    loop = For("for", (0,), iterable=Literal(range(3)), initial=(Literal((7, 8)),), body=stage)
    assert run_block(block_of(loop, gives=0)) == ([7, 8],)
    assert stages.done == [("stage", 8)] * 3 + [("stage", 7)] * 3


def test_a_captured_list_is_gone_over_element_by_element() -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2]), 0, LoopSource.SNAPSHOT)
    inner = Block(3, (stages.map("b", Slot(1), 2, LoopSource.SNAPSHOT),), (Slot(2),), 1, ((0, 1),))
    outer = Map("outer", (1,), iterable=Literal(range(1)), body=inner)
    assert run_block(block_of(first, outer, gives=1)) == ([[1, 2]],)
    assert stages.done == [("a", 2), ("b", 2), ("a", 1), ("b", 1)]


def test_lists_of_lists_are_gone_over_element_by_element() -> None:
    stages = Stages()
    row = Block(2, (stages.map("a", Slot(0), 1, LoopSource.SNAPSHOT),), (Slot(1),), 1)
    again = Block(2, (stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT),), (Slot(1),), 1)
    table = Map("table", (0,), iterable=Literal([(1, 2), (3,)]), body=row)
    reading = Map("reading", (1,), iterable=Slot(0), body=again, source=LoopSource.SNAPSHOT)
    assert run_block(block_of(table, reading, gives=1)) == ([[1, 2], [3]],)
    assert stages.done == [(name, value) for value in (3, 2, 1) for name in "ab"]


def test_the_first_failure_in_program_order_is_that_of_the_first_stage() -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2]), 0, LoopSource.SNAPSHOT, fails_at=1)
    second = stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT, fails_at=2)
    error = run_block(block_of(first, second, gives=1))
    assert error.args == ("a", 1)
    assert stages.done == [("a", 2), ("b", 2), ("a", 1)]


def test_nothing_of_a_later_stage_starts_after_a_failure() -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2, 3]), 0, LoopSource.SNAPSHOT, fails_at=2)
    second = stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT)
    error = run_block(block_of(first, second, gives=1), lambda running: 1 if len(running) == 3 else 0)
    assert error.args == ("a", 2)
    assert stages.done == [("a", 2), ("a", 1)]


def test_a_list_that_may_not_come_about_is_waited_for() -> None:
    stages = Stages()
    tried = Block(1, (stages.map("a", Literal([1, 2]), 0, LoopSource.SNAPSHOT, fails_at=1),), (Slot(0),))
    handler = Block(2, (call(lambda _: [5], Slot(0), to=1),), (Slot(1),), 1)
    attempt = Try("try", (0,), body=tried, handler=handler)
    assert run_block(block_of(attempt, stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT), gives=1)) == ([5],)
    assert stages.done == [("a", 2), ("a", 1), ("b", 5)]


def test_what_needs_the_whole_list_waits_for_it() -> None:
    stages, recorder = Stages(), Recorder()
    first = stages.map("a", Literal([1, 2]), 0, LoopSource.SNAPSHOT)
    whole = call(recorder.leaf("whole", len), Slot(0), to=1)
    body = Block(2, (call(stages.leaf("b"), Slot(0), to=1, behaviour=ORDERED),), (Slot(1),), 1)
    ordered = Map("ordered", (2,), iterable=Slot(0), body=body, source=LoopSource.LISTED)
    assert run_block(block_of(first, whole, ordered, gives=1)) == (2,)
    assert stages.done == [("a", 2), ("a", 1), ("b", 1), ("b", 2)]


def test_a_snapshot_sees_no_change_made_after_the_loop_has_started() -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2, 3]), 0, LoopSource.SNAPSHOT)
    second = stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT)
    changed = call(lambda values: values.clear(), Slot(0), behaviour=ORDERED)
    assert run_block(block_of(first, second, changed, gives=1), window=1) == ([1, 2, 3],)


def rows_of(shape: RowShape, function: Callable[..., Any]) -> Callable[..., Any]:
    def rows(*lists: Any) -> list[Any]:
        return list(function(*lists))

    setattr(rows, ROWS, shape)
    return rows


@pytest.mark.parametrize("behaviour", [PURE, READS])
def test_rows_come_when_all_their_parts_are_there(behaviour: Behaviour) -> None:
    stages = Stages()
    first = stages.map("a", Literal([1, 2, 3]), 0, LoopSource.SNAPSHOT)
    second = stages.map("b", Slot(0), 1, LoopSource.SNAPSHOT)
    zipped = rows_of(RowShape((Numbers(5), RowShape((0, 1)))), lambda a, b: enumerate(zip(a, b, strict=False), 5))
    pairs = call(zipped, Slot(1), Literal((7, 8)), to=2, behaviour=behaviour)
    third = stages.map("c", Slot(2), 3, LoopSource.SNAPSHOT)
    assert run_block(block_of(first, second, pairs, third, gives=3)) == ([(5, (1, 7)), (6, (2, 8))],)
    assert stages.done[-3:] == [("a", 1), ("b", 1), ("c", (5, (1, 7)))]
    assert ("c", (6, (2, 8))) in stages.done[:-3]


def test_rows_end_with_the_shortest_list() -> None:
    stages = Stages()
    long = stages.map("a", Literal([1, 2, 3]), 0, LoopSource.SNAPSHOT)
    short = stages.map("b", Literal([4]), 1, LoopSource.SNAPSHOT)
    pairs = call(rows_of(RowShape((0, 1)), lambda a, b: zip(a, b, strict=False)), Slot(0), Slot(1), to=2)
    third = stages.map("c", Slot(2), 3, LoopSource.SNAPSHOT)
    assert run_block(block_of(long, short, pairs, third, gives=3)) == ([(1, 4)],)
    assert stages.done == [("b", 4), ("a", 3), ("a", 2), ("a", 1), ("c", (1, 4))]
