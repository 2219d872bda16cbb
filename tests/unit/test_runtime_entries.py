"""Loops over dicts that another loop fills start with the first value that is there."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest
from plan_writing import EXTERNAL, call
from random_plans import IN_TWO, VIEWS, new_dict, put_entry
from stage_leaves import Stages, block_of, run_block

from xcs.runtime.plan import Block, For, If, Instruction, Literal, LoopSource, Map, Slot


def ten_times(value: Any) -> Any:
    return value[1] * 10 if isinstance(value, tuple) else value * 10


class Filling(Stages):
    """Stages of which the first fills a dict and the second is a map."""

    def __init__(self) -> None:
        super().__init__(ten_times)

    def fill(self, keys: Any, to: int, **options: Any) -> list[Instruction]:
        """`{key: a(number) for number, key in enumerate(keys)}`, in two instructions."""
        body = Block(
            6,
            (
                call(lambda row: row[0] + 1, Slot(0), to=2),
                call(lambda row: row[1], Slot(0), to=3),
                call(self.leaf("a", **options), Slot(2), to=4, behaviour=EXTERNAL),
                call(put_entry, Slot(1), Slot(3), Slot(4), to=5),
            ),
            (Slot(5),),
            2,
        )
        rows = Literal(tuple(enumerate(keys)))
        return [
            call(new_dict, to=to),
            For("for", (to + 1,), iterable=rows, initial=(Slot(to),), body=body, source=LoopSource.SNAPSHOT),
        ]

    def mapped(self, iterable: Slot, to: int, source: LoopSource = LoopSource.SNAPSHOT, **options: Any) -> Map:
        return self.map("b", iterable, to, source, **options)


def run(*instructions: Instruction, gives: int, functions: dict[str, Block] | None = None) -> Any:
    found = run_block(block_of(*instructions, gives=gives), functions=functions)
    return found if isinstance(found, Exception) else found[0]


def test_a_value_goes_through_all_stages_while_others_wait() -> None:
    stages = Filling()
    listed = call(VIEWS["values"], Slot(1), to=2)
    assert run(*stages.fill("xy", 0), listed, stages.mapped(Slot(2), 3), gives=3) == [100, 200]
    assert stages.done == [("a", 2), ("b", 20), ("a", 1), ("b", 10)]


def test_items_are_rows_of_key_and_value() -> None:
    stages = Filling()
    listed = call(VIEWS["items"], Slot(1), to=2)
    assert run(*stages.fill("xy", 0), listed, stages.mapped(Slot(2), 3), gives=3) == [100, 200]
    assert stages.done == [("a", 2), ("b", ("y", 20)), ("a", 1), ("b", ("x", 10))]


def test_each_value_goes_through_dict_after_dict() -> None:
    stages = Filling()
    body = Block(
        7,
        (
            call(IN_TWO, Slot(0), to=2),
            call(itemgetter(0), Slot(2), to=3),
            call(itemgetter(1), Slot(2), to=4),
            call(stages.leaf("c"), Slot(4), to=5, behaviour=EXTERNAL),
            call(put_entry, Slot(1), Slot(3), Slot(5), to=6),
        ),
        (Slot(6),),
        2,
    )
    plan = [*stages.fill("xy", 0), call(VIEWS["items"], Slot(1), to=2), call(new_dict, to=3)]
    loop = For("for", (4,), iterable=Slot(2), initial=(Slot(3),), body=body, source=LoopSource.SNAPSHOT)
    listed = call(VIEWS["values"], Slot(4), to=5)
    assert run(*plan, loop, listed, stages.mapped(Slot(5), 6), gives=6) == [1000, 2000]
    assert stages.done == [("a", 2), ("c", 20), ("b", 200), ("a", 1), ("c", 10), ("b", 100)]


def test_keys_are_there_before_any_value() -> None:
    stages = Filling()
    listed = call(VIEWS["keys"], Slot(1), to=2)
    run(*stages.fill("xy", 0), listed, stages.mapped(Slot(2), 3), gives=3)
    assert sorted(stages.done[:2]) != [("a", 1), ("a", 2)]


def test_a_key_comes_first_where_it_was_first_with_the_value_that_was_last() -> None:
    stages = Filling()
    listed = call(VIEWS["items"], Slot(1), to=2)
    keys = (1, "x", True, 1.0, "y", "x")
    run(*stages.fill(keys, 0), listed, stages.mapped(Slot(2), 3), gives=3)
    rows = [row for name, row in stages.done if name == "b"]
    assert rows == [("x", 60), ("y", 50), (1, 40)]
    assert type(rows[2][0]) is int
    assert run(*Filling().fill(keys, 0), listed, gives=2) == [(1, 40), ("x", 60), ("y", 50)]


def test_keys_with_a_comparison_of_their_own_are_compared_once() -> None:
    class Key:
        def __init__(self) -> None:
            self.num_hashed = 0

        def __hash__(self) -> int:
            self.num_hashed += 1
            return 1

    stages, key = Filling(), Key()
    listed = call(VIEWS["values"], Slot(1), to=2)
    assert run(*stages.fill([key, "y"], 0), listed, stages.mapped(Slot(2), 3), gives=3) == [100, 200]
    assert [name for name, _ in stages.done] == ["a", "a", "b", "b"]
    assert key.num_hashed == 1


@pytest.mark.parametrize("source", list(LoopSource))
def test_a_loop_over_the_dict_itself_waits_for_it(source: LoopSource) -> None:
    stages = Filling()
    run(*stages.fill((5, 6), 0), stages.mapped(Slot(1), 2, source), gives=2)
    assert [name for name, _ in stages.done] == ["a", "a", "b", "b"]


def test_a_dict_that_holds_something_before_is_waited_for() -> None:
    stages = Filling()
    _, loop = stages.fill("xy", 1)
    made = call(lambda: {"z": 7}, to=1)
    listed = call(VIEWS["values"], Slot(2), to=3)
    assert run(call(new_dict, to=0), made, loop, listed, stages.mapped(Slot(3), 4), gives=4) == [70, 100, 200]
    assert [name for name, _ in stages.done[:2]] == ["a", "a"]


def test_a_dict_without_entries() -> None:
    stages = Filling()
    listed = call(VIEWS["items"], Slot(1), to=2)
    assert run(*stages.fill((), 0), listed, stages.mapped(Slot(2), 3), gives=3) == []


def test_a_dict_that_a_branch_gives() -> None:
    stages = Filling()
    then = Block(2, tuple(stages.fill("xy", 0)), (Slot(1),))
    branch = If("if", (0,), condition=Literal(True), then_block=then, else_block=Block(0, (), (Literal({}),)))
    listed = call(VIEWS["values"], Slot(0), to=1)
    assert run(branch, listed, stages.mapped(Slot(1), 2), gives=2) == [100, 200]
    assert stages.done[1] == ("b", 20)


@pytest.mark.parametrize(("first", "second", "raised"), [(1, 20, ("a", 1)), (2, 10, ("a", 2)), (None, 20, ("b", 20))])
def test_the_first_failure_in_program_order_counts(first: int | None, second: int, raised: tuple[str, int]) -> None:
    stages = Filling()
    listed = call(VIEWS["values"], Slot(1), to=2)
    error = run(*stages.fill("xy", 0, fails_at=first), listed, stages.mapped(Slot(2), 3, fails_at=second), gives=3)
    assert error.args == raised
